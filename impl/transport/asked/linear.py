"""The port's operations about the linear programme, its dual, and what is made of potentials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from impl.core import validation
from impl.core.arrays import answers, tensors
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.transport.costs import cost_matrix, is_metric, metric_closure
from impl.transport.dual import Certificate, c_transform, c_transform_bar, certify, kr_value, lipschitz_constant
from impl.transport.farkas import Alternative, farkas
from impl.transport.lp import TransportResult, emd, single_potential_dual
from impl.transport.polytope import Interval, certified_interval
from impl.transport.problem import check_cost, check_distances, check_numbers, check_problem, same_shape

Pair = Callable[[Tensor, Tensor], Tensor]
Three = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Linear:
    """The formulas, each of which a mutant may replace.

    cost: (x, y, metric, p) → C. closure, is_metric: of C. solver: (a, b, C) → plan, cost, f, g. certificate: (a, b, C,
    plan, f, g) → what they prove. c_transform: (f, C) → f^c. c_transform_bar: (g, C) → g^c̄. lipschitz: (f, D) →
    constant. single_potential: (a, b, D) → f. kr_value: (f, a, b) → ⟨f, a − b⟩. farkas: (A, b) → alternative. interval:
    (a, b, C, plan, f) → low, high, rounded.
    """

    cost: Callable[[Tensor, Tensor, str, float], Tensor] = lambda x, y, metric, p: cost_matrix(x, y, metric=metric, p=p)
    closure: Callable[[Tensor], Tensor] = metric_closure
    is_metric: Callable[[Tensor], Tensor] = is_metric
    solver: Callable[[Tensor, Tensor, Tensor], TransportResult] = emd
    certificate: Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor], Certificate] = certify
    c_transform: Pair = c_transform
    c_transform_bar: Pair = c_transform_bar
    lipschitz: Pair = lipschitz_constant
    single_potential: Three = single_potential_dual
    kr_value: Three = kr_value
    farkas: Callable[[Tensor, Tensor], Alternative] = farkas
    interval: Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Interval] = certified_interval


LINEAR = Linear()


def linear_operations(formulas: Linear) -> dict[str, Operation]:
    """The operations of `LinearPort` with these formulas."""
    return built(formulas, LINEAR, PARTS)


def _cost(formulas: Linear) -> Operation:
    def cost(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        metric, p = str(settings.get("metric", "euclidean")), float(settings.get("p", 2.0))
        return answers(C=formulas.cost(data["x"], data["y"], metric, p))

    return cost


def _metric(formulas: Linear) -> Operation:
    def metric(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        C = tensors(arrays, device=device, dtype=dtype)["C"]
        check_distances(C, "C")
        return answers(closure=formulas.closure(C), is_metric=formulas.is_metric(C).long())

    return metric


def _solve(formulas: Linear) -> Operation:
    def solve(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        a, b, C = _problem(arrays, device, dtype)
        return answers(**formulas.solver(a, b, C)._asdict())

    return solve


def _certify(formulas: Linear) -> Operation:
    def certify_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        a, b, C = _problem(arrays, device, dtype)
        data = tensors({k: arrays[k] for k in ("plan", "f", "g")}, device=device, dtype=dtype)
        plan, f, g = data["plan"], data["f"], data["g"]
        check_numbers(plan, "plan")
        same_shape(plan, "plan", C.shape, "C")
        _check_potential(f, "f", C, -2)
        _check_potential(g, "g", C, -1)
        found = formulas.certificate(a, b, C, plan, f, g)
        told = found._replace(primal_ok=found.primal_ok.long(), dual_ok=found.dual_ok.long())
        return answers(**told._asdict())

    return certify_


def _c_transform(formulas: Linear) -> Operation:
    def c_transform_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        f, C = data["f"], data["C"]
        check_cost(C)
        _check_potential(f, "f", C, -2)
        c = formulas.c_transform(f, C)
        cc = formulas.c_transform_bar(c, C)
        return answers(c=c, cc=cc, ccc=formulas.c_transform(cc, C))

    return c_transform_


def _lipschitz(formulas: Linear) -> Operation:
    def lipschitz(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        f, D = data["f"], data["D"]
        check_distances(D)
        _check_potential(f, "f", D, -2, "D")
        return answers(constant=formulas.lipschitz(f, D))

    return lipschitz


def _single_potential(formulas: Linear) -> Operation:
    def single_potential(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        a, b, D = data["a"], data["b"], data["D"]
        f = formulas.single_potential(a, b, D)
        return answers(f=f, value=formulas.kr_value(f, a, b))

    return single_potential


def _farkas(formulas: Linear) -> Operation:
    def farkas_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        found = formulas.farkas(data["A"], data["b"])
        return answers(**found._replace(feasible=found.feasible.long())._asdict())

    return farkas_


def _interval(formulas: Linear) -> Operation:
    def interval(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        a, b, C = _problem(arrays, device, dtype)
        data = tensors({k: arrays[k] for k in ("plan", "f")}, device=device, dtype=dtype)
        plan, f = data["plan"], data["f"]
        check_numbers(plan, "plan")
        validation.non_negative(plan, "plan")
        same_shape(plan, "plan", C.shape, "C")
        _check_potential(f, "f", C, -2)
        return answers(**formulas.interval(a, b, C, plan, f)._asdict())

    return interval


def _problem(arrays: Arrays, device: str, dtype: str) -> tuple[Tensor, Tensor, Tensor]:
    """a, b and C of a transport problem, checked."""
    data = tensors({name: arrays[name] for name in ("a", "b", "C")}, device=device, dtype=dtype)
    check_problem(data["a"], data["b"], data["C"])
    return data["a"], data["b"], data["C"]


def _check_potential(f: Tensor, name: str, C: Tensor, axis: int, cost: str = "C") -> None:
    check_numbers(f, name)
    same_shape(f, name, torch.Size((*C.shape[:-2], C.shape[axis])), cost)


PARTS: Parts[Linear] = {
    "cost": (_cost, ("cost",)),
    "metric": (_metric, ("closure", "is_metric")),
    "solve": (_solve, ("solver",)),
    "certify": (_certify, ("certificate",)),
    "c_transform": (_c_transform, ("c_transform", "c_transform_bar")),
    "lipschitz": (_lipschitz, ("lipschitz",)),
    "single_potential": (_single_potential, ("single_potential", "kr_value")),
    "farkas": (_farkas, ("farkas",)),
    "interval": (_interval, ("interval",)),
}
