"""What families of sets cut out, by the definition of each family, in whole numbers; and exact binomial tails."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from fractions import Fraction
from math import comb

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

LINE = ("rays", "two-sided-rays", "intervals")
"""Families of subsets of the line."""


def subsets(n: int) -> Mask:
    """All subsets of n points: (2^n, n)."""
    return np.asarray((np.arange(2**n)[:, None] >> np.arange(n)) & 1 == 1)


def _upper(inside: Ints, outside: Ints) -> bool:
    """Whether inside = {x ≥ a} for some a."""
    return not len(inside) or not len(outside) or bool(inside.min() > outside.max())


def _ray(inside: Ints, outside: Ints) -> bool:
    return _upper(inside[:, 0], outside[:, 0])


def _either_ray(inside: Ints, outside: Ints) -> bool:
    return _upper(inside[:, 0], outside[:, 0]) or _upper(-inside[:, 0], -outside[:, 0])


def _box(inside: Ints, outside: Ints) -> bool:
    """Whether no other point lies in the smallest box, which on the line is an interval."""
    if not len(inside):
        return True
    low, high = inside.min(axis=0), inside.max(axis=0)
    return not ((low <= outside) & (outside <= high)).all(axis=1).any()


def _turn(a: Ints, b: Ints, c: Ints) -> int:
    """Sign of the area of the triangle a, b, c."""
    return int(np.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])))


def in_hull(points: Ints, p: Ints) -> bool:
    """Whether p lies in the convex hull: no line through p has all points strictly on one side.

    The directions from p, sorted around, leave a gap of half a turn or more ⟺ p is outside or on the border; a border
    point lies on a segment of two.
    """
    away = [tuple(int(v) for v in q - p) for q in points]
    if (0, 0) in away:
        return True
    for u, v in itertools.combinations(away, 2):  # opposite directions: p lies between two points
        if u[0] * v[1] == u[1] * v[0] and u[0] * v[0] + u[1] * v[1] < 0:
            return True
    return not any(all(u[0] * v[1] - u[1] * v[0] > 0 or u == v or _same_way(u, v) for v in away) for u in away)


def _same_way(u: tuple[int, ...], v: tuple[int, ...]) -> bool:
    return u[0] * v[1] == u[1] * v[0] and u[0] * v[0] + u[1] * v[1] > 0


def _convex(inside: Ints, outside: Ints) -> bool:
    return not len(inside) or not any(in_hull(inside, p) for p in outside)


def _cross(a: Ints, b: Ints, c: Ints, d: Ints) -> bool:
    """Whether the segments ab and cd cross in a point inside both."""
    return _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0


def _separable(inside: Ints, outside: Ints) -> bool:
    """Whether the hulls are disjoint: neither holds a point of the other, no two segments cross (Kirchberger 1903)."""
    if not _convex(inside, outside) or not _convex(outside, inside):
        return False
    pairs = itertools.product(itertools.combinations(inside, 2), itertools.combinations(outside, 2))
    return not any(_cross(*one, *other) for one, other in pairs)


CUTS: dict[str, Callable[[Ints, Ints], bool]] = {
    "rays": _ray,
    "two-sided-rays": _either_ray,
    "intervals": _box,
    "half-planes": _separable,
    "rectangles": _box,
    "convex-sets": _convex,
}
"""Whether a member of the family holds these points and none of those."""


def dichotomies(points: Floats, family: str) -> int:
    """How many subsets of points (n, d), whole numbers, the family cuts out.

    Points at one place are one point: a subset that holds one of them only is cut out by nothing.
    """
    places, counts = np.unique(points.astype(np.int64), axis=0, return_counts=True)
    return sum(CUTS[family](places[chosen], places[~chosen]) for chosen in subsets(len(counts)))


@functools.cache
def growth(family: str, n: int) -> int:
    """The greatest number over all sets of n points, by trying enough sets.

    On the line all sets of n places are alike. A box sees only the order of both coordinates: all permutations are
    tried. Points of a parabola are in convex and in general position, where half-planes have Cover's number,
    whatever the points. Sines: `sine_signs` shows every sign pattern.
    """
    line = np.arange(n)
    if family in LINE:
        return dichotomies(line[:, None].astype(np.float64), family)
    if family == "sines":
        return len({tuple(row) for row in sine_signs(n)})
    if family == "rectangles":
        orders = itertools.permutations(range(n))
        return max(dichotomies(np.stack([line, order], axis=1).astype(np.float64), family) for order in orders)
    return dichotomies(np.stack([line, line**2], axis=1).astype(np.float64), family)


def sine_signs(n: int) -> Mask:
    """Whether sin ωx_i > 0 at x_i = 10^−i for ω = π(1 + Σ (1−y_i)∕2 10^i), every sign vector y: (2^n, n), 60 digits."""
    import mpmath

    with mpmath.workdps(60):
        rows = []
        for wanted in subsets(n):
            omega = mpmath.pi * (1 + sum(10 ** (i + 1) for i in range(n) if not wanted[i]))
            rows.append([bool(mpmath.sin(omega * mpmath.mpf(10) ** -(i + 1)) > 0) for i in range(n)])
    return np.array(rows, dtype=bool).reshape(2**n, n)


@functools.cache
def tail(n: int, twentieths: int) -> Fraction:
    """The greatest P(|p̂ − p| ≥ twentieths∕20) of n coins, over p = 0, 1∕20, …, 1, in rationals."""
    return max(_tail(n, twentieths, j) for j in range(21))


def _tail(n: int, twentieths: int, j: int) -> Fraction:
    total = sum(
        comb(n, hits) * j**hits * (20 - j) ** (n - hits)
        for hits in range(n + 1)
        if abs(20 * hits - j * n) >= twentieths * n
    )
    return Fraction(total, 20**n)


def pascal(n: int, dimension: int) -> int:
    """Σ_{i ≤ dimension} C(n, i), by Pascal's triangle: additions only."""
    row = [1] + [0] * dimension
    for _ in range(n):
        row = [1] + [row[i] + row[i - 1] for i in range(1, dimension + 1)]
    return sum(row)


def all_signs(n: int) -> Floats:
    """Every vector of n signs: (2^n, n)."""
    return np.where(subsets(n), 1.0, -1.0)
