"""Costs, metrics, transforms, certificates, intervals, Farkas: hand values, scales, shapes, errors by name."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from impl.core import devices
from impl.transport.asked.linear import LINEAR, linear_operations
from impl.transport.costs import METRICS, cost_matrix, is_metric, metric_closure
from impl.transport.dual import (
    c_transform,
    c_transform_bar,
    certify,
    dual_value,
    kr_value,
    lipschitz_constant,
    primal_feasible,
)
from impl.transport.farkas import farkas
from impl.transport.lp import emd, single_potential_dual
from impl.transport.polytope import certified_interval, round_plan

X = torch.tensor([[0.0, 0.0], [3.0, 4.0]], dtype=torch.float64)
F, C = torch.tensor([0, 1]), torch.tensor([[1, 2, 3], [4, 0, 2]])


@pytest.mark.parametrize(
    ("metric", "distance"),
    [("euclidean", 5), ("sqeuclidean", 25), ("cityblock", 7), ("discrete", 1), ("minkowski", 91 ** (1 / 3))],
)
def test_the_distance_from_the_origin_to_three_four(metric: str, distance: float) -> None:
    found = cost_matrix(X, X, metric=metric, p=3)
    assert found.diagonal().tolist() == [0, 0]
    assert found[0, 1] == found[1, 0]
    assert abs(float(found[0, 1]) - distance) <= 8 * 2.0**-53 * distance


def test_minkowski_has_its_named_cases() -> None:
    for p, name in ((1, "cityblock"), (2, "euclidean")):
        assert torch.equal(cost_matrix(X, X, metric="minkowski", p=p), cost_matrix(X, X, metric=name))
    assert cost_matrix(X, X, metric="minkowski", p=math.inf)[0, 1] == 4


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("metric", ["euclidean", "minkowski"])
def test_no_scale_is_too_large_or_too_small_for_a_root(metric: str, dtype: torch.dtype) -> None:
    plain = cost_matrix(X.to(dtype), X.to(dtype), metric=metric, p=4)
    top = 120 if dtype == torch.float32 else 1000
    for power in (-top, -top // 2, -40, 40, top // 2, top):
        scaled = cost_matrix(X.to(dtype) * 2.0**power, X.to(dtype) * 2.0**power, metric=metric, p=4)
        assert torch.equal(scaled, plain * 2.0**power)


@pytest.mark.parametrize("metric", METRICS)
def test_costs_take_leading_axes_rectangles_and_a_gradient(metric: str) -> None:
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    y = torch.cat([x.detach()[..., :1, :], torch.ones(2, 3, 1, 5)], dim=-2)
    found = cost_matrix(x, y, metric=metric, p=3)
    assert found.shape == (2, 3, 4, 2)
    if found.requires_grad:
        (slope,) = torch.autograd.grad(found.sum(), x)
        assert bool(torch.isfinite(slope).all())


def test_whole_points_have_whole_distances_where_no_root_is_taken() -> None:
    x = X.long()
    assert cost_matrix(x, x, metric="sqeuclidean").tolist() == [[0, 25], [25, 0]]
    assert cost_matrix(x, x, metric="sqeuclidean").dtype == torch.int64
    assert cost_matrix(x, x).dtype == torch.float64


def test_a_metric_of_your_own_is_given_points_that_broadcast() -> None:
    found = cost_matrix(X, X[:1], metric=lambda x, y: (x - y).abs().amax(-1))
    assert found.tolist() == [[0], [4]]


def test_differences_are_exact_where_the_gram_trick_cancels() -> None:
    far = X + 2.0**40
    assert torch.equal(cost_matrix(far, far), cost_matrix(X, X))
    assert not torch.equal(cost_matrix(far, far, method="gram"), cost_matrix(X, X))
    assert torch.equal(cost_matrix(X, X, method="gram"), cost_matrix(X, X))


@pytest.mark.parametrize(
    ("kwargs", "says"),
    [
        ({"metric": "cosine"}, "metric must be one of euclidean"),
        ({"metric": "minkowski", "p": 0.5}, "p must be at least 1, got 0.5"),
        ({"metric": "cityblock", "method": "gram"}, "method gram needs metric euclidean"),
    ],
)
def test_unknown_metrics_are_refused(kwargs: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        cost_matrix(X, X, **kwargs)  # type: ignore[arg-type]


def test_points_of_different_dimension_are_refused() -> None:
    with pytest.raises(ValueError, match=r"y must have shape \(m, 2\) to match x, got \(2, 1\)"):
        cost_matrix(X, X[:, :1])


def test_the_closure_takes_the_shorter_way_round() -> None:
    D = torch.tensor([[0, 1, 9, 9], [9, 0, 1, 9], [9, 9, 0, 1], [1, 9, 9, 0]])
    assert metric_closure(D).tolist() == [[0, 1, 2, 3], [3, 0, 1, 2], [2, 3, 0, 1], [1, 2, 3, 0]]
    assert torch.equal(metric_closure(metric_closure(D)), metric_closure(D))


def test_a_metric_is_symmetric_separating_and_keeps_the_triangle() -> None:
    good = torch.tensor([[0, 1, 2], [1, 0, 1], [2, 1, 0]])
    asymmetric, long, joined = good.clone(), good.clone(), good.clone()
    asymmetric[0, 1] = 2
    long[0, 2] = long[2, 0] = 3
    joined[0, 1] = joined[1, 0] = 0
    assert is_metric(torch.stack([good, asymmetric, long, joined])).tolist() == [True, False, False, False]
    assert bool(is_metric(torch.zeros(1, 1)))


def test_collinear_points_pass_for_a_metric_in_every_dtype() -> None:
    line = torch.arange(20.0, dtype=torch.float64).unsqueeze(-1) * torch.tensor([0.1, 0.7, 0.3])
    for dtype in (torch.float32, torch.float64):
        assert bool(is_metric(cost_matrix(line.to(dtype), line.to(dtype))))


def test_c_transforms_by_hand_on_a_rectangle() -> None:
    assert c_transform(F, C).tolist() == [1, -1, 1]
    assert c_transform_bar(torch.tensor([1, -1, 1]), C).tolist() == [0, 1]
    assert c_transform_bar(torch.tensor([0, 0, 0]), C).tolist() == [1, 0]


def test_a_dual_value_passes_over_potentials_of_weight_zero() -> None:
    f, g = torch.tensor([2.0, -math.inf]), torch.tensor([1.0, math.inf])
    assert float(dual_value(f, g, torch.tensor([1.0, 0.0]), torch.tensor([1.0, 0.0]))) == 3
    assert float(kr_value(torch.tensor([2.0, 5.0]), torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]))) == -3


def test_lipschitz_constants_by_hand() -> None:
    D = torch.tensor([[0.0, 1.0, 2.0], [1.0, 0.0, 1.0], [2.0, 1.0, 0.0]])
    assert float(lipschitz_constant(torch.tensor([0.0, 1.0, 5.0]), D)) == 4
    assert float(lipschitz_constant(torch.tensor([7]), torch.zeros(1, 1))) == 0
    apart = D.clone()
    apart[0, 1] = apart[1, 0] = 0
    assert float(lipschitz_constant(torch.tensor([0.0, 1.0, 5.0]), apart)) == math.inf
    assert float(lipschitz_constant(torch.tensor([1.0, 1.0, 1.0]), apart)) == 0


def test_a_certificate_tells_what_is_wrong() -> None:
    a, b = torch.tensor([3, 1]), torch.tensor([2, 2])
    cost, plan = torch.tensor([[0, 1], [2, 0]]), torch.tensor([[2, 1], [0, 1]])
    f, g = torch.tensor([0, -1]), torch.tensor([0, 1])
    good = certify(a, b, cost, plan, f, g)
    assert [int(x) for x in good] == [1, 1, 0, 1, 1]
    assert not bool(certify(a, b, cost, plan.flip(0), f, g).primal_ok)
    assert not bool(certify(a, b, cost, torch.tensor([[3, 0], [-1, 2]]), f, g).primal_ok)
    assert not bool(certify(a, b, cost, plan, f + 1, g).dual_ok)
    assert int(certify(a, b, cost, plan, f - 1, g).gap) == 4


def test_feasibility_allows_for_rounding_and_for_no_more() -> None:
    a = torch.tensor([0.1, 0.2, 0.7], dtype=torch.float64)
    plan = torch.outer(a, a)
    assert bool(primal_feasible(plan, a, a))
    assert not bool(primal_feasible(plan * (1 + 2.0**-40), a, a))


def test_a_rounded_plan_has_the_marginals_and_is_near() -> None:
    source = torch.Generator().manual_seed(0)
    plan = torch.rand((20, 4, 5), generator=source, dtype=torch.float64)
    plan[:10] = 0
    a, b = (torch.softmax(torch.randn((20, k), generator=source, dtype=torch.float64), -1) for k in (4, 5))
    found = round_plan(plan, a, b)
    moved = (found - plan).abs().sum((-2, -1))
    missed = (plan.sum(-1) - a).abs().sum(-1) + (plan.sum(-2) - b).abs().sum(-1)
    assert bool(primal_feasible(found, a, b).all())
    assert bool((moved <= 2 * missed).all())


def test_a_plan_on_the_polytope_stays() -> None:
    plan = torch.tensor([[2.0, 1.0], [0.0, 1.0]])
    assert torch.equal(round_plan(plan, torch.tensor([3.0, 1.0]), torch.tensor([2.0, 2.0])), plan)


def test_an_interval_from_any_plan_and_potential_holds_the_cost() -> None:
    source = torch.Generator().manual_seed(1)
    a, b = (torch.softmax(torch.randn((30, k), generator=source, dtype=torch.float64), -1) for k in (4, 5))
    cost = torch.randn((30, 4, 5), generator=source, dtype=torch.float64)
    best = emd(a, b, cost)
    rough = certified_interval(a, b, cost, torch.rand(cost.shape, generator=source, dtype=torch.float64), cost[..., 0])
    tight = certified_interval(a, b, cost, best.plan, best.f)
    noise = 64 * 2.0**-53 * cost.abs().amax((-2, -1))
    assert bool((rough.low <= best.cost).all())
    assert bool((rough.high >= best.cost).all())
    assert bool((tight.high - tight.low <= noise).all())


def test_integers_have_an_interval_in_floats() -> None:
    plan = torch.tensor([[1, 0], [0, 1]])
    found = certified_interval(torch.tensor([1, 1]), torch.tensor([1, 1]), plan, plan, torch.tensor([0, 0]))
    assert found.rounded.is_floating_point()
    assert float(found.high) == 2


def test_farkas_by_hand() -> None:
    A = torch.tensor([[[2, 0], [1, 1]], [[1, 1], [1, 1]], [[1, 2], [0, 0]]])
    b = torch.tensor([[1, 1], [1, 2], [-1, 0]])
    found = farkas(A, b)
    assert found.feasible.tolist() == [True, False, False]
    assert (found.x[0].tolist(), int(found.denominator[0])) == ([1, 1], 2)
    assert not bool(found.y[0].any())
    for lane in (1, 2):
        assert bool((A[lane].T @ found.y[lane] <= 0).all())
        assert int(b[lane] @ found.y[lane]) > 0


def test_transport_is_infeasible_exactly_when_the_totals_differ() -> None:
    A = torch.tensor([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]])
    equal, unequal = torch.tensor([3, 1, 2, 2]), torch.tensor([3, 1, 2, 1])
    assert farkas(torch.stack([A, A]), torch.stack([equal, unequal])).feasible.tolist() == [True, False]


def test_farkas_wants_whole_numbers_and_shapes_that_fit() -> None:
    with pytest.raises(ValueError, match=r"A must hold whole numbers, got 0.5"):
        farkas(torch.tensor([[[0.5]]]), torch.tensor([[1.0]]))
    with pytest.raises(ValueError, match=r"b must have shape \(1, 1\) to match A, got \(1, 2\)"):
        farkas(torch.tensor([[[1]]]), torch.tensor([[1, 2]]))


def test_every_operation_of_the_port_is_offered() -> None:
    names = {"cost", "metric", "solve", "certify", "c_transform", "lipschitz", "single_potential", "farkas", "interval"}
    assert set(linear_operations(LINEAR)) == names


def test_transforms_and_rounding_compute_on_the_device() -> None:
    device = devices.probe("sim")
    if device.missing:
        pytest.skip(device.missing)
    there = F.to(device.torch), C.to(device.torch)
    assert c_transform(*there).cpu().tolist() == [1, -1, 1]
    assert cost_matrix(X.to(device.torch), X.to(device.torch)).cpu().tolist() == [[0, 5], [5, 0]]


def test_two_points_have_one_potential_by_hand() -> None:
    D = torch.tensor([[0, 3], [1, 0]])
    there = single_potential_dual(torch.tensor([1, 0]), torch.tensor([0, 1]), D)
    back = single_potential_dual(torch.tensor([0, 1]), torch.tensor([1, 0]), D)
    assert int(there[0] - there[1]) == 3
    assert int(back[1] - back[0]) == 1


def test_a_single_potential_takes_the_shorter_way_round() -> None:
    D = torch.tensor([[0, 1, 5], [1, 0, 1], [5, 1, 0]])
    a, b = torch.tensor([1, 0, 0]), torch.tensor([0, 0, 1])
    f = single_potential_dual(a, b, D)
    assert int((f * (a - b)).sum()) == 2
    assert bool((f.unsqueeze(-1) - f.unsqueeze(-2) <= D).all())


@pytest.mark.parametrize(
    ("D", "says"),
    [
        (torch.tensor([[0.0, -1.0], [1.0, 0.0]]), "D must be non-negative, got -1.0"),
        (torch.tensor([[0.5, 1.0], [1.0, 0.0]]), "D must have a zero diagonal, got 0.5"),
        (torch.zeros(2, 3), r"D must be square, \(..., n, n\), got \(2, 3\)"),
        (torch.zeros(3, 3), r"a must have shape \(3,\) to match D"),
    ],
)
def test_distances_that_are_none_are_refused(D: Tensor, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        single_potential_dual(torch.tensor([0.5, 0.5]), torch.tensor([0.5, 0.5]), D)
