"""What the closed forms must say: exact merges of quantile functions, Bures distances and entropies in long digits.

Floats are whole numbers over a power of two, so everything on the line is decided in Python's integers. A measure of
one lane is (points, weights), brought to total 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, Bound, gamma, rounding
from theory.core.domain import Array, Cases
from theory.transport.programme import by_network_simplex

Floats = NDArray[np.float64]
DIGITS = 50
"""Digits that mpmath works with."""


class Measure(NamedTuple):
    """Atoms in order: points (rational) and the mass up to each, inclusive, the last of which is 1."""

    points: list[Fraction]
    mass: list[Fraction]


def measure(points: Iterable[Any], weights: Iterable[Any]) -> Measure:
    """The atoms of positive weight, in order, at total 1, exactly."""
    atoms = sorted((Fraction(x), Fraction(w)) for x, w in zip(points, weights, strict=True) if w > 0)
    total = sum((w for _, w in atoms), Fraction(0))
    mass, up_to = [], Fraction(0)
    for _, w in atoms:
        up_to += w / total
        mass.append(up_to)
    return Measure([x for x, _ in atoms], mass)


def pieces(measures: Sequence[Measure]) -> Iterator[tuple[Fraction, list[Fraction]]]:
    """Lengths of the intervals on which all quantile functions are constant, and their values there."""
    at, level = [0] * len(measures), Fraction(0)
    while level < 1:
        up_to = min(m.mass[i] for m, i in zip(measures, at, strict=True))
        yield up_to - level, [m.points[i] for m, i in zip(measures, at, strict=True)]
        at = [i + (m.mass[i] == up_to) for m, i in zip(measures, at, strict=True)]
        level = up_to


def cost(mu: Measure, nu: Measure, p: float, unit: Fraction = Fraction(1)) -> float:
    """W_p^p ÷ unit^p by merging the two quantile functions; rational for whole p, else in `DIGITS` digits."""
    found = ((width, abs(x - y) / unit) for width, (x, y) in pieces([mu, nu]))
    if p == int(p):
        return float(sum((width * gap ** int(p) for width, gap in found), Fraction(0)))
    import mpmath

    with mpmath.workdps(DIGITS):
        return float(sum(_long(width) * _long(gap) ** p for width, gap in found))


def _long(value: Fraction) -> Any:
    """A rational in mpmath's digits."""
    import mpmath

    return mpmath.mpf(value.numerator) / value.denominator


def line_unit(*sides: tuple[Floats, Floats]) -> Floats:
    """The range of all points (…, n) of positive weight (…, n), 1 where they coincide: (…)."""
    high = np.stack([np.where(w > 0, x, -np.inf).max(axis=-1) for x, w in sides]).max(axis=0)
    low = np.stack([np.where(w > 0, x, np.inf).min(axis=-1) for x, w in sides]).min(axis=0)
    return np.asarray(np.where(high > low, high - low, 1.0))


def line_costs(cases: Cases, unit: Floats) -> Floats:
    """W_p^p ÷ unit^p of every lane of two measures on the line, exact up to one rounding: (lane,)."""
    p = float(cases.settings["p"])
    lanes = zip(cases["x"], cases["a"], cases["y"], cases["b"], unit, strict=True)
    return np.array([cost(measure(x, a), measure(y, b), p, Fraction(float(r))) for x, a, y, b, r in lanes])


def line_bound(n: int, m: int, p: float, u: float, unit: Floats) -> Bound:
    """How far rounding takes W_p^p from its value, as a share of unit^p, where the unit is at least the range.

    Cumulated masses err by γ(n+2), γ(m+2). A jump that is misplaced by δ between x_i and x_{i+1} changes the integral
    by at most δ p range^{p−1} (x_{i+1} − x_i); summed over the jumps that is p γ(n+m+4) range^p. Differences, powers,
    the sum of n + m pieces, the root and the division by the totals cost γ(n+m+4p+8) W_p^p; the rounded exponent 1/p
    of the root makes it γ(|ln W_p|) W_p.
    """
    count = (p + 1) * (n + m) + p * np.abs(np.log(unit)) + 8 * p + 8
    return rounding(count, u, "γ((p+1)(n+m) + p|ln range| + 8p + 8) range^p")


def power(distance: Array, unit: Floats, p: float) -> Floats:
    """(distance ÷ unit)^p: (lane,)."""
    return np.asarray((distance / unit) ** p)


def enclosure(a: Floats, b: Floats, C: Floats, count: int) -> tuple[Floats, Floats]:
    """Bounds of the optimal cost at total 1, from potentials and from a plan: two (lane,), NaN after `count` lanes.

    Any plan costs at least the optimum, and any f with its f^c is worth at most the optimum: no solver is trusted.
    Padding may lie anywhere, so its costs are replaced by the largest other one.
    """
    low, high = np.full((2, len(C)), np.nan)
    p, q = (w[:count] / w[:count].sum(axis=1, keepdims=True) for w in (a, b))
    heavy = (p > 0)[:, :, None] & (q > 0)[:, None, :]
    C = np.where(heavy, C[:count], np.where(heavy, C[:count], 0).max(axis=(1, 2), keepdims=True))
    found = by_network_simplex(p, q, C)
    conjugate = (C - found.f[:, :, None]).min(axis=1)
    low[:count], high[:count] = (found.f * p).sum(axis=1) + (conjugate * q).sum(axis=1), found.cost
    return low, high


