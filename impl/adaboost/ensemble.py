"""What a fit returns: the hypotheses of every round, and what a stranger needs to check them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import torch
from torch import Tensor

from impl.adaboost.rules import Rules
from impl.adaboost.stump import Choice

STOP = ("max_rounds", "perfect", "no_weak_learner")
"""What the codes in `Ensemble.stop` mean."""


@dataclass(frozen=True)
class Ensemble:
    """Stumps and votes; every tensor has the batch axes first, then rounds.

    feature, threshold: −1 and −inf for the constant stump and for padding. left, right: what a stump says where
    x ≤ threshold and where x > threshold: ±1 or a class, as floats; 0 or −1 for padding. alphas, errors: 0 for
    padding. used: rounds kept. stop: code, see STOP. fallback: the weighted majority, which an empty ensemble says.

    With a trace, else None: weights (*b, rounds+1, n), D_1 …; predictions (*b, rounds, n), padding as in `left`;
    scores: F_m (*b, rounds, n), or with classes the votes of each (*b, rounds, n, K).
    """

    feature: Tensor
    threshold: Tensor
    left: Tensor
    right: Tensor
    alphas: Tensor
    errors: Tensor
    used: Tensor
    stop: Tensor
    fallback: Tensor
    weights: Tensor | None = None
    predictions: Tensor | None = None
    scores: Tensor | None = None

    @property
    def rounds(self) -> int:
        """Rounds asked for."""
        return self.alphas.shape[-1]

    def says(self, X: Tensor, m: int) -> Tensor:
        """h_m(x) for X (*b, n, d): (*b, n)."""
        feature = self.feature[..., m].clamp(min=0)[..., None, None].expand(*X.shape[:-1], 1)
        right = X.gather(-1, feature)[..., 0] > self.threshold[..., m, None]
        return torch.where(right, self.right[..., m, None], self.left[..., m, None])

    def reshape(self, *batch: int) -> Ensemble:
        """The same ensembles with other batch axes, from one lane axis."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        shaped: dict[str, Any] = {
            name: None if value is None else value.reshape((*batch, *value.shape[1:])) for name, value in values.items()
        }
        return Ensemble(**shaped)


def concatenate(parts: list[Ensemble]) -> Ensemble:
    """Join ensembles along the lane."""
    if len(parts) == 1:
        return parts[0]
    columns = {f.name: [getattr(part, f.name) for part in parts] for f in fields(Ensemble)}
    joined: dict[str, Any] = {name: None if v[0] is None else torch.cat(v) for name, v in columns.items()}
    return Ensemble(**joined)


def decision_function(ensemble: Ensemble, X: Tensor) -> Tensor:
    """F(x) = Σ_m α_m h_m(x) of two-class ensembles: (*b, n) for X (*b, n, d)."""
    F = torch.zeros_like(X[..., 0])
    for m in range(ensemble.rounds):
        F = F + ensemble.alphas[..., m, None] * ensemble.says(X, m)
    return F


def class_scores(ensemble: Ensemble, X: Tensor, n_classes: int) -> Tensor:
    """Σ_m α_m 1[h_m(x) = k] of a SAMME ensemble: (*b, n, K) for X (*b, n, d)."""
    votes = X.new_zeros(*X.shape[:-1], n_classes)
    for m in range(ensemble.rounds):
        votes = votes + ensemble.alphas[..., m, None, None] * one_hot(ensemble.says(X, m), n_classes)
    return votes


def one_hot(classes: Tensor, n_classes: int) -> Tensor:
    """1 at each class, 0 elsewhere: (..., K) for classes (...) as floats; padding is 0 everywhere."""
    return (classes[..., None] == torch.arange(n_classes, device=classes.device)).to(classes.dtype)


@dataclass(frozen=True)
class Log:
    """The rounds of one chunk as they happen, lanes last."""

    labels: tuple[float, ...]
    fallback: Tensor
    weights: list[Tensor]
    choices: list[Choice] = field(default_factory=list)
    lanes: list[tuple[Tensor, ...]] = field(default_factory=list)
    predictions: list[Tensor] = field(default_factory=list)

    def add(self, choice: Choice, eps: Tensor, alpha: Tensor, kept: Tensor) -> None:
        """Note a round's stump and scalars, each (lane,)."""
        self.choices.append(choice)
        self.lanes.append((eps, alpha, kept))

    def trace(self, D: Tensor, says: Tensor) -> None:
        """Note the weights after a round and its predictions, each (n, lane)."""
        self.weights.append(D)
        self.predictions.append(says)

    def ensemble(self, rules: Rules) -> Ensemble:
        """Everything noted, lanes first, rounds that were not kept as padding."""
        eps, alphas, kept = (torch.stack(values).T for values in zip(*self.lanes, strict=True))  # (lane, rounds)
        perfect = kept & (eps <= 0)  # the last round of its lane: the sum below is of the votes before it
        alphas = torch.where(perfect, rules.perfect(alphas.sum(-1, keepdim=True)), alphas)
        used, pad = kept.sum(-1), 0.0 if -1.0 in self.labels else -1.0
        column = {
            name: torch.where(kept, torch.stack([getattr(c, name) for c in self.choices]).T, empty)
            for name, empty in (("feature", -1), ("threshold", -torch.inf), ("left", pad), ("right", pad))
        }
        found = Ensemble(
            **column,
            alphas=alphas,
            errors=torch.where(kept, eps, 0),
            used=used,
            stop=torch.where(perfect.any(-1), 1, torch.where(used < kept.shape[-1], 2, 0)),
            fallback=self.fallback,
        )
        return self._traced(found, kept, pad, rules.vote(alphas)) if self.predictions else found

    def _traced(self, ensemble: Ensemble, kept: Tensor, pad: float, votes: Tensor) -> Ensemble:
        weights = torch.stack(self.weights).permute(2, 0, 1).contiguous()  # (lane, rounds+1, n)
        says = torch.stack(self.predictions).permute(2, 0, 1)  # (lane, rounds, n)
        says = torch.where(kept[..., None], says, pad)
        terms = votes[..., None] * says
        if pad != 0:
            terms = votes[..., None, None] * one_hot(says, len(self.labels))  # (lane, rounds, n, K)
        values = {f.name: getattr(ensemble, f.name) for f in fields(ensemble)}
        return Ensemble(**{**values, "weights": weights, "predictions": says, "scores": _running(terms)})


def _running(terms: Tensor) -> Tensor:
    """Partial sums over axis 1, term by term, so that fewer rounds give the same bits."""
    sums = [terms[:, 0]]
    for m in range(1, terms.shape[1]):
        sums.append(sums[-1] + terms[:, m])
    return torch.stack(sums, 1)
