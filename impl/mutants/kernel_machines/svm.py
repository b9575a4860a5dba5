"""Support vector machines with one classic mistake each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from impl.core.subject import Mutant, mutant
from impl.kernel_machines.asked.svm import SVM
from impl.kernel_machines.losses import logistic, squared_hinge
from impl.kernel_machines.many_classes import Machines, machines, most_votes, scores
from impl.kernel_machines.pair_trace import dual_values, pair_path
from impl.kernel_machines.subject import subject
from impl.kernel_machines.support_vectors import bias_interval, multipliers
from impl.kernel_machines.svm_certificate import Certificate, certificate


def _wrong(name: str, mistake: str, **formulas: Any) -> Mutant:
    return mutant(name, mistake, subject("", svm=replace(SVM, **formulas)))


# Losses: score → loss.


def _perceptron_loss(score: Tensor) -> Tensor:
    return (-score).clamp(min=0)


def _rewarded(score: Tensor) -> Tensor:
    return 1 - score


# Multipliers: (K, y, C, stop) → α.


def _no_upper_bound(K: Tensor, y: Tensor, C: Tensor, stop: Tensor) -> Tensor:
    return multipliers(K, y, 4 * C, stop)


def _no_equality(K: Tensor, y: Tensor, C: Tensor, stop: Tensor) -> Tensor:
    """Coordinate ascent in α, one sweep after the other, as for a machine without bias."""
    alpha, n = torch.zeros_like(y), y.shape[-1]
    for turn in range(16 * n):
        i = turn % n
        slope = 1 - y[..., i] * (K[..., i, :] * alpha * y).sum(-1)
        curvature = K[..., i, i]
        step = torch.where(curvature > 0, slope / curvature.clamp(min=torch.finfo(K.dtype).tiny), 0)
        alpha[..., i] = torch.minimum((alpha[..., i] + step).clamp(min=0), C)
    return alpha


def _loosely(K: Tensor, y: Tensor, C: Tensor, stop: Tensor) -> Tensor:
    return multipliers(K, y, C, torch.full_like(stop, 1e-3))


def _cost_shared(K: Tensor, y: Tensor, C: Tensor, stop: Tensor) -> Tensor:
    return multipliers(K, y, C / y.shape[-1], stop)


def _half_cost(K: Tensor, y: Tensor, C: Tensor, stop: Tensor) -> Tensor:
    return multipliers(K, y, C / 2, stop)


# Biases: (K, y, C, α) → low, high; (low, high) → bias.

Interval = tuple[Tensor, Tensor]


def _of_all_support(K: Tensor, y: Tensor, C: Tensor, alpha: Tensor) -> Interval:
    held = (alpha > 0).to(K.dtype)
    slope = y - (K @ (alpha * y).unsqueeze(-1)).squeeze(-1)
    mean = (held * slope).sum(-1) / held.sum(-1).clamp(min=1)
    return mean, mean


def _sign_lost(K: Tensor, y: Tensor, C: Tensor, alpha: Tensor) -> Interval:
    low, high = bias_interval(K, y, C, alpha)
    return -high, -low


def _no_bias(low: Tensor, high: Tensor) -> Tensor:
    return torch.zeros_like(low)


def _lower_end(low: Tensor, high: Tensor) -> Tensor:
    return low


def _one_point(K: Tensor, y: Tensor, C: Tensor, alpha: Tensor) -> Interval:
    low, high = bias_interval(K, y, C, alpha)
    return (low + high) / 2, (low + high) / 2


def _wider(K: Tensor, y: Tensor, C: Tensor, alpha: Tensor) -> Interval:
    low, high = bias_interval(K, y, C, alpha)
    return low - (high - low), high + (high - low)


# Certificates: (K, y, C, α, bias, loss).


def _norm_whole(K: Tensor, y: Tensor, C: Tensor, alpha: Tensor, bias: Tensor, loss: Any) -> Certificate:
    found = certificate(K, y, C, alpha, bias, loss)
    norm = alpha.sum(-1) - found.dual
    return found._replace(primal=found.primal + norm, dual=found.dual - norm)


def _norm_of_multipliers(K: Tensor, y: Tensor, C: Tensor, alpha: Tensor, bias: Tensor, loss: Any) -> Certificate:
    found = certificate(K, y, C, alpha, bias, loss)
    norm = alpha.sum(-1) - found.dual
    return found._replace(primal=found.primal - norm + alpha.square().sum(-1) / 2)


def _labels_dropped(K: Tensor, y: Tensor, C: Tensor, alpha: Tensor, bias: Tensor, loss: Any) -> Certificate:
    found = certificate(K, y, C, alpha, bias, loss)
    return found._replace(dual=alpha.sum(-1) - (alpha * (K @ alpha.unsqueeze(-1)).squeeze(-1)).sum(-1) / 2)


def _loss_averaged(K: Tensor, y: Tensor, C: Tensor, alpha: Tensor, bias: Tensor, loss: Any) -> Certificate:
    found = certificate(K, y, C, alpha, bias, loss)
    norm = alpha.sum(-1) - found.dual
    return found._replace(primal=norm + (found.primal - norm) / y.shape[-1])


def _bias_paid(K: Tensor, y: Tensor, C: Tensor, alpha: Tensor, bias: Tensor, loss: Any) -> Certificate:
    found = certificate(K, y, C, alpha, bias, loss)
    return found._replace(primal=found.primal + bias.square() / 2)


def _gap_of_objectives(K: Tensor, y: Tensor, C: Tensor, alpha: Tensor, bias: Tensor, loss: Any) -> Certificate:
    found = certificate(K, y, C, alpha, bias, loss)
    return found._replace(gap=found.primal - found.dual)


# Violations: (slope, β, low, high).


def _bounds_ignored(slope: Tensor, beta: Tensor, low: Tensor, high: Tensor) -> Tensor:
    return slope.amax(-1) - slope.amin(-1)


def _never_negative(slope: Tensor, beta: Tensor, low: Tensor, high: Tensor) -> Tensor:
    return SVM.violation(slope, beta, low, high).clamp(min=0)


# Support: α → mask.


def _half_told(K: Tensor, y: Tensor, C: Tensor, steps: int) -> Tensor:
    """Half of each multiplier."""
    path = pair_path(K, y, C, steps)
    return torch.cat([path[..., :1, :], path[..., 1:, :] / 2], -2)


def _half_support(alpha: Tensor) -> Tensor:
    return alpha > alpha.amax(-1, keepdim=True) / 2


def _everything(alpha: Tensor) -> Tensor:
    return torch.ones_like(alpha, dtype=torch.bool)


# Paths: (K, y, C, steps) → αs; (K, y, αs) → duals.


def _one_moves(K: Tensor, y: Tensor, C: Tensor, steps: int) -> Tensor:
    """Only the first multiplier of each pair is kept."""
    path = pair_path(K, y, C, steps)
    return path * (y > 0).unsqueeze(-2)


def _unclipped_path(K: Tensor, y: Tensor, C: Tensor, steps: int) -> Tensor:
    return pair_path(K, y, 4 * C, steps)


def _two_at_once(K: Tensor, y: Tensor, C: Tensor, steps: int) -> Tensor:
    """Only every second step is told."""
    return pair_path(K, y, C, 2 * steps)[..., ::2, :]


def _values_late(K: Tensor, y: Tensor, path: Tensor) -> Tensor:
    found = dual_values(K, y, path)
    return torch.cat([found[..., :1], found[..., :-1]], -1)


def _norm_not_halved(K: Tensor, y: Tensor, path: Tensor) -> Tensor:
    return 2 * dual_values(K, y, path) - path.sum(-1)


# w: (x, y, α).


def _unsigned(x: Tensor, y: Tensor, alpha: Tensor) -> Tensor:
    return SVM.normal(x, torch.ones_like(y), alpha)


def _averaged(x: Tensor, y: Tensor, alpha: Tensor) -> Tensor:
    return SVM.normal(x, y, alpha) / y.shape[-1]


# λ and C.


def _inverse(value: Tensor) -> Tensor:
    return 1 / value


def _halved(value: Tensor) -> Tensor:
    return value / 2


def _doubled_back(value: Tensor) -> Tensor:
    return 2 / value


# Many classes: (y, k) → signs; (K, signs, C) → machines; (test, machines) → scores; (score, k) → label.


def _zero_for_rest(y: Tensor, classes: int) -> Tensor:
    """The rest of a class is only the next class."""
    kinds = torch.arange(classes, dtype=y.dtype, device=y.device).unsqueeze(-1)
    own, following = y.unsqueeze(-2) == kinds, y.unsqueeze(-2) == (kinds + 1) % classes
    return own.to(y.dtype) - following.to(y.dtype)


def _second_positive(y: Tensor, classes: int) -> Tensor:
    return -SVM.pairs(y, classes)


def _rest_negative(y: Tensor, classes: int) -> Tensor:
    """Points of neither class of a pair are kept, as negative ones."""
    signs = SVM.pairs(y, classes)
    return torch.where(signs == 0, -torch.ones_like(signs), signs)


def _cost_of_class(K: Tensor, signs: Tensor, C: Tensor) -> Machines:
    return machines(K, signs, C / signs.shape[-2])


def _without_bias(test: Tensor, found: Machines) -> Tensor:
    return scores(test, found._replace(bias=torch.zeros_like(found.bias)))


def _greatest_size(score: Tensor, classes: int) -> Tensor:
    return SVM.greatest(score.abs(), classes)


def _last_of_equals(score: Tensor, classes: int) -> Tensor:
    """Classes in reverse, so that the highest of equals wins."""
    flipped = _tally(score, classes).flip(-1)
    return classes - 1 - SVM.greatest(flipped, classes)


def _sum_of_scores(score: Tensor, classes: int) -> Tensor:
    return SVM.greatest(_tally(score, classes, hard=False), classes)


def _least_votes(score: Tensor, classes: int) -> Tensor:
    return most_votes(-score, classes)


def _tally(score: Tensor, classes: int, *, hard: bool = True) -> Tensor:
    total = torch.zeros(*score.shape[:-1], classes, dtype=score.dtype, device=score.device)
    pairs = ((a, b) for a in range(classes) for b in range(a + 1, classes))
    for at, (a, b) in enumerate(pairs):
        here = score[..., at]
        total[..., a] += (here > 0).to(score.dtype) if hard else here
        total[..., b] += (here <= 0).to(score.dtype) if hard else -here
    return total


SVM_MUTANTS: tuple[Mutant, ...] = (
    _wrong("svm-hinge-without-margin", "the hinge is max(0, −s): nothing asks for a margin", hinge=_perceptron_loss),
    _wrong("svm-squared-hinge", "slack is squared in the primal", hinge=squared_hinge),
    _wrong("svm-logistic-for-hinge", "the logistic loss stands for the hinge", hinge=logistic),
    _wrong("svm-hinge-not-cut", "the slack of points beyond the margin is negative", hinge=_rewarded),
    _wrong("svm-no-box", "multipliers may exceed C", multipliers=_no_upper_bound),
    _wrong("svm-no-equality", "Σ α y = 0 is dropped and the bias is 0", multipliers=_no_equality, middle=_no_bias),
    _wrong("svm-stopped-early", "pair steps stop at a violation of 10⁻³", multipliers=_loosely),
    _wrong("svm-cost-averaged", "the box is C ∕ n", multipliers=_cost_shared),
    _wrong("svm-half-box", "the box is C ∕ 2", multipliers=_half_cost),
    _wrong("svm-bias-of-all-support", "the bias averages over bounded support vectors too", interval=_of_all_support),
    _wrong("svm-bias-sign", "the bias has the wrong sign", interval=_sign_lost),
    _wrong("svm-bias-left-out", "the bias is 0", middle=_no_bias),
    _wrong("svm-bias-at-low-end", "the bias is the lower end of its interval", middle=_lower_end),
    _wrong("svm-bias-a-point", "the interval of the bias is its midpoint", interval=_one_point),
    _wrong("svm-bias-interval-wide", "the interval of the bias is three times as long", interval=_wider),
    _wrong("svm-norm-not-halved", "‖w‖² is not halved", certificate=_norm_whole),
    _wrong("svm-norm-of-multipliers", "the primal has ‖α‖² for αᵀKα", certificate=_norm_of_multipliers),
    _wrong("svm-dual-without-labels", "the dual has αᵀKα without the labels", certificate=_labels_dropped),
    _wrong("svm-loss-averaged", "the primal has the mean of the slacks", certificate=_loss_averaged),
    _wrong("svm-bias-penalised", "the primal penalises the bias", certificate=_bias_paid),
    _wrong("svm-gap-uncorrected", "the gap leaves bias · Σ α y in it", certificate=_gap_of_objectives),
    _wrong(
        "svm-violation-without-bounds",
        "the violation forgets which multipliers are at a bound",
        violation=_bounds_ignored,
    ),
    _wrong("svm-violation-cut", "a negative violation counts as 0", violation=_never_negative),
    _wrong("svm-support-by-half", "only large multipliers count as support", support=_half_support),
    _wrong("svm-support-everywhere", "every point counts as support", support=_everything),
    _wrong("svm-path-half-steps", "half of every multiplier is told", path=_half_told),
    _wrong("svm-path-one-moves", "one multiplier of a pair stays", path=_one_moves),
    _wrong("svm-path-no-box", "steps of the path leave the box", path=_unclipped_path),
    _wrong("svm-path-skips", "every second step is left out", path=_two_at_once),
    _wrong("svm-path-values-late", "the dual is that of the step before", values=_values_late),
    _wrong("svm-path-norm-whole", "the dual subtracts αᵀKα whole", values=_norm_not_halved),
    _wrong("svm-normal-unsigned", "w = Σ α x, without the labels", normal=_unsigned),
    _wrong("svm-normal-averaged", "w is the mean of α y x", normal=_averaged),
    _wrong("svm-lambda-inverse", "λ = 1 ∕ C", convert=_inverse),
    _wrong("svm-lambda-proportional", "λ = C ∕ 2", convert=_halved),
    _wrong("svm-cost-twice-inverse", "C = 2 ∕ λ", back=_doubled_back),
    _wrong("svm-rest-is-one-class", "a class is set against the next one only", rest=_zero_for_rest),
    _wrong("svm-pair-reversed", "a pair's score is positive for its second class", pairs=_second_positive),
    _wrong("svm-pair-with-rest", "the machine of a pair keeps the other classes as negative", pairs=_rest_negative),
    _wrong("svm-many-cost-shared", "the machines of many classes share C", machines=_cost_of_class),
    _wrong("svm-many-no-bias", "scores of many classes have no bias", scores=_without_bias),
    _wrong("svm-greatest-size", "the class of the score of greatest size is chosen", greatest=_greatest_size),
    _wrong("svm-votes-last-of-equals", "among equal votes the last class wins", votes=_last_of_equals),
    _wrong("svm-votes-summed", "scores of pairs are added up, not counted", votes=_sum_of_scores),
    _wrong("svm-votes-reversed", "a vote goes to the loser of a pair", votes=_least_votes),
)
