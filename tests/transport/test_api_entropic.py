"""Entropic transport as a user meets it: cases worked by hand, every method against plain sweeps, errors by name."""

from __future__ import annotations

import itertools
import math
import warnings

import numpy as np
import pytest
import torch
from torch import Tensor

from impl.core import devices
from impl.core.random import generator, uniform
from impl.transport import iterates
from impl.transport.absorbed import RANGES
from impl.transport.divergence import entropic_value, value_of
from impl.transport.sinkhorn import ConvergenceWarning, SinkhornResult, entropic_plan, sinkhorn, solve
from impl.transport.softmin import soft_c_transform

HALVES = torch.tensor([0.5, 0.5], dtype=torch.float64)
SWAP = torch.tensor([[0.0, 1.0], [1.0, 0.0]], dtype=torch.float64)
DTYPES = (torch.float64, torch.float32)


def unit(dtype: torch.dtype) -> float:
    return torch.finfo(dtype).eps / 2


def problems(
    *shape: int, dtype: torch.dtype = torch.float64, seed: int = 0, zeros: bool = False
) -> tuple[Tensor, Tensor, Tensor]:
    """Random weights of total 1, squared distances of points in the unit square: shape is (*batch, n, m)."""
    source, like = generator(seed), torch.empty(0, dtype=torch.float64)
    *batch, n, m = shape
    a, b = (uniform((*batch, size), source, like) + 0.1 for size in (n, m))
    if zeros:
        a[..., 0], b[..., -1] = 0, 0
    x, y = (uniform((*batch, size, 2), source, like) for size in (n, m))
    C = (x.unsqueeze(-2) - y.unsqueeze(-3)).square().sum(-1)
    return (a / a.sum(-1, keepdim=True)).to(dtype), (b / b.sum(-1, keepdim=True)).to(dtype), C.to(dtype)


def plain_sweeps(a: Tensor, b: Tensor, C: Tensor, eps: float, sweeps: int) -> tuple[Tensor, Tensor]:
    """Sinkhorn as it is written, in float64 and the log domain: a (lane, n), b (lane, m), C (lane, n, m)."""
    a, b, C = a.double(), b.double(), C.double()
    rate, g = torch.full((len(a),), eps, dtype=torch.float64), torch.zeros_like(b)
    for _ in range(sweeps):
        f = soft_c_transform(C, g, b, rate)
        g = soft_c_transform(C.mT, f, a, rate)
    return f, g


def row_errors(found: SinkhornResult) -> Tensor:
    return (found.plan.sum(-1) - found.problem[0]).abs().sum(-1)


def scale(found: SinkhornResult, eps: float) -> float:
    """The largest exponent that a plan is made of."""
    return float(sum(x.abs().amax() for x in (found.f, found.g, found.problem[2])) / eps)


def rounding(found: SinkhornResult, eps: float) -> float:
    """What rounding does to a sum of entries of the plan: 8 (S + n + m) u, S the largest exponent."""
    return 8 * (scale(found, eps) + sum(found.problem[2].shape[-2:])) * unit(found.f.dtype)


def same_values(found: SinkhornResult, other: SinkhornResult, eps: float) -> bool:
    """Whether both duals are as near to the optimum as their errors say.

    The dual is concave and f a soft c-transform, so that it lies within error · osc f ≤ error · osc C of its maximum.
    """
    C = found.problem[2]
    near = (found.marginal_error + other.marginal_error) * (C.amax((-2, -1)) - C.amin((-2, -1)))
    size = float(found.f.abs().amax() + found.g.abs().amax() + C.abs().amax())
    apart = (value_of(found) - value_of(other)).abs()
    return bool((apart <= near + rounding(found, eps) * size + rounding(other, eps) * size).all())


def test_two_points_have_the_plan_worked_by_hand() -> None:
    for eps in (0.5, 1.0, 2.0):
        found = sinkhorn(HALVES, HALVES, SWAP, eps)
        stays = 1 / (1 + math.exp(-1 / eps)) / 2
        expected = torch.tensor([[stays, 0.5 - stays], [0.5 - stays, stays]], dtype=torch.float64)
        assert bool(((found.plan - expected).abs() <= 16 * unit(torch.float64)).all())


def test_the_value_of_equal_halves_is_the_one_worked_by_hand_and_not_zero() -> None:
    value = float(entropic_value(HALVES, HALVES, SWAP, 1.0))
    assert abs(value - math.log(2 / (1 + math.exp(-1)))) <= 16 * unit(torch.float64)
    assert value > 0.37


