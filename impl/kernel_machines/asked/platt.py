"""The port's operations on probabilities from scores, in arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from impl.core.arrays import answers, tensors
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.kernel_machines.sigmoid_fit import (
    Sigmoid,
    check_both,
    check_labels,
    check_scores,
    check_sigmoid,
    cross_entropy,
    exponent,
    minimised,
    probability,
    smoothed_targets,
)
from impl.kernel_machines.softmaxes import check_logits, log_softmax, softmax
from impl.kernel_machines.two_levels import machine_scores

Formula = Callable[..., Tensor]


@dataclass(frozen=True)
class Platt:
    """The formulas that are asked for.

    targets: y → t. exponent: (f, a, b) → z. probability: z → p. entropy: (z, t) → loss of each example. fit: (f, t) →
    Sigmoid. machine: (K, y, C) → score. softmax, log_softmax: z → the same shape.
    """

    targets: Formula = smoothed_targets
    exponent: Formula = exponent
    probability: Formula = probability
    entropy: Formula = cross_entropy
    fit: Callable[[Tensor, Tensor], Sigmoid] = minimised
    machine: Formula = machine_scores
    softmax: Formula = softmax
    log_softmax: Formula = log_softmax


PLATT = Platt()


def platt_operations(formulas: Platt) -> dict[str, Operation]:
    """The operations of `PlattPort`, computed by these formulas."""
    return built(formulas, PLATT, PARTS)


def _targets(formulas: Platt) -> Operation:
    def targets_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        y = tensors(arrays, device=device, dtype=dtype)["y"]
        check_labels(y)
        return answers(targets=formulas.targets(y))

    return targets_


def _fit(formulas: Platt) -> Operation:
    def fit_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        f, y = data["f"], data["y"]
        check_scores(f, y)
        check_both(y)
        t = formulas.targets(y)
        a, b = formulas.fit(f, t)
        z = formulas.exponent(f, a, b)
        return answers(a=a, b=b, probability=formulas.probability(z), value=formulas.entropy(z, t).sum(-1))

    return fit_


def _objective(formulas: Platt) -> Operation:
    def objective_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        f, y, a, b = (data[name] for name in ("f", "y", "a", "b"))
        check_scores(f, y)
        check_sigmoid(a, b, f)
        z = formulas.exponent(f, a, b)
        value = formulas.entropy(z, formulas.targets(y)).sum(-1)
        return answers(value=value, probability=formulas.probability(z))

    return objective_


def _two_level(formulas: Platt) -> Operation:
    def two_level_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        y = data["y"]
        score = formulas.machine(data["K"], y, data["C"])
        a, b = formulas.fit(score, formulas.targets(y))
        found = formulas.probability(formulas.exponent(score, a, b))
        return answers(score=score, a=a, b=b, probability=found)

    return two_level_


def _softmax(formulas: Platt) -> Operation:
    def softmax_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        z = tensors(arrays, device=device, dtype=dtype)["z"]
        check_logits(z)
        return answers(softmax=formulas.softmax(z), log_softmax=formulas.log_softmax(z))

    return softmax_


_SIGMOID = ("targets", "exponent", "probability", "entropy")
PARTS: Parts[Platt] = {
    "platt_targets": (_targets, ("targets",)),
    "platt_fit": (_fit, (*_SIGMOID, "fit")),
    "platt_objective": (_objective, _SIGMOID),
    "two_level": (_two_level, ("machine", "targets", "fit", "exponent", "probability")),
    "softmax": (_softmax, ("softmax", "log_softmax")),
}
