"""The dual of a soft-margin machine in signed multipliers β = α y, where one box and one sum are all constraints.

    max Σ β y − ½ βᵀKβ,  low ≤ β ≤ high,  Σ β = 0

low = −C [y = −1] and high = C [y = 1]. Its slope is F = y − Kβ. A label of 0 stands for a point that takes no part: its
box is one point. Everything is held in float64 whatever the dtype of the question, since Σ β cancels.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Dual(NamedTuple):
    """A batch of duals: K flat (matrices · n, n); the first row of each lane's matrix (l,); y, low, high (l, n).

    diagonal: K_ii (l, n). aligned: whether lane i has matrix i, and no other lane has.
    """

    gram: Tensor
    start: Tensor
    y: Tensor
    low: Tensor
    high: Tensor
    diagonal: Tensor
    aligned: bool

    def of(self, lanes: Tensor) -> Dual:
        """Some of the lanes, with the matrices where they are."""
        start, y, low, high, diagonal = (
            part.index_select(0, lanes) for part in (self.start, self.y, self.low, self.high, self.diagonal)
        )
        return Dual(self.gram, start, y, low, high, diagonal, aligned=False)

    def rows(self, index: Tensor) -> Tensor:
        """Row `index` (l,) of each lane's matrix: (l, n)."""
        return self.gram.index_select(0, self.start + index)

    def slope(self, beta: Tensor) -> Tensor:
        """F = y − Kβ: (l, n), without a copy of K where all lanes have one matrix or each its own."""
        n = self.y.shape[-1]
        if len(self.gram) == n:
            return self.y - beta @ self.gram.mT
        if self.aligned:
            return self.y - (self.gram.view(-1, n, n) @ beta.unsqueeze(-1)).squeeze(-1)
        places = torch.div(self.start, n, rounding_mode="floor")
        return self.y - (self.gram.view(-1, n, n).index_select(0, places) @ beta.unsqueeze(-1)).squeeze(-1)


def dual(K: Tensor, y: Tensor, C: Tensor, machines: int = 1) -> Dual:
    """The duals of K (l, n, n) for y (l · machines, n) and C (l · machines,), several machines beside each other."""
    lanes, n = K.shape[0], K.shape[-1]
    gram, y, C = K.to(torch.float64), y.to(torch.float64), C.to(torch.float64).unsqueeze(-1)
    start = (torch.arange(lanes, device=K.device) * n).repeat_interleave(machines)
    diagonal = gram.diagonal(dim1=-2, dim2=-1).repeat_interleave(machines, 0)
    return Dual(gram.reshape(-1, n), start, y, C * y.clamp(max=0), C * y.clamp(min=0), diagonal, machines == 1)


def extremes(slope: Tensor, beta: Tensor, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    """m, the greatest slope where β can grow, and M, the least where β can fall: (l,), ∓∞ where nothing can.

    β is optimal when m ≤ M, and then every bias between them is (Keerthi et al. 2001, section 2).
    """
    grow = slope.masked_fill(beta >= high, -torch.inf).amax(-1)
    fall = slope.masked_fill(beta <= low, torch.inf).amin(-1)
    return grow, fall


def violation(slope: Tensor, beta: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """M − M, 0 where nothing can grow or nothing can fall: (l,)."""
    grow, fall = extremes(slope, beta, low, high)
    return torch.where(grow.isfinite() & fall.isfinite(), grow - fall, 0.0)
