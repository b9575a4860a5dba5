"""The last word on a solution: its gap from the residual itself, and a correction where rounding in XᵀX shows."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.regularization.duality import Penalties, correlation, gap, shrinkage
from impl.regularization.lasso_gram import Gram
from impl.regularization.lasso_orthant import orthant_step

REFINEMENTS = 4


def certified(
    x: Tensor, y: Tensor, penalties: Penalties, problem: Gram, coef: Tensor, goal: Tensor
) -> tuple[Tensor, Tensor]:
    """The coefficients (lane, p), corrected where the gap is above the goal (lane,), and their gap (lane,).

    Correcting by the correlations of the true residual is iterative refinement (Higham 2002, chapter 12).
    """
    value, pull = gap_and_pull(x, y, penalties, coef)
    for _ in range(REFINEMENTS):
        if not bool((value > goal).any()):
            break
        moved, _ = orthant_step(problem, coef, pull)
        lower, its_pull = gap_and_pull(x, y, penalties, moved)
        better = (value > goal) & (lower < value)
        coef, pull = (torch.where(better.unsqueeze(-1), a, b) for a, b in ((moved, coef), (its_pull, pull)))
        value = torch.where(better, lower, value)
    return coef, value


def gap_and_pull(x: Tensor, y: Tensor, penalties: Penalties, coef: Tensor) -> tuple[Tensor, Tensor]:
    """The gap (lane,) and the correlations with the residual (lane, p)."""
    n, (l1, l2) = y.shape[-1], penalties
    residual = y - (x @ coef.unsqueeze(-1)).squeeze(-1)
    pull = correlation(x, residual, coef, n * l2)
    square = residual.square().sum(-1) + n * l2 * coef.square().sum(-1)
    s = shrinkage(pull.abs().amax(-1), n * l1)
    return gap(coef, pull, square, n * l1, s) / n, pull
