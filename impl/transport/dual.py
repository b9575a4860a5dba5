"""What is made of potentials: transforms, dual values, Lipschitz constants, and certificates."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from impl.transport.problem import roundoff, same_shape


def c_transform(f: Tensor, C: Tensor) -> Tensor:
    """f^c_j = min_i (C_ij − f_i), the largest g with f ⊕ g ≤ C: f (..., n), C (..., n, m) → (..., m).

    Villani 2009, definition 5.2.
    """
    return (C - f.unsqueeze(-1)).amin(-2)


def c_transform_bar(g: Tensor, C: Tensor) -> Tensor:
    """g^c̄_i = min_j (C_ij − g_j), the largest f with f ⊕ g ≤ C: g (..., m), C (..., n, m) → (..., n)."""
    return (C - g.unsqueeze(-2)).amin(-1)


def weighted(f: Tensor, a: Tensor) -> Tensor:
    """⟨f, a⟩ over the last axis, where a weight of 0 takes no account of its potential, finite or not."""
    return torch.where(a > 0, f * a, 0).sum(-1)


def dual_value(f: Tensor, g: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """⟨f, a⟩ + ⟨g, b⟩: (...,); potentials of weight 0 may be infinite."""
    return weighted(f, a) + weighted(g, b)


def kr_value(f: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """⟨f, a − b⟩, the value of one potential for both measures: (...,)."""
    return (f * (a - b)).sum(-1)


def lipschitz_constant(f: Tensor, D: Tensor) -> Tensor:
    """The least L ≥ 0 with |f_i − f_j| ≤ L D_ij: f (..., n), D (..., n, n) ≥ 0 → (...,).

    +∞ where D_ij = 0 and f differs; 0 for one point. Whole numbers give float64, since L is a quotient. Raises
    ValueError for distances that are no square with a side for each value.
    """
    same_shape(D, "D", (*f.shape, f.shape[-1]), "f")
    rise = (f.unsqueeze(-1) - f.unsqueeze(-2)).abs()
    rise, D = (x if x.is_floating_point() else x.to(torch.float64) for x in (rise, D))
    return torch.where(rise > 0, rise / D, 0).amax((-2, -1))


def plan_slack(plan: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """By how much the marginals of a plan miss a and b at worst: (...,)."""
    rows, columns = (plan.sum(-1) - a).abs().amax(-1), (plan.sum(-2) - b).abs().amax(-1)
    return torch.maximum(rows, columns)


def primal_feasible(plan: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Whether plan ≥ 0 has the marginals a and b: (...,) bool.

    For floats up to 8 (n + m) u of the total, which is what adding them up in any order and a solver's own rounding
    can do; for integers exactly.
    """
    n, m = plan.shape[-2:]
    allowed = 8 * (n + m) * roundoff(plan, a, b) * a.sum(-1)
    return (plan >= 0).flatten(-2).all(-1) & (plan_slack(plan, a, b) <= allowed)


def dual_feasible(f: Tensor, g: Tensor, C: Tensor) -> Tensor:
    """Whether f ⊕ g ≤ C: (...,) bool; for floats up to 4u (|f_i| + |g_j| + |C_ij|), for integers exactly."""
    left, right = f.unsqueeze(-1), g.unsqueeze(-2)
    allowed = 4 * roundoff(f, g, C) * (left.abs() + right.abs() + C.abs())
    return (left + right - C <= allowed).flatten(-2).all(-1)


class Certificate(NamedTuple):
    """primal = ⟨plan, C⟩, dual = ⟨f, a⟩ + ⟨g, b⟩, gap = primal − dual, and whether each side is feasible: all (...,).

    Where both are, the plan costs at most `gap` more than the best one (weak duality).
    """

    primal: Tensor
    dual: Tensor
    gap: Tensor
    primal_ok: Tensor
    dual_ok: Tensor


def certify(a: Tensor, b: Tensor, C: Tensor, plan: Tensor, f: Tensor, g: Tensor) -> Certificate:
    """What a plan (..., n, m) and potentials f (..., n), g (..., m) prove of each other."""
    primal, dual = (plan * C).sum((-2, -1)), dual_value(f, g, a, b)
    return Certificate(primal, dual, primal - dual, primal_feasible(plan, a, b), dual_feasible(f, g, C))
