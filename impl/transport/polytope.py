"""From any plan and any potential to an interval that holds the cost of transport."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from impl.transport.dual import c_transform, c_transform_bar, dual_value


def shrink_factor(target: Tensor, mass: Tensor) -> Tensor:
    """min(target ÷ mass, 1), and 1 where there is no mass."""
    return torch.where(mass > target, target / mass, 1)


def add_missing(plan: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """The plan plus the product of what its rows and columns lack, divided by the whole of it."""
    rows, columns = (a - plan.sum(-1)).clamp_min(0), (b - plan.sum(-2)).clamp_min(0)
    total = rows.sum(-1, keepdim=True)
    share = torch.where(total > 0, rows / total, 0)
    return plan + share.unsqueeze(-1) * columns.unsqueeze(-2)


def round_plan(plan: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """A plan with the marginals a (..., n) and b (..., m) near any plan ≥ 0 (..., n, m).

    Rows and then columns that hold too much are scaled down, and what is lacking is spread as a rank-one plan; it moves
    at most 2 (‖P1 − a‖₁ + ‖Pᵀ1 − b‖₁). Source: Altschuler, Weed & Rigollet 2017, algorithm 2 and lemma 7.
    """
    plan = plan * shrink_factor(a, plan.sum(-1)).unsqueeze(-1)
    plan = plan * shrink_factor(b, plan.sum(-2)).unsqueeze(-2)
    return add_missing(plan, a, b)


class Interval(NamedTuple):
    """low ≤ W ≤ high up to rounding, (...,), and the plan (..., n, m) that costs `high`."""

    low: Tensor
    high: Tensor
    rounded: Tensor


def certified_interval(
    a: Tensor,
    b: Tensor,
    C: Tensor,
    plan: Tensor,
    f: Tensor,
    *,
    rounding: Callable[[Tensor, Tensor, Tensor], Tensor] = round_plan,
) -> Interval:
    """Bounds of the least cost from any plan ≥ 0 (..., n, m) and any potential f (..., n), optimal or not.

    low = ⟨f^{cc̄}, a⟩ + ⟨f^c, b⟩, which is feasible for the dual whatever f is; high = ⟨round(plan), C⟩. Integers are
    taken as floats, since shares of a plan are quotients.
    """
    a, b, C, plan, f = (x if x.is_floating_point() else x.to(torch.float64) for x in (a, b, C, plan, f))
    g = c_transform(f, C)
    rounded = rounding(plan, a, b)
    return Interval(dual_value(c_transform_bar(g, C), g, a, b), (rounded * C).sum((-2, -1)), rounded)
