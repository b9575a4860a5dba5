"""Mistakes in weight decay and in the optimizers around it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from impl.core.subject import Mutant, mutant
from impl.regularization.asked.decay import DECAY
from impl.regularization.decay import (
    Moments,
    Momentum,
    adam_direction,
    adam_step,
    adamw_step,
    coupled,
    heavy_ball,
    moments,
    sgd_step,
    sgdw_step,
    shrunk,
)
from impl.regularization.subject import subject

Stepped = tuple[Tensor, Any]


def _no_decay(step: Callable[..., Stepped]) -> Callable[..., Stepped]:
    return lambda *state, **options: step(*state, **(options | {"decay": 0.0}))


def _double(step: Callable[..., Stepped]) -> Callable[..., Stepped]:
    return lambda *state, **options: step(*state, **(options | {"decay": 2 * options.get("decay", 0.0)}))


def _without_rate(step: Callable[..., Stepped]) -> Callable[..., Stepped]:
    def wrong(w: Tensor, gradient: Tensor, state: Any, *, rate: float, decay: float = 0.0, **options: float) -> Stepped:
        moved, after = step(w, gradient, state, rate=rate, **options)
        return moved - decay * w, after

    return wrong


def _shrunk_after(step: Callable[..., Stepped]) -> Callable[..., Stepped]:
    def wrong(w: Tensor, gradient: Tensor, state: Any, *, rate: float, decay: float = 0.0, **options: float) -> Stepped:
        moved, after = step(w, gradient, state, rate=rate, **options)
        return shrunk(moved, rate, decay), after

    return wrong


def _swapped_betas(step: Callable[..., Stepped]) -> Callable[..., Stepped]:
    def wrong(w: Tensor, gradient: Tensor, state: Moments, **options: float) -> Stepped:
        beta1, beta2 = options.get("beta1", 0.9), options.get("beta2", 0.999)
        return step(w, gradient, state, **(options | {"beta1": beta2, "beta2": beta1}))

    return wrong


def _damped(w: Tensor, gradient: Tensor, state: Momentum, *, rate: float, decay: float, momentum: float) -> Stepped:
    velocity = heavy_ball(state.velocity, (1 - momentum) * coupled(gradient, w, decay), momentum)
    return w - rate * velocity, Momentum(velocity)


def _nesterov(w: Tensor, gradient: Tensor, state: Momentum, *, rate: float, decay: float, momentum: float) -> Stepped:
    slope = coupled(gradient, w, decay)
    velocity = heavy_ball(state.velocity, slope, momentum)
    return w - rate * (slope + momentum * velocity), Momentum(velocity)


def _adam(direction: Callable[[Moments, float, float, float], Tensor]) -> Callable[..., Stepped]:
    """Adam with L2 and another direction."""

    def step(
        w: Tensor,
        gradient: Tensor,
        state: Moments,
        *,
        rate: float,
        decay: float,
        beta1: float,
        beta2: float,
        epsilon: float,
    ) -> Stepped:
        after = moments(state, coupled(gradient, w, decay), beta1, beta2)
        return w - rate * direction(after, beta1, beta2, epsilon), after

    return step


def _uncorrected(state: Moments, beta1: float, beta2: float, epsilon: float) -> Tensor:
    return state.first / (state.second.sqrt() + epsilon)


def _second_uncorrected(state: Moments, beta1: float, beta2: float, epsilon: float) -> Tensor:
    return state.first / (1 - beta1**state.steps) / (state.second.sqrt() + epsilon)


def _epsilon_inside(state: Moments, beta1: float, beta2: float, epsilon: float) -> Tensor:
    first, second = state.first / (1 - beta1**state.steps), state.second / (1 - beta2**state.steps)
    return first / (second + epsilon).sqrt()


def _epsilon_before_correction(state: Moments, beta1: float, beta2: float, epsilon: float) -> Tensor:
    scale = math.sqrt(1 - beta2**state.steps) / (1 - beta1**state.steps)
    return scale * state.first / (state.second.sqrt() + epsilon)


def _correction_late(state: Moments, beta1: float, beta2: float, epsilon: float) -> Tensor:
    return adam_direction(state._replace(steps=state.steps + 1), beta1, beta2, epsilon)


def _without_root(state: Moments, beta1: float, beta2: float, epsilon: float) -> Tensor:
    first, second = state.first / (1 - beta1**state.steps), state.second / (1 - beta2**state.steps)
    return first / (second + epsilon)


def _decay_in_first_moment(
    w: Tensor,
    gradient: Tensor,
    state: Moments,
    *,
    rate: float,
    decay: float,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> Stepped:
    with_decay = moments(state, coupled(gradient, w, decay), beta1, beta2)
    after = with_decay._replace(second=moments(state, gradient, beta1, beta2).second)
    return w - rate * adam_direction(after, beta1, beta2, epsilon), after


def _scaled_decay(
    w: Tensor,
    gradient: Tensor,
    state: Moments,
    *,
    rate: float,
    decay: float,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> Stepped:
    after = moments(state, gradient, beta1, beta2)
    root = after.second.sqrt() / math.sqrt(1 - beta2**after.steps) + epsilon
    shrink = (decay * w / root).masked_fill(root == 0, 0)
    return w - rate * (adam_direction(after, beta1, beta2, epsilon) + shrink), after


def _sign_of_decay(
    w: Tensor, gradient: Tensor, state: Moments, *, rate: float, decay: float, **options: float
) -> Stepped:
    moved, after = adamw_step(w, gradient, state, rate=rate, **options)
    return moved - rate * decay * torch.sign(w), after


def _wrong(name: str, mistake: str, **formulas: Any) -> Mutant:
    return mutant(name, mistake, subject("", decay=replace(DECAY, **formulas)))


DECAY_MUTANTS: tuple[Mutant, ...] = (
    _wrong("sgd-without-decay", "SGD ignores the penalty", sgd=_no_decay(sgd_step)),
    _wrong("sgd-decay-doubled", "the penalty is λ‖w‖², without its half", sgd=_double(sgd_step)),
    _wrong("sgd-decay-outside-velocity", "SGD's decay does not pass through momentum", sgd=sgdw_step),
    _wrong("sgd-damped", "the gradient enters the velocity with weight 1 − μ", sgd=_damped),
    _wrong("sgd-nesterov", "SGD looks ahead although heavy ball was asked for", sgd=_nesterov),
    _wrong("sgdw-without-rate", "SGDW's decay is not multiplied by the rate", sgdw=_without_rate(sgdw_step)),
    _wrong("sgdw-shrinks-after", "SGDW shrinks the weights after the step", sgdw=_shrunk_after(sgdw_step)),
    _wrong("sgdw-coupled", "SGDW adds the decay to the gradient", sgdw=sgd_step),
    _wrong("adam-decoupled", "Adam with L2 is AdamW", adam=adamw_step),
    _wrong("adam-without-correction", "the moments keep their start at 0", adam=_adam(_uncorrected)),
    _wrong("adam-second-uncorrected", "the second moment keeps its start at 0", adam=_adam(_second_uncorrected)),
    _wrong("adam-correction-late", "the correction counts one step too many", adam=_adam(_correction_late)),
    _wrong("adam-epsilon-inside", "ε stands under the root", adam=_adam(_epsilon_inside)),
    _wrong("adam-epsilon-uncorrected", "ε is added before the correction", adam=_adam(_epsilon_before_correction)),
    _wrong("adam-without-root", "Adam divides by the second moment without its root", adam=_adam(_without_root)),
    _wrong("adam-decay-in-first-moment", "the second moment does not see the decay", adam=_decay_in_first_moment),
    _wrong("adam-betas-swapped", "β₁ and β₂ change places", adam=_swapped_betas(adam_step)),
    _wrong("adamw-coupled", "AdamW is Adam with L2", adamw=adam_step),
    _wrong("adamw-without-rate", "AdamW's decay is not multiplied by the rate", adamw=_without_rate(adamw_step)),
    _wrong("adamw-without-decay", "AdamW ignores the decay", adamw=_no_decay(adamw_step)),
    _wrong("adamw-shrinks-after", "AdamW shrinks the weights after the step", adamw=_shrunk_after(adamw_step)),
    _wrong("adamw-scaled-decay", "AdamW's decay is divided by the root of the second moment", adamw=_scaled_decay),
    _wrong("adamw-sign-decay", "AdamW's decay is a constant pull to 0", adamw=_sign_of_decay),
)
