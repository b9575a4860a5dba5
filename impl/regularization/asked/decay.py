"""The port's question about weight decay, in arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from impl.core.arrays import answers, tensors
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.regularization.decay import (
    OPTIMIZERS,
    adam_step,
    adamw_step,
    at_rest,
    check_settings,
    check_weights,
    no_moments,
    sgd_step,
    sgdw_step,
)

Step = Callable[..., tuple[Tensor, Any]]


@dataclass(frozen=True)
class Decay:
    """The formulas that are asked for: each a step (w, gradient, state, settings) → (w', state')."""

    sgd: Step = sgd_step
    sgdw: Step = sgdw_step
    adam: Step = adam_step
    adamw: Step = adamw_step


DECAY = Decay()
TAKES = {"sgd": ("momentum",), "adam": ("beta1", "beta2", "epsilon")}


def decay_operations(formulas: Decay) -> dict[str, Operation]:
    """The operations of `DecayPort`, computed by these formulas."""
    return built(formulas, DECAY, PARTS)


def _optimize(formulas: Decay) -> Operation:
    def optimize_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        optimizer = str(settings["optimizer"])
        if optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer must be one of {', '.join(OPTIMIZERS)}, got {optimizer!r}")
        family = optimizer.removesuffix("w")
        names = ("rate", "decay", *TAKES[family])
        options = {name: float(settings[name]) for name in names if name in settings}
        check_settings(**options)
        data = tensors(arrays, device=device, dtype=dtype)
        w, gradient = data["w"], data["gradient"]
        check_weights(w, gradient)
        step = functools.partial(getattr(formulas, optimizer), **options)
        state: Any = at_rest(w) if family == "sgd" else no_moments(w)
        path = [w]
        for g in gradient.unbind(-2):
            w, state = step(w, g, state)
            path.append(w)
        return answers(path=torch.stack(path, -2))

    return optimize_


PARTS: Parts[Decay] = {"optimize": (_optimize, ("sgd", "sgdw", "adam", "adamw"))}
