"""Threshold units with one classic mistake each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from impl.core.subject import Mutant, mutant
from impl.perceptron import unit
from impl.perceptron.asked.unit import UNIT
from impl.perceptron.subject import subject

Formula = Callable[..., Tensor]


def _fires_at_zero(x: Tensor, w: Tensor, bias: Tensor) -> Tensor:
    return unit.dot(x, w) + bias.unsqueeze(-1) >= 0


def _fires_at_the_threshold(activation: Tensor, threshold: Tensor) -> Tensor:
    return activation >= threshold.unsqueeze(-1)


def _bias_in_the_sum(x: Tensor, w: Tensor, bias: Tensor) -> Tensor:
    """The bias is added first, so that the sum is rounded in another order."""
    terms = torch.cat([bias.unsqueeze(-1).unsqueeze(-1).expand(*x.shape[:-1], 1), x * w.unsqueeze(-2)], -1)
    return terms.cumsum(-1)[..., -1] > 0


def _one_in_front(x: Tensor) -> Tensor:
    return torch.cat([torch.ones_like(x[..., :1]), x], -1)


def _zero_appended(x: Tensor) -> Tensor:
    return torch.cat([x, torch.zeros_like(x[..., :1])], -1)


def _negative_bias(w: Tensor, bias: Tensor) -> Tensor:
    return unit.append_bias(w, -bias)


def _bias_as_distance(w: Tensor, bias: Tensor) -> Tensor:
    return bias.abs()


def _signed_distance(w: Tensor, bias: Tensor) -> Tensor:
    return bias / (w * w).sum(-1).sqrt()


def _manhattan(w: Tensor, bias: Tensor) -> Tensor:
    return bias.abs() / w.abs().sum(-1)


def _divided_once(w: Tensor, bias: Tensor) -> Tensor:
    return unit.nearest(w, bias) * (w * w).sum(-1, keepdim=True).sqrt()


def _other_side(w: Tensor, bias: Tensor) -> Tensor:
    return -unit.nearest(w, bias)


def _wrong(name: str, mistake: str, **formulas: Formula) -> Mutant:
    return mutant(name, mistake, subject("", unit=replace(UNIT, **formulas)))


UNIT_MUTANTS: tuple[Mutant, ...] = (
    _wrong("bias-is-the-threshold", "the bias is +T", bias=torch.clone),
    _wrong("fires-at-zero", "a unit with a bias fires at 0 too", by_bias=_fires_at_zero),
    _wrong("fires-at-the-threshold", "a unit with a threshold fires at it too", by_threshold=_fires_at_the_threshold),
    _wrong("bias-in-the-sum", "the bias enters the sum before the weights do", by_bias=_bias_in_the_sum),
    _wrong("augmented-with-zero", "the constant appended is 0", append_one=_zero_appended),
    _wrong("augmented-in-front", "the constant comes first, its weight last", append_one=_one_in_front),
    _wrong("augmented-threshold", "the weight appended is the threshold", append_bias=_negative_bias),
    _wrong("bias-is-the-distance", "the distance is not divided by ‖w‖", distance=_bias_as_distance),
    _wrong("signed-distance", "the distance has the bias's sign", distance=_signed_distance),
    _wrong("manhattan-norm", "the distance is divided by the sum of the weights", distance=_manhattan),
    _wrong("nearest-divided-once", "the nearest point is −b w ∕ ‖w‖", nearest=_divided_once),
    _wrong("nearest-on-the-other-side", "the nearest point is +b w ∕ ‖w‖²", nearest=_other_side),
)
