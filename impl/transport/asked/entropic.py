"""The port's entropic operations, in arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from impl.core.arrays import answers, tensors
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.transport.divergence import debiased, dual_value, point_cost
from impl.transport.gradients import with_gradients
from impl.transport.hilbert import contraction_factor, diameter, hilbert_metric, log_kernel_product
from impl.transport.lp import emd
from impl.transport.problem import check_cost, check_numbers, same_shape
from impl.transport.sinkhorn import SinkhornResult, solve


@dataclass(frozen=True)
class Entropic:
    """The formulas that are asked for.

    solve: (a, b, C, ε, max_iter=, tol=) → SinkhornResult. value: (a, b, f, g, ΣP, ε) → the dual value. transport:
    (P, C, value) → ⟨P, C⟩. converged: (error, tol) → whether. hilbert: (log u, log v) → d_H. diameter: (C, ε) → Δ.
    factor: Δ → κ. product: (C, log u, ε) → log K u. cost: (x, y, p) → C. debias: (ab, aa, bb) → S. with_gradients:
    (a, b, C, value, f, g, P) → value, for autograd.
    """

    solve: Callable[..., SinkhornResult] = solve
    transport: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda P, C, value: (P * C).sum((-2, -1))
    value: Callable[..., Tensor] = dual_value
    converged: Callable[[Tensor, float], Tensor] = lambda error, tol: error <= tol
    hilbert: Callable[[Tensor, Tensor], Tensor] = hilbert_metric
    diameter: Callable[[Tensor, float], Tensor] = diameter
    factor: Callable[[Tensor], Tensor] = contraction_factor
    product: Callable[[Tensor, Tensor, float], Tensor] = log_kernel_product
    cost: Callable[[Tensor, Tensor, float], Tensor] = point_cost
    debias: Callable[[Tensor, Tensor, Tensor], Tensor] = debiased
    with_gradients: Callable[..., Tensor] = with_gradients


ENTROPIC = Entropic()


def entropic_operations(formulas: Entropic) -> dict[str, Operation]:
    """The operations of `EntropicPort`, computed by these formulas."""
    return built(formulas, ENTROPIC, PARTS)


def _sinkhorn(formulas: Entropic) -> Operation:
    def sinkhorn_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, tol = _floats(arrays, device, dtype), float(settings["tol"])
        a, b, C = data["a"], data["b"], data["C"]
        found, plan, value = _solved(formulas, a, b, C, settings)
        converged = formulas.converged(found.marginal_error, tol)
        return answers(
            f=found.f,
            g=found.g,
            plan=plan,
            marginal_error=found.marginal_error,
            converged=converged.long(),
            transport=formulas.transport(plan, C, value),
            value=value,
        )

    return sinkhorn_


def _solved(
    formulas: Entropic, a: Tensor, b: Tensor, C: Tensor, settings: Settings
) -> tuple[SinkhornResult, Tensor, Tensor]:
    """What Sinkhorn found, its plan and its dual value."""
    eps, tol = float(settings["eps"]), float(settings["tol"])
    found = formulas.solve(a, b, C, eps, max_iter=int(settings["sweeps"]), tol=tol)
    plan = found.plan
    return found, plan, formulas.value(a, b, found.f, found.g, plan.sum((-2, -1)), eps)


def _contraction(formulas: Entropic) -> Operation:
    def contraction_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, eps = _floats(arrays, device, dtype), float(settings["eps"])
        C, u, v = data["C"], data["u"], data["v"]
        check_cost(C)
        for values, name in ((u, "u"), (v, "v")):
            check_numbers(values, name)
            same_shape(values, name, (*C.shape[:-2], C.shape[-1]), "C")
        delta = formulas.diameter(C, eps)
        return answers(
            factor=formulas.factor(delta),
            diameter=delta,
            before=formulas.hilbert(u, v),
            after=formulas.hilbert(formulas.product(C, u, eps), formulas.product(C, v, eps)),
        )

    return contraction_


def _divergence(formulas: Entropic) -> Operation:
    def divergence_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, p = _floats(arrays, device, dtype), float(settings["p"])
        (x, a), (y, b) = (data["x"], data["a"]), (data["y"], data["b"])
        pairs = ((x, a, y, b), (x, a, x, a), (y, b, y, b))
        solved = [_solved(formulas, s, t, formulas.cost(u, v, p), settings) for u, s, v, t in pairs]
        ab, aa, bb = (value for _, _, value in solved)
        spread = torch.stack([_oscillation(found.f, found.problem[0]) for found, _, _ in solved])
        return answers(
            divergence=formulas.debias(ab, aa, bb),
            ab=ab,
            aa=aa,
            bb=bb,
            marginal_error=torch.stack([found.marginal_error for found, _, _ in solved]).amax(0),
            osc=spread.amax(0),
        )

    return divergence_


def _oscillation(f: Tensor, a: Tensor) -> Tensor:
    """The oscillation max f − min f where there is weight: (lane,)."""
    return f.masked_fill(a == 0, -torch.inf).amax(-1) - f.masked_fill(a == 0, torch.inf).amin(-1)


def _gradients(formulas: Entropic) -> Operation:
    def gradients_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, eps = _floats(arrays, device, dtype), float(settings["eps"])
        a, b, C = data["a"], data["b"], data["C"]
        if eps == 0:
            exact = emd(a, b, C)
            f, g, plan, value, error = exact.f, exact.g, exact.plan, exact.cost, torch.zeros_like(exact.cost)
        else:
            found, plan, value = _solved(formulas, a, b, C, settings)
            f, g, error = found.f, found.g, found.marginal_error
        leaves = [x.clone().requires_grad_() for x in (a, b, C)]
        traced = formulas.with_gradients(*leaves, value, f, g, plan)
        grads = torch.autograd.grad(traced.sum(), leaves)
        return answers(
            value=value, f=f, g=g, plan=plan, marginal_error=error, grad_a=grads[0], grad_b=grads[1], grad_C=grads[2]
        )

    return gradients_


def _floats(arrays: Arrays, device: str, dtype: str) -> dict[str, Tensor]:
    """Every array as a tensor of the dtype, whole numbers too."""
    return {name: x.to(getattr(torch, dtype)) for name, x in tensors(arrays, device=device, dtype=dtype).items()}


PARTS: Parts[Entropic] = {
    "sinkhorn": (_sinkhorn, ("solve", "transport", "value", "converged")),
    "contraction": (_contraction, ("hilbert", "diameter", "factor", "product")),
    "divergence": (_divergence, ("solve", "value", "cost", "debias")),
    "gradients": (_gradients, ("solve", "value", "with_gradients")),
}
