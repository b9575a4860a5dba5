"""The formulas of one boosting round, gathered so that each can be replaced by a wrong one in a single line.

Shapes: D, wrong (n, lane); eps, alpha (lane,). `wrong` is 1 where the hypothesis errs and 0 elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from impl.adaboost.cuts import Cuts
from impl.adaboost.resampling import resample_indices
from impl.adaboost.stump import Choice, best_class_stump, best_stump, error_and_accuracy


def initial_weights(w: Tensor) -> Tensor:
    """D_1 = w ÷ Σ w, over the first axis (Freund & Schapire 1997, Fig. 2)."""
    return w / w.sum(0)


def half_log_odds(eps: Tensor, accuracy: Tensor, n_classes: int) -> Tensor:
    """α = ½ ln((1−ε)/ε): the relative errors of ε and 1−ε become absolute ones of α, which vanishes at ε = ½."""
    return (torch.log(accuracy) - torch.log(eps)) / 2


def samme_alpha(eps: Tensor, accuracy: Tensor, n_classes: int) -> Tensor:
    """α = ln((1−ε)/ε) + ln(K−1) (Zhu, Zou, Rosset & Hastie 2009, Algorithm 2)."""
    return torch.log(accuracy * (n_classes - 1)) - torch.log(eps)


def exponential_update(D: Tensor, alpha: Tensor, wrong: Tensor) -> Tensor:
    """D e^{+α} where wrong, D e^{−α} where right; not yet normalised.

    `lerp` returns its end points exactly at weights 0 and 1, so one pass selects the factor without rounding.
    """
    return D * torch.lerp(torch.exp(-alpha), torch.exp(alpha), wrong)


def samme_update(D: Tensor, alpha: Tensor, wrong: Tensor) -> Tensor:
    """D e^{α} where wrong, D where right; not yet normalised."""
    return D * torch.lerp(torch.ones_like(alpha), torch.exp(alpha), wrong)


def chance_error(n_classes: int) -> float:
    """The error 1 − 1/K at which a hypothesis is worth nothing."""
    return 1 - 1 / n_classes


@dataclass(frozen=True)
class Rules:
    """One round of boosting.

    initial: w → D_1. stump: (cuts, D, y, K) → choice. route: (x, threshold) → 1.0 where x goes right, in place.
    error: (D, wrong) → (ε, 1−ε). alpha: (ε, 1−ε, K) → α. chance: K → the ε from which a round is discarded. update:
    (D, α, wrong) → weights before normalisation. normaliser: those weights → what divides them. perfect: Σ α so far
    → the vote of a hypothesis without error. vote: α → its weight in F. decision: (F, Σ α) → what is returned.
    label: F → ±1. resample: (D, draws, generator) → indices. seed: (seed, rounds) → the seed used. alpha_scale: α over
    ½ ln((1−ε)/ε), for two classes.
    """

    initial: Callable[[Tensor], Tensor] = initial_weights
    stump: Callable[[Cuts, Tensor, Tensor, int], Choice] = best_stump
    route: Callable[[Tensor, Tensor], Tensor] = Tensor.gt_
    error: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] = error_and_accuracy
    alpha: Callable[[Tensor, Tensor, int], Tensor] = half_log_odds
    chance: Callable[[int], float] = chance_error
    update: Callable[[Tensor, Tensor, Tensor], Tensor] = exponential_update
    normaliser: Callable[[Tensor], Tensor] = lambda D: D.sum(0)
    perfect: Callable[[Tensor], Tensor] = lambda total: total + 1
    vote: Callable[[Tensor], Tensor] = lambda alpha: alpha
    decision: Callable[[Tensor, Tensor], Tensor] = lambda F, total: F
    label: Callable[[Tensor], Tensor] = lambda F: torch.where(F >= 0, 1, -1)
    resample: Callable[[Tensor, int, torch.Generator], Tensor] = resample_indices
    seed: Callable[[int, int], int] = lambda seed, rounds: seed
    alpha_scale: float = 1.0


RULES = Rules()
SAMME = replace(RULES, stump=best_class_stump, alpha=samme_alpha, update=samme_update, alpha_scale=2.0)
