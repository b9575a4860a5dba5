"""The feature space of the polynomial kernel, written out: one monomial for each exponent vector."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from itertools import combinations_with_replacement

import torch
from torch import Tensor

from impl.kernel_machines.grams import check_points, check_scale

Weight = Callable[[tuple[int, ...], int, float, float], float]


def monomials(d: int, degree: int) -> list[tuple[int, ...]]:
    """Every monomial of at most this degree in d coordinates, as the `degree` factors of (1, x) that make it.

    Factor 0 is the 1, and factor i is coordinate i − 1. There are C(d + degree, degree).
    """
    return list(combinations_with_replacement(range(d + 1), degree))


def multinomial_weight(factors: tuple[int, ...], degree: int, gamma: float, zeta: float) -> float:
    """√[Q! ∕ ((Q − |k|)! Π k_i!) ζ^(Q − |k|) γ^|k|], what a monomial of exponents k is multiplied by in φ."""
    times = Counter(factors)
    ways = math.factorial(degree) // math.prod(math.factorial(count) for count in times.values())
    constant = times[0]
    return math.sqrt(ways * zeta**constant * gamma ** (degree - constant))


def polynomial_map(
    x: Tensor, *, gamma: float = 1.0, zeta: float = 1.0, degree: int = 2, weight: Weight = multinomial_weight
) -> Tensor:
    """φ(x) with φ(x)·φ(z) = (ζ + γ x·z)^degree, no checks: (*B, n, C(d + degree, degree)).

    Source: Shawe-Taylor & Cristianini 2004, chapter 9, by the multinomial theorem.
    """
    factors = monomials(x.shape[-1], degree)
    ones = torch.cat([torch.ones_like(x[..., :1]), x], -1)  # (*B, n, 1 + d)
    index = torch.tensor(factors, device=x.device)
    product = ones[..., index[:, 0]]
    for step in range(1, degree):
        product = product * ones[..., index[:, step]]
    scale = [weight(entry, degree, gamma, zeta) for entry in factors]
    return product * torch.tensor(scale, dtype=x.dtype, device=x.device)


def polynomial_features(x: Tensor, *, gamma: float = 1.0, zeta: float = 1.0, degree: int = 2) -> Tensor:
    """φ(x) with φ(x)·φ(z) = (ζ + γ x·z)^degree: (*B, n, C(d + degree, degree)).

    Raises ValueError for γ ≤ 0, ζ < 0 (that kernel has no real features), a degree below 1, NaN.
    """
    check_points(x, x)
    check_map(gamma, zeta, degree)
    return polynomial_map(x, gamma=gamma, zeta=zeta, degree=degree)


def check_map(gamma: float, zeta: float, degree: int) -> None:
    """Raise ValueError unless (ζ + γ x·z)^degree has real features: γ > 0, ζ ≥ 0, a degree of at least 1."""
    check_scale(gamma, zeta, degree)
    if zeta < 0:
        raise ValueError(f"zeta must be non-negative, or the kernel has no features, got {zeta!r}")
