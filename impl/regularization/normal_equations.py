"""Ridge by Cholesky factors of XᵀX + λI, or of XXᵀ + λI where there are fewer rows than columns: the quick way."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from impl.regularization.errors import RankDeficientError
from impl.regularization.spectral import Solution, svd_solution

Solver = Callable[[Tensor, Tensor, Tensor], Solution]

ROUNDED = 4
"""Rounding the Gram matrix of unit columns and its factor moves eigenvalues by up to about ROUNDED (p + √n) ε."""


class Factored(NamedTuple):
    """The smaller Gram matrix G (*B, m, m), A = G + λI = LLᵀ, L, L⁻¹, and where rounding made A indefinite (*B)."""

    gram: Tensor
    shifted: Tensor
    factor: Tensor
    inverse: Tensor
    failed: Tensor


def factored(x: Tensor, penalty: Tensor) -> Factored:
    """Factors for x (*B, n, p) and λ (*B): m = min(n, p)."""
    n, p = x.shape[-2:]
    gram = x.mT @ x if n >= p else x @ x.mT
    shifted = gram.clone()
    shifted.diagonal(dim1=-2, dim2=-1).add_(penalty.unsqueeze(-1))
    factor, info = torch.linalg.cholesky_ex(shifted)
    identity = torch.eye(min(n, p), dtype=x.dtype, device=x.device)
    return Factored(gram, shifted, factor, torch.linalg.solve_triangular(factor, identity, upper=False), info != 0)


def solution(found: Factored, x: Tensor, y: Tensor) -> Solution:
    """β = A⁻¹Xᵀy, or by the dual XᵀA⁻¹y (Saunders, Gammerman & Vovk 1998, section 2), and df = tr L⁻¹GL⁻ᵀ."""
    primal = x.shape[-2] >= x.shape[-1]
    column = y.unsqueeze(-1)
    solved = torch.cholesky_solve(x.mT @ column if primal else column, found.factor)
    df = ((found.inverse @ found.gram) * found.inverse).sum((-2, -1))
    return Solution((solved if primal else x.mT @ solved).squeeze(-1), df)


def cholesky_solution(x: Tensor, y: Tensor, penalty: Tensor) -> Solution:
    """Ridge at λ (*B) ≥ 0. A λ > 0 so small that rounding makes A indefinite is left to the SVD.

    Raises RankDeficientError where λ is 0 and columns are dependent.
    """
    found = factored(x, penalty)
    broken = found.failed | _dependent(x, found, penalty)
    if not bool(broken.any()):
        return solution(found, x, y)
    _refuse(broken & (penalty == 0))
    return _apart(broken, x, y, penalty)


def auto_solution(x: Tensor, y: Tensor, penalty: Tensor) -> Solution:
    """Ridge at λ (*B) ≥ 0 by Cholesky where that keeps half of the digits, by the SVD elsewhere.

    κ₂(A) ≤ ‖A‖_∞ ‖L⁻¹‖₁ ‖L⁻¹‖_∞, and the error of β is a multiple of κ₂(A) u (Higham 2002, theorem 10.4).
    """
    found = factored(x, penalty)
    inverse = found.inverse.abs()
    condition = found.shifted.abs().sum(-1).amax(-1) * inverse.sum(-2).amax(-1) * inverse.sum(-1).amax(-1)
    safe = ~found.failed & (condition <= torch.finfo(x.dtype).eps ** -0.5)
    if bool(safe.all()):
        return solution(found, x, y)
    return _apart(~safe, x, y, penalty)


def _dependent(x: Tensor, found: Factored, penalty: Tensor) -> Tensor:
    """Where λ is 0 and the columns of x are dependent as far as rounding can tell: (*B)."""
    n, p = x.shape[-2:]
    if n < p:
        return penalty == 0
    length = found.gram.diagonal(dim1=-2, dim2=-1).sqrt()
    inverse = (found.inverse * length.unsqueeze(-2)).square().sum((-2, -1))  # ≥ 1 ∕ least eigenvalue of unit columns
    within_rounding = inverse * (ROUNDED * (p + n**0.5) * torch.finfo(x.dtype).eps) >= 1
    dependent: Tensor = (penalty == 0) & (within_rounding | found.failed)
    return dependent


def _refuse(dependent: Tensor) -> None:
    if bool(dependent.any()):
        place = dependent.nonzero()[0].tolist()
        where = "" if not place else f" in lane {place[0] if len(place) == 1 else tuple(place)}"
        raise RankDeficientError(
            f"columns of x are linearly dependent{where} and its penalty is 0: take solver 'svd' for the solution of "
            "least norm, or a penalty above 0"
        )


def _apart(where: Tensor, x: Tensor, y: Tensor, penalty: Tensor) -> Solution:
    """Solve the lanes of a mask by the SVD and the others by Cholesky."""
    lanes, mask = where.shape, where.reshape(-1)
    x, y, penalty = x.reshape(-1, *x.shape[-2:]), y.reshape(-1, y.shape[-1]), penalty.reshape(-1)
    coef, df = torch.empty_like(x[:, 0]), torch.empty_like(penalty)
    for chosen, solve in ((mask, svd_solution), (~mask, _unchecked)):
        index = chosen.nonzero()[:, 0]
        if len(index):
            found = solve(x[index], y[index], penalty[index])
            coef[index], df[index] = found.coef, found.df
    return Solution(coef.reshape(*lanes, -1), df.reshape(lanes))


def _unchecked(x: Tensor, y: Tensor, penalty: Tensor) -> Solution:
    return solution(factored(x, penalty), x, y)
