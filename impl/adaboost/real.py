"""Confidence-rated boosting: every round cuts the sample in two and scores each cell by its log odds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from impl.adaboost.cuts import Cuts, presort
from impl.adaboost.partition import Partition, best_partition, cell_masses
from impl.adaboost.rules import initial_weights
from impl.adaboost.stump import check_weighted
from impl.core import validation


def log_odds(positive: Tensor, negative: Tensor, smoothing: float) -> Tensor:
    """The score c = ½ ln((W₊ + s)/(W₋ + s)), and 0 for an empty cell (Schapire & Singer 1999, sec. 4.2)."""
    score = (torch.log(positive + smoothing) - torch.log(negative + smoothing)) / 2
    return torch.where(positive + negative > 0, score, 0)


@dataclass(frozen=True)
class RealRules:
    """The formulas of a confidence-rated round: D_1, the partition, the score of a cell, D e^{−y c} (unnormalised)."""

    initial: Callable[[Tensor], Tensor] = initial_weights
    partition: Callable[[Cuts, Tensor, Tensor], Partition] = best_partition
    score: Callable[[Tensor, Tensor, float], Tensor] = log_odds
    update: Callable[[Tensor, Tensor], Tensor] = lambda D, margin: D * torch.exp(-margin)


REAL = RealRules()


@dataclass(frozen=True)
class RealEnsemble:
    """Partitions and their cell scores; every tensor has the batch axes first.

    feature, threshold (*b, rounds): −1 and −inf for one cell or padding. cell_scores (*b, rounds, 2): below or at
    the threshold, above it. normalisers (*b, rounds): Z_m. used (*b): rounds kept. cells (*b, rounds, n), weights
    (*b, rounds+1, n), staged (*b, rounds, n): Σ c, over the training sample. Padding is 0; weights and staged repeat.
    """

    feature: Tensor
    threshold: Tensor
    cell_scores: Tensor
    normalisers: Tensor
    used: Tensor
    cells: Tensor
    weights: Tensor
    staged: Tensor

    def says(self, X: Tensor, m: int) -> Tensor:
        """c_m(x) for X (*b, n, d): (*b, n)."""
        feature = self.feature[..., m].clamp(min=0)[..., None, None].expand(*X.shape[:-1], 1)
        above = X.gather(-1, feature)[..., 0] > self.threshold[..., m, None]
        return torch.where(above, self.cell_scores[..., m, 1, None], self.cell_scores[..., m, 0, None])


@torch.no_grad()
def fit_real(
    X: Tensor,
    y: Tensor,
    w: Tensor,
    *,
    rounds: int,
    smoothing: float,
    rules: RealRules = REAL,
    learning_rate: float = 1.0,
) -> RealEnsemble:
    """Confidence-rated AdaBoost with two-cell partitions (Schapire & Singer 1999, secs. 3–4).

    X: (*b, n, d), y: (*b, n) in {−1, +1}, w: (*b, n). Device and dtype come from X. With smoothing 0 a pure cell,
    whose score would be infinite, stops its lane before the round. Synchronisations: as in `fit_discrete`.

    Raises ValueError and TypeError as `fit_discrete` does, and for a negative smoothing.
    """
    check_weighted(X, y, w, (-1, 1))
    validation.at_least(rounds, "rounds", 1)
    if not smoothing >= 0:
        raise ValueError(f"smoothing must be non-negative, got {smoothing}")
    batch, (n, d) = X.shape[:-2], X.shape[-2:]
    cuts = presort(X.reshape(-1, n, d))
    target = y.to(X.dtype).reshape(-1, n).T.contiguous()
    D = rules.initial(w.to(X.dtype).reshape(-1, n).T.contiguous())
    F = torch.zeros_like(D)
    going = torch.ones_like(D[0], dtype=torch.bool)
    weights, log = [D], []
    for _ in range(rounds):
        part = rules.partition(cuts, D, target)
        cell = cuts.column(part.column).gt_(part.threshold)
        positive, negative = cell_masses(D, target, cell)
        pure = ((positive == 0) != (negative == 0)).any(0)
        going = going & ~pure if smoothing == 0 else going
        scores = torch.where(going, rules.score(positive, negative, smoothing) * learning_rate, 0)
        says = torch.lerp(scores[0], scores[1], cell)
        updated = rules.update(D, target * says)
        Z = updated.sum(0)
        D = updated / torch.where(going, Z, 1)
        F = F + says
        weights.append(D)
        kept = going.to(D.dtype)
        threshold = torch.where(going, part.threshold, -torch.inf)
        log.append((torch.where(going, part.feature, -1), threshold, scores.T, Z * kept, going, cell * kept, F))
    feature, threshold, cell_scores, normalisers, kept, cells, staged = (
        torch.stack(values) for values in zip(*log, strict=True)
    )
    return RealEnsemble(
        feature=feature.T.reshape(*batch, rounds),
        threshold=threshold.T.reshape(*batch, rounds),
        cell_scores=cell_scores.transpose(0, 1).reshape(*batch, rounds, 2),
        normalisers=normalisers.T.reshape(*batch, rounds),
        used=kept.sum(0).reshape(batch),
        cells=cells.permute(2, 0, 1).reshape(*batch, rounds, n),
        weights=torch.stack(weights).permute(2, 0, 1).reshape(*batch, rounds + 1, n),
        staged=staged.permute(2, 0, 1).reshape(*batch, rounds, n),
    )
