"""Polynomial designs in three bases that span the same functions, and are not equally well conditioned."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.core import validation
from impl.overfitting.fitting_checks import check_numbers

BASES = ("monomial", "chebyshev", "legendre")


def next_power(t: Tensor, k: int, now: Tensor, before: Tensor) -> Tensor:
    """The power t^{k+1} = t · t^k."""
    return t * now


def next_chebyshev(t: Tensor, k: int, now: Tensor, before: Tensor) -> Tensor:
    """T_{k+1} = 2 t T_k − T_{k−1}, and T_1 = t."""
    return t if k == 0 else 2 * t * now - before


def next_legendre(t: Tensor, k: int, now: Tensor, before: Tensor) -> Tensor:
    """Bonnet's P_{k+1} = ((2k+1) t P_k − k P_{k−1}) ∕ (k+1)."""
    return ((2 * k + 1) * t * now - k * before) / (k + 1)


RECURRENCES = {"monomial": next_power, "chebyshev": next_chebyshev, "legendre": next_legendre}


def polynomial_design(t: Tensor, degree: int, basis: str = "monomial") -> Tensor:
    """The polynomials of degree 0 … `degree` at the nodes, by the basis's three-term recurrence.

    t: (*B, n), any numbers; the Chebyshev and Legendre bases stay within [−1, 1] where t does. Returns (*B, n,
    degree+1).

    Raises ValueError for a degree below 0, a basis that is none of BASES, or a node that is no finite number.

    Source: NIST Digital Library of Mathematical Functions, section 18.9(i).

    >>> polynomial_design(torch.tensor([0.5]), 2, "chebyshev").tolist()
    [[1.0, 0.5, -0.5]]
    """
    check_numbers(t, "t", 1, "(..., n)")
    check_basis(degree, basis)
    columns = [torch.ones_like(t)]
    for k in range(degree):
        columns.append(RECURRENCES[basis](t, k, columns[-1], columns[k - 1]))
    return torch.stack(columns, -1)


def check_basis(degree: int, basis: str) -> None:
    """Raise ValueError for a degree that is no whole number of at least 0, or a basis that is none of BASES."""
    if degree != int(degree):
        raise ValueError(f"degree must be a whole number, got {degree!r}")
    validation.at_least(degree, "degree", 0)
    if basis not in BASES:
        raise ValueError(f"basis must be one of {', '.join(BASES)}, got {basis!r}")


def check_unit_interval(t: Tensor) -> None:
    """Raise ValueError at the first node outside [−1, 1], where orthogonal polynomials grow fast."""
    bad = t.abs() > 1
    if bool(bad.any()):
        raise ValueError(f"t must lie in [-1, 1], got {t[bad][0].item()!r}: map its range there first")
