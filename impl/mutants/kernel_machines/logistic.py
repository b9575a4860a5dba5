"""Kernel logistic regression with one classic mistake each."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from impl.core.subject import Mutant, mutant
from impl.kernel_machines.asked.logistic import LOGISTIC
from impl.kernel_machines.klr_certificate import Certificate, dual_point, entropy, klr_certificate
from impl.kernel_machines.klr_derivatives import curvatures, klr_gradient, klr_hessian, klr_value, residual, scores
from impl.kernel_machines.klr_descent import descent
from impl.kernel_machines.klr_newton import newton
from impl.kernel_machines.linear_logistic import LogisticFit, newton_in_w
from impl.kernel_machines.subject import subject


def _wrong(name: str, mistake: str, **formulas: Any) -> Mutant:
    return mutant(name, mistake, subject("", logistic=replace(LOGISTIC, **formulas)))


# The objective and its derivatives: (K, y, λ, β) → value, gradient, Hessian.


def _norm_of_beta(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Tensor:
    f = scores(K, beta)
    return klr_value(K, y, penalty, beta) + penalty * (beta * (beta - f)).mean(-1)


def _naive(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Tensor:
    f = scores(K, beta)
    return penalty * (beta * f).mean(-1) + (1 + (-y * f).exp()).log().mean(-1)


def _in_bits(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Tensor:
    f = scores(K, beta)
    fit = klr_value(K, y, torch.zeros_like(penalty), beta)
    return penalty * (beta * f).mean(-1) + fit / math.log(2)


def _value_of_half(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Tensor:
    return klr_value(K, y, penalty / 2, beta)


def _gradient_without_two(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Tensor:
    return klr_gradient(K, y, penalty / 2, beta)


def _gradient_of_right_side(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Tensor:
    f = scores(K, beta)
    return scores(K, 2 * penalty.unsqueeze(-1) * beta - y * torch.sigmoid(y * f)) / y.shape[-1]


def _gradient_reduced(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Tensor:
    return residual(y, penalty, beta, scores(K, beta)) / y.shape[-1]


def _gradient_of_sum(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Tensor:
    return klr_gradient(K, y, penalty, beta) * y.shape[-1]


def _hessian_of_fit(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Tensor:
    return klr_hessian(K, y, torch.zeros_like(penalty), beta)


def _hessian_reduced(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Tensor:
    w = curvatures(y, scores(K, beta))
    return (2 * torch.diag_embed(penalty.unsqueeze(-1).expand_as(y)) + w.unsqueeze(-1) * K) / y.shape[-1]


def _hessian_bounded(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Tensor:
    return klr_hessian(K, y, penalty, torch.zeros_like(beta))


def _hessian_of_chances(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Tensor:
    p = torch.sigmoid(scores(K, beta))
    return (2 * penalty[..., None, None] * K + K @ (p.unsqueeze(-1) * K)) / y.shape[-1]


# Certificates: (K, y, λ, β) → dual and gap.


def _certified(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor, dual: Tensor) -> Certificate:
    return Certificate(dual, klr_value(K, y, penalty, beta) - dual)


def _dual_in_bits(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Certificate:
    extra = entropy(dual_point(y, penalty, beta)).mean(-1) * (1 / math.log(2) - 1)
    return _certified(K, y, penalty, beta, klr_certificate(K, y, penalty, beta).dual + extra)


def _dual_twice_quadratic(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Certificate:
    signed = y * dual_point(y, penalty, beta)
    extra = (signed * scores(K, signed)).mean(-1) / (4 * penalty)
    return _certified(K, y, penalty, beta, klr_certificate(K, y, penalty, beta).dual - extra)


def _dual_without_labels(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Certificate:
    a = dual_point(y, penalty, beta)
    dual = entropy(a).mean(-1) - (a * scores(K, a)).mean(-1) / (4 * penalty)
    return _certified(K, y, penalty, beta, dual)


def _dual_unclipped(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Certificate:
    penalised = penalty * (beta * scores(K, beta)).mean(-1)
    return _certified(K, y, penalty, beta, entropy(dual_point(y, penalty, beta)).mean(-1) - penalised)


def _dual_without_two(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Certificate:
    dual = klr_certificate(K, y, penalty, beta / 2).dual
    return _certified(K, y, penalty, beta, dual)


# Solvers: (K, y, λ, goal, max_iter, polish) → β, iterations.

Solved = tuple[Tensor, Tensor]


def _half_penalty(K: Tensor, y: Tensor, penalty: Tensor, goal: Tensor, max_iter: int, polish: bool) -> Solved:
    return newton(K, y, penalty / 2, goal, max_iter, polish)


def _penalty_of_sum(K: Tensor, y: Tensor, penalty: Tensor, goal: Tensor, max_iter: int, polish: bool) -> Solved:
    return newton(K, y, penalty * y.shape[-1], goal, max_iter, polish)


def _penalises_beta(K: Tensor, y: Tensor, penalty: Tensor, goal: Tensor, max_iter: int, polish: bool) -> Solved:
    beta = newton_in_w(K, y, penalty).w
    return beta, torch.ones_like(goal, dtype=torch.int64)


def _one_step(K: Tensor, y: Tensor, penalty: Tensor, goal: Tensor, max_iter: int, polish: bool) -> Solved:
    return newton(K, y, penalty, goal, 1, polish)


def _sparse(K: Tensor, y: Tensor, penalty: Tensor, goal: Tensor, max_iter: int, polish: bool) -> Solved:
    beta, rounds = newton(K, y, penalty, goal, max_iter, polish)
    return torch.where(y * scores(K, beta) > 1, 0, beta), rounds


def _in_multipliers(K: Tensor, y: Tensor, penalty: Tensor, goal: Tensor, max_iter: int, polish: bool) -> Solved:
    beta, rounds = newton(K, y, penalty, goal, max_iter, polish)
    return beta * y, rounds


def _few_gradients(K: Tensor, y: Tensor, penalty: Tensor, goal: Tensor, max_iter: int, polish: bool) -> Solved:
    return descent(K, y, penalty, goal, 3, polish)


def _descent_half(K: Tensor, y: Tensor, penalty: Tensor, goal: Tensor, max_iter: int, polish: bool) -> Solved:
    return descent(K, y, penalty / 2, goal, max_iter, polish)


# In w: (x, y, λ) → fit.


def _linear_half(x: Tensor, y: Tensor, penalty: Tensor) -> LogisticFit:
    return newton_in_w(x, y, penalty / 2)


def _linear_of_sum(x: Tensor, y: Tensor, penalty: Tensor) -> LogisticFit:
    return newton_in_w(x, y, penalty * y.shape[-1])


def _linear_with_constant(x: Tensor, y: Tensor, penalty: Tensor) -> LogisticFit:
    found = newton_in_w(torch.cat([x, torch.ones_like(x[..., :1])], -1), y, penalty)
    return found._replace(w=found.w[..., :-1])


def _linear_value_of_sum(x: Tensor, y: Tensor, penalty: Tensor) -> LogisticFit:
    found = newton_in_w(x, y, penalty)
    return found._replace(value=found.value * y.shape[-1])


def _linear_unpenalised_value(x: Tensor, y: Tensor, penalty: Tensor) -> LogisticFit:
    found = newton_in_w(x, y, penalty)
    return found._replace(value=found.value - penalty * found.w.square().sum(-1) / y.shape[-1])


LOGISTIC_MUTANTS: tuple[Mutant, ...] = (
    _wrong("klr-value-norm-of-beta", "the penalty is ‖β‖², not βᵀKβ", value=_norm_of_beta),
    _wrong("klr-value-naive", "log(1 + exp) overflows", value=_naive),
    _wrong("klr-value-in-bits", "the loss is divided by log 2", value=_in_bits),
    _wrong("klr-value-half-penalty", "the penalty is halved, as λ∕2 ‖w‖²", value=_value_of_half),
    _wrong("klr-gradient-without-two", "the square's 2 is forgotten in the gradient", gradient=_gradient_without_two),
    _wrong("klr-gradient-right-side", "σ(y f) stands for σ(−y f)", gradient=_gradient_of_right_side),
    _wrong("klr-gradient-reduced", "the gradient is not multiplied by K", gradient=_gradient_reduced),
    _wrong("klr-gradient-of-sum", "the gradient is not divided by n", gradient=_gradient_of_sum),
    _wrong("klr-hessian-of-fit", "the Hessian leaves the penalty out", hessian=_hessian_of_fit),
    _wrong("klr-hessian-reduced", "the reduced system is taken for the Hessian", hessian=_hessian_reduced),
    _wrong("klr-hessian-bounded", "every weight is ¼", hessian=_hessian_bounded),
    _wrong("klr-hessian-of-chances", "the weights are σ, not σ(1 − σ)", hessian=_hessian_of_chances),
    _wrong("klr-dual-in-bits", "the dual's entropy is in bits", certificate=_dual_in_bits),
    _wrong("klr-dual-twice-quadratic", "the dual divides by 2λ, not 4λ", certificate=_dual_twice_quadratic),
    _wrong("klr-dual-without-labels", "the dual's square has a, not a y", certificate=_dual_without_labels),
    _wrong("klr-dual-unclipped", "only the entropy sees a clipped", certificate=_dual_unclipped),
    _wrong("klr-dual-without-two", "a is λβy", certificate=_dual_without_two),
    _wrong("klr-half-penalty", "Newton's method minimises with λ∕2", newton=_half_penalty),
    _wrong("klr-penalty-of-sum", "λ is not divided by n", newton=_penalty_of_sum),
    _wrong("klr-penalises-beta", "‖β‖² is minimised with the losses, not βᵀKβ", newton=_penalises_beta),
    _wrong("klr-one-newton-step", "one Newton step is thought enough", newton=_one_step),
    _wrong("klr-sparse", "points beyond the margin get no weight, as in the SVM", newton=_sparse),
    _wrong("klr-beta-without-labels", "β is returned as β y, like the multipliers of the SVM", newton=_in_multipliers),
    _wrong("klr-few-gradient-steps", "three gradient steps are thought enough", descent=_few_gradients),
    _wrong("klr-gradient-half-penalty", "gradient descent minimises with λ∕2", descent=_descent_half),
    _wrong("logistic-half-penalty", "the penalty is λ∕2 ‖w‖² in w", linear=_linear_half),
    _wrong("logistic-penalty-of-sum", "λ is not divided by n in w", linear=_linear_of_sum),
    _wrong("logistic-with-constant", "a constant column is fitted in secret", linear=_linear_with_constant),
    _wrong("logistic-value-of-sum", "the objective is summed, not averaged", linear=_linear_value_of_sum),
    _wrong("logistic-value-of-losses", "the objective tells the losses only", linear=_linear_unpenalised_value),
)
