"""Kernel logistic regression without an intercept: many problems at once, each with a certificate."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from impl.core import validation
from impl.kernel_machines.klr_certificate import klr_certificate, klr_gap
from impl.kernel_machines.klr_checks import check_klr, goal_of
from impl.kernel_machines.klr_derivatives import klr_gradient, klr_hessian, klr_value, scores
from impl.kernel_machines.klr_descent import descent
from impl.kernel_machines.klr_newton import newton
from impl.kernel_machines.losses import logistic

KLR_SOLVERS = ("newton", "gradient")
MAX_ITER = {"newton": 100, "gradient": 20_000}
_BLOCK = 2**20
"""Entries of K that the CPU works on at a time, so that they stay in its cache."""

Solver = Callable[[Tensor, Tensor, Tensor, Tensor, int, bool], tuple[Tensor, Tensor]]
"""(K, y, λ, goal, max_iter, polish) → β (lane, n), steps (lane,)."""

RUNS: dict[str, Solver] = {"newton": newton, "gradient": descent}


class KlrObjective(NamedTuple):
    """value, dual, gap (*B), gradient (*B, n), hessian (*B, n, n)."""

    value: Tensor
    gradient: Tensor
    hessian: Tensor
    dual: Tensor
    gap: Tensor


class KlrFit(NamedTuple):
    """beta, f = Kβ (*B, n); value, gap (*B): how far F(β) is and can be from the least; iterations, converged (*B)."""

    beta: Tensor
    f: Tensor
    value: Tensor
    gap: Tensor
    iterations: Tensor
    converged: Tensor


def klr_objective(K: Tensor, y: Tensor, penalty: Tensor | float, beta: Tensor) -> KlrObjective:
    """The objective of kernel logistic regression at β, its derivatives, and its duality gap.

    F(β) = (λ∕n) βᵀKβ + (1∕n) Σ log(1 + e^(−y Kβ)). K (*B, n, n) positive semidefinite, y (*B, n) of −1 and 1, λ > 0 a
    number or (*B), β (*B, n). dual and gap are those at a = 2λβy clipped to [0, 1].

    Raises ValueError naming the argument, the value and its place.
    """
    penalty = check_klr(K, y, penalty)
    check_beta(beta, y)
    dual, gap = klr_certificate(K, y, penalty, beta)
    value = klr_value(K, y, penalty, beta)
    return KlrObjective(value, klr_gradient(K, y, penalty, beta), klr_hessian(K, y, penalty, beta), dual, gap)


def klr_fit(
    K: Tensor,
    y: Tensor,
    penalty: Tensor | float,
    *,
    solver: str = "newton",
    tol: float | None = None,
    max_iter: int | None = None,
    trusted: bool = False,
) -> KlrFit:
    """The β of least (λ∕n) βᵀKβ + (1∕n) Σ log(1 + e^(−y Kβ)), with a duality gap that proves it.

    K (*B, n, n) positive semidefinite, singular or not; y (*B, n) of −1 and 1, λ > 0 a number or (*B). There is no
    intercept. solver: "newton", or "gradient" (accelerated descent). tol: stop at such a gap; None: at that of a few
    roundings, and then as near as the dtype goes. trusted: K comes from a kernel, so that symmetry and eigenvalues
    need not be looked at.

    Raises ValueError naming the argument, the value and its place: λ = 0 is refused, since on data that a kernel
    separates the scores would grow for ever. Source: Zhu & Hastie 2005, section 2; Keerthi et al. 2005.
    """
    penalty = check_klr(K, y, penalty, trusted=trusted)
    check_solver(solver, tol, max_iter)
    return fitted(K, y, penalty, tol, MAX_ITER[solver] if max_iter is None else max_iter, RUNS[solver])


def fitted(K: Tensor, y: Tensor, penalty: Tensor, tol: float | None, max_iter: int, run: Solver) -> KlrFit:
    """The fit by this solver, with its certificate, of problems that were checked."""
    n, lanes = y.shape[-1], y.shape[:-1]
    size = max(1, _BLOCK // (n * n)) if K.device.type == "cpu" else max(1, penalty.numel())
    flat = (K.reshape(-1, n, n), y.reshape(-1, n), penalty.reshape(-1))
    blocks = zip(*(torch.split(v, size) for v in flat), strict=True)
    parts = [_block(k, label, level, tol, max_iter, run) for k, label, level in blocks]
    joined = (torch.cat(column) for column in zip(*parts, strict=True))
    return KlrFit(*(v.reshape((*lanes, *v.shape[1:])) for v in joined))


def _block(K: Tensor, y: Tensor, penalty: Tensor, tol: float | None, max_iter: int, run: Solver) -> KlrFit:
    goal = goal_of(y, tol)
    beta, iterations = run(K, y, penalty, goal, max_iter, tol is None)
    f = scores(K, beta)
    gap, value = klr_gap(K, y, penalty, beta, f), penalty * (beta * f).mean(-1) + logistic(y * f).mean(-1)
    return KlrFit(beta, f, value, gap, iterations, gap <= goal)


def check_solver(solver: str, tol: float | None, max_iter: int | None) -> None:
    """Refuse a solver that is none, a tolerance that is not positive, and fewer rounds than one."""
    if solver not in KLR_SOLVERS:
        raise ValueError(f"solver must be one of {', '.join(KLR_SOLVERS)}, got {solver!r}")
    if tol is not None and not tol > 0:
        raise ValueError(f"tol must be positive, got {tol!r}; None stops at rounding")
    if max_iter is not None:
        validation.at_least(max_iter, "max_iter", 1)


def check_beta(beta: Tensor, y: Tensor) -> None:
    """Refuse β of another shape or dtype than y (*B, n), or that is not finite."""
    validation.floating(beta, "beta")
    if beta.shape != y.shape:
        raise ValueError(f"beta must have shape {tuple(y.shape)} to match y, got {tuple(beta.shape)}")
    validation.finite(beta, "beta")