def test_the_first_sweep_is_the_one_worked_by_hand() -> None:
    a = torch.tensor([0.25, 0.75], dtype=torch.float64)
    C = torch.tensor([[0.0, 2.0], [1.0, 3.0]], dtype=torch.float64)
    found = sinkhorn(a, HALVES, C, 1.0, max_iter=1, tol=0.0)
    f = [-math.log((1 + math.exp(-2)) / 2), 1 - math.log((1 + math.exp(-2)) / 2)]
    g = [-math.log(sum(w * math.exp(p - float(c)) for w, p, c in zip(a, f, C[:, j], strict=True))) for j in range(2)]
    for told, expected in ((found.f, f), (found.g, g)):
        assert bool(((told - torch.tensor(expected, dtype=torch.float64)).abs() <= 16 * unit(torch.float64)).all())


@pytest.mark.parametrize("eps", [0.05, 0.002])
def test_a_problem_too_large_for_the_cache_is_swept_the_same_way(eps: float) -> None:
    a, b, C = problems(1, 420, 390, zeros=True)
    found = solve(a, b, C, eps, max_iter=9, tol=0.0)
    f, g = plain_sweeps(a, b, C, eps, 9)
    bound = 18 * (2 * scale(found, eps) + 814) * unit(torch.float64) * eps
    assert float((found.f - f).abs().amax()) <= bound
    assert float((found.g - g).abs().amax()) <= bound
    assert bool(sinkhorn(a, b, C, eps, tol=1e-9).converged.all())


def test_beyond_a_million_cells_sweeps_alone_meet_the_tolerance() -> None:
    a, b, C = problems(1030, 1025, dtype=torch.float32)
    found = sinkhorn(a, b, C, 0.01, tol=1e-3)
    assert bool(found.converged)
    assert float(row_errors(found)) <= 1e-3 + 8 * (scale(found, 0.01) + 2055) * unit(torch.float32)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("eps", [1.0, 0.03, 0.004, 0.0001])
@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (9, 1), (5, 12), (10, 10), (16, 16), (33, 20)])
def test_with_tol_0_the_iterates_are_sinkhorns_own(shape: tuple[int, int], eps: float, dtype: torch.dtype) -> None:
    a, b, C = problems(12, *shape, dtype=dtype, zeros=min(shape) > 1)
    for sweeps in (1, 2, 25):
        found = solve(a, b, C, eps, max_iter=sweeps, tol=0.0)
        f, g = plain_sweeps(a, b, C, eps, sweeps)
        # a transform errs by (2S + n + m + 4) u and does not expand what it is given; 2 sweeps transforms, and f/ε
        bound = 2 * sweeps * (2 * scale(found, eps) + sum(shape) + 4) * unit(dtype) * eps
        assert float((found.f - f).abs().amax()) <= bound
        assert float((found.g - g).abs().amax()) <= bound
        assert found.n_iter.tolist() == [sweeps] * 12


@pytest.mark.parametrize("eps", [0.5, 0.02, 0.001, 0.0001])
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (6, 1), (8, 8), (5, 20), (24, 11)])
def test_a_tolerance_is_met_where_the_plain_kernel_underflows(shape: tuple[int, int], eps: float) -> None:
    a, b, C = problems(16, *shape, zeros=min(shape) > 1)
    found = sinkhorn(a, b, C, eps * float(C.amax()), tol=1e-9)
    rounded = rounding(found, eps * float(C.amax()))
    assert bool(found.converged.all())
    assert float(row_errors(found).amax()) <= 1e-9 + rounded
    assert float((found.plan.sum(-2) - b).abs().sum(-1).amax()) <= rounded
    assert bool((found.n_iter <= 120).all())


def test_newton_and_ten_thousand_sweeps_find_the_same_value() -> None:
    a, b, C = problems(4, 6, 6)
    fast = sinkhorn(a, b, C, 0.02, tol=1e-13)
    slow = solve(a, b, C, 0.02, max_iter=10_000, tol=0.0)
    assert same_values(fast, slow, 0.02)
    assert float(row_errors(slow).amax()) <= rounding(slow, 0.02)
    assert int(fast.n_iter.amax()) < 60


