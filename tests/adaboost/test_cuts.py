"""The presorted cuts: order, thresholds and sums on both sides, exact wherever they can be."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from impl.adaboost.cuts import BLOCK, MANY, counted, presort, sums_left, sums_right, sums_right_minus_left
from impl.core.random import generator


def whole(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randint(-9, 10, shape, generator=generator(4)).to(dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("n", [1, 2, 5, 16, 64])
def test_counting_is_a_stable_sort(n: int, dtype: torch.dtype) -> None:
    table = whole(n, 3, 50, dtype=dtype)

    ascending, order = counted(table)

    expected = table.sort(dim=0, stable=True)
    assert torch.equal(ascending, expected.values)
    assert torch.equal(order, expected.indices)


@pytest.mark.parametrize("n", [1, 2, 33, 48, BLOCK, BLOCK + 1, 3 * BLOCK + 5, BLOCK * BLOCK + 1])
def test_sums_on_both_sides_of_every_cut_are_exact_for_whole_numbers(n: int) -> None:
    values = whole(n, 2)

    left = values.cumsum(0) - values

    assert torch.equal(sums_left(values), left)
    assert torch.equal(sums_right(values), values.sum(0) - left)
    assert torch.equal(sums_right_minus_left(values, torch.empty_like(values)), values.sum(0) - 2 * left)


@pytest.mark.parametrize("lanes", [3, MANY])
def test_a_cut_is_valid_between_different_values_only_and_its_threshold_separates_them(lanes: int) -> None:
    X = whole(lanes, 12, 2, dtype=torch.float32) / 3

    cuts = presort(X)

    ascending = X.sort(dim=1).values.permute(1, 2, 0)
    below, above = ascending[:-1], ascending[1:]
    inside = (below <= cuts.threshold[1:]) & (cuts.threshold[1:] < above)
    assert torch.equal(cuts.valid[1:] == 1, below < above)
    assert torch.equal(inside, below < above)
    assert bool((cuts.valid[0] == 1).all())


def test_rows_come_in_the_order_of_each_feature() -> None:
    X = whole(4, 9, 2)

    column = presort(X).sorted(X[..., 1].T.contiguous()).view(9, 2, 4)[:, 1]

    assert torch.equal(column, X[..., 1].sort(dim=1).values.T)
