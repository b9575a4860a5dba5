"""The entropic value, and the Sinkhorn divergence that removes its bias."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.transport.costs import cost_matrix
from impl.transport.gradients import with_gradients
from impl.transport.sinkhorn import SinkhornResult, sinkhorn


def dual_value(a: Tensor, b: Tensor, f: Tensor, g: Tensor, mass: Tensor, eps: Tensor | float) -> Tensor:
    """⟨f, a⟩ + ⟨g, b⟩ − ε (Σ P − Σ a Σ b), a lower bound of the entropic value: (*batch,).

    f, g: the potentials of a plan with total `mass`. After a g-update of a problem of total 1 the last term is 0.
    """
    return (f * a).sum(-1) + (g * b).sum(-1) - eps * (mass - a.sum(-1) * b.sum(-1))


def value_of(found: SinkhornResult) -> Tensor:
    """The dual value of what Sinkhorn found: (*batch,); the second marginal is kept, so that Σ P = Σ b."""
    a, b, _, eps = found.problem
    return dual_value(a, b, found.f, found.g, b.sum(-1), eps)


def entropic_value(
    a: Tensor, b: Tensor, C: Tensor, eps: float | Tensor, *, max_iter: int = 1000, tol: float = 1e-9
) -> Tensor:
    """Min ⟨P, C⟩ + ε KL(P ‖ a bᵀ) over the couplings of a and b: (*batch,), see `sinkhorn`.

    KL(P ‖ Q) = Σ P log(P/Q) − Σ P + Σ Q. It is read off the dual, hence never above the true value, and not ⟨P, C⟩.
    Differentiable in a, b and C: the derivatives are f, g and P, those of the converged problem. Where `sinkhorn` warns
    that it has not converged, they are off by as much as its potentials and plan are.
    """
    found = sinkhorn(a.detach(), b.detach(), C.detach(), eps, max_iter=max_iter, tol=tol)
    value = value_of(found)
    if torch.is_grad_enabled() and any(x.requires_grad for x in (a, b, C)):
        return with_gradients(a, b, C, value, found.f, found.g, found.plan)
    return value


def point_cost(x: Tensor, y: Tensor, p: float) -> Tensor:
    """C_ij = |x_i − y_j|^p with the Euclidean norm, p > 0: (*batch, n, m); x: (*batch, n, d), y: (*batch, m, d)."""
    if not p > 0:
        raise ValueError(f"p must be positive, got {p}")
    if p == 2:
        return cost_matrix(x, y, metric="sqeuclidean")
    distance = cost_matrix(x, y, metric="euclidean")
    return distance if p == 1 else distance**p


def debiased(ab: Tensor, aa: Tensor, bb: Tensor) -> Tensor:
    """S = OT_ε(a, b) − ½ OT_ε(a, a) − ½ OT_ε(b, b)."""
    return ab - aa / 2 - bb / 2


def sinkhorn_divergence(
    x: Tensor,
    a: Tensor,
    y: Tensor,
    b: Tensor,
    eps: float | Tensor,
    *,
    p: float = 2.0,
    max_iter: int = 1000,
    tol: float = 1e-9,
) -> Tensor:
    """S_ε = OT_ε(a, b) − ½ OT_ε(a, a) − ½ OT_ε(b, b) for the cost |x − y|^p: (*batch,).

    x: (*batch, n, d), y: (*batch, m, d), weights a, b. For 0 < p ≤ 2 it is non-negative, and 0 only where the measures
    are equal; for other costs it may be negative. Differentiable in all four for p ≥ 1.
    Source: Feydy et al. 2019, theorem 1.
    """
    values = (
        entropic_value(*problem, eps, max_iter=max_iter, tol=tol)
        for problem in ((a, b, point_cost(x, y, p)), (a, a, point_cost(x, x, p)), (b, b, point_cost(y, y, p)))
    )
    return debiased(*values)
