"""The RBF kernel as a power series in the inner product: its features are infinitely many, and it is a kernel."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from impl.core import validation
from impl.kernel_machines.grams import check_points, check_scale


class Series(NamedTuple):
    """A truncated kernel and a bound on what it leaves out, both (*B, n, m)."""

    gram: Tensor
    remainder: Tensor


def exponents(x: Tensor, z: Tensor, gamma: float) -> tuple[Tensor, Tensor]:
    """γ‖x‖² + γ‖z‖² and 2γ x·z: (*B, n, m) each. The first is at least the size of the second."""
    norms = gamma * (x.square().sum(-1).unsqueeze(-1) + z.square().sum(-1).unsqueeze(-2))
    return norms, 2 * gamma * (x @ z.mT)


def series(x: Tensor, z: Tensor, *, gamma: float = 1.0, terms: int = 10) -> Tensor:
    """e^(−γ‖x‖² − γ‖z‖²) Σ_{m < terms} (2γ x·z)^m ∕ m!: (*B, n, m).

    Each term is one exponential of a sum of logarithms: the factor before the sum may be below the range of the dtype
    while the product is not.
    """
    norms, products = exponents(x, z, gamma)
    size, negative = products.abs(), products < 0
    total = torch.zeros_like(norms)
    for m in range(terms):
        term = (torch.xlogy(torch.full_like(size, m), size) - math.lgamma(m + 1) - norms).exp()
        total = total + (torch.where(negative, -term, term) if m % 2 else term)
    return total


def remainder(x: Tensor, z: Tensor, *, gamma: float = 1.0, terms: int = 10) -> Tensor:
    """A bound on what the series leaves out, e^(−γ‖x‖² − γ‖z‖² + s) s^terms ∕ terms!, s = 2γ|x·z|: (*B, n, m).

    Lagrange's form of the remainder of e^s; where it overflows, the largest number.
    Source: Cotter, Keshet & Srebro 2011.
    """
    norms, products = exponents(x, z, gamma)
    size = products.abs()
    logarithm = torch.xlogy(torch.full_like(size, terms), size) - math.lgamma(terms + 1) - norms + size
    return logarithm.exp().clamp(max=torch.finfo(logarithm.dtype).max)


def rbf_series(x: Tensor, z: Tensor, *, gamma: float = 1.0, terms: int = 10) -> Series:
    """The RBF kernel by the first terms of its series, with a bound on the rest.

    x: (*B, n, d), z: (*B, m, d). Raises ValueError for γ ≤ 0, fewer than 1 term, NaN.
    """
    check_points(x, z)
    check_scale(gamma)
    validation.at_least(terms, "terms", 1)
    return Series(series(x, z, gamma=gamma, terms=terms), remainder(x, z, gamma=gamma, terms=terms))
