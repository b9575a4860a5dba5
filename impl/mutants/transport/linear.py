"""The linear programme, its dual and its certificates with one classic mistake each; costs are in `linear_costs`.

Where a mistake changes the shape of an answer, as a wrong axis does on rectangular costs, the mutant repeats or drops
entries at the end, so that it still answers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from impl.core.subject import Mutant
from impl.mutants.transport.linear_costs import COST_MUTANTS, linear_mutant
from impl.transport.dual import Certificate, c_transform, certify, dual_value, primal_feasible, weighted
from impl.transport.farkas import Alternative, Answer, Numbers, alternative, by_lane, farkas
from impl.transport.lp import TransportResult, emd, kantorovich_rubinstein, single_potential_dual, solve
from impl.transport.network_simplex import Pivots
from impl.transport.polytope import Interval, add_missing, certified_interval, shrink_factor
from impl.transport.spanning_tree import Tree, first_tree

Change = Callable[..., dict[str, Tensor]]
"""From an answer and its question to the fields that the mistake changes."""


def _fitted(x: Tensor, size: int, axis: int = -1) -> Tensor:
    """`size` entries along an axis: the last is repeated, or the rest dropped."""
    return x.index_select(axis, torch.arange(size, device=x.device).clamp_max(x.shape[axis] - 1))


def _product(plan: Tensor, C: Tensor) -> Tensor:
    return (plan * C).sum((-2, -1))


def _wrong_bar(g: Tensor, C: Tensor) -> Tensor:
    return _fitted((C - g.unsqueeze(-2)).amin(-2), C.shape[-2])


# Solvers: a (..., n), b (..., m), C (..., n, m).


def _solved(change: Change) -> dict[str, object]:
    """The optimal answer with some of it changed; the cost is that of the plan which is told."""

    def solver(a: Tensor, b: Tensor, C: Tensor) -> TransportResult:
        found = emd(a, b, C)
        found = found._replace(**change(found, a, b, C))
        return found._replace(cost=_product(found.plan, C))

    return {"solver": solver}


def _north_west(a: Tensor, b: Tensor) -> Tensor:
    """Fills from the first row and column on, whatever it costs: the overlap of the cumulative weights."""
    ends, tops = a.cumsum(-1), b.cumsum(-1)
    upper = torch.minimum(ends.unsqueeze(-1), tops.unsqueeze(-2))
    lower = torch.maximum((ends - a).unsqueeze(-1), (tops - b).unsqueeze(-2))
    return (upper - lower).clamp_min(0)


def _transposed(found: TransportResult, a: Tensor, b: Tensor, C: Tensor) -> dict[str, Tensor]:
    swapped = emd(b, a, C.mT).plan  # (..., m, n)
    return {"plan": _fitted(_fitted(swapped, C.shape[-1]), C.shape[-2], -2)}


def _nearest(found: TransportResult, a: Tensor, b: Tensor, C: Tensor) -> dict[str, Tensor]:
    nearest = torch.nn.functional.one_hot(C.argmin(-1), C.shape[-1])
    return {"plan": a.unsqueeze(-1) * nearest.to(a.dtype)}


def _one_pivot(a: Tensor, b: Tensor, C: Tensor) -> Tree:
    start = Pivots(first_tree(a, b, C), C)
    start.pivot(*start.candidates())
    return start.tree


def _stopped(tree: Callable[[Tensor, Tensor, Tensor], Tree]) -> dict[str, object]:
    return {"solver": partial(solve, tree=tree)}


def _six_places(a: Tensor, b: Tensor, C: Tensor) -> TransportResult:
    return emd(a, b, C if not C.is_floating_point() else (C * 1e6).round() / 1e6)


def _raised_where_empty(found: TransportResult, a: Tensor, b: Tensor, C: Tensor) -> dict[str, Tensor]:
    spread = C.amax((-2, -1)) - C.amin((-2, -1)) + 1
    return {"f": torch.where(a > 0, found.f, found.f + spread.unsqueeze(-1))}


def _one_sided(a: Tensor, b: Tensor, D: Tensor) -> Tensor:
    """Keeps f_i − f_j ≤ D_ij for i < j; below the diagonal the sum of all distances stands for no constraint."""
    below = torch.ones_like(D, dtype=torch.bool).tril(-1)
    return single_potential_dual(a, b, torch.where(below, D.sum((-2, -1), keepdim=True), D))


# Certificates, intervals, and Farkas' alternative.


def _certified(change: Change) -> dict[str, object]:
    """The right certificate with some of it changed; the gap is that of the two values which are told."""

    def certificate(a: Tensor, b: Tensor, C: Tensor, plan: Tensor, f: Tensor, g: Tensor) -> Certificate:
        found = certify(a, b, C, plan, f, g)
        found = found._replace(**change(found, a, b, C, plan, f, g))
        return found._replace(gap=found.primal - found.dual)

    return {"certificate": certificate}


def _marginals_alone(a: Tensor, b: Tensor, plan: Tensor) -> Tensor:
    """Whether the sums fit once the least entry was added to each cell: a plan that has no sign to look at."""
    raised = (-plan.amin((-2, -1), keepdim=True)).clamp_min(0)
    n, m = plan.shape[-2:]
    return primal_feasible(plan + raised, a + m * raised[..., 0], b + n * raised[..., 0])


def _without_rank_one(plan: Tensor, a: Tensor, b: Tensor) -> Tensor:
    plan = plan * shrink_factor(a, plan.sum(-1)).unsqueeze(-1)
    return plan * shrink_factor(b, plan.sum(-2)).unsqueeze(-2)


def _rows_only(plan: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return add_missing(plan * shrink_factor(a, plan.sum(-1)).unsqueeze(-1), a, b)


def _unrounded(a: Tensor, b: Tensor, C: Tensor, plan: Tensor, f: Tensor) -> Interval:
    return certified_interval(a, b, C, plan, f)._replace(high=_product(plan, C))


def _soft_low(a: Tensor, b: Tensor, C: Tensor, plan: Tensor, f: Tensor) -> Interval:
    """Takes −ε ln Σ a e^{(f − C)/ε}, never below the least C − f, with ε a tenth of the spread of C."""
    eps = (C.amax((-2, -1), keepdim=True) - C.amin((-2, -1), keepdim=True)) / 10
    eps = torch.where(eps > 0, eps, 1)
    share = (a / a.sum(-1, keepdim=True)).log().unsqueeze(-1)
    soft = -eps.squeeze(-1) * torch.logsumexp(share + (f.unsqueeze(-1) - C) / eps, dim=-2)
    return certified_interval(a, b, C, plan, f)._replace(low=dual_value(f, soft, a, b))


def _as_given(a: Tensor, b: Tensor, C: Tensor, plan: Tensor, f: Tensor) -> Interval:
    """Takes the row minima of C for g, which is feasible with f = 0 alone."""
    return certified_interval(a, b, C, plan, f)._replace(low=dual_value(f, C.amin(-2), a, b))


def _signs_kept(A: list[Numbers], b: Numbers) -> Answer:
    """Forgets that rows with b < 0 were turned around before the certificate was read off."""
    found = alternative(A, b)
    return found._replace(y=[-y if right < 0 else y for y, right in zip(found.y, b, strict=True)])


def _no_denominator(A: Tensor, b: Tensor) -> Alternative:
    found = farkas(A, b)
    return found._replace(denominator=torch.ones_like(found.denominator))


def _always_feasible(A: Tensor, b: Tensor) -> Alternative:
    found = farkas(A, b)
    return found._replace(feasible=torch.ones_like(found.feasible), y=torch.zeros_like(found.y))


LINEAR_MUTANTS: tuple[Mutant, ...] = (
    *COST_MUTANTS,
    # operation `solve`
    linear_mutant(
        "north-west-corner",
        "the plan fills from the first corner on",
        **_solved(lambda r, a, b, C: {"plan": _north_west(a, b)}),
    ),
    linear_mutant("plan-not-turned-back", "the plan is that of b to a, not transposed back", **_solved(_transposed)),
    linear_mutant(
        "column-marginals-forgotten", "each row sends all it has to its cheapest column", **_solved(_nearest)
    ),
    linear_mutant(
        "last-marginal-forgotten",
        "the last column receives nothing",
        **_solved(lambda r, a, b, C: {"plan": torch.cat([r.plan[..., :-1], 0 * r.plan[..., -1:]], dim=-1)}),
    ),
    linear_mutant("greedy-plan", "the first tree of the simplex is taken for the best", **_stopped(first_tree)),
    linear_mutant("stopped-after-one-pivot", "the simplex makes one pivot and stops", **_stopped(_one_pivot)),
    linear_mutant(
        "plan-truncated", "masses are cut to whole numbers", **_solved(lambda r, a, b, C: {"plan": r.plan.trunc()})
    ),
    linear_mutant(
        "plan-of-total-one",
        "the weights are divided by their total without a word",
        **_solved(lambda r, a, b, C: {"plan": r.plan / a.sum(-1)[..., None, None]}),
    ),
    linear_mutant(
        "negative-costs-clamped", "costs below 0 count as 0", solver=lambda a, b, C: emd(a, b, C.clamp_min(0))
    ),
    linear_mutant(
        "costs-rounded-absolutely", "costs are rounded to six places, whatever their scale", solver=_six_places
    ),
    linear_mutant("dual-sign", "g is negated: f − g ≤ C", **_solved(lambda r, a, b, C: {"g": -r.g})),
    linear_mutant(
        "potentials-centred-apart",
        "f and g are both made to have mean 0",
        **_solved(lambda r, a, b, C: {"f": r.f - r.f.mean(-1, True), "g": r.g - r.g.mean(-1, True)}),
    ),
    linear_mutant("potential-free-where-empty", "rows of weight 0 keep no constraint", **_solved(_raised_where_empty)),
    # operation `certify`
    linear_mutant(
        "dual-value-subtracts-g",
        "the dual value is ⟨f, a⟩ − ⟨g, b⟩",
        **_certified(lambda r, a, b, C, plan, f, g: {"dual": weighted(f, a) - weighted(g, b)}),
    ),
    linear_mutant(
        "certificate-checks-difference",
        "the dual constraint is read as f_i − g_j ≤ C_ij",
        **_certified(lambda r, a, b, C, plan, f, g: {"dual_ok": certify(a, b, C, plan, f, -g).dual_ok}),
    ),
    linear_mutant(
        "certificate-checks-rows-only",
        "the column sums of a plan are not looked at",
        **_certified(lambda r, a, b, C, plan, f, g: {"primal_ok": certify(a, plan.sum(-2), C, plan, f, g).primal_ok}),
    ),
    linear_mutant(
        "certificate-allows-negative-mass",
        "the sign of a plan is not looked at",
        **_certified(lambda r, a, b, C, plan, f, g: {"primal_ok": _marginals_alone(a, b, plan)}),
    ),
    # operation `c_transform`
    linear_mutant(
        "c-transform-maximum", "f^c takes the maximum", c_transform=lambda f, C: (C - f.unsqueeze(-1)).amax(-2)
    ),
    linear_mutant("c-transform-plus", "f^c is min C + f", c_transform=lambda f, C: c_transform(-f, C)),
    linear_mutant(
        "c-transform-wrong-axis",
        "f^c takes the minimum over the columns",
        c_transform=lambda f, C: _fitted((C - f.unsqueeze(-1)).amin(-1), C.shape[-1]),
    ),
    linear_mutant("second-transform-of-columns", "f^{cc̄} takes the minimum over the rows", c_transform_bar=_wrong_bar),
    # operation `single_potential`
    linear_mutant("lipschitz-one-sided", "f_i − f_j ≤ D_ij is demanded for i < j only", single_potential=_one_sided),
    linear_mutant(
        "potential-without-closure",
        "D is taken for a metric as it is",
        single_potential=lambda a, b, D: kantorovich_rubinstein(a, b, D),
    ),
    linear_mutant(
        "single-potential-negated",
        "f changes its sign",
        single_potential=lambda a, b, D: -single_potential_dual(a, b, D),
    ),
    # operation `farkas`
    linear_mutant(
        "farkas-sign", "the certificate is negated", farkas=lambda A, b: farkas(A, b)._replace(y=-farkas(A, b).y)
    ),
    linear_mutant(
        "farkas-rows-stay-turned", "rows with b < 0 keep their changed sign in y", farkas=partial(by_lane, _signs_kept)
    ),
    linear_mutant("farkas-always-feasible", "every system is said to have a solution", farkas=_always_feasible),
    linear_mutant("farkas-denominator-lost", "the common denominator of x is dropped", farkas=_no_denominator),
    # operation `interval`
    linear_mutant("high-of-unrounded-plan", "the plan as it came is priced", interval=_unrounded),
    linear_mutant("low-of-soft-transform", "the low end comes from a smoothed minimum", interval=_soft_low),
    linear_mutant(
        "low-without-c-transform", "the low end takes potentials that break the constraint", interval=_as_given
    ),
    linear_mutant(
        "rounding-without-rank-one",
        "the mass that lacks is not spread",
        interval=partial(certified_interval, rounding=_without_rank_one),
    ),
    linear_mutant(
        "rounding-of-rows-only",
        "columns that hold too much are not scaled down",
        interval=partial(certified_interval, rounding=_rows_only),
    ),
)
