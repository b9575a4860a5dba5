"""Weight decay inside and outside the gradient: the steps of SGD, SGDW, Adam and AdamW.

Coupled (sgd, adam): the penalty's slope joins the gradient, g + λw, and passes through whatever the optimizer does to
gradients. Decoupled (sgdw, adamw): weights shrink by the factor 1 − ηλ, and the optimizer sees the loss alone
(Loshchilov & Hutter 2019, algorithms 1 and 2). Of plain SGD the two are one step; of Adam they are not.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from impl.core import validation

OPTIMIZERS = ("sgd", "sgdw", "adam", "adamw")


class Momentum(NamedTuple):
    """What SGD carries from step to step: its velocity (*B, p), 0 before the first step."""

    velocity: Tensor


class Moments(NamedTuple):
    """What Adam carries: the means of gradients and of their squares (*B, p), and the number of steps taken."""

    first: Tensor
    second: Tensor
    steps: int


def coupled(gradient: Tensor, w: Tensor, decay: float) -> Tensor:
    """The slope of loss + λ‖w‖² ∕ 2: g + λw."""
    return gradient + decay * w


def shrunk(w: Tensor, rate: float, decay: float) -> Tensor:
    """Decoupled decay: (1 − ηλ) w."""
    return w * (1 - rate * decay)


def heavy_ball(velocity: Tensor, gradient: Tensor, momentum: float) -> Tensor:
    """The next velocity, μ v + g, without damping (Polyak 1964; as torch.optim.SGD has it)."""
    return momentum * velocity + gradient


def moments(state: Moments, gradient: Tensor, beta1: float, beta2: float) -> Moments:
    """Means that forget: m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g²."""
    first = beta1 * state.first + (1 - beta1) * gradient
    second = beta2 * state.second + (1 - beta2) * gradient.square()
    return Moments(first, second, state.steps + 1)


def adam_direction(state: Moments, beta1: float, beta2: float, epsilon: float) -> Tensor:
    """m̂ ∕ (√v̂ + ε), both freed of their start at 0 (Kingma & Ba 2015, algorithm 1); 0 where that is 0 ∕ 0."""
    first = state.first / (1 - beta1**state.steps)
    below = state.second.sqrt() / math.sqrt(1 - beta2**state.steps) + epsilon
    return (first / below).masked_fill(below == 0, 0)


def sgd_step(
    w: Tensor, gradient: Tensor, state: Momentum, *, rate: float, decay: float = 0.0, momentum: float = 0.0
) -> tuple[Tensor, Momentum]:
    """One step of SGD with L2: w − η v', v' = μ v + g + λw. w and gradient: (*B, p)."""
    velocity = heavy_ball(state.velocity, coupled(gradient, w, decay), momentum)
    return w - rate * velocity, Momentum(velocity)


def sgdw_step(
    w: Tensor, gradient: Tensor, state: Momentum, *, rate: float, decay: float = 0.0, momentum: float = 0.0
) -> tuple[Tensor, Momentum]:
    """One step of SGD with decoupled decay: (1 − ηλ) w − η v', v' = μ v + g."""
    velocity = heavy_ball(state.velocity, gradient, momentum)
    return shrunk(w, rate, decay) - rate * velocity, Momentum(velocity)


def adam_step(
    w: Tensor,
    gradient: Tensor,
    state: Moments,
    *,
    rate: float,
    decay: float = 0.0,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[Tensor, Moments]:
    """One step of Adam with L2: the moments are those of g + λw, so the first step has length η whatever λ."""
    after = moments(state, coupled(gradient, w, decay), beta1, beta2)
    return w - rate * adam_direction(after, beta1, beta2, epsilon), after


def adamw_step(
    w: Tensor,
    gradient: Tensor,
    state: Moments,
    *,
    rate: float,
    decay: float = 0.0,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[Tensor, Moments]:
    """One step of AdamW: (1 − ηλ) w − η m̂ ∕ (√v̂ + ε), the moments those of g."""
    after = moments(state, gradient, beta1, beta2)
    return shrunk(w, rate, decay) - rate * adam_direction(after, beta1, beta2, epsilon), after


def at_rest(w: Tensor) -> Momentum:
    """SGD's state before the first step."""
    return Momentum(torch.zeros_like(w))


def no_moments(w: Tensor) -> Moments:
    """Adam's state before the first step."""
    return Moments(torch.zeros_like(w), torch.zeros_like(w), 0)


def check_settings(
    *,
    rate: float,
    decay: float = 0.0,
    momentum: float = 0.0,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> None:
    """Raise ValueError at the first setting outside its range, by name."""
    for name, value in (("rate", rate), ("decay", decay), ("epsilon", epsilon)):
        if not 0 <= value < math.inf:
            raise ValueError(f"{name} must be non-negative and finite, got {value!r}")
    for name, value in (("momentum", momentum), ("beta1", beta1), ("beta2", beta2)):
        if not 0 <= value < 1:
            raise ValueError(f"{name} must lie in [0, 1), got {value!r}")


def check_weights(w: Tensor, gradient: Tensor) -> None:
    """Refuse weights (*B, p) and gradients (*B, steps, p) that are not floats, not finite, or do not fit together."""
    validation.floating(w, "w")
    validation.rank(w, "w", 1, "(..., p)")
    validation.non_empty(w, "w", "(..., p)")
    validation.floating(gradient, "gradient")
    validation.rank(gradient, "gradient", 2, "(..., steps, p)")
    if (*gradient.shape[:-2], gradient.shape[-1]) != w.shape:
        raise ValueError(
            f"gradient must have shape (..., steps, p) to match w {tuple(w.shape)}, got {tuple(gradient.shape)}"
        )
    validation.finite(w, "w")
    validation.finite(gradient, "gradient")
