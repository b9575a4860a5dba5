"""The port's operations on support vector machines, in arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from impl.core import validation
from impl.core.arrays import answers, tensors
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.kernel_machines.box import violation
from impl.kernel_machines.cost_conventions import half_inverse
from impl.kernel_machines.grams import check_gram
from impl.kernel_machines.linear_machine import check_points_of, normal
from impl.kernel_machines.losses import hinge
from impl.kernel_machines.many_classes import (
    Machines,
    against_rest,
    between_pairs,
    check_scheme,
    greatest,
    machines,
    most_votes,
    scores,
)
from impl.kernel_machines.pair_trace import dual_values, pair_path
from impl.kernel_machines.support_vectors import (
    Formulas,
    SvmFit,
    bias_interval,
    machine,
    midpoint,
    multipliers,
    support,
    wanted_violation,
)
from impl.kernel_machines.svm_certificate import Certificate, as_doubles, certificate, signed_box, stopping_violation
from impl.kernel_machines.svm_checks import (
    check_above_zero,
    check_alpha,
    check_bias,
    check_classes,
    check_cost,
    check_machine,
)

Formula = Callable[..., Tensor]


@dataclass(frozen=True)
class Svm:
    """The formulas that are asked for.

    multipliers: (K, y, C, stop) → α. interval: (K, y, C, α) → low, high. middle: (low, high) → bias. certificate: (K,
    y, C, α, bias, hinge). hinge: score → loss. support: α → mask. violation: (slope, β, low, high). path: (K, y, C,
    steps) → αs. values: (K, y, αs) → duals. normal: (x, y, α) → w. convert, back: value → λ or C. rest, pairs: (y, k) →
    signs. machines: (K, signs, C). scores: (test, machines). greatest, votes: (score, k) → label.
    """

    multipliers: Formula = multipliers
    interval: Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]] = bias_interval
    middle: Formula = midpoint
    certificate: Callable[..., Certificate] = certificate
    hinge: Formula = hinge
    support: Formula = support
    violation: Formula = violation
    path: Formula = pair_path
    values: Formula = dual_values
    normal: Formula = normal
    convert: Formula = half_inverse
    back: Formula = half_inverse
    rest: Formula = against_rest
    pairs: Formula = between_pairs
    machines: Callable[[Tensor, Tensor, Tensor], Machines] = machines
    scores: Callable[[Tensor, Machines], Tensor] = scores
    greatest: Formula = greatest
    votes: Formula = most_votes


SVM = Svm()


def svm_operations(formulas: Svm) -> dict[str, Operation]:
    """The operations of `SvmPort`, computed by these formulas."""
    return built(formulas, SVM, PARTS)


def _read_off(formulas: Svm) -> Formulas:
    def proof(*asked: Tensor) -> Certificate:
        return formulas.certificate(*asked, formulas.hinge)

    return Formulas(formulas.interval, formulas.middle, proof, formulas.support)


def _svm_fit(formulas: Svm) -> Operation:
    def svm_fit_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        K, y, C = _machine(_floats(arrays, device, dtype))
        stop = wanted_violation(K, C, None)
        found = machine(K, y, C, formulas.multipliers(K, y, C, stop), stop, _read_off(formulas))
        return answers(**{name: value for name, value in found._asdict().items() if name != "score"})

    return svm_fit_


def _svm_objective(formulas: Svm) -> Operation:
    def svm_objective_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _floats(arrays, device, dtype)
        K, y, C = _machine(data)
        check_alpha(data["alpha"], y, C)
        check_bias(data["bias"], C)
        K64, y64, C64, alpha, bias = as_doubles(K, y, C, data["alpha"], data["bias"])
        proof = formulas.certificate(K64, y64, C64, alpha, bias, formulas.hinge)
        beta = alpha * y64
        slope = y64 - (K64 @ beta.unsqueeze(-1)).squeeze(-1)
        told = {**proof._asdict(), "violation": formulas.violation(slope, beta, *signed_box(y64, C64))}
        return answers(**{name: value.to(K.dtype) for name, value in told.items()})

    return svm_objective_


def _svm_trace(formulas: Svm) -> Operation:
    def svm_trace_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        steps = int(settings["steps"])
        validation.at_least(steps, "steps", 1)
        K, y, C = _machine(_floats(arrays, device, dtype))
        path = formulas.path(K, y, C, steps)
        return answers(path=path, dual=formulas.values(K, y, path))

    return svm_trace_


def _linear_svm(formulas: Svm) -> Operation:
    def linear_svm_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _floats(arrays, device, dtype)
        check_points_of(data["x"], data["y"], data["C"])
        x, y, C = as_doubles(data["x"], data["y"], data["C"])
        K = x @ x.mT
        stop = stopping_violation(K, C, torch.finfo(data["x"].dtype).eps / 2)
        found: SvmFit = machine(K, y, C, formulas.multipliers(K, y, C, stop), stop, _read_off(formulas))
        told = {name: getattr(found, name) for name in ("bias", "low", "high", "primal", "gap")}
        told["w"] = formulas.normal(x, y, found.alpha)
        return answers(**{name: value.to(data["x"].dtype) for name, value in told.items()})

    return linear_svm_


def _convert(formulas: Svm) -> Operation:
    def convert_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        by_target = {"lambda": formulas.convert, "C": formulas.back}
        target = str(settings["target"])
        if target not in by_target:
            raise ValueError(f"target must be one of C, lambda, got {target!r}")
        value = _floats(arrays, device, dtype)["value"]
        validation.non_empty(value, "value", "(...)")
        check_above_zero(value, "value")
        return answers(value=by_target[target](value))

    return convert_


def _multiclass(formulas: Svm) -> Operation:
    def multiclass_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        scheme, classes = str(settings["scheme"]), int(settings["classes"])
        check_scheme(scheme)
        data = _floats(arrays, device, dtype)
        K, y, C, test = (data[name] for name in ("K", "y", "C", "test"))
        check_classes(K, y, test, classes)
        check_cost(C, K)
        check_gram(K)
        rest = scheme == "one-vs-rest"
        signs = (formulas.rest if rest else formulas.pairs)(y, classes)
        score = formulas.scores(test, formulas.machines(K, signs, C))
        return answers(score=score, label=(formulas.greatest if rest else formulas.votes)(score, classes))

    return multiclass_


def _machine(data: dict[str, Any]) -> tuple[Tensor, Tensor, Tensor]:
    """K, y and C, once they make a machine."""
    K, y, C = data["K"], data["y"], data["C"]
    check_machine(K, y, C)
    check_gram(K)
    return K, y, C


def _floats(arrays: Arrays, device: str, dtype: str) -> dict[str, Any]:
    """Every array as a tensor of the dtype, whole numbers too."""
    return {name: x.to(getattr(torch, dtype)) for name, x in tensors(arrays, device=device, dtype=dtype).items()}


_READ = ("interval", "middle", "certificate", "hinge", "support")
PARTS: Parts[Svm] = {
    "svm_fit": (_svm_fit, ("multipliers", *_READ)),
    "svm_objective": (_svm_objective, ("certificate", "hinge", "violation")),
    "svm_trace": (_svm_trace, ("path", "values")),
    "linear_svm": (_linear_svm, ("multipliers", "interval", "middle", "certificate", "hinge", "normal")),
    "convert": (_convert, ("convert", "back")),
    "multiclass": (_multiclass, ("rest", "pairs", "machines", "scores", "greatest", "votes")),
}