def barycentre(measures: Sequence[Measure], t: Sequence[Fraction]) -> Measure:
    """The measure with quantile function Σ t_k F_k^{-1}."""
    points, mass, up_to = [], [], Fraction(0)
    for width, values in pieces(measures):
        up_to += width
        points.append(sum((share * x for share, x in zip(t, values, strict=True)), Fraction(0)))
        mass.append(up_to)
    return Measure(points, mass)


def bures_cross(S1: Floats, S2: Floats) -> float:
    """‖S1^{1/2} S2^{1/2}‖_* in `DIGITS` digits: √(tr S1 S2 + 2 √(det S1 det S2)) for d = 2, else by eigenvalues."""
    import mpmath

    with mpmath.workdps(DIGITS):
        A, B = mpmath.matrix(S1.tolist()), mpmath.matrix(S2.tolist())
        if len(S1) == 2:
            inner = A[0, 0] * B[0, 0] + A[0, 1] * B[1, 0] + A[1, 0] * B[0, 1] + A[1, 1] * B[1, 1]
            det_a, det_b = (S[0, 0] * S[1, 1] - S[0, 1] * S[1, 0] for S in (A, B))
            return float(mpmath.sqrt(_above(inner + 2 * mpmath.sqrt(_above(det_a * det_b)))))
        root = _root(A)
        return float(sum(mpmath.sqrt(_above(value)) for value in mpmath.eigsy(root * B * root, eigvals_only=True)))


def nuclear_norm(M: Floats) -> float:
    """Sum of the singular values of M (r, s) in `DIGITS` digits: √(‖M‖² + 2|det M|) for 2 × 2."""
    import mpmath

    with mpmath.workdps(DIGITS):
        A = mpmath.matrix(M.tolist())
        if M.shape == (2, 2):
            square = sum(A[i, j] ** 2 for i in (0, 1) for j in (0, 1))
            return float(mpmath.sqrt(square + 2 * abs(A[0, 0] * A[1, 1] - A[0, 1] * A[1, 0])))
        return float(sum(mpmath.sqrt(_above(value)) for value in mpmath.eigsy(A.T * A, eigvals_only=True)))


def _root(A: Any) -> Any:
    """The symmetric root of a positive semi-definite matrix."""
    import mpmath

    values, V = mpmath.eigsy(A)
    return V * mpmath.diag([mpmath.sqrt(_above(value)) for value in values]) * V.T


def _above(value: Any) -> Any:
    """The value, or 0 where long digits left a negative trace of it."""
    return value if value > 0 else value * 0


def bures_bound(
    S1: Floats, S2: Floats, squared: Floats, u: float, roundings: float = 0, shift: Floats | float = 0.0
) -> Bound:
    """How far rounding takes B² = W_2² of centred Gaussians, from the matrices: 2Bβ + β² + γ(8d²)(tr + tr): (lane,).

    Symmetric eigenvalue decompositions are exact for S + E, ‖E‖ ≤ 8du ‖S‖ (Golub & Van Loan 2013, section 8.3);
    entries that are themselves computed add `roundings` u ‖S‖ and `shift`. The Bures distance of S and S + E is at most
    ‖S^{1/2} − (S+E)^{1/2}‖_F, at most √(d‖E‖) (Powers & Størmer 1970) and √d ‖E‖/√λ_min where S is regular; β is the
    sum of both sides, by the triangle inequality. Multiplying out costs d² products of the size of the traces.
    """
    d = S1.shape[-1]
    beta, traces = np.zeros(len(S1)), np.zeros(len(S1))
    for S in (S1, S2):
        values = np.linalg.eigvalsh(S)
        error = gamma(8 * d + roundings, u) * np.abs(values).max(axis=-1) + shift
        regular = np.sqrt(d) * error / np.sqrt(np.maximum(values[:, 0] - error, np.finfo(float).tiny))
        beta, traces = beta + np.minimum(np.sqrt(d * error), regular), traces + np.trace(S, axis1=1, axis2=2)
    multiplied = gamma(8 * d * d + roundings, u) * traces
    return Bound(2 * np.sqrt(np.maximum(squared, 0)) * beta + beta**2 + multiplied, "2Bβ + β² + γ(8d²)(tr S₁ + tr S₂)")


def entropies(a: Floats, b: Floats) -> tuple[float, float]:
    """Jensen–Shannon and Kullback–Leibler divergence of two histograms (n,) in nats, summed point by point."""
    import mpmath

    jsd = kl = mpmath.mpf(0)
    with mpmath.workdps(DIGITS):
        for p, q in zip(map(mpmath.mpf, a.tolist()), map(mpmath.mpf, b.tolist()), strict=True):
            jsd += sum(r * mpmath.log(2 * r / (p + q)) / 2 for r in (p, q) if r > 0)
            kl += 0 if p == 0 else mpmath.inf if q == 0 else p * mpmath.log(p / q)
        return float(jsd), float(kl)


def own(n: float, words: str, scale: Any = 1.0) -> Bound:
    """The rounding of the oracle itself: γ_n of float64 times a magnitude."""
    return rounding(n, U64, f"γ({words}) of the oracle", scale)
