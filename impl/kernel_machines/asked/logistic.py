"""The port's operations on kernel logistic regression, in arrays, each built from formulas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from impl.core.arrays import answers, tensors
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.kernel_machines.kernel_logistic import MAX_ITER, Solver, check_beta, check_solver, fitted
from impl.kernel_machines.klr_certificate import Certificate, klr_certificate
from impl.kernel_machines.klr_checks import check_klr
from impl.kernel_machines.klr_derivatives import klr_gradient, klr_hessian, klr_value
from impl.kernel_machines.klr_descent import descent
from impl.kernel_machines.klr_newton import newton
from impl.kernel_machines.linear_logistic import LogisticFit, check_logistic, newton_in_w

Formula = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Logistic:
    """The formulas that are asked for.

    value, gradient, hessian: (K, y, λ, β) → derivatives of the objective. certificate: (K, y, λ, β) → dual and gap.
    newton, descent: solvers. linear: (x, y, λ) → fit in w.
    """

    value: Formula = klr_value
    gradient: Formula = klr_gradient
    hessian: Formula = klr_hessian
    certificate: Callable[[Tensor, Tensor, Tensor, Tensor], Certificate] = klr_certificate
    newton: Solver = newton
    descent: Solver = descent
    linear: Callable[[Tensor, Tensor, Tensor], LogisticFit] = newton_in_w


LOGISTIC = Logistic()


def logistic_operations(formulas: Logistic) -> dict[str, Operation]:
    """The operations of `LogisticPort`, computed by these formulas."""
    return built(formulas, LOGISTIC, PARTS)


def _klr_objective(formulas: Logistic) -> Operation:
    def klr_objective_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _floats(arrays, device, dtype)
        K, y, penalty, beta = (data[name] for name in ("K", "y", "penalty", "beta"))
        check_klr(K, y, penalty)
        check_beta(beta, y)
        return answers(
            value=formulas.value(K, y, penalty, beta),
            gradient=formulas.gradient(K, y, penalty, beta),
            hessian=formulas.hessian(K, y, penalty, beta),
            **formulas.certificate(K, y, penalty, beta)._asdict(),
        )

    return klr_objective_


def _klr_fit(formulas: Logistic) -> Operation:
    def klr_fit_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _floats(arrays, device, dtype)
        K, y, penalty = data["K"], data["y"], data["penalty"]
        check_klr(K, y, penalty)
        solver = str(settings.get("solver", "newton"))
        check_solver(solver, None, None)
        run = formulas.newton if solver == "newton" else formulas.descent
        return answers(**fitted(K, y, penalty, None, MAX_ITER[solver], run)._asdict())

    return klr_fit_


def _logistic_fit(formulas: Logistic) -> Operation:
    def logistic_fit_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = _floats(arrays, device, dtype)
        x, y, penalty = data["x"], data["y"], data["penalty"]
        check_logistic(x, y, penalty)
        return answers(**formulas.linear(x, y, penalty)._asdict())

    return logistic_fit_


def _floats(arrays: Arrays, device: str, dtype: str) -> dict[str, Tensor]:
    """Every array as a tensor of the dtype, whole numbers too."""
    kind = getattr(torch, dtype)
    return {name: value.to(kind) for name, value in tensors(arrays, device=device, dtype=dtype).items()}


PARTS: Parts[Logistic] = {
    "klr_objective": (_klr_objective, ("value", "gradient", "hessian", "certificate")),
    "klr_fit": (_klr_fit, ("newton", "descent")),
    "logistic_fit": (_logistic_fit, ("linear",)),
}
