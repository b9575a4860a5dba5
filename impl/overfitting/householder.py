"""Least squares by Householder's QR, which loses κ(X) digits where the normal equations lose κ(X)².

X = QR with orthonormal columns in Q: the coefficients solve R c = Qᵀy, the fit is QQᵀy, row i's leverage is ‖Q_i‖²,
and the j-th column takes (q_jᵀy)² off the error of those before it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from impl.overfitting.fitting_checks import check_design, check_rows, place


class Factored(NamedTuple):
    """A design x (*B, n, d) of full column rank and its factors q (*B, n, d), r (*B, d, d)."""

    x: Tensor
    q: Tensor
    r: Tensor


class Fit(NamedTuple):
    """coef (*B, d), fitted (*B, n), rss (*B), leverage (*B, n)."""

    coef: Tensor
    fitted: Tensor
    rss: Tensor
    leverage: Tensor


class Nested(NamedTuple):
    """rss (*B, d+1) of the first 0, 1, …, d columns; gain (*B, d): what each column took off."""

    rss: Tensor
    gain: Tensor


def factored(x: Tensor) -> Factored:
    """The QR factors of a design (*B, n, d), n ≥ d.

    Raises ValueError for more columns than rows, and for a column that depends on those before it: whose rest beside
    them, |r_jj|, is at most max(n, d) ε of its length, which rounding alone can leave.
    """
    check_design(x)
    n, d = x.shape[-2:]
    if n < d:
        raise ValueError(f"x must have at least as many rows as columns, got {n} rows of {d}: use minimum_norm")
    q, r = torch.linalg.qr(x)
    rest, length = r.diagonal(dim1=-2, dim2=-1).abs(), torch.linalg.vector_norm(r, dim=-2)
    dependent = rest <= n * torch.finfo(x.dtype).eps * length
    if bool(dependent.any()):
        raise ValueError(
            "x must have full column rank: the column at index "
            f"{place(dependent)} depends on those before it; drop it, or use minimum_norm"
        )
    return Factored(x, q, r)


def solve(design: Factored, y: Tensor) -> Tensor:
    """The coefficients R⁻¹Qᵀy of several targets y (*B, n, k): (*B, d, k)."""
    coef: Tensor = torch.linalg.solve_triangular(design.r, design.q.mT @ y, upper=True)
    return coef


def leverages(design: Factored) -> Tensor:
    """The hat matrix's diagonal h_ii = ‖Q_i‖²: (*B, n)."""
    return design.q.square().sum(-1)


def nested(design: Factored, y: Tensor) -> Nested:
    """Errors of the designs of the first columns: ‖(I − QQᵀ)y‖² and, backwards, what each column took off."""
    part = (design.q.mT @ y.unsqueeze(-1)).squeeze(-1)  # (*B, d)
    rest = y - (design.q @ part.unsqueeze(-1)).squeeze(-1)
    gain, errors = part.square(), [rest.square().sum(-1)]
    for column in reversed(gain.unbind(-1)):
        errors.append(errors[-1] + column)
    return Nested(torch.stack(errors[::-1], -1), gain)


def least_squares(
    x: Tensor,
    y: Tensor,
    *,
    solve: Callable[[Factored, Tensor], Tensor] = solve,
    leverages: Callable[[Factored], Tensor] = leverages,
) -> Fit:
    """The coefficients c that minimise ‖y − Xc‖², what they fit, its error, and each row's leverage.

    x: (*B, n, d) of full column rank; y: (*B, n).

    Raises ValueError for a design with dependent columns or fewer rows than columns (use `minimum_norm`), for shapes
    that do not match, and for what is not finite.

    Source: Higham 2002, section 20.2.
    """
    check_rows(x, y)
    design = factored(x)
    coef = solve(design, y.unsqueeze(-1))
    fitted = (x @ coef).squeeze(-1)
    return Fit(coef.squeeze(-1), fitted, (y - fitted).square().sum(-1), leverages(design))


def nested_errors(x: Tensor, y: Tensor, *, nested: Callable[[Factored, Tensor], Nested] = nested) -> Nested:
    """The sums of squared errors of the first 0, 1, …, d columns, by one factorisation: they never rise.

    x: (*B, n, d) of full column rank; y: (*B, n). Raises ValueError as `least_squares`.

    Source: Hastie, Tibshirani & Friedman 2009, section 3.2.3 (regression by successive orthogonalisation).
    """
    check_rows(x, y)
    return nested(factored(x), y)
