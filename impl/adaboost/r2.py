"""AdaBoost.R2: boosting for regression, whose ensemble speaks by a weighted median."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from types import MappingProxyType

import torch
from torch import Tensor

from impl.adaboost.cuts import Cuts, presort
from impl.adaboost.median import weighted_median
from impl.adaboost.regression_stump import Step, best_step
from impl.adaboost.resampling import draw_counts
from impl.adaboost.rules import initial_weights
from impl.adaboost.stump import check_weighted
from impl.core import validation

LOSSES: MappingProxyType[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {
        "linear": lambda ratio: ratio,
        "square": torch.square,
        "exponential": lambda ratio: -torch.expm1(-ratio),
    }
)
"""L of |y − h| ÷ max |y − h| (Drucker 1997, sec. 3)."""


@dataclass(frozen=True)
class R2Rules:
    """The formulas of a round: D_1, the stump, L̄ under D, β from L̄, D β^{1−L} (unnormalised), the ensemble's voice."""

    initial: Callable[[Tensor], Tensor] = initial_weights
    stump: Callable[[Cuts, Tensor, Tensor], Step] = best_step
    mean_loss: Callable[[Tensor, Tensor], Tensor] = lambda D, L: (D * L).sum(0)
    beta: Callable[[Tensor], Tensor] = lambda mean_loss: mean_loss / (1 - mean_loss)
    update: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda D, beta, L: D * beta.pow(1 - L)
    median: Callable[[Tensor, Tensor], Tensor] = weighted_median


R2 = R2Rules()
Round = tuple[Step, Tensor, Tensor, Tensor, Tensor]
"""A round's stump, L̄, β, whether it is kept, each (lane,), and L (n, lane)."""


@dataclass(frozen=True)
class R2Ensemble:
    """Regression stumps and their votes; every tensor has the batch axes first, then rounds.

    votes: ln(1/β), for a perfect round more than all the others, 0 for padding. fallback (*b): the weighted median
    of y, which an empty ensemble says. mean_losses L̄, betas (*b, rounds); predictions, losses L, staged (*b, rounds,
    n); weights (*b, rounds+1, n); used (*b): rounds kept; stop (*b): code, see `ensemble.STOP`.
    """

    feature: Tensor
    threshold: Tensor
    left: Tensor
    right: Tensor
    votes: Tensor
    mean_losses: Tensor
    betas: Tensor
    used: Tensor
    stop: Tensor
    fallback: Tensor
    predictions: Tensor
    losses: Tensor
    weights: Tensor
    staged: Tensor

    def says(self, X: Tensor, m: int) -> Tensor:
        """h_m(x) for X (*b, n, d): (*b, n)."""
        feature = self.feature[..., m].clamp(min=0)[..., None, None].expand(*X.shape[:-1], 1)
        above = X.gather(-1, feature)[..., 0] > self.threshold[..., m, None]
        return torch.where(above, self.right[..., m, None], self.left[..., m, None])


@torch.no_grad()
def fit_r2(
    X: Tensor,
    y: Tensor,
    w: Tensor,
    *,
    rounds: int,
    loss: str = "linear",
    rules: R2Rules = R2,
    learning_rate: float = 1.0,
    resample: torch.Generator | None = None,
) -> R2Ensemble:
    """AdaBoost.R2 with regression stumps (Drucker 1997, sec. 3).

    L_i = loss(|y_i − h(x_i)| ÷ max_j |y_j − h(x_j)|), the maximum over examples of positive weight, L̄ = Σ D L,
    β = L̄/(1 − L̄), D ← D β^{ν(1−L)} ÷ Σ. A round with L̄ ≥ ½ is discarded and stops its lane; one with L̄ = 0 is kept
    and stops it.

    X: (*b, n, d), y: (*b, n) real, w: (*b, n). `resample`: fit each stump to n rows drawn from D instead of to the
    weights. Synchronisations: as in `fit_discrete`. Raises ValueError and TypeError as `fit_discrete` does, and for
    an unknown loss or a non-finite y.
    """
    check_weighted(X, y, w, None)
    validation.at_least(rounds, "rounds", 1)
    if loss not in LOSSES:
        raise ValueError(f"loss must be one of {', '.join(LOSSES)}, got {loss!r}")
    batch, (n, d) = X.shape[:-2], X.shape[-2:]
    cuts = presort(X.reshape(-1, n, d))
    target = y.to(X.dtype).reshape(-1, n).T.contiguous()
    w = w.to(X.dtype).reshape(-1, n).T.contiguous()
    D = rules.initial(w)
    counted = (w > 0).to(w.dtype)
    going = torch.ones_like(D[0], dtype=torch.bool)
    log: list[Round] = []
    weights, tiny = [D], torch.finfo(X.dtype).tiny
    for _ in range(rounds):
        seen = D if resample is None else draw_counts(D, resample)
        step = rules.stump(cuts, seen, target)
        distance = (target - step.says).abs()
        worst = (distance * counted).amax(0)
        losses = torch.where(worst > 0, LOSSES[loss]((distance / worst.clamp(min=tiny)).clamp(max=1)), 0)
        mean_loss = rules.mean_loss(D, losses)
        kept = going & (mean_loss < 0.5)
        going = kept & (mean_loss > 0)
        beta = torch.where(going, rules.beta(mean_loss), torch.where(kept, 0, 1))
        updated = rules.update(D, torch.where(going, beta, 1).pow(learning_rate), losses)
        D = updated / torch.where(going, updated.sum(0), 1)
        weights.append(D)
        log.append((step, mean_loss, beta, kept, losses))
    fallback = weighted_median(target.T, w.T)
    return _reshape(_ensemble(log, weights, fallback, rules, learning_rate), batch)


