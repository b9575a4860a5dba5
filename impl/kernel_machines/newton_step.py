"""How far to go along a step of logistic losses, and when to stop.

Logistic loss satisfies |φ‴| ≤ R φ″ along a line on which no score changes faster than R, so that (Bach 2010,
proposition 1) φ(t) ≤ φ(0) − D t + B (e^(tR) − tR − 1) ∕ R², where D = −φ′(0) and B = φ″(0). At t = log(1 + RD∕B) ∕ R,
where the right side is least, the objective has fallen, whatever it is; and at t = 1 where R ≤ 1 and B ≤ 5D∕4, as
(e − 2) 5∕4 < 1. For Newton's step B = D.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

PATIENCE = 8
"""Rounds without progress after which rounding, not the method, stands in the way."""


def step_length(reach: Tensor, decrement: Tensor, bend: Tensor) -> Tensor:
    """The proven length: 1 where that is safe, else log(1 + RD∕B) ∕ R: (*B).

    reach: R, the largest change of a score. decrement: D, −∇F·δ. bend: B, δᵀ∇²F δ.
    """
    whole = ((reach <= 1) & (4 * bend <= 5 * decrement)) | (bend <= 0)
    reach, bend = reach.masked_fill(whole, 1), bend.masked_fill(whole, 1)
    return torch.where(whole, 1.0, (reach * decrement / bend).log1p() / reach)


def rounding_goal(n: int, dtype: torch.dtype) -> float:
    """A gap of 8 (n + 8) roundings of log 2, the objective at 0."""
    return 4 * (n + 8) * torch.finfo(dtype).eps * math.log(2)


class Watch:
    """Which lanes go on.

    A lane is done at its goal. With `polish` it goes on from there while a step gains much, since the gap is of second
    order: the answer has only half of its digits where the value has all.
    """

    def __init__(self, goal: Tensor, *, polish: bool) -> None:
        self.goal = goal
        self.polish = polish
        last = torch.finfo(goal.dtype).eps ** 2
        self.end = torch.full_like(goal, last) if polish else goal
        self.least = torch.full_like(goal, torch.inf)
        self.stale = torch.zeros_like(goal, dtype=torch.int64)

    def better(self, gap: Tensor) -> Tensor:
        """Whether this is the least gap so far: (*B)."""
        return gap < self.least

    def going(self, gap: Tensor) -> Tensor:
        """Whether each lane should take another step: (*B)."""
        gained = gap < self.least / 16
        self.stale = torch.where(gap < self.least / 2, 0, self.stale + 1)
        self.least = torch.minimum(gap, self.least)
        reached = self.least <= self.goal
        if self.polish:
            reached = reached & ~(gained & (gap > self.end))
        return ~reached & (self.stale < PATIENCE)
