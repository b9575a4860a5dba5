"""Mistakes in probabilities from scores."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from impl.core.subject import Mutant, mutant
from impl.kernel_machines.asked.platt import PLATT
from impl.kernel_machines.sigmoid_fit import (
    Sigmoid,
    cross_entropy,
    exponent,
    minimised,
    newton,
    probability,
    smoothed_targets,
)
from impl.kernel_machines.softmaxes import log_softmax, softmax
from impl.kernel_machines.subject import subject
from impl.kernel_machines.support_vectors import svm_fit

TINY = 1e-12


def _raw(y: Tensor) -> Tensor:
    return (y > 0).to(y.dtype)


def _swapped(y: Tensor) -> Tensor:
    return smoothed_targets(-y)


def _of_all(y: Tensor) -> Tensor:
    n = y.shape[-1]
    positive = (y > 0).sum(-1, keepdim=True)
    return torch.where(y > 0, (positive + 1) / (n + 2), 1 / (n + 2)).to(y.dtype)


def _classes_exchanged(y: Tensor) -> Tensor:
    return torch.where(
        y > 0, 1 - smoothed_targets(-y).amin(-1, keepdim=True), smoothed_targets(-y).amin(-1, keepdim=True)
    )


def _one_more(y: Tensor) -> Tensor:
    positive, negative = ((y * sign > 0).sum(-1, keepdim=True).to(y.dtype) for sign in (1, -1))
    return torch.where(y > 0, positive / (positive + 1), 1 / (negative + 1))


def _no_intercept_exponent(f: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return a.unsqueeze(-1) * f


def _no_intercept(f: Tensor, t: Tensor) -> Sigmoid:
    """The slope of least cross-entropy through 0: scores and their mirror images have no level."""
    a, b = minimised(torch.cat([f, -f], -1), torch.cat([t, 1 - t], -1))
    return Sigmoid(a, torch.zeros_like(b))


def _negated(f: Tensor, t: Tensor) -> Sigmoid:
    a, b = minimised(f, t)
    return Sigmoid(-a, -b)


def _intercept_negated(f: Tensor, t: Tensor) -> Sigmoid:
    a, b = minimised(f, t)
    return Sigmoid(a, -b)


def _two_steps(f: Tensor, t: Tensor) -> Sigmoid:
    scale = f.abs().amax(-1, keepdim=True).clamp(min=torch.finfo(f.dtype).tiny)
    a, b = newton(f / scale, t, max_steps=2)
    return Sigmoid(a / scale.squeeze(-1), b)


def _hard(f: Tensor, t: Tensor) -> Sigmoid:
    return minimised(f, torch.where(t > 0.5, 0.999, 0.001).to(t.dtype))


def _slope_only_falls(f: Tensor, t: Tensor) -> Sigmoid:
    a, b = minimised(f, t)
    return Sigmoid(-a.abs(), b)


def _least_squares(f: Tensor, t: Tensor) -> Sigmoid:
    """The log odds of the targets, regressed on the scores."""
    odds = (1 - t).log() - t.log()
    away = f - f.mean(-1, keepdim=True)
    spread = away.square().sum(-1)
    a = (away * odds).sum(-1) / spread.masked_fill(spread == 0, 1)
    return Sigmoid(a, odds.mean(-1) - a * f.mean(-1))


def _naive(z: Tensor, t: Tensor) -> Tensor:
    p = 1 / (1 + z.exp())
    return -torch.xlogy(t, p) - torch.xlogy(1 - t, 1 - p)


def _padded(z: Tensor, t: Tensor) -> Tensor:
    p = probability(z).clamp(TINY, 1 - TINY)
    return -t * p.log() - (1 - t) * (1 - p).log()


def _log_of_exp(z: Tensor, t: Tensor) -> Tensor:
    return torch.where(z >= 0, t * z, (t - 1) * z) + (1 + z.abs().neg().exp()).log().where(z.abs() < 20, 0)


def _one_sided(z: Tensor, t: Tensor) -> Tensor:
    return t * cross_entropy(z, torch.ones_like(t))


def _averaged(z: Tensor, t: Tensor) -> Tensor:
    return cross_entropy(z, t) / z.shape[-1]


def _entropy_taken_away(z: Tensor, t: Tensor) -> Tensor:
    return cross_entropy(z, t) + torch.xlogy(t, t) + torch.xlogy(1 - t, 1 - t)


def _other_class(z: Tensor, t: Tensor) -> Tensor:
    return cross_entropy(-z, t)


def _without_bias(K: Tensor, y: Tensor, C: Tensor) -> Tensor:
    found = svm_fit(K, y, C)
    return found.score - found.bias.unsqueeze(-1)


def _margins(K: Tensor, y: Tensor, C: Tensor) -> Tensor:
    return y * svm_fit(K, y, C).score


def _unlabelled(K: Tensor, y: Tensor, C: Tensor) -> Tensor:
    found = svm_fit(K, y, C)
    return (K @ found.alpha.unsqueeze(-1)).squeeze(-1) + found.bias.unsqueeze(-1)


def _clipped_scores(K: Tensor, y: Tensor, C: Tensor) -> Tensor:
    return svm_fit(K, y, C).score.clamp(-1, 1)


def _fixed_cost(K: Tensor, y: Tensor, C: Tensor) -> Tensor:
    return svm_fit(K, y, torch.ones_like(C)).score


def _unshifted(z: Tensor) -> Tensor:
    weight = z.exp()
    return weight / weight.sum(-1, keepdim=True)


def _log_unshifted(z: Tensor) -> Tensor:
    return z - z.exp().sum(-1, keepdim=True).log()


def _over_rows(z: Tensor) -> Tensor:
    return softmax(z.mT).mT


def _independent(z: Tensor) -> Tensor:
    share = torch.sigmoid(z)
    return share / share.sum(-1, keepdim=True)


def _powers_of_two(z: Tensor) -> Tensor:
    return softmax(z * 0.6931471805599453)


def _shifted_by_all(z: Tensor) -> Tensor:
    weight = (z - z.amax((-2, -1), keepdim=True)).exp()
    return weight / weight.sum(-1, keepdim=True).clamp(min=torch.finfo(z.dtype).tiny)


def _shifted_by_mean(z: Tensor) -> Tensor:
    weight = (z - z.mean(-1, keepdim=True)).exp()
    return weight / weight.sum(-1, keepdim=True)


def _log_of_softmax(z: Tensor) -> Tensor:
    return softmax(z).log()


def _padded_log(z: Tensor) -> Tensor:
    return (softmax(z) + TINY).log()


def _log_base_two(z: Tensor) -> Tensor:
    return log_softmax(z) / 0.6931471805599453


def _wrong(name: str, mistake: str, **formulas: Any) -> Mutant:
    return mutant(name, mistake, subject("", platt=replace(PLATT, **formulas)))


PLATT_MUTANTS: tuple[Mutant, ...] = (
    _wrong("platt-raw-targets", "the targets are 0 and 1", targets=_raw),
    _wrong("platt-targets-swapped", "each class has the other's target", targets=_swapped),
    _wrong("platt-targets-of-all", "counts are divided by those of both classes", targets=_of_all),
    _wrong("platt-counts-exchanged", "each target counts the other class", targets=_classes_exchanged),
    _wrong("platt-one-more", "one example more is counted instead of two", targets=_one_more),
    _wrong("platt-no-intercept", "b is 0", fit=_no_intercept),
    _wrong("platt-intercept-unused", "b is fitted and not used", exponent=_no_intercept_exponent),
    _wrong("platt-intercept-negated", "b has the other sign than a", fit=_intercept_negated),
    _wrong(
        "platt-sign",
        "a and b are those of 1 ∕ (1 + exp(−a f − b))",
        fit=_negated,
        exponent=lambda f, a, b: exponent(f, -a, -b),
    ),
    _wrong("platt-other-class", "the probability is that of y = −1", probability=torch.sigmoid),
    _wrong("platt-two-steps", "Newton's method stops after two steps", fit=_two_steps),
    _wrong("platt-fixed-targets", "the fit has targets 0.999 and 0.001 for any counts", fit=_hard),
    _wrong("platt-never-rising", "a is made negative whatever the scores say", fit=_slope_only_falls),
    _wrong("platt-least-squares", "log odds are fitted by least squares", fit=_least_squares),
    _wrong("platt-naive-likelihood", "log(1 + e^z) as it is written", entropy=_naive),
    _wrong("platt-clipped-likelihood", "probabilities are kept 1e-12 away from 0 and 1", entropy=_padded),
    _wrong("platt-softplus", "log(1 + e^(−|z|)) is 0 beyond 20", entropy=_log_of_exp),
    _wrong("platt-likelihood-one-sided", "only −t log p is added up", entropy=_one_sided),
    _wrong("platt-likelihood-averaged", "the likelihood is averaged", entropy=_averaged),
    _wrong("platt-divergence", "the entropy of the targets is taken away", entropy=_entropy_taken_away),
    _wrong("platt-likelihood-sign", "the likelihood is of the other sign of z", entropy=_other_class),
    _wrong("two-level-without-bias", "scores leave the machine's bias out", machine=_without_bias),
    _wrong("two-level-margins", "scores are multiplied by the labels", machine=_margins),
    _wrong("two-level-unlabelled", "the scores forget the labels of support vectors", machine=_unlabelled),
    _wrong("two-level-clipped", "scores end at the margin", machine=_clipped_scores),
    _wrong("two-level-fixed-cost", "C is 1 whatever was asked", machine=_fixed_cost),
    _wrong("softmax-unshifted", "the greatest entry is not taken away", softmax=_unshifted),
    _wrong("softmax-over-rows", "the softmax runs over rows", softmax=_over_rows),
    _wrong("softmax-of-sigmoids", "sigmoids are normalised", softmax=_independent),
    _wrong("softmax-base-two", "powers of 2 instead of e", softmax=_powers_of_two),
    _wrong("softmax-shifted-by-all", "the greatest entry of all rows is taken away", softmax=_shifted_by_all),
    _wrong("softmax-shifted-by-mean", "the mean is taken away", softmax=_shifted_by_mean),
    _wrong("log-softmax-unshifted", "the log-sum-exp is not shifted", log_softmax=_log_unshifted),
    _wrong("log-softmax-of-softmax", "the log of the softmax", log_softmax=_log_of_softmax),
    _wrong("log-softmax-padded", "1e-12 is added before the logarithm", log_softmax=_padded_log),
    _wrong("log-softmax-base-two", "the logarithm is of base 2", log_softmax=_log_base_two),
)
"""Mistakes in probabilities from scores."""
