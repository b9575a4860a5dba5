"""The regression stump of least weighted squared error: a mean on each side of a cut."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from impl.adaboost.cuts import Cuts, sums_left, sums_right
from impl.adaboost.stump import rounding_of_sum


class Step(NamedTuple):
    """h(x) = left where x[column] ≤ threshold, else right; all (lane,). says: (n, lane), h of the training rows."""

    column: Tensor
    cut: Tensor
    threshold: Tensor
    left: Tensor
    right: Tensor
    says: Tensor

    @property
    def feature(self) -> Tensor:
        """The column, −1 for the constant."""
        return torch.where(self.cut > 0, self.column, -1)


def best_step(cuts: Cuts, D: Tensor, y: Tensor) -> Step:
    """The stump of least Σ D (y − h)², for weights D and targets y (n, lane).

    With z = (y − ȳ) ÷ max|y − ȳ| a cut lowers the error by (Σ_left D z)² ÷ W_left + (Σ_right D z)² ÷ W_right: the
    largest wins, ties as for a classification stump. A side without weight keeps the overall mean.
    """
    mean = weighted_mean(D, y, torch.ones_like(y))
    z = y - mean
    z = z / z.abs().amax(0).clamp(min=torch.finfo(y.dtype).tiny)
    weight, moment = cuts.sorted(D), cuts.sorted(D * z)
    scores = _explained(sums_left(weight), sums_left(moment)) + _explained(sums_right(weight), sums_right(moment))
    column, cut, place = cuts.first_best(cuts.table(scores), 2 * rounding_of_sum(D))
    threshold = cuts.threshold.view(-1).index_select(0, place)
    above = cuts.column(column).gt_(threshold)
    sides = [weighted_mean(D, y, side) for side in (1 - above, above)]
    left, right = (torch.where(mean.isfinite() & side.isfinite(), side, mean) for side in sides)
    return Step(column, cut, threshold, left, right, torch.where(above > 0, right, left))


def _explained(weight: Tensor, moment: Tensor) -> Tensor:
    return moment.square() / weight.clamp(min=torch.finfo(weight.dtype).tiny)


def weighted_mean(D: Tensor, y: Tensor, inside: Tensor) -> Tensor:
    """Σ D y ÷ Σ D over the rows inside (n, lane): (lane,), NaN where they weigh nothing.

    Rounding must not carry the mean of equal targets away from them, so it is kept within their range.
    """
    weight = D * inside
    mean = (weight * y).sum(0) / weight.sum(0)
    heavy = weight > 0
    low, high = torch.where(heavy, y, torch.inf).amin(0), torch.where(heavy, y, -torch.inf).amax(0)
    return torch.minimum(torch.maximum(mean, low), high)
