"""The exact solver as a user meets it: hand values, whole numbers, degenerate cases, devices, scales, errors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import ot
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from impl.core import devices
from impl.transport import lp, network_simplex
from impl.transport.dual import certify
from impl.transport.fixed_point import on_grid, power_of_two
from impl.transport.lp import TransportResult, emd
from impl.transport.network_simplex import Pivots
from impl.transport.spanning_tree import NEVER, first_tree, perturbed, plan_of

U = 2.0**-53
LINE = torch.tensor([[0, 1, 2], [1, 0, 1], [2, 1, 0]])


def whole(seed: int, lanes: int, n: int, m: int) -> tuple[Tensor, Tensor, Tensor]:
    """Weights with zeros and equal totals, and costs of both signs with ties, in whole numbers."""
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 4, (lanes, n)), rng.integers(0, 4, (lanes, m))
    a[:, 0] += a.sum(1) == 0
    b[:, -1] += b.sum(1) == 0
    a, b = a * b.sum(1, keepdims=True), b * a.sum(1, keepdims=True)
    return torch.tensor(a), torch.tensor(b), torch.tensor(rng.integers(-3, 6, (lanes, n, m)))


def real(seed: int, lanes: int, n: int, m: int, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor, Tensor]:
    """Random weights of total 1 and random costs."""
    source = torch.Generator().manual_seed(seed)
    shapes, kind = ((lanes, n), (lanes, m)), torch.float64
    a, b = (torch.rand(shape, generator=source, dtype=kind).to(dtype) for shape in shapes)
    C = torch.randn((lanes, n, m), generator=source, dtype=kind).to(dtype)
    return a / a.sum(-1, True), b / b.sum(-1, True), C


def is_forest(plan: Tensor) -> bool:
    """Whether the cells of a plan (n, m) with mass close no cycle: leaves are taken off until nothing is left."""
    cells = plan > 0
    for _ in range(sum(plan.shape)):
        leaves = (cells.sum(1, keepdim=True) == 1) | (cells.sum(0, keepdim=True) == 1)
        cells = cells & ~leaves
    return not bool(cells.any())


def test_two_by_two_by_hand() -> None:
    found = emd(torch.tensor([3, 1]), torch.tensor([2, 2]), torch.tensor([[0, 1], [2, 0]]))
    assert found.plan.tolist() == [[2, 1], [0, 1]]
    assert int(found.cost) == 1
    assert (found.f.tolist(), found.g.tolist()) == ([0, -1], [0, 1])


def test_three_points_on_a_line_by_hand() -> None:
    found = emd(torch.tensor([2, 0, 1]), torch.tensor([0, 2, 1]), LINE)
    assert found.plan.tolist() == [[0, 2, 0], [0, 0, 0], [0, 0, 1]]
    assert int(found.cost) == 2


def test_whole_numbers_are_not_truncated_beside_floats() -> None:
    found = emd(torch.tensor([3, 1]), torch.tensor([2, 2]), torch.tensor([[0.5, 1.25], [2.0, 0.0]]))
    assert found.plan.tolist() == [[2.0, 1.0], [0.0, 1.0]]
    assert found.plan.dtype == found.cost.dtype == torch.float32
    assert float(found.cost) == 2.25


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 4), (5, 1), (3, 3), (4, 7), (7, 2), (40, 30)])
@pytest.mark.parametrize("dtype", [torch.int64, torch.float32, torch.float64])
def test_whole_numbers_get_a_whole_certificate(n: int, m: int, dtype: torch.dtype) -> None:
    problem = [x.to(dtype) for x in whole(7, 24, n, m)]
    found = emd(*problem)
    plan, _, f, g = (x.long() for x in found)
    a, b, C = (x.long() for x in problem)
    proof = certify(a, b, C, plan, f, g)
    assert all(x.dtype == dtype for x in found)
    assert all(bool((x == x.round()).all()) for x in found)
    assert bool(proof.primal_ok.all())
    assert bool(proof.dual_ok.all())
    assert not bool(proof.gap.any())
    assert torch.equal(found.cost.long(), proof.primal)


@pytest.mark.parametrize(("n", "m"), [(4, 4), (3, 8), (40, 30)])
def test_a_plan_is_a_vertex(n: int, m: int) -> None:
    for problem in (whole(3, 16, n, m), real(3, 16, n, m)):
        assert all(is_forest(plan) for plan in emd(*problem).plan)


@pytest.mark.parametrize("n", [1, 2, 5, 8, 20])
def test_uniform_weights_are_the_assignment_problem(n: int) -> None:
    C = torch.tensor(np.random.default_rng(n).integers(0, 30, (12, n, n)))
    ones = torch.ones(12, n, dtype=torch.int64)
    found = emd(ones, ones, C)
    assert bool(((found.plan == 1).sum(-1) == 1).all())
    for cost, matrix in zip(found.cost.tolist(), C.numpy(), strict=True):
        assert cost == matrix[linear_sum_assignment(matrix)].sum()


@pytest.mark.parametrize(("n", "m"), [(2, 3), (6, 6), (9, 4), (33, 40)])
def test_the_cost_is_that_of_pot_on_whole_numbers(n: int, m: int) -> None:
    a, b, C = whole(11, 8, n, m)
    for lane, cost in enumerate(emd(a, b, C).cost.tolist()):
        shifted = (C[lane] - C[lane].min()).numpy().astype(float)
        theirs = ot.emd(a[lane].numpy().astype(float), b[lane].numpy().astype(float), shifted)
        assert cost == round((theirs * shifted).sum()) + int(C[lane].min() * a[lane].sum())


def test_rows_and_columns_without_mass_stay_empty_and_their_potentials_feasible() -> None:
    a, b, C = whole(5, 32, 5, 6)
    found = emd(a, b, C)
    assert not bool(found.plan[a == 0].any())
    assert not bool(found.plan.mT[b == 0].any())
    assert bool((found.f.unsqueeze(-1) + found.g.unsqueeze(-2) <= C).all())


def test_what_padding_costs_does_not_matter() -> None:
    a, b, C = real(2, 8, 4, 3)
    wide = torch.nn.functional.pad(C, (0, 2, 0, 1), value=1e300)
    padded = emd(torch.nn.functional.pad(a, (0, 1)), torch.nn.functional.pad(b, (0, 2)), wide)
    plain = emd(a, b, C)
    assert torch.equal(padded.plan[:, :4, :3], plain.plan)
    assert torch.equal(padded.f[:, :4], plain.f)
    assert bool(torch.isfinite(padded.f).all() & torch.isfinite(padded.g).all())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_floats_are_optimal_to_their_last_places(dtype: torch.dtype) -> None:
    a, b, C = real(1, 64, 6, 5, dtype)
    found = emd(a, b, C)
    u, spread = torch.finfo(dtype).eps / 2, C.double().abs().amax((-2, -1))
    exact = [x.double() for x in (a, b, C, found.plan, found.f, found.g)]
    gap = certify(*exact).gap.abs()
    # A mass, a total and a potential each err by at most 4u: of the total 1, and of the spread, which is ≤ 2 max|C|.
    assert bool((gap <= 4 * 11 * u * 2 * spread).all())
    assert bool((found.plan.double().sum(-1) - a.double()).abs().max() <= 8 * u)
    assert bool(certify(a, b, C, found.plan, found.f, found.g).dual_ok.all())


@pytest.mark.parametrize("power", [-400, -40, 40, 400])
def test_scaling_by_a_power_of_two_changes_no_bit_of_the_plan(power: int) -> None:
    a, b, C = real(4, 16, 5, 5)
    plain, scaled, heavy = emd(a, b, C), emd(a, b, C * 2.0**power), emd(a * 2.0**power, b * 2.0**power, C)
    assert torch.equal(plain.plan, scaled.plan)
    assert torch.equal(plain.f * 2.0**power, scaled.f)
    assert torch.equal(plain.plan * 2.0**power, heavy.plan)


def test_a_constant_added_to_the_cost_moves_only_the_cost() -> None:
    a, b, C = whole(6, 16, 4, 5)
    plain, shifted = emd(a.double(), b.double(), C.double()), emd(a.double(), b.double(), C.double() + 1e6)
    assert torch.equal(plain.plan, shifted.plan)
    assert torch.equal(plain.cost + 1e6 * a.sum(-1), shifted.cost)


def test_weights_that_span_many_orders_keep_their_marginals() -> None:
    a = torch.tensor([1.0, 1e-12, 1e-30, 0.0], dtype=torch.float64)
    b = torch.tensor([1e-12, 1.0, 1e-30], dtype=torch.float64)
    plan = emd(a, b, torch.arange(12.0, dtype=torch.float64).view(4, 3)).plan
    assert bool((plan >= 0).all())
    assert float((plan.sum(-1) - a).abs().max()) <= 4 * U
    assert float((plan.sum(-2) - b).abs().max()) <= 4 * U


def test_leading_axes_are_kept() -> None:
    a, b, C = real(9, 6, 3, 4)
    flat, stacked = emd(a, b, C), emd(a.view(2, 3, 3), b.view(2, 3, 4), C.view(2, 3, 3, 4))
    assert stacked.cost.shape == (2, 3)
    assert all(torch.equal(x.flatten(0, 1), y) for x, y in zip(stacked, flat, strict=True))
    single = emd(a[0], b[0], C[0])
    assert [tuple(x.shape) for x in single] == [(3, 4), (), (3,), (4,)]


def test_a_batch_is_a_loop_bit_for_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = real(8, 30, 6, 7)
    together = emd(*problem)
    alone = [emd(*(x[lane] for x in problem)) for lane in range(30)]
    monkeypatch.setattr(lp, "CELLS", 200)
    in_parts = emd(*problem)
    for field in range(4):
        assert torch.equal(together[field], torch.stack([one[field] for one in alone]))
        assert torch.equal(together[field], in_parts[field])


def sent(problem: tuple[Tensor, ...], name: str) -> TransportResult:
    return TransportResult(*(x.cpu() for x in emd(*(x.to(devices.place(name)) for x in problem))))


@pytest.mark.parametrize("name", ["sim", "sim-mps"])
def test_plan_and_potentials_are_the_same_bits_on_a_device(name: str) -> None:
    if devices.probe(name).missing:
        pytest.skip(devices.probe(name).missing)
    problem = real(8, 12, 4, 5, torch.float32)
    there, here = sent(problem, name), emd(*problem)
    assert all(torch.equal(getattr(there, field), getattr(here, field)) for field in ("plan", "f", "g"))


def test_a_pivot_never_makes_the_host_wait() -> None:
    device = devices.probe("sim")
    if device.missing:
        pytest.skip(device.missing)
    a, b, C = (x.to(device.torch) for x in whole(1, 4, 5, 5))
    with device.watch() as counts:
        work = Pivots(first_tree(*perturbed(a, b), C - C.amin((-2, -1), keepdim=True)), C)
        work.pivot(*work.candidates())
    assert counts["syncs"] == 0


def test_every_tree_of_the_simplex_is_feasible_and_no_dearer_than_the_one_before() -> None:
    a, b, C = whole(2, 16, 6, 5)
    C = C - C.amin((-2, -1), keepdim=True)
    work = Pivots(first_tree(*perturbed(a, b), C), C)
    before = None
    for _ in range(20):
        plan = plan_of(work.tree, 6, 5)
        assert torch.equal(plan.sum(-1), a)
        assert torch.equal(plan.sum(-2), b)
        cost = (plan * C).sum((-2, -1))
        assert bool((plan >= 0).all())
        assert before is None or bool((cost <= before).all())
        work.pivot(*work.candidates())
        before = cost


def test_answers_carry_no_gradient_and_inputs_are_left_alone() -> None:
    problem = [x.requires_grad_() for x in real(3, 4, 3, 3)]
    before = [x.detach().clone() for x in problem]
    assert not any(x.requires_grad for x in emd(*problem))
    assert all(torch.equal(x.detach(), y) for x, y in zip(problem, before, strict=True))


def test_a_cost_that_is_no_contiguous_block_is_fine() -> None:
    a, b, C = real(3, 5, 3, 4)
    assert torch.equal(emd(b, a, C.mT).cost, emd(b, a, C.mT.contiguous()).cost)


def test_it_gives_up_with_an_error_and_not_with_a_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_simplex, "SWEEPS", 0)
    with pytest.raises(RuntimeError, match="did not finish"):
        emd(*whole(0, 2, 3, 3))


GOOD = (torch.tensor([0.5, 0.5]), torch.tensor([0.25, 0.25, 0.5]), torch.zeros(2, 3))


def spoiled(place: int, change: Callable[[Tensor], Tensor]) -> list[Tensor]:
    return [change(x.clone()) if i == place else x for i, x in enumerate(GOOD)]


@pytest.mark.parametrize(
    ("problem", "says"),
    [
        (spoiled(0, lambda a: a - 1), r"a must be non-negative, got -0.5 at index 0"),
        (spoiled(1, lambda b: b * float("nan")), r"b must be finite, got nan at index 0"),
        (spoiled(2, lambda C: C + float("inf")), r"C must be finite, got inf at index \(0, 0\)"),
        (spoiled(0, lambda a: a * 0), r"a must have a positive sum"),
        (spoiled(1, lambda b: b * 2), r"a and b must have equal totals, got 1.0 and 2.0"),
        (spoiled(1, lambda b: b * (1 + 1e-4)), r"equal totals"),
        (spoiled(0, lambda a: a[:0]), r"a must not be empty"),
        (spoiled(0, lambda a: a[:1]), r"a must have shape \(2,\) to match C, got \(1,\); smaller problems are padded"),
        (spoiled(1, lambda b: b[:2]), r"b must have shape \(3,\) to match C, got \(2,\); smaller problems are padded"),
        (spoiled(2, lambda C: C[0]), r"C must have shape \(..., n, m\), got \(3,\)"),
        (spoiled(2, lambda C: C.expand(4, 2, 3)), r"a must have shape \(4, 2\)"),
    ],
)
def test_bad_problems_are_refused_by_name(problem: list[Tensor], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        emd(*problem)


def test_half_precision_is_refused() -> None:
    with pytest.raises(TypeError, match="a must be float32, float64 or int64, got float16"):
        emd(*spoiled(0, lambda a: a.half()))


def test_integers_too_large_to_add_up_are_refused() -> None:
    ones, C = torch.ones(64, dtype=torch.int64), torch.zeros(64, 64, dtype=torch.int64)
    with pytest.raises(ValueError, match=r"C must stay within ±2\*\*53"):
        emd(ones, ones, C + 2**60)
    with pytest.raises(ValueError, match="the total of a must stay below"):
        emd(ones * 2**53, ones * 2**53, C)


def test_costs_whose_spread_overflows_are_refused() -> None:
    C = torch.tensor([[1.7e308, -1.7e308], [0.0, 0.0]], dtype=torch.float64)
    with pytest.raises(ValueError, match="the spread of C must be finite, it overflows float64"):
        emd(torch.ones(2), torch.ones(2), C)


def test_the_grid_keeps_whole_numbers_and_powers_of_two() -> None:
    x = torch.tensor([0.0, 1.0, 6.0, 7.0], dtype=torch.float64)
    grid = on_grid(x, x.amax(-1, keepdim=True), 2**40, "x")
    assert torch.equal(grid.back(grid.whole), x)
    assert int(grid.whole.max()) <= 2**40
    assert power_of_two(torch.tensor([1.0, 1.5, 2.0, 0.7])).tolist() == [1.0, 1.0, 2.0, 0.5]
    assert NEVER == 2**62
