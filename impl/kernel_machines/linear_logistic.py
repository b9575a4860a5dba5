"""Logistic regression with a squared penalty in w, for many problems at once."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from impl.core import validation
from impl.kernel_machines.klr_checks import check_labels, check_penalty, goal_of
from impl.kernel_machines.losses import logistic
from impl.kernel_machines.newton_step import Watch, step_length

_MAX_ITER = 100


class LogisticFit(NamedTuple):
    """w (*B, d), value (*B), gradient_norm (*B): ‖∇‖₂ of the objective at w."""

    w: Tensor
    value: Tensor
    gradient_norm: Tensor


def logistic_fit(x: Tensor, y: Tensor, penalty: Tensor | float) -> LogisticFit:
    """The w of least (λ∕n)‖w‖² + (1∕n) Σ log(1 + e^(−y x·w)), by Newton's method.

    x (*B, n, d), y (*B, n) of −1 and 1, λ > 0 a number or (*B). Raises ValueError naming the argument, the value and
    its place; λ = 0 diverges on separable data and is refused.
    """
    penalty = check_logistic(x, y, penalty)
    n, d = x.shape[-2:]
    found = newton_in_w(x.reshape(-1, n, d), y.reshape(-1, n), penalty.reshape(-1))
    return LogisticFit(*(v.reshape((*y.shape[:-1], *v.shape[1:])) for v in found))


def check_logistic(x: Tensor, y: Tensor, penalty: Tensor | float) -> Tensor:
    """Refuse what is no logistic regression, else λ as a tensor (*B)."""
    validation.rank(x, "x", 2, "(..., n, d)")
    validation.non_empty(x, "x", "(..., n, d)")
    validation.floating(x, "x")
    validation.finite(x, "x")
    check_labels(y, x, "x")
    return check_penalty(penalty, y)


def gradient_in_w(x: Tensor, y: Tensor, penalty: Tensor, w: Tensor) -> Tensor:
    """N times the gradient, 2λw − xᵀ(y σ(−y x·w)): (lane, d)."""
    pull = y * torch.sigmoid(-y * _scores(x, w))
    return 2 * penalty.unsqueeze(-1) * w - (x.mT @ pull.unsqueeze(-1)).squeeze(-1)


def value_in_w(x: Tensor, y: Tensor, penalty: Tensor, w: Tensor) -> Tensor:
    """The objective: (lane,)."""
    return penalty * w.square().sum(-1) / y.shape[-1] + logistic(y * _scores(x, w)).mean(-1)


def newton_in_w(x: Tensor, y: Tensor, penalty: Tensor) -> LogisticFit:
    """The fit of x (lane, n, d), y (lane, n), λ (lane,).

    Its gap at a = σ(−y x·w) is ‖n∇‖² ∕ 4λn, since the objective is 2λ∕n strongly convex.
    """
    w = answer = torch.zeros_like(x[:, 0])
    watch = Watch(goal_of(y, None), polish=True)
    on = torch.ones_like(penalty, dtype=torch.bool)
    value = value_in_w(x, y, penalty, w)
    for _ in range(_MAX_ITER):
        gradient = gradient_in_w(x, y, penalty, w)
        gap = gradient.square().sum(-1) / (4 * penalty * y.shape[-1])
        answer = torch.where(watch.better(gap).unsqueeze(-1), w, answer)
        on = on & watch.going(gap)
        if not bool(on.any()):
            break
        m = y * _scores(x, w)
        curved = torch.sigmoid(m) * torch.sigmoid(-m)
        hessian = x.mT @ (curved.unsqueeze(-1) * x)
        hessian.diagonal(dim1=-2, dim2=-1).add_(2 * penalty.unsqueeze(-1))
        delta = -torch.cholesky_solve(gradient.unsqueeze(-1), torch.linalg.cholesky_ex(hessian).L).squeeze(-1)
        fall = value - value_in_w(x, y, penalty, w + delta)
        decrement = -(gradient * delta).sum(-1) / y.shape[-1]
        reach = _scores(x, delta).abs().amax(-1)
        proven = step_length(reach, decrement, decrement)
        w = w + torch.where(fall >= decrement / 4, 1.0, proven).unsqueeze(-1) * delta
        value = value_in_w(x, y, penalty, w)
    norm = gradient_in_w(x, y, penalty, answer).norm(dim=-1) / y.shape[-1]
    return LogisticFit(answer, value_in_w(x, y, penalty, answer), norm)


def _scores(x: Tensor, w: Tensor) -> Tensor:
    return (x @ w.unsqueeze(-1)).squeeze(-1)
