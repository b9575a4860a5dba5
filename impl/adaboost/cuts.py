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
SHORT = 16
"""Block length at which a product of signs is quickest."""
MANY = 512
"""Number of columns from which on counting sorts short ones quicker than sorting does."""


@dataclass(frozen=True)
class Cuts:
    """A presorted design of a batch of problems.

    X: (lane·d, n), the features of each lane in turn. order: (n·d·lane,) where the rows of each feature, ascending,
    stand in a flattened (n, lane) array. threshold: (n, d, lane), −inf for cut 0. valid: (n, d, lane), 1 where a cut
    separates two different values and for cut 0, else 0. countdown: (n, 1, 1) n, n−1, … 1. lane: (lane,) 0, 1, ….
    scratch: two (n, d·lane) arrays to compute in, because a fresh one costs more in page faults than its arithmetic.
    """

    X: Tensor
    order: Tensor
    threshold: Tensor
    valid: Tensor
    countdown: Tensor
    lane: Tensor
    scratch: tuple[Tensor, Tensor]

    def sorted(self, values: Tensor, out: Tensor | None = None) -> Tensor:
        """Values of the rows (n, lane) in each feature's ascending order: (n, d·lane)."""
        flat = None if out is None else out.view(-1)
        return torch.index_select(values.view(-1), 0, self.order, out=flat).view(len(values), -1)

    def table(self, sums: Tensor) -> Tensor:
        """What was computed per (n, d·lane) as (n, d, lane)."""
        return sums.view(self.valid.shape)

    def column(self, feature: Tensor) -> Tensor:
        """The values of feature (lane,) in each lane: (n, lane)."""
        d = self.valid.shape[1]
        return self.X.index_select(0, self.lane * d + feature).T.contiguous()

    def first_best(self, scores: Tensor, slack: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The first (feature, then cut) whose score is within `slack` of the best: three (lane,) index tensors.

        scores: (n, d, lane), non-negative; overwritten. slack: (lane,), the rounding error of a score: scores that
        are equal in exact arithmetic are then tied here too, and ties go to the smallest feature and threshold,
        whatever order the device sums in. The third index is the place of that cut in a flattened table.
        """
        n, d, lanes = scores.shape
        per_feature = scores.mul_(self.valid).amax(0)  # (d, lane)
        floor = per_feature.amax(0) - slack
        feature = first(per_feature.ge_(floor))
        place = feature * lanes + self.lane
        last = scores.ge_(floor).mul_(self.countdown).amax(0)  # (d, lane): n − the first cut of each feature
        cut = (n - last.view(-1).index_select(0, place)).long().clamp_(max=n - 1)
        return feature, cut, cut * (d * lanes) + place


def presort(X: Tensor) -> Cuts:
    """Sort X (lane, n, d) by every feature, once for all rounds."""
    lanes, n, d = X.shape
    table = X.permute(1, 2, 0).contiguous()  # (n, d, lane)
    short = n <= (BLOCK if X.dtype == torch.float32 else SHORT)
    ascending, order = counted(table) if short and d * lanes >= MANY else table.sort(dim=0, stable=True)
    ascending = ascending.contiguous()
    lane = torch.arange(lanes, device=X.device)
    valid = torch.ones_like(ascending)
    torch.lt(ascending[:-1], ascending[1:], out=valid[1:])
    return Cuts(
        X=X.mT.reshape(lanes * d, n),
        order=order.to(torch.int32).mul_(lanes).add_(lane).reshape(-1),
        threshold=thresholds(ascending),
        valid=valid,
        countdown=torch.arange(n, 0, -1, device=X.device, dtype=X.dtype)[:, None, None],
        lane=lane,
        scratch=(ascending.new_empty(n, d * lanes), ascending.new_empty(n, d * lanes)),
    )


def counted(table: Tensor) -> tuple[Tensor, Tensor]:
    """`table.sort(dim=0, stable=True)` by counting, row by row, how many rows come before each.

    n² comparisons, but of whole rows at a time: for many short columns that takes half the time of a sort.
    """
    n, rank, later = len(table), torch.zeros_like(table), torch.empty_like(table)
    for i in range(n - 1):
        behind = torch.ge(table[i + 1 :], table[i], out=later[i + 1 :])  # 1 where row i goes first
        rank[i + 1 :].add_(behind)
        rank[i].sub_(behind.sum(0)).add_(n - 1 - i)
    place = rank.long()
    rows = torch.arange(n, device=table.device).view(n, 1, 1).expand(table.shape)
    return later.scatter_(0, place, table), torch.empty_like(place).scatter_(0, place, rows)


def thresholds(ascending: Tensor) -> Tensor:
    """The threshold of every cut of ascending values, along the first axis: −inf, then between neighbours a ≤ b.

    t = a/2 + b/2, and a where rounding leaves [a, b): so x ≤ t always routes a left and b right, even for adjacent
    floats and for values near the largest.
    """
    below, above = ascending[:-1], ascending[1:]
    middle = (below / 2).add_(above, alpha=0.5)
    inside = torch.ge(middle, below, out=torch.empty_like(below))
    inside.mul_(torch.lt(middle, above, out=torch.empty_like(below)))
    result = torch.full_like(ascending, -torch.inf)
    torch.lerp(below, middle, inside, out=result[1:])
    return result


def first(mask: Tensor) -> Tensor:
    """Index of the first 1 along the first axis of a mask of floats: argmax is 50 times slower on the CPU."""
    size = len(mask)
    countdown = torch.arange(size, 0, -1, device=mask.device, dtype=mask.dtype)
    countdown = countdown.view(-1, *[1] * (mask.dim() - 1))
    return (size - (mask * countdown).amax(0)).long().clamp_(max=size - 1)


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


def sums_right_minus_left(values: Tensor, out: Tensor) -> Tensor:
    """Σ_{i≥k} values_i − Σ_{i<k} values_i for k = 0 … n−1, over the first axis of (n, m)."""
    n, m = values.shape
    width = SHORT if n > 2 * SHORT and n % SHORT == 0 else n
    if n > BLOCK:
        return torch.sub(sums_right(values), sums_left(values), out=out)
    blocks = out.view(-1, width, m)
    signs = values.new_ones(width, width).triu().mul_(2).sub_(1)
    torch.bmm(signs.expand(len(blocks), width, width), values.view(blocks.shape), out=blocks)
    if width < n:  # what lies in later and in earlier blocks; a block's first cut has all of it on the right
        ahead = values.new_ones(len(blocks), len(blocks)).triu(1)
        blocks.add_(((ahead - ahead.T) @ blocks[:, 0])[:, None])
    return out


def _blocks(values: Tensor) -> Tensor:
    """Rows in blocks, the last one filled with zeros: (blocks, BLOCK, m)."""
    n, m = values.shape
    filling = values.new_zeros(-n % BLOCK, m)
    return torch.cat([values, filling]).view(-1, BLOCK, m)
