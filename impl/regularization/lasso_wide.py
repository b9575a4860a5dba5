"""Many more columns than rows: solve on a working set of columns, and let in those that should not be 0."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from impl.regularization.duality import Penalties
from impl.regularization.lasso_certified import gap_and_pull

LEAST = 512
"""From so many columns on, XᵀX of a wide X costs more than working sets do."""
FIRST = 128

Solve = Callable[[Tensor, Tensor, Penalties, Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]
"""(x, y, penalties, goal, start) → coef, gap, iterations."""


def is_wide(x: Tensor) -> bool:
    """Whether x (lane, n, p) has many columns, and more than rows."""
    n, p = x.shape[-2:]
    return p > max(n, LEAST)


def on_working_sets(
    x: Tensor, y: Tensor, penalties: Penalties, goal: Tensor, start: Tensor, solve: Solve
) -> tuple[Tensor, Tensor, Tensor]:
    """Coefficients (lane, p), gaps and iterations (lane,) from a start (lane, p).

    The set holds the support and the columns that are correlated best with the residual; it doubles until the gap over
    all columns is small enough, so that at worst it is everything (Massias, Gramfort & Salmon 2018, section 3).
    """
    n, p = x.shape[-2:]
    size = min(p, max(FIRST, 2 * int((start != 0).sum(-1).max())))
    gap, pull = gap_and_pull(x, y, penalties, start)
    coef, iterations = start, torch.zeros_like(goal, dtype=torch.int64)
    while bool((gap > goal).any()) or not bool(iterations.any()):
        rank = pull.abs().masked_fill(coef != 0, torch.inf)
        index = rank.argsort(dim=-1, descending=True, stable=True)[:, :size]
        some = x.gather(-1, index.unsqueeze(1).expand(-1, n, -1)) if len(x) > 1 else x[..., index[0]]
        found, _, rounds = solve(some, y, penalties, goal, coef.gather(-1, index))
        coef, iterations = torch.zeros_like(coef).scatter(-1, index, found), iterations + rounds
        gap, pull = gap_and_pull(x, y, penalties, coef)
        if size == p:
            break
        size = min(p, 2 * size)
    return coef, gap, iterations