def test_float32_says_how_far_it_came() -> None:
    a, b, C = problems(8, 12, 12, dtype=torch.float32)
    with pytest.warns(ConvergenceWarning, match=r"in \d of 8 problems: the marginal error is up to .*, tol is 1e-09"):
        found = sinkhorn(a, b, C, 0.001, max_iter=200)
    assert not bool(found.converged.all())
    assert bool(((found.marginal_error - row_errors(found)).abs() <= rounding(found, 0.001)).all())
    assert float(found.marginal_error.amax()) <= rounding(found, 0.001)


def test_too_few_iterations_warn_and_are_not_called_converged() -> None:
    a, b, C = problems(3, 8, 8)
    for budget in (1, 5, 21, 22, 24):
        with pytest.warns(ConvergenceWarning, match="raise max_iter, eps or tol"):
            found = sinkhorn(a, b, C, 0.001, max_iter=budget)
        assert not bool(found.converged.any())
        assert int(found.n_iter.amax()) <= budget
        assert bool(((found.marginal_error - row_errors(found)).abs() <= rounding(found, 0.001)).all())
        assert float((found.plan.sum(-2) - b).abs().amax()) <= rounding(found, 0.001)


def test_a_lane_out_of_reach_uses_up_its_iterations_and_leaves_the_others_their_answer() -> None:
    a, b, C = problems(3, 8, 8, dtype=torch.float32)
    C[0] *= 1e4
    with pytest.warns(ConvergenceWarning, match="in 1 of 3 problems"):
        found = sinkhorn(a, b, C, 0.1, max_iter=150, tol=2e-5)
    assert found.converged.tolist() == [False, True, True]
    assert int(found.n_iter[0]) <= 150
    assert bool(((found.marginal_error - row_errors(found)).abs() <= rounding(found, 0.1)).all())


def test_tol_0_never_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sinkhorn(*problems(5, 5), 0.001, max_iter=2, tol=0.0)


@pytest.mark.parametrize("tol", [0.0, 1e-8])
@pytest.mark.parametrize("eps", [0.3, 0.0005])
def test_weights_of_zero_are_padding(eps: float, tol: float) -> None:
    a, b, C = problems(6, 7, 9)
    wide = torch.nn.functional.pad(C, (0, 2, 0, 3), value=0.25)
    padded = torch.nn.functional.pad(a, (0, 3)), torch.nn.functional.pad(b, (0, 2)), wide
    plain, found = (solve(*p, eps, max_iter=300, tol=tol) for p in ((a, b, C), padded))
    assert same_values(found, plain, eps)
    if tol == 0:
        bound = 600 * (2 * scale(found, eps) + 25) * unit(torch.float64) * eps
        assert float((found.f[:, :7] - plain.f).abs().amax()) <= bound
        assert float((found.g[:, :9] - plain.g).abs().amax()) <= bound
    assert bool((found.plan[:, 7:] == 0).all())
    assert bool((found.plan[:, :, 9:] == 0).all())
    rate = torch.full((6,), eps, dtype=torch.float64)
    soft = soft_c_transform(wide.mT, found.f, padded[0], rate)
    assert float((found.g - soft).abs().amax()) <= 8 * (2 * scale(found, eps) + 25) * unit(torch.float64) * eps


def test_weights_near_the_smallest_number_are_not_lost() -> None:
    a, b, C = problems(4, 5, 5)
    a[:, 1], b[:, 2] = 1e-200, 1e-290
    a, b = a / a.sum(-1, keepdim=True), b / b.sum(-1, keepdim=True)
    found = sinkhorn(a, b, C, 0.05, tol=1e-9)
    assert float((found.plan.sum(-2) / b - 1).abs().amax()) <= rounding(found, 0.05)
    assert bool((found.plan[:, 1].sum(-1) > 0).all())


def test_any_batch_shape_and_none_at_all() -> None:
    a, b, C = problems(2, 3, 5, 4)
    found = sinkhorn(a, b, C, 0.1)
    assert (found.f.shape, found.g.shape, found.plan.shape) == ((2, 3, 5), (2, 3, 4), (2, 3, 5, 4))
    assert found.converged.shape == found.n_iter.shape == found.marginal_error.shape == (2, 3)
    alone = sinkhorn(a[1, 2], b[1, 2], C[1, 2], 0.1)
    assert (alone.f.shape, alone.marginal_error.shape) == ((5,), ())
    assert float((alone.plan.sum(-2) - b[1, 2]).abs().amax()) <= rounding(alone, 0.1)


