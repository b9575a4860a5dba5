"""Growth functions and VC dimensions of simple families of sets, and Sauer & Shelah's bound."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

INFINITE = -1
"""What stands for an infinite VC dimension."""


def sauer_bound(n: int, dimension: int) -> int:
    """Σ_{i ≤ dimension} C(n, i): the most dichotomies of n points at this VC dimension (Sauer 1972)."""
    return sum(math.comb(n, i) for i in range(dimension + 1))


def _half_planes(n: int) -> int:
    """Cover's count for d + 1 = 3 homogeneous coordinates, 2 Σ_{i ≤ 2} C(n−1, i); 1 for no points."""
    return 2 * sauer_bound(n - 1, 2) if n else 1


class Family(NamedTuple):
    """growth(n): the greatest number of dichotomies of n points; dimension: the VC dimension."""

    growth: Callable[[int], int]
    dimension: int


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "rays": Family(lambda n: n + 1, 1),
        "two-sided-rays": Family(lambda n: max(2 * n, 1), 2),
        "intervals": Family(lambda n: n * (n + 1) // 2 + 1, 2),
        "half-planes": Family(_half_planes, 3),
        "rectangles": Family(lambda n: sauer_bound(n, 4), 4),
        "convex-sets": Family(lambda n: 1 << n, INFINITE),
        "sines": Family(lambda n: 1 << n, INFINITE),
    }
)
"""{x ≥ a} · {x ≥ a} and {x ≤ a} · [a, b] and the empty set · of the plane · with sides along the axes, a bound · of the
plane · {x : sin ωx > 0}, of one parameter (Vapnik & Chervonenkis 1971; Abu-Mostafa, Magdon-Ismail & Lin 2012, section
2.1; the last from Vapnik 1998)."""


def check_family(name: str) -> None:
    """Raise ValueError for a family that has no entry."""
    if name not in FAMILIES:
        raise ValueError(f"family must be one of {', '.join(FAMILIES)}, got {name!r}")


def growth_function(family: str, n: int) -> int:
    """The greatest number of dichotomies of n points, or its bound. Raises ValueError for an unknown family."""
    check_family(family)
    return FAMILIES[family].growth(n)


def vc_dimension(family: str) -> int:
    """The most points of which the family cuts out every subset; `INFINITE` where there is no most."""
    check_family(family)
    return FAMILIES[family].dimension
