"""One threshold unit, by hand."""

from __future__ import annotations

import pytest
import torch

from impl.perceptron import unit

X = torch.tensor([[1.0, 2.0], [0.0, 0.0], [3.0, -1.0]], dtype=torch.float64)
W = torch.tensor([2.0, 1.0], dtype=torch.float64)


def test_a_unit_is_silent_at_its_threshold() -> None:
    activation = unit.dot(X, W)

    assert activation.tolist() == [4.0, 0.0, 5.0]
    assert unit.fires_above(activation, torch.tensor(4.0)).tolist() == [False, False, True]
    assert unit.fires(activation, torch.tensor(-4.0)).tolist() == [False, False, True]


def test_augmented_points_end_in_one() -> None:
    assert unit.append_one(X)[:, -1].tolist() == [1.0, 1.0, 1.0]
    assert unit.append_bias(W, torch.tensor(-3.0, dtype=torch.float64)).tolist() == [2.0, 1.0, -3.0]


def test_the_line_through_three_and_four_is_two_from_the_origin() -> None:
    w, bias = torch.tensor([3.0, 4.0], dtype=torch.float64), torch.tensor(-10.0, dtype=torch.float64)

    assert unit.distance(w, bias).item() == 2.0
    assert unit.nearest(w, bias)[1].item() == 1.6


def test_norms_neither_overflow_nor_vanish() -> None:
    for scale in (1e30, 1e-30):
        w = torch.tensor([3.0, 4.0]) * scale

        assert 0.9 < unit.distance(w, torch.tensor(5 * scale, dtype=torch.float32)).item() < 1.1


@pytest.mark.parametrize(
    ("w", "bias", "says"),
    [
        (torch.tensor([2, 1]), torch.tensor(1.0), "w must be float32 or float64"),
        (W[:1], torch.tensor(1.0), r"w must have shape \(2,\) to match x"),
        (W, torch.tensor([1.0]), "bias must have shape"),
        (W * float("nan"), torch.tensor(1.0), "w must be finite, got nan at index 0"),
    ],
)
def test_bad_units_are_refused_by_name(w: torch.Tensor, bias: torch.Tensor, says: str) -> None:
    with pytest.raises((ValueError, TypeError), match=says):
        unit.check_unit(X, w, bias, "bias")


def test_the_zero_vector_is_no_hyperplane() -> None:
    with pytest.raises(ValueError, match=r"zero vector in lane \[1\]"):
        unit.check_direction(torch.tensor([[1.0], [0.0]]))