def test_lanes_that_need_the_log_domain_do_not_disturb_the_others() -> None:
    a, b, C = problems(3, 6, 6)
    C[1] *= 1e5
    for tol in (0.0, 1e-9):
        both = solve(a, b, C, 0.1, max_iter=400, tol=tol)
        for lane in range(3):
            alone = solve(a[lane], b[lane], C[lane], 0.1, max_iter=400, tol=tol)
            picked = SinkhornResult(*(x[lane] for x in vars(both).values() if isinstance(x, Tensor)), alone.problem)
            assert same_values(picked, alone, 0.1)
            assert float(row_errors(picked)) <= float(picked.marginal_error) + rounding(picked, 0.1)


def test_every_lane_may_have_its_own_epsilon() -> None:
    a, b, C = problems(3, 4, 5)
    eps = torch.tensor([0.5, 0.05, 0.005], dtype=torch.float64)
    found = sinkhorn(a, b, C, eps, tol=1e-10)
    for lane, value in enumerate(eps.tolist()):
        alone = sinkhorn(a[lane], b[lane], C[lane], value, tol=1e-10)
        picked = SinkhornResult(*(x[lane] for x in vars(found).values() if isinstance(x, Tensor)), alone.problem)
        assert same_values(picked, alone, value)


def test_a_start_continues_where_the_last_sweep_ended() -> None:
    a, b, C = problems(2, 6, 6)
    first = solve(a, b, C, 0.05, max_iter=3, tol=0.0)
    second = solve(a, b, C, 0.05, max_iter=4, tol=0.0, init=first.g)
    whole = solve(a, b, C, 0.05, max_iter=7, tol=0.0)
    assert float((second.f - whole.f).abs().amax()) <= 14 * (2 * scale(whole, 0.05) + 16) * unit(torch.float64) * 0.05


@pytest.mark.parametrize("factor", [0.1, 0.5])
def test_scaling_epsilon_leads_to_the_same_value(factor: float) -> None:
    a, b, C = problems(2, 6, 6)
    plain, scaled = (sinkhorn(a, b, C, 0.002, eps_scaling=s) for s in (None, factor))
    assert same_values(plain, scaled, 0.002)
    few = solve(a, b, C, 0.002, max_iter=30, tol=0.0)
    helped = solve(a, b, C, 0.002, max_iter=30, tol=0.0, eps_scaling=factor)
    assert bool((helped.marginal_error < few.marginal_error).all())


def test_whole_numbers_are_promoted() -> None:
    weights, cost = torch.tensor([1, 1]), torch.tensor([[0, 1], [1, 0]])
    found = sinkhorn(weights, weights, cost, 1.0, tol=1e-12)
    assert found.plan.dtype == torch.float64
    assert abs(float(found.plan.sum()) - 2) <= 2 * rounding(found, 1.0)
    assert sinkhorn(weights, weights, SWAP.float(), 1.0, tol=1e-5).f.dtype == torch.float32


@pytest.mark.parametrize("total", [2.0**-20, 1.0, 2.0**20])
def test_other_totals_only_shift_f(total: float) -> None:
    """Scaling both weights by t scales the plan by t and takes ε log t off f."""
    a, b, C = problems(2, 5, 6)
    found = solve(a * total, b * total, C, 0.05, max_iter=30, tol=0.0)
    plain = solve(a, b, C, 0.05, max_iter=30, tol=0.0)
    bound = 60 * (2 * scale(found, 0.05) + 22) * unit(torch.float64) * 0.05
    assert float((found.f + 0.05 * math.log(total) - plain.f).abs().amax()) <= bound
    assert float((found.g - plain.g).abs().amax()) <= bound
    assert bool(sinkhorn(a * total, b * total, C, 0.05, tol=1e-9 * total).converged.all())


@pytest.mark.parametrize("total", [0.25, 1.0, 3.0])
def test_the_value_is_cost_and_divergence_at_any_total(total: float) -> None:
    a, b, C = (x * scale for x, scale in zip(problems(2, 5, 6), (total, total, 1), strict=True))
    found = sinkhorn(a, b, C, 0.05, tol=1e-12)
    KL = torch.xlogy(found.plan, found.plan / (a[:, :, None] * b[:, None])).sum((-2, -1)) - total + total**2
    primal = (found.plan * C).sum((-2, -1)) + 0.05 * KL
    size = float(found.f.abs().amax() + found.g.abs().amax() + C.amax()) * max(1, total) ** 2
    assert float((value_of(found) - primal).abs().amax()) <= (1e-12 + rounding(found, 0.05)) * size


