"""The transport programme solved exactly, many problems at once: the plan, its cost, and the potentials that prove it.

    min ⟨P, C⟩  over  P ≥ 0, P 1 = a, Pᵀ 1 = b        max ⟨f, a⟩ + ⟨g, b⟩  over  f ⊕ g ≤ C

Weights and costs are put on a grid of whole numbers (`fixed_point`), as fine as the rounding of their dtype, and the
simplex there (`network_simplex`) only adds, subtracts and compares. Why this one: a pivot is a fixed sequence of tensor
operations, the same for all lanes. Shortest augmenting paths restart their search whenever a reverse arc runs dry:
with general weights at n = 64 they read some 4,000 rows of C where the simplex needs fewer than 200 pivots.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from impl.transport.costs import metric_closure
from impl.transport.dual import c_transform, c_transform_bar
from impl.transport.fixed_point import Grid, on_grid
from impl.transport.network_simplex import optimal_tree
from impl.transport.problem import check_distances, check_problem, check_totals, check_weights, same_shape
from impl.transport.spanning_tree import NEVER, Tree, perturbed, plan_of

CELLS = 2**20
"""Cells of C that one batch holds on the CPU: more would leave the cache."""
WHOLE = 2**53
"""The largest integer that is taken as it is."""

Solver = Callable[[Tensor, Tensor, Tensor], Tree]


class TransportResult(NamedTuple):
    """plan (..., n, m), cost (...,) = ⟨plan, C⟩, potentials f (..., n) and g (..., m): optimal, detached."""

    plan: Tensor
    cost: Tensor
    f: Tensor
    g: Tensor


def emd(a: Tensor, b: Tensor, C: Tensor) -> TransportResult:
    """An optimal plan and optimal potentials for weights a (..., n), b (..., m) and costs C (..., n, m).

    The plan is a vertex: its support is a forest, at most n + m − 1 cells. f ⊕ g ≤ C everywhere, with f = 0 at the
    heaviest row. Totals are kept as they are; rows and columns of weight 0 get no mass, and what they cost has no say.
    Whole numbers, as integers or in floats, give whole numbers exactly. Other floats are rounded to a grid of
    (n + m) 2^−60 of the spread of C and (n + 1) 2^−59 of the total, and solved exactly there. Integers and floats
    together are promoted. Nothing here has a gradient; `gradients.transport_loss` has.
    Raises ValueError for what is no transport problem, see `check_problem`, and for integers too large to add up.
    """
    check_problem(a, b, C)
    return solve(a.detach(), b.detach(), C.detach())


def solve(a: Tensor, b: Tensor, C: Tensor, *, tree: Solver = optimal_tree) -> TransportResult:
    """`emd` for a problem that was checked; `tree` finds the basis on whole numbers."""
    lead, (n, m) = C.shape[:-2], C.shape[-2:]
    dtype = torch.promote_types(torch.promote_types(a.dtype, b.dtype), C.dtype)
    if not dtype.is_floating_point:
        dtype = torch.int64
        for x, name in ((a, "a"), (b, "b"), (C, "C")):
            _check_whole_range(x, name)
    a, b, C = (x.to(dtype).reshape(-1, *x.shape[len(lead) :]).contiguous() for x in (a, b, C))
    size = max(1, CELLS // (n * m)) if C.device.type == "cpu" else len(C)
    batches = [slice(first, first + size) for first in range(0, len(C), size)]
    parts = [_solved(a[lanes], b[lanes], C[lanes], tree) for lanes in batches]
    joined = (torch.cat(values) for values in zip(*parts, strict=True))
    return TransportResult(*(x.reshape((*lead, *x.shape[1:])) for x in joined))


def _check_whole_range(x: Tensor, name: str) -> None:
    """Raise ValueError for integers beyond ±2^53, whose sums could overflow unseen."""
    if bool(((x > WHOLE) | (x < -WHOLE)).any()):
        raise ValueError(f"{name} must stay within ±2**53 in integers, got {int(x.abs().max())}; use floats")


def _solved(a: Tensor, b: Tensor, C: Tensor, tree: Solver) -> TransportResult:
    """`solve` for one batch: a (lane, n), b (lane, m), C (lane, n, m), of one dtype."""
    n, m = C.shape[1:]
    weights = _weights(a, b)
    whole_a, whole_b = weights.whole[:, :n], weights.whole[:, n:]
    costs = _costs(C, whole_a, whole_b)
    basis = tree(*perturbed(whole_a, whole_b), costs.whole)
    plan = weights._replace(unit=weights.unit.unsqueeze(-1)).back(plan_of(basis, n, m))
    potential = basis.potential[:, :n]
    reference = potential.gather(-1, whole_a.argmax(-1, keepdim=True))
    f = costs._replace(unit=costs.unit.squeeze(-1)).back(potential - reference)
    empty = whole_a == 0
    g = c_transform(f.masked_fill(empty, -torch.inf if f.is_floating_point() else -NEVER), C)
    f = torch.where(empty, c_transform_bar(g, C), f)
    return TransportResult(plan, (plan * C).sum((-2, -1)), f, g)


def _weights(a: Tensor, b: Tensor) -> Grid:
    """Both weights (lane, n + m) on one grid, so that their totals agree: the larger entry takes up the difference."""
    n = a.shape[-1]
    total = torch.maximum(a.sum(-1, keepdim=True), b.sum(-1, keepdim=True))
    both = on_grid(torch.cat([a, b], dim=-1), total, NEVER // (4 * n + 4), "the total of a")
    left, right = both.whole[:, :n], both.whole[:, n:]
    more = left.sum(-1, keepdim=True) - right.sum(-1, keepdim=True)
    left = left.scatter_add(-1, left.argmax(-1, keepdim=True), (-more).clamp_min(0))
    right = right.scatter_add(-1, right.argmax(-1, keepdim=True), more.clamp_min(0))
    return both._replace(whole=torch.cat([left, right], dim=-1))


def _costs(C: Tensor, a: Tensor, b: Tensor) -> Grid:
    """Costs less their minimum on a grid that leaves room for sums of n + m of them.

    Cells of weight 0 have no say in it, or padding could coarsen the grid; their cost is put to 0.
    """
    n, m = C.shape[1:]
    used = (a > 0).unsqueeze(-1) & (b > 0).unsqueeze(-2)
    most = torch.finfo(C.dtype).max if C.is_floating_point() else torch.iinfo(C.dtype).max
    low = torch.where(used, C, most).amin((-2, -1), keepdim=True)
    C = torch.where(used, C - low, 0)
    return on_grid(C, C.amax((-2, -1), keepdim=True), NEVER // 2 // (n + m), "the spread of C")


def single_potential_dual(a: Tensor, b: Tensor, D: Tensor) -> Tensor:
    """The best f (..., n) of max ⟨f, a − b⟩ with f_i − f_j ≤ D_ij, for a, b (..., n) on the same n points.

    D (..., n, n) ≥ 0 with a zero diagonal. A constraint implies those along paths, so D may be replaced by its
    shortest paths D̄; there f = (g)^{c̄} for the optimal g of the transport programme is feasible by the triangle
    inequality, and no worse (Kantorovich–Rubinstein: Villani 2009, particular case 5.16). Whole numbers stay whole.
    Raises ValueError for bad weights or totals, a negative entry of D, or a diagonal that is not zero.
    """
    check_distances(D)
    check_weights(a, "a")
    check_weights(b, "b")
    same_shape(a, "a", D.shape[:-1], "D")
    same_shape(b, "b", D.shape[:-1], "D")
    check_totals(a, b)
    return kantorovich_rubinstein(a.detach(), b.detach(), metric_closure(D.detach()))


def kantorovich_rubinstein(a: Tensor, b: Tensor, D: Tensor) -> Tensor:
    """`single_potential_dual` where D keeps the triangle inequality.

    A transform over the fed columns alone is feasible just as well, and is not blurred by how far padding lies.
    """
    g = solve(a, b, D).g
    return c_transform_bar(g.masked_fill(b == 0, -torch.inf if g.is_floating_point() else -NEVER), D)
