"""The exact step among the multipliers that are inside their boxes: where they are the right ones, it is the last.

With H = K on the free set and F the slope there, the step d with Σ d = 0 that maximises Fᵀd − ½ dᵀHd solves
Hd = F − b, whose b is the bias. It is cut short where a multiplier meets its box (Scheinberg 2006, section 2).
"""

from __future__ import annotations

import torch
from torch import Tensor

from impl.kernel_machines.box import Dual
from impl.kernel_machines.pair_steps import State

RIDGE = 2.0**-32
"""The least share of the largest diagonal entry that is added to the diagonal."""


def free_step(problem: Dual, state: State, roundoff: float) -> State:
    """The state after the step in each lane; the host waits once, for the size of the largest free set.

    H gets a small share of its largest entry on its diagonal, and more where K was rounded to less, which makes it
    definite: of dependent points, this is a step of the proximal point method. A lane whose H has no Cholesky factor
    even so stays where it is.
    """
    beta, slope = state
    inside = (beta > problem.low) & (beta < problem.high)
    size = int(inside.sum(-1).max())
    if size < 2:
        return state
    places = torch.argsort(inside.to(torch.int8), dim=-1, descending=True, stable=True)[:, :size]
    free = inside.gather(-1, places)
    step = _within(_block(problem, places), slope.gather(-1, places), free, roundoff)
    low, high, old = (part.gather(-1, places) for part in (problem.low, problem.high, beta))
    room = torch.where(step > 0, (high - old) / step, (low - old) / step).masked_fill(step == 0, torch.inf)
    share = room.amin(-1, keepdim=True)
    new = old + share.clamp(max=1) * step
    new = torch.where(room <= share.clamp(max=1), torch.where(step > 0, high, low), new)
    new = torch.where(free, torch.minimum(torch.maximum(new, low), high), old)
    after = beta.scatter(-1, places, new)
    return State(after, problem.slope(after))


def _block(problem: Dual, places: Tensor) -> Tensor:
    """K at these places (l, f) of each lane: (l, f, f)."""
    lanes, f = places.shape
    rows = problem.gram.index_select(0, (problem.start.unsqueeze(-1) + places).reshape(-1)).view(lanes, f, -1)
    return rows.gather(-1, places.unsqueeze(-2).expand(lanes, f, f))


def _within(block: Tensor, slope: Tensor, free: Tensor, roundoff: float) -> Tensor:
    """The step (l, f), 0 outside `free`.

    Both sides are centred first: in the space Σ d = 0 nothing is left of the bias, whose elimination would cancel.
    """
    f = block.shape[-1]
    count = free.sum(-1, keepdim=True).clamp(min=1)
    inside = block.masked_fill(~(free.unsqueeze(-1) & free.unsqueeze(-2)), 0)
    mean = inside.sum(-1) / count
    whole = (mean.sum(-1, keepdim=True) / count).unsqueeze(-1)
    inside = inside - mean.unsqueeze(-1) - mean.unsqueeze(-2) + whole
    inside = inside.masked_fill(~(free.unsqueeze(-1) & free.unsqueeze(-2)), 0)
    size = inside.diagonal(dim1=-2, dim2=-1).abs().amax(-1, keepdim=True)
    ridge = torch.where(free, max(16 * f * roundoff, RIDGE) * size, 1.0).clamp(min=torch.finfo(block.dtype).tiny)
    factor, failed = torch.linalg.cholesky_ex(inside + torch.diag_embed(ridge))
    wanted = _centred(slope, free, count)
    step = _centred(torch.cholesky_solve(wanted.unsqueeze(-1), factor).squeeze(-1), free, count)
    return step.masked_fill((failed != 0).unsqueeze(-1) | ~step.isfinite().all(-1, keepdim=True), 0)


def _centred(values: Tensor, free: Tensor, count: Tensor) -> Tensor:
    """The values less their mean over `free`, 0 elsewhere."""
    return torch.where(free, values - values.masked_fill(~free, 0).sum(-1, keepdim=True) / count, 0.0)