def test_a_plan_is_made_of_any_potentials() -> None:
    a, b, C = problems(5, 4)
    f, g = torch.arange(5, dtype=torch.float64) / 8, torch.arange(4, dtype=torch.float64) / 8
    plan = entropic_plan(a, b, C, f, g, 0.5)
    expected = a[:, None] * b * torch.exp((f[:, None] + g - C) / 0.5)
    assert float((plan / expected - 1).abs().amax()) <= 32 * unit(torch.float64)


def test_the_problem_is_left_as_it_was() -> None:
    a, b, C = problems(3, 6, 6, zeros=True)
    copies = [x.clone() for x in (a, b, C)]
    for eps, tol in itertools.product((0.5, 0.001), (0.0, 1e-9)):
        solve(a, b, C, eps, max_iter=50, tol=tol)
    assert all(bool((x == y).all()) for x, y in zip((a, b, C), copies, strict=True))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"eps": 0.0}, "eps must be positive and finite, got 0"),
        ({"eps": -1.0}, "eps must be positive and finite, got -1"),
        ({"eps": math.nan}, "eps must be positive and finite, got nan"),
        ({"eps": torch.tensor([0.1, 0.0])}, "eps must be positive, got 0"),
        ({"eps": torch.tensor([0.1])}, "eps must have shape"),
        ({"max_iter": 0}, "max_iter must be at least 1, got 0"),
        ({"tol": -1.0}, "tol must be non-negative and finite, got -1"),
        ({"eps_scaling": 1.0}, "eps_scaling must lie between 0 and 1, got 1"),
        ({"init": torch.zeros(2, 3)}, "init must have shape"),
        ({"init": torch.full((2, 4), math.inf)}, "init must be finite"),
        ({"a": torch.full((2, 4), -1.0)}, "a must be non-negative, got -1"),
        ({"a": torch.zeros(2, 4)}, "a must have a positive sum"),
        ({"a": torch.ones(2, 4)}, "equal totals"),
        ({"b": torch.full((2, 4), math.nan)}, "b must be finite"),
        ({"C": torch.full((2, 4, 4), math.inf)}, "C must be finite"),
        ({"C": torch.zeros(2, 5, 4)}, "a must have shape"),
    ],
)
def test_bad_input_is_refused_by_name(change: dict[str, object], message: str) -> None:
    good: dict[str, object] = {"a": torch.full((2, 4), 0.25), "b": torch.full((2, 4), 0.25), "C": torch.ones(2, 4, 4)}
    with pytest.raises(ValueError, match=message):
        sinkhorn(**{**good, "eps": 0.1, **change})  # type: ignore[arg-type]


@pytest.mark.parametrize("eps", [0.5, 0.002])
def test_the_device_is_waited_for_as_often_for_many_sweeps_as_for_few_once_they_are_products(eps: float) -> None:
    device = devices.probe("sim")
    a, b, C = (x.to(device.torch) for x in problems(4, 8, 8))
    waits = []
    for sweeps in (60, 120):
        with device.watch() as ledger:
            solve(a, b, C, eps, max_iter=sweeps, tol=0.0)
        waits.append(ledger["syncs"])
    assert waits[0] == waits[1] if eps == 0.5 else waits[1] - waits[0] < 10


def test_a_block_of_products_that_leaves_the_range_is_never_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = []
    block = iterates._block

    def watched(*given: object) -> tuple[Tensor, Tensor, Tensor]:
        found = block(*given)  # type: ignore[arg-type]
        blocks.append(float((found[1] - given[4]).abs().amax()))  # type: ignore[operator]
        return found

    monkeypatch.setattr(iterates, "_block", watched)
    a, b, C = problems(6, 12, 12, dtype=torch.float32)
    solve(a, b, C, 0.0005, max_iter=200, tol=0.0)
    assert blocks
    assert max(blocks) <= RANGES[torch.float32].drift


def test_costs_may_be_negative_and_huge() -> None:
    a, b, C = problems(3, 5, 5)
    for factor, shift in ((1.0, -7.0), (1e8, 0.0), (1e-8, 0.0), (-1.0, 0.0)):
        found = sinkhorn(a, b, C * factor + shift, 0.05 * abs(factor), tol=1e-8)
        assert bool(found.converged.all())
        assert np.isfinite(found.f.numpy()).all()
