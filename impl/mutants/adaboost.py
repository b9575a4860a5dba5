"""AdaBoost with one classic mistake each, in one line."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from impl.adaboost.r2 import R2
from impl.adaboost.real import REAL
from impl.adaboost.resampling import resample_indices
from impl.adaboost.rules import RULES, SAMME
from impl.adaboost.stump import best_stump, error_and_accuracy
from impl.adaboost.subject import subject
from impl.core import random
from impl.core.subject import Mutant, Subject

LOG2, LOG10 = (float(torch.log(torch.tensor(base, dtype=torch.float64))) for base in (2, 10))


def _clamped_error(D: Tensor, wrong: Tensor) -> tuple[Tensor, Tensor]:
    """ε forced into [1e−10, ½ − 1e−10], so that neither end ever stops the loop."""
    eps = error_and_accuracy(D, wrong)[0].clamp(1e-10, 0.5 - 1e-10)
    return eps, 1 - eps


def _without_replacement(D: Tensor, draws: int, source: torch.Generator) -> Tensor:
    """Rows in random order, again and again (Efraimidis & Spirakis 2006: sort by U^{1/D})."""
    passes = -(-draws // D.shape[-1])
    keys = random.uniform((passes, *D.shape), source, D).log() / D.clamp(min=torch.finfo(D.dtype).tiny)
    order = keys.argsort(dim=-1, descending=True, stable=True)  # (passes, lane, n)
    return order.movedim(0, -2).flatten(-2)[..., :draws]


def _clipped_odds(positive: Tensor, negative: Tensor, smoothing: float) -> Tensor:
    """½ ln(p/(1−p)) with p kept within [0.01, 0.99]."""
    share = (positive + smoothing) / (positive + negative + 2 * smoothing).clamp(min=1e-30)
    share = share.clamp(0.01, 0.99)
    return (torch.log(share) - torch.log1p(-share)) / 2


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum(-1) / weights.sum(-1)


def _mutant(name: str, mistake: str, made: Subject) -> Mutant:
    return Mutant(name, mistake, replace(made, name=name))


def _discrete(name: str, mistake: str, **rules: object) -> Mutant:
    return _mutant(name, mistake, subject(name, discrete=replace(RULES, **rules)))  # type: ignore[arg-type]


MUTANTS: tuple[Mutant, ...] = (
    _discrete("alpha-without-half", "α is ln((1−ε)/ε)", alpha=lambda e, a, K: a.log() - e.log()),
    _discrete("alpha-log2", "α takes the logarithm to base 2", alpha=lambda e, a, K: RULES.alpha(e, a, K) / LOG2),
    _discrete("alpha-log10", "α takes the logarithm to base 10", alpha=lambda e, a, K: RULES.alpha(e, a, K) / LOG10),
    _discrete("weights-not-normalised", "D never sums to 1 again", normaliser=lambda D: torch.ones_like(D[0])),
    _discrete("weights-divided-by-maximum", "D is divided by its largest entry", normaliser=lambda D: D.amax(0)),
    _discrete(
        "indicator-update",
        "only mistakes are reweighted, by e^α with the half α",
        update=lambda D, a, wrong: D * torch.exp(a * wrong),
    ),
    _discrete("update-sign-flipped", "mistakes lose weight", update=lambda D, a, wrong: RULES.update(D, -a, wrong)),
    _discrete(
        "error-unweighted",
        "ε counts mistakes instead of weighing them",
        error=lambda D, wrong: (wrong.mean(0), 1 - wrong.mean(0)),
    ),
    _discrete(
        "error-one-minus-accuracy",
        "ε is 1 minus the weight of what is right",
        error=lambda D, wrong: (1 - (D * (1 - wrong)).sum(0), (D * (1 - wrong)).sum(0)),
    ),
    _discrete(
        "error-clipped", "ε is raised to 1e−10 inside α", alpha=lambda e, a, K: RULES.alpha(e.clamp(min=1e-10), a, K)
    ),
    _discrete("one-polarity", "stumps say +1 on the right side only", stump=partial(best_stump, both_polarities=False)),
    _discrete("no-constant-stump", "the stump that never cuts is not tried", stump=partial(best_stump, constant=False)),
    _discrete("strict-threshold", "x < t goes left though the search had x ≤ t", route=Tensor.ge_),
    _discrete("unweighted-vote", "every hypothesis has one vote", vote=lambda alpha: (alpha != 0).to(alpha.dtype)),
    _discrete(
        "uniform-initial-weights", "the example weights are ignored", initial=lambda w: torch.full_like(w, 1 / len(w))
    ),
    _discrete("perfect-learner-weight-one", "a hypothesis without error gets the vote 1", perfect=torch.ones_like),
    _discrete("sign-zero-label", "a tied vote is labelled 0", label=torch.sign),
    _discrete(
        "clamp-error-and-continue",
        "ε is forced into (0, ½) and the loop never stops",
        error=_clamped_error,
        chance=lambda K: 1.0,
    ),
    _discrete(
        "decision-divided-by-votes",
        "F is normalised at the end but not stage by stage",
        decision=lambda F, alphas: F / alphas.sum(-1, keepdim=True).clamp(min=1e-30),
    ),
    _discrete(
        "reseeded-by-rounds", "the seed depends on the number of rounds", seed=lambda seed, rounds: seed + rounds
    ),
    _mutant(
        "samme-without-log-classes",
        "α lacks ln(K−1)",
        subject("", samme=replace(SAMME, alpha=lambda e, a, K: SAMME.alpha(e, a, 2))),
    ),
    _mutant(
        "half-rule-for-many-classes",
        "a round with ε ≥ ½ is discarded for any K",
        subject("", samme=replace(SAMME, chance=lambda K: 0.5)),
    ),
    _mutant(
        "probability-clipped",
        "the share of a cell is clipped before the logarithm",
        subject("", real=replace(REAL, score=_clipped_odds)),
    ),
    _mutant(
        "log-odds-without-half",
        "a cell scores ln(W₊/W₋)",
        subject("", real=replace(REAL, score=lambda p, n, s: 2 * REAL.score(p, n, s))),
    ),
    _mutant(
        "r2-weighted-mean",
        "the ensemble says the weighted mean",
        subject("", r2=replace(R2, median=_mean), median=_mean),
    ),
    _mutant(
        "r2-unweighted-median",
        "the median ignores the votes",
        subject(
            "",
            r2=replace(R2, median=lambda v, w: R2.median(v, torch.ones_like(w))),
            median=lambda v, w: R2.median(v, torch.ones_like(w)),
        ),
    ),
    _mutant(
        "r2-exponent-not-reversed",
        "D is multiplied by β^L",
        subject("", r2=replace(R2, update=lambda D, beta, L: D * beta.pow(L))),
    ),
    _mutant(
        "resample-without-replacement", "no row is drawn twice before all are", subject("", draw=_without_replacement)
    ),
    _mutant(
        "uniform-resampling",
        "rows are drawn with equal probability",
        subject("", draw=lambda D, k, g: resample_indices(torch.ones_like(D), k, g)),
    ),
)
