"""The two-cell partition of least normaliser Z, for confidence-rated boosting."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from impl.adaboost.cuts import Cuts, sums_left, sums_right
from impl.adaboost.stump import rounding_of_sum


class Partition(NamedTuple):
    """Cell 1 is x[column] > threshold, cell 0 the rest; all (lane,). Cut 0 leaves cell 0 empty."""

    column: Tensor
    cut: Tensor
    threshold: Tensor

    @property
    def feature(self) -> Tensor:
        """The column, −1 where one cell holds everything."""
        return torch.where(self.cut > 0, self.column, -1)


def best_partition(cuts: Cuts, D: Tensor, y: Tensor) -> Partition:
    """The cut of least Z = 2 Σ_j √(W₊ʲ W₋ʲ), for D and y (n, lane), y in {−1, +1} (Schapire & Singer 1999, sec. 4).

    As Σ D is fixed, the least Z is the largest Σ_j (√W₊ʲ − √W₋ʲ)² = Σ D − Z, a sum without cancellation. A sample
    without two different values in any feature stays in one cell.
    """
    positive = D * (y > 0)
    masses = [cuts.sorted(part) for part in (positive, D - positive)]
    (left_plus, left_minus), (right_plus, right_minus) = (
        [cuts.table(sums(part)).sqrt() for part in masses] for sums in (sums_left, sums_right)
    )
    scores = (left_plus - left_minus).square() + (right_plus - right_minus).square()
    column, cut, place = cuts.first_best(scores, rounding_of_sum(D))
    return Partition(column, cut, cuts.threshold.view(-1).index_select(0, place))


def cell_masses(D: Tensor, y: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """W₊ʲ and W₋ʲ, each (2, lane), for D, y and cell (n, lane): sums over the cell itself, never differences."""
    inside = torch.stack([1 - cell, cell])  # (2, n, lane)
    positive = D * (y > 0)
    return (inside * positive).sum(1), (inside * (D - positive)).sum(1)
