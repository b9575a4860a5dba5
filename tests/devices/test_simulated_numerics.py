"""The simulated device rounds, orders and breaks ties as an accelerator may, within the bounds of any order."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from impl.core import devices, simulated
from impl.core.simulated_numerics import to_tf32
from impl.core.simulated_rules import MPS
from tests.devices.data import X, sample


def test_sums_round_in_another_order_repeatably_and_within_the_bound_of_any_order(sim: torch.device) -> None:
    x = sample(2000, 7)
    sums = [x.to(sim).sum(0).cpu() for _ in range(2)]
    assert torch.equal(*sums)
    assert not torch.equal(sums[0], x.sum(0))
    unit = devices.UNIT_ROUNDOFF["float32"]
    error = (sums[0].double() - x.double().sum(0)).abs()
    assert (error <= 2000 * unit / (1 - 2000 * unit) * x.double().abs().sum(0)).all()


def test_contractions_round_in_another_order_repeatably_and_within_the_bound_of_any_order(sim: torch.device) -> None:
    a, b = sample(9, 300), sample(300, 8, seed=1)
    products = [(a.to(sim) @ b.to(sim)).cpu() for _ in range(2)]
    assert torch.equal(*products)
    assert not torch.equal(products[0], a @ b)
    unit = devices.UNIT_ROUNDOFF["float32"]
    error = (products[0].double() - a.double() @ b.double()).abs()
    assert (error <= 300 * unit / (1 - 300 * unit) * (a.double().abs() @ b.double().abs())).all()


@pytest.mark.parametrize("strictly", [True, False])
def test_atomic_additions_have_a_fixed_order_only_where_determinism_is_asked_for(
    strictly: bool, sim: torch.device
) -> None:
    devices.strict(strictly)
    x, index = sample(4000).to(sim), (sample(4000, seed=1) > 0).long().to(sim)
    calls: list[Callable[[], Tensor]] = [
        lambda: torch.zeros(2, device=sim).scatter_add_(0, index, x),
        lambda: torch.zeros(2, device=sim).index_add_(0, index, x),
        lambda: torch.zeros(2, device=sim).index_put_((index,), x, accumulate=True),
        lambda: torch.zeros(2, device=sim).scatter_reduce_(0, index, x, "sum"),
        lambda: torch.bincount(index, x),
    ]
    for call in calls:
        results = {tuple(call().tolist()) for _ in range(12)}
        assert (len(results) == 1) is strictly


def test_equal_keys_come_in_any_order_unless_the_sort_is_stable(sim: torch.device) -> None:
    key = torch.zeros(50, device=sim)
    assert len({tuple(key.argsort().tolist()) for _ in range(5)}) > 1
    assert len({tuple(key.topk(3).indices.tolist()) for _ in range(5)}) > 1
    assert key.argsort(stable=True).tolist() == list(range(50))
    assert key.sort(stable=True, dim=0).indices.tolist() == list(range(50))
    assert key.argmax().item() == 0  # torch promises the first one


def test_a_sort_into_given_tensors_keeps_values_and_places_together(sim: torch.device) -> None:
    x = sample(3, 40).to(sim)
    values, index = torch.empty(0, device=sim), torch.empty(0, dtype=torch.long, device=sim)
    torch.sort(x, out=(values, index))
    assert torch.equal(values, x.gather(1, index))
    torch.topk(x, 5, out=(values.resize_(0), index.resize_(0)))
    assert torch.equal(values, x.gather(1, index))


def test_rounding_to_tf32_errs_by_at_most_its_unit_roundoff_and_keeps_what_it_can_hold() -> None:
    x = torch.cat([sample(10000), 1e30 * sample(100), 1e-30 * sample(100)])
    error = ((to_tf32(x).double() - x.double()) / x.double()).abs().max().item()
    assert devices.TF32_UNIT_ROUNDOFF / 2 < error <= devices.TF32_UNIT_ROUNDOFF
    exact = torch.tensor([0.0, 1.0, -1.5, 1024.0, float("inf"), -float("inf")])
    assert torch.equal(to_tf32(exact), exact)
    halfway = torch.tensor([1 + 2.0**-11, -1 - 2.0**-11])
    assert torch.equal(to_tf32(halfway), torch.tensor([1 + 2.0**-10, -1 - 2.0**-10]))
    assert to_tf32(torch.tensor([-1], dtype=torch.int32).view(torch.float32)).isnan().all()
    assert to_tf32(x.double()).dtype == torch.float64


def test_products_use_tf32_exactly_when_the_flag_says_so(sim: torch.device) -> None:
    a, one = 1 + sample(8, 1) * 2**-12, torch.ones(1, 1)
    for flag, rounds in (("ieee", False), ("tf32", True)):
        torch.backends.cuda.matmul.fp32_precision = flag
        assert (not torch.equal((a.to(sim) @ one.to(sim)).cpu(), a)) is rounds
        assert torch.equal((a.double().to(sim) @ one.double().to(sim)).cpu(), a.double())
    simulated.select(MPS)  # Metal has no such flag
    assert torch.equal((a.to(sim) @ one.to(sim)).cpu(), a)


def test_fresh_memory_holds_nothing_that_passes_for_an_answer(sim: torch.device) -> None:
    assert torch.empty(3, device=sim).isnan().all()
    assert X.to(sim).new_empty(2, 2).isnan().all()
    assert torch.empty(3, dtype=torch.long, device=sim).tolist() == [torch.iinfo(torch.long).max] * 3
