"""Every place where a stump may cut, sorted once; prefix sums over all cuts at once; the canonical choice.

Inside the boosting loop the lane is the LAST axis: (n, lane) for weights, (n, d, lane) for whatever has a value per
cut. Reductions over rows then run across lanes, which is what vector units like. Cut k of a feature puts the k
smallest rows on the left; k = 0 puts every row on the right and has the threshold −inf: the constant stump.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

BLOCK = 64
"""Longest run of rows that one triangular product sums; longer ones are summed block by block."""


@dataclass(frozen=True)
class Cuts:
    """A presorted design of a batch of problems.

    X: (n, d, lane). order: (n·d·lane,) positions in a flattened (n, lane) array, rows of each feature ascending.
    threshold: (n, d, lane). valid: (n, d, lane), 1 where a cut separates two different values, else 0.
    """

    X: Tensor
    order: Tensor
    threshold: Tensor
    valid: Tensor

    def sorted(self, values: Tensor) -> Tensor:
        """Values of the rows (n, lane) in each feature's ascending order: (n, d·lane)."""
        return values.reshape(-1).index_select(0, self.order).view(len(self.X), -1)

    def column(self, feature: Tensor) -> Tensor:
        """Each lane's chosen feature (lane,): (n, lane)."""
        return row(self.X, feature)

    def table(self, sums: Tensor) -> Tensor:
        """What was computed per (n, d·lane) as (n, d, lane)."""
        return sums.view(self.X.shape)


def presort(X: Tensor) -> Cuts:
    """Sort X (lane, n, d) by every feature and lay out its cuts.

    The threshold between neighbours a < b is t = a/2 + b/2, and a where rounding leaves [a, b): so x ≤ t always
    routes a left and b right, even for adjacent floats and for values near the largest.
    """
    lanes, n, d = X.shape
    ascending, order = X.permute(2, 0, 1).contiguous().sort(dim=-1, stable=True)  # (d, lane, n)
    lane = torch.arange(lanes, device=X.device)
    flat = order.permute(2, 0, 1) * lanes + lane  # (n, d, lane)
    x = ascending.permute(2, 0, 1).contiguous()
    below, above = x[:-1], x[1:]
    middle = below / 2 + above / 2
    middle = torch.where((below <= middle) & (middle < above), middle, below)
    first = torch.ones_like(x[:1])
    return Cuts(
        X=X.permute(1, 2, 0).contiguous(),
        order=flat.reshape(-1),
        threshold=torch.cat([first * -torch.inf, middle]),
        valid=torch.cat([first, (below < above).to(X.dtype)]),
    )


def row(table: Tensor, feature: Tensor) -> Tensor:
    """Row `feature` (lane,) of each lane of a table (n, d, lane): (n, lane)."""
    n, d, lanes = table.shape
    start = torch.arange(n, device=table.device)[:, None] * (d * lanes)
    place = start + (feature * lanes + torch.arange(lanes, device=table.device))
    return table.reshape(-1).index_select(0, place.view(-1)).view(n, lanes)


def entry(table: Tensor, cut: Tensor, feature: Tensor) -> Tensor:
    """Entry (cut, feature) of each lane of a table (n, d, lane): (lane,)."""
    _, d, lanes = table.shape
    place = (cut * d + feature) * lanes + torch.arange(lanes, device=table.device)
    return table.reshape(-1).index_select(0, place)


def sums_left(values: Tensor) -> Tensor:
    """Σ_{i<k} values_i for k = 0 … n−1, over the first axis of (n, m).

    Products with triangles of ones, in blocks: deterministic on every device, where a floating-point cumulative sum
    is not, and with an error of γ_{64 + n/64} Σ|v| instead of γ_n Σ|v|.
    """
    n, m = values.shape
    if n <= BLOCK:
        return values.new_ones(n, n).tril(-1) @ values
    blocks = _blocks(values)
    inside = values.new_ones(BLOCK, BLOCK).tril(-1) @ blocks
    outside = sums_left(blocks.sum(1))
    return (inside + outside[:, None]).view(-1, m)[:n]


def sums_right(values: Tensor) -> Tensor:
    """Σ_{i≥k} values_i for k = 0 … n−1, over the first axis of (n, m); summed as in `sums_left`."""
    n, m = values.shape
    if n <= BLOCK:
        return values.new_ones(n, n).triu() @ values
    blocks = _blocks(values)
    inside = values.new_ones(BLOCK, BLOCK).triu() @ blocks
    totals = blocks.sum(1)
    outside = torch.cat([sums_right(totals)[1:], torch.zeros_like(totals[:1])])
    return (inside + outside[:, None]).view(-1, m)[:n]


def sums_right_minus_left(values: Tensor) -> Tensor:
    """Σ_{i≥k} values_i − Σ_{i<k} values_i for k = 0 … n−1, over the first axis of (n, m)."""
    n = len(values)
    if n <= BLOCK:
        return values.new_ones(n, n).triu().mul_(2).sub_(1) @ values  # one product: error γ_n Σ|v|
    return sums_right(values) - sums_left(values)


def _blocks(values: Tensor) -> Tensor:
    """Rows in blocks, the last one filled with zeros: (blocks, BLOCK, m)."""
    n, m = values.shape
    filling = values.new_zeros(-n % BLOCK, m)
    return torch.cat([values, filling]).view(-1, BLOCK, m)


def first_best(scores: Tensor, slack: Tensor) -> tuple[Tensor, Tensor]:
    """The first (feature, then cut) whose score is within `slack` of the best: two (lane,) index tensors.

    scores: (n, d, lane), non-negative, 0 where the cut is not valid. slack: (lane,), the rounding error of a score:
    scores that are equal in exact arithmetic are then tied here too, and ties go to the smallest feature and
    threshold, whatever order the device sums in.
    """
    per_feature = scores.amax(0)  # (d, lane)
    floor = per_feature.amax(0) - slack
    feature = _first(per_feature.ge_(floor))
    return feature, _first(row(scores, feature).ge_(floor))


def _first(mask: Tensor) -> Tensor:
    """Index of the first 1 along the first axis of a mask of floats: argmax is 50 times slower on the CPU."""
    size = len(mask)
    countdown = torch.arange(size, 0, -1, device=mask.device, dtype=mask.dtype)[:, None]
    return (size - (mask * countdown).amax(0)).long().clamp_(max=size - 1)
