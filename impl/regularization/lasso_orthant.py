"""The exact solve on the support: where the signs are right, the lasso is a linear system."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.regularization.lasso_gram import Gram


def orthant_step(problem: Gram, beta: Tensor, pull: Tensor) -> tuple[Tensor, bool]:
    """Move β (lane, p) to the minimum of its orthant's face, or as far as signs allow; whether most got there.

    On the support A with signs s the correction d solves H_AA d = x_Aᵀr − nλ₁ s_A. Correcting instead of solving anew
    is iterative refinement, so that the jitter costs no digits and dependent columns do no harm. Where a sign would
    flip, either all that flip become 0 or β stops where the first does, whichever is lower; so the objective falls at
    every step (Lee et al. 2007, section 3). pull: q − Hβ.
    """
    active = beta != 0
    count = int(active.sum(-1).max())
    if count == 0:
        return beta, True
    step = correction(problem, pull - problem.level.unsqueeze(-1) * beta.sign(), active, count)
    moved = beta + step
    flips = (moved * beta.sign() <= 0) & active
    stopped_short = int(flips.any(-1).sum())
    if stopped_short == 0:
        return moved, True
    share = torch.where(flips, beta / (beta - moved).masked_fill(~flips, 1), torch.ones_like(beta))
    first = share.amin(-1, keepdim=True)
    clipped = moved.masked_fill(flips, 0)
    stopped = torch.where(flips & (share == first), torch.zeros_like(beta), beta + first * step)
    better = _change(problem, beta, pull, clipped) <= _change(problem, beta, pull, stopped)
    return torch.where(better.unsqueeze(-1), clipped, stopped), 2 * stopped_short <= len(beta)


def correction(problem: Gram, force: Tensor, active: Tensor, count: int) -> Tensor:
    """Solve H_AA d = force_A in each lane, d = 0 outside A: (lane, p); count: the size of the largest A."""
    lanes, p = force.shape
    if count == p:
        index = torch.arange(p, device=force.device).expand(lanes, p)
        inside, block = active, problem.H
    else:
        index = (~active).to(torch.int8).argsort(stable=True, dim=-1)[:, :count]  # the active ones first
        inside = active.gather(-1, index)
        rows = problem.H.gather(1, index.unsqueeze(-1).expand(-1, -1, p))
        block = rows.gather(2, index.unsqueeze(1).expand(-1, count, -1))
    block = block * (inside.unsqueeze(-1) & inside.unsqueeze(-2))
    top = block.diagonal(dim1=-2, dim2=-1).amax(-1, keepdim=True)
    ones = torch.ones_like(top)
    block = block + torch.diag_embed(torch.where(inside, problem.jitter * top, ones))
    factor, failed = torch.linalg.cholesky_ex(block)
    right = (force.gather(-1, index) * inside).unsqueeze(-1)
    solved = torch.cholesky_solve(right, factor).squeeze(-1)
    solved = torch.where((failed == 0).unsqueeze(-1), solved, torch.zeros_like(solved))
    return torch.zeros_like(force).scatter(-1, index, solved)


def _change(problem: Gram, beta: Tensor, pull: Tensor, to: Tensor) -> Tensor:
    """How the objective changes from β to another point: (lane,)."""
    move = to - beta
    bent = (move * (problem.H @ move.unsqueeze(-1)).squeeze(-1)).sum(-1) / 2
    return bent - (move * pull).sum(-1) + problem.level * (to.abs() - beta.abs()).sum(-1)
