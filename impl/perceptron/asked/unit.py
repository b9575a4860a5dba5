"""The port's operations on one threshold unit, in arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from impl.core.arrays import answers, tensors
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.perceptron import unit

Formula = Callable[..., Tensor]


def by_bias(x: Tensor, w: Tensor, bias: Tensor) -> Tensor:
    """What fires with a bias: x (*B, n, d), w (*B, d), bias (*B,) → (*B, n)."""
    return unit.fires(unit.dot(x, w), bias)


@dataclass(frozen=True)
class Unit:
    """The formulas that are asked for.

    bias: threshold → bias. by_threshold: (activation, threshold) → fires. by_bias: (x, w, bias) → fires. append_one: x
    → x with one coordinate more; append_bias: (w, bias) → w with one more. distance, nearest: (w, bias).
    """

    bias: Formula = unit.bias_of
    by_threshold: Formula = unit.fires_above
    by_bias: Formula = by_bias
    append_one: Formula = unit.append_one
    append_bias: Formula = unit.append_bias
    distance: Formula = unit.distance
    nearest: Formula = unit.nearest


UNIT = Unit()


def unit_operations(formulas: Unit) -> dict[str, Operation]:
    """The operations of `UnitPort`, computed by these formulas."""
    return built(formulas, UNIT, PARTS)


def _threshold_unit(formulas: Unit) -> Operation:
    def threshold_unit(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        x, w, threshold = data["x"], data["w"], data["threshold"]
        unit.check_unit(x, w, threshold, "threshold")
        activation, bias = unit.dot(x, w), formulas.bias(threshold)
        above = formulas.by_threshold(activation, threshold)
        return answers(bias=bias, dot=activation, by_threshold=above, by_bias=formulas.by_bias(x, w, bias))

    return threshold_unit


def _augment(formulas: Unit) -> Operation:
    def augment(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        unit.check_unit(data["x"], data["w"], data["bias"], "bias")
        x, w = formulas.append_one(data["x"]), formulas.append_bias(data["w"], data["bias"])
        return answers(x=x, w=w, activation=unit.dot(x, w))

    return augment


def _hyperplane(formulas: Unit) -> Operation:
    def hyperplane(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        w, bias = data["w"], data["bias"]
        unit.check_plane(w, bias, "bias")
        unit.check_direction(w)
        return answers(distance=formulas.distance(w, bias), nearest=formulas.nearest(w, bias))

    return hyperplane


PARTS: Parts[Unit] = {
    "threshold_unit": (_threshold_unit, ("bias", "by_threshold", "by_bias")),
    "augment": (_augment, ("append_one", "append_bias")),
    "hyperplane": (_hyperplane, ("distance", "nearest")),
}
