"""Learning from mistakes as a user meets it: runs worked by hand, whole numbers, errors by name."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from impl.perceptron import best_seen, perceptron_path
from impl.perceptron.learning import all_mistakes, has_converged
from impl.perceptron.online import BLOCK, mistakes
from impl.perceptron.pocket import first_of_fewest

CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]]
AND, XOR = [-1, -1, -1, 1], [-1, 1, 1, -1]


def whole(*values: Any) -> Tensor:
    return torch.tensor(values)


def from_zero(x: Tensor, y: Tensor, **settings: Any) -> Any:
    return perceptron_path(x, y, torch.zeros_like(x[..., 0, :]), torch.zeros_like(x[..., 0, 0]), **settings)


def test_and_is_learned_in_eighteen_mistakes() -> None:
    path = from_zero(whole(*CORNERS), whole(*AND), epochs=9)

    assert (path.w[-1, -1].tolist(), path.bias[-1, -1].tolist()) == ([3, 2], -4)
    assert path.mistake.sum(-1).tolist() == [2, 3, 3, 2, 2, 3, 2, 1, 0]
    assert (int(all_mistakes(path.mistake)), bool(has_converged(path, whole(*CORNERS), whole(*AND)))) == (18, True)


def test_another_order_of_the_rows_ends_at_another_plane() -> None:
    path = from_zero(whole([0, 0], [0, 1], [1, 1], [1, 0]), whole(-1, -1, 1, -1), epochs=9)

    assert (path.w[-1, -1].tolist(), path.bias[-1, -1].tolist()) == ([2, 3], -4)


def test_mistakes_of_an_epoch_may_rise() -> None:
    path = from_zero(whole([1], [0], [-1], [-2]), whole(1, -1, -1, -1), epochs=4)

    assert path.mistake.sum(-1).tolist() == [2, 1, 2, 0]


def test_a_row_on_the_plane_is_a_mistake_on_either_side() -> None:
    path = from_zero(whole([[1]], [[1]]), whole([1], [-1]))

    assert path.mistake.flatten().tolist() == [True, True]
    assert path.w.flatten().tolist() == [1, -1]


def test_without_an_intercept_the_bias_is_zero_whatever_its_start() -> None:
    path = perceptron_path(whole([2], [3]), whole(1, -1), whole(0), torch.tensor(5), epochs=2, intercept=False)

    assert path.bias.tolist() == [[0, 0], [0, 0]]


def test_whole_numbers_stay_whole_where_a_float_has_lost_them() -> None:
    far = 2**60 + 1

    path = from_zero(whole([far]), whole(1))

    assert (path.w.dtype, int(path.w)) == (torch.int64, far)


def test_every_lane_learns_as_if_alone() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(-3, 4, (2, 3, 5, 2), generator=generator).double()
    y = 2.0 * torch.randint(0, 2, (2, 3, 5), generator=generator) - 1

    batch = from_zero(x, y.double(), epochs=4, rate=0.5)

    assert batch.w.shape == (2, 3, 4, 5, 2)
    for i in range(2):
        for j in range(3):
            alone = from_zero(x[i, j], y[i, j].double(), epochs=4, rate=0.5)
            assert all(torch.equal(a, b[i, j]) for a, b in zip(alone, batch, strict=True))


@pytest.mark.parametrize("intercept", [True, False])
def test_from_mistake_to_mistake_is_the_same_epoch(intercept: bool) -> None:
    generator = torch.Generator().manual_seed(1)
    x = torch.randint(-9, 10, (2 * BLOCK + 3, 3), generator=generator).double()
    y = torch.where(x[:, 0] + 2 * x[:, 1] > 1, 1.0, -1.0).double()
    zero = torch.zeros_like(x[0])

    path = perceptron_path(x, y, zero, zero[0], intercept=intercept)
    seen = list(mistakes(x, y, zero, zero[0], rate=1.0, intercept=intercept))

    assert len(seen) == int(path.mistake.sum()) > 0
    assert torch.equal(torch.stack([w for w, _ in seen]), path.w[path.mistake])
    assert torch.equal(torch.stack([bias for _, bias in seen]), path.bias[path.mistake])


def test_the_pocket_holds_the_first_of_the_fewest_errors() -> None:
    x, y = whole([-2], [-1], [0], [1], [2]).double(), whole(-1, -1, 1, -1, 1).double()
    w, bias = torch.zeros(1).double(), torch.zeros(()).double()
    path = perceptron_path(x, y, w, bias, epochs=5)

    best = best_seen(w, bias, path, x, y)

    assert (best.w.tolist(), float(best.bias), int(best.errors)) == ([2.0], 1.0, 1)


def test_a_start_without_errors_stays_in_the_pocket() -> None:
    x, y = whole([1], [3]).double(), whole(-1, 1).double()
    w, bias = whole(1).double(), torch.tensor(-2.0).double()
    path = perceptron_path(x, y, w, bias, epochs=2)

    best = best_seen(w, bias, path, x, y)

    assert (best.w.tolist(), float(best.bias), int(best.errors)) == ([1.0], -2.0, 0)


def test_the_first_of_equals_is_chosen() -> None:
    assert first_of_fewest(whole([2, 1, 1, 3], [0, 0, 0, 0])).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"y": whole(0, 1)}, "y must be one of -1, 1, got 0 at index 0"),
        ({"y": whole(1, 1, 1)}, r"y must have shape \(2,\) to match x"),
        ({"x": torch.tensor([[1.0], [torch.nan]])}, "x must be finite, got nan at index"),
        ({"x": torch.zeros(0, 1), "y": torch.zeros(0)}, "x must not be empty"),
        ({"w": torch.zeros(2)}, r"w must have shape \(1,\) to match x, got \(2,\)"),
        ({"bias": torch.zeros(1)}, r"bias must have shape \(\) to match x, got \(1,\)"),
        ({"bias": torch.tensor(torch.inf)}, "bias must be finite, got inf"),
        ({"rate": 0.0}, "rate must be positive and finite, got 0.0"),
        ({"rate": 0.5}, "rate must be whole for whole-number points, got 0.5"),
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
    ],
)
def test_bad_input_is_refused_by_name(change: dict[str, Any], says: str) -> None:
    asked = {"x": whole([1], [2]), "y": whole(1, -1), "w": torch.zeros(1), "bias": torch.tensor(0.0), **change}

    with pytest.raises(ValueError, match=says):
        perceptron_path(**asked)