def _ensemble(
    log: list[Round], weights: list[Tensor], fallback: Tensor, rules: R2Rules, learning_rate: float
) -> R2Ensemble:
    """Everything noted, lanes first, rounds that were not kept as padding."""
    steps = [step for step, *_ in log]
    mean_loss, beta, kept = (torch.stack(values, -1) for values in zip(*(row[1:4] for row in log), strict=True))
    losses = torch.stack([row[4] for row in log]).permute(2, 0, 1)  # (lane, rounds, n)
    says = torch.stack([step.says for step in steps]).permute(2, 0, 1)
    votes = -torch.log(torch.where(beta > 0, beta, 1)) * learning_rate
    perfect = kept & (beta == 0)
    votes = torch.where(perfect, votes.sum(-1, keepdim=True) + 1, votes)  # the last round of its lane: outvotes all
    says, losses = (torch.where(kept[..., None], values, 0) for values in (says, losses))
    column = {
        name: torch.where(kept, torch.stack([getattr(step, name) for step in steps], -1), empty)
        for name, empty in (("feature", -1), ("threshold", -torch.inf), ("left", 0), ("right", 0))
    }
    used = kept.sum(-1)
    return R2Ensemble(
        **column,
        votes=votes,
        mean_losses=torch.where(kept, mean_loss, 0),
        betas=torch.where(kept, beta, 0),
        used=used,
        stop=torch.where(perfect.any(-1), 1, torch.where(used < len(log), 2, 0)),
        fallback=fallback,
        predictions=says,
        losses=losses,
        weights=torch.stack(weights).permute(2, 0, 1),
        staged=staged_median(says, votes, fallback, rules.median),
    )


def staged_median(
    says: Tensor, votes: Tensor, fallback: Tensor, median: Callable[[Tensor, Tensor], Tensor] = weighted_median
) -> Tensor:
    """The voice of the first m hypotheses, for every m: (lane, rounds, n).

    says: (lane, rounds, n), votes: (lane, rounds), fallback: (lane,), said while no hypothesis has a vote.
    """
    voices = []
    for m in range(1, votes.shape[-1] + 1):
        weight = votes[:, None, :m].expand(len(votes), says.shape[-1], m)
        some = weight.sum(-1) > 0
        voice = median(says[:, :m].mT, torch.where(some[..., None], weight, 1))
        voices.append(torch.where(some, voice, fallback[:, None]))
    return torch.stack(voices, 1)


def predict_r2(ensemble: R2Ensemble, X: Tensor) -> Tensor:
    """F_m(x) after every round: (rounds, n) for one ensemble and X (n, d)."""
    says = torch.stack([ensemble.says(X, m) for m in range(ensemble.votes.shape[-1])])
    return staged_median(says[None], ensemble.votes[None], ensemble.fallback[None])[0]


def _reshape(ensemble: R2Ensemble, batch: torch.Size) -> R2Ensemble:
    values = {f.name: getattr(ensemble, f.name) for f in fields(ensemble)}
    return R2Ensemble(**{name: value.reshape((*batch, *value.shape[1:])) for name, value in values.items()})
