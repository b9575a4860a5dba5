"""Solving many lassos in Gram form: explore, solve exactly on the support, ask for the gap, drop what is done."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from impl.regularization.lasso_cd import CoordinateDescent
from impl.regularization.lasso_fista import curvature, fista
from impl.regularization.lasso_gram import Gram
from impl.regularization.lasso_orthant import orthant_step

SOLVERS = ("cd", "fista")
SWEEPS = 4
STEPS = 24
FEW = 32
"""Up to so many columns a sweep visits all; of more, only those that some lane uses or should use."""
FACES = 3
"""Solves on the support before others are looked at, since some coefficients may have to leave it first."""
PATIENCE = 8
"""Rounds without progress after which rounding, not the method, stands in the way."""

Explorer = Callable[[Tensor, Tensor, bool], Tensor]
"""(β, its correlations, whether this is the first round) → a β that is lower."""


def explorer(problem: Gram, solver: str) -> Explorer:
    """What looks for the support: sweeps of coordinate descent, or steps of FISTA.

    The first round takes one sweep or step from 0, which is the whole answer for orthogonal columns.
    """
    if solver == "fista":
        L = curvature(problem.H)
        return lambda beta, pull, first: fista(problem, beta, L, 1 if first else STEPS)
    descent, p = CoordinateDescent(problem), problem.q.shape[-1]
    if p <= FEW:
        return lambda beta, pull, first: descent.sweep(beta, pull, range(p), 1 if first else SWEEPS)
    level = problem.level.unsqueeze(-1)

    def working(beta: Tensor, pull: Tensor, first: bool) -> Tensor:
        wanted = ((pull.abs() > level) | (beta != 0)).any(0).nonzero().squeeze(-1).tolist()
        return descent.sweep(beta, pull, wanted, 1 if first else SWEEPS)

    return working


def minimise(problem: Gram, beta: Tensor, goal: Tensor, solver: str, max_iter: int) -> tuple[Tensor, Tensor]:
    """The coefficients (lane, p) whose gap is at most `goal` (lane,), n times the gap, and the rounds (lane,).

    A round explores and then solves on the support. A lane that is done leaves the batch. Without progress in
    PATIENCE rounds, or after max_iter, the lane keeps the coefficients of least gap. beta: where to start.
    """
    answer, rounds = beta.clone(), torch.zeros_like(goal, dtype=torch.int64)
    index = torch.arange(len(goal), device=goal.device)
    explore = explorer(problem, solver)
    least, lowest = torch.full_like(goal, torch.inf), torch.full_like(goal, torch.inf)
    stale = torch.zeros_like(rounds)
    pull = problem.pull(beta)
    for k in range(max_iter):
        beta = explore(beta, pull, k == 0)
        pull = problem.pull(beta)
        for _ in range(FACES if k else 0):
            beta, settled = orthant_step(problem, beta, pull)
            pull = problem.pull(beta)
            if settled:
                break
        gap = problem.gap(beta, pull)
        answer[index] = torch.where((gap < least).unsqueeze(-1), beta, answer[index])
        rounds[index] = k + 1
        value = problem.objective(beta, pull)
        progress = (gap < least / 2) | (value < lowest - goal / 64)
        stale = torch.where(progress, 0, stale + 1)
        least, lowest = torch.minimum(gap, least), torch.minimum(value, lowest)
        going = ((gap > goal) & (stale < PATIENCE)).nonzero().squeeze(-1)
        if len(going) == 0:
            break
        if len(going) < len(index):
            index, problem, goal = index[going], problem.lanes(going), goal[going]
            beta, pull, least, lowest, stale = (x[going] for x in (beta, pull, least, lowest, stale))
            explore = explorer(problem, solver)
    return answer, rounds
