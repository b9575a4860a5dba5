"""Generalisation bounds and what they count as a user meets them: hand-computed values, errors by name."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from impl.core.random import generator
from impl.overfitting import (
    dichotomies,
    growth_function,
    hoeffding_bound,
    rademacher,
    sample_complexity,
    sauer_bound,
    vc_bound,
    vc_dimension,
)
from impl.overfitting.complexity import random_signs
from impl.overfitting.concentration import check_hoeffding, check_vc
from impl.overfitting.empirical_risk import minimise
from impl.overfitting.growth import INFINITE
from impl.overfitting.subject import SUBJECT

U = 2.0**-53
NAN = math.nan


def tensor(*values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def close(a: Tensor, b: Tensor, roundings: int = 64) -> bool:
    return float((a - b).abs().max()) <= roundings * U * (1 + float(b.abs().max()))


# Concentration.


def test_hoeffdings_bound_is_two_m_times_the_exponential_and_at_most_one() -> None:
    found = hoeffding_bound(100, tensor(0.1, 0.1, 0.01), tensor(1.0, 3.0, 1.0))

    assert close(found, tensor(2 * math.exp(-2), 6 * math.exp(-2), 1.0))


def test_a_million_hypotheses_cost_a_logarithm_of_rows() -> None:
    found = sample_complexity(tensor(0.1, 0.1), tensor(0.05, 0.05), tensor(1.0, 2.0**20))

    assert found.tolist() == [185.0, 878.0]  # log 40 ∕ 0.02 = 184.4, and 20 log 2 ∕ 0.02 = 693.1 more
    assert (hoeffding_bound(185, tensor(0.1), tensor(1.0)) <= 0.05).all()
    assert (hoeffding_bound(184, tensor(0.1), tensor(1.0)) > 0.05).all()


def test_no_row_is_needed_for_what_is_certain() -> None:
    assert sample_complexity(tensor(2.0), tensor(0.999), tensor(1.0)).tolist() == [1.0]
    assert hoeffding_bound(1, tensor(40.0), tensor(1.0)).tolist() == [0.0]


def test_the_bound_of_vapnik_and_chervonenkis_by_hand_and_beyond_every_float() -> None:
    assert close(vc_bound(2, tensor(1.0), tensor(0.5)), tensor(math.sqrt(4 * math.log(40))))
    assert close(vc_bound(8, tensor(0.0), tensor(0.5)), tensor(math.sqrt(math.log(16))))
    found = vc_bound(1000, tensor(400.0), tensor(0.25))  # 2000^400 is about 10^1320
    assert close(found, tensor(math.sqrt((400 * math.log(2000) + math.log(16)) / 125)))


# What families cut out.


@pytest.mark.parametrize(
    ("family", "counts", "dimension"),
    [
        ("rays", [1, 2, 3, 4, 5, 6], 1),
        ("two-sided-rays", [1, 2, 4, 6, 8, 10], 2),
        ("intervals", [1, 2, 4, 7, 11, 16], 2),
        ("half-planes", [1, 2, 4, 8, 14, 22], 3),
        ("rectangles", [1, 2, 4, 8, 16, 31], 4),
        ("convex-sets", [1, 2, 4, 8, 16, 32], INFINITE),
        ("sines", [1, 2, 4, 8, 16, 32], INFINITE),
    ],
)
def test_growth_functions_of_none_to_five_points(family: str, counts: list[int], dimension: int) -> None:
    assert [growth_function(family, n) for n in range(6)] == counts
    assert vc_dimension(family) == dimension


def test_sauers_sum_is_a_power_of_two_up_to_the_dimension() -> None:
    assert [sauer_bound(n, 2) for n in range(6)] == [1, 2, 4, 7, 11, 16]
    assert sauer_bound(5, 0) == 1
    assert sauer_bound(60, 60) == 2**60


SQUARE = tensor([0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0])
DIAMOND = tensor([0.0, 1.0], [1.0, 0.0], [0.0, -1.0], [-1.0, 0.0])
LINE = tensor([0.0, 0.0], [1.0, 1.0], [2.0, 2.0])


@pytest.mark.parametrize(
    ("points", "family", "count"),
    [
        (tensor([1.0], [3.0], [2.0]), "rays", 4),
        (tensor([1.0], [1.0], [2.0]), "rays", 3),
        (tensor([1.0], [3.0], [2.0]), "two-sided-rays", 6),
        (tensor([1.0], [3.0], [2.0]), "intervals", 7),
        (tensor([1.0], [1.0], [1.0]), "intervals", 2),
        (SQUARE, "half-planes", 14),  # all but the two diagonals
        (LINE, "half-planes", 6),
        (SQUARE, "rectangles", 10),  # none, four corners, four sides, all
        (DIAMOND, "rectangles", 16),
        (SQUARE, "convex-sets", 16),
        (LINE, "convex-sets", 7),
        (torch.cat([DIAMOND, tensor([0.0, 0.0])]), "convex-sets", 25),  # 32 less 7: an end and its opposite, not 0
    ],
)
def test_dichotomies_of_a_few_points(points: Tensor, family: str, count: int) -> None:
    assert dichotomies(points, family).item() == count
    assert dichotomies(torch.stack([points, points.flip(0)]), family).tolist() == [count, count]


# Rademacher complexity.


def test_two_orthogonal_rows_have_the_same_norm_under_all_signs() -> None:
    x, radius = tensor([3.0, 0.0], [0.0, 4.0]), torch.tensor(2.0, dtype=torch.float64)
    found = rademacher(x, radius, "l2", draws=3, source=generator(0))

    assert close(torch.stack(found), tensor(5.0, 5.0, 5.0, 0.0))


def test_two_equal_rows_cancel_half_of_the_time() -> None:
    x, radius = tensor([1.0, 1.0], [1.0, 1.0]), torch.tensor(1.0, dtype=torch.float64)
    found = rademacher(x, radius, "l1", draws=1000, source=generator(0))

    assert close(found.complexity, tensor(0.5))
    assert close(found.upper, tensor(math.sqrt(2) * math.sqrt(2 * math.log(4)) / 2))
    assert close(found.range, tensor(1.0))
    assert abs(found.sampled.item() - 0.5) < 0.1  # 6.3 standard deviations of a mean of 1000


def test_random_signs_are_signs_of_their_own_in_each_lane() -> None:
    signs = random_signs(4, 8, generator(1), torch.zeros(2, 4, 1, dtype=torch.float32))

    assert signs.dtype == torch.float32
    assert signs.abs().unique().tolist() == [1.0]
    assert not torch.equal(signs[0], signs[1])


# Empirical risk.

LOSSES = tensor([0.0, 1.0], [1.0, 0.0], [0.0, 1.0])


def test_the_first_minimum_is_chosen_and_told_twice() -> None:
    found = minimise(LOSSES, tensor(0.25, 0.75), torch.tensor([0, 0, 1]))

    assert (found.chosen.item(), found.risk.item()) == (0, 0.75)
    assert close(found.training, tensor(1 / 3))


def test_a_point_that_is_drawn_twice_counts_twice() -> None:
    found = minimise(LOSSES.expand(2, 3, 2), tensor([0.5, 0.5], [0.5, 0.5]), torch.tensor([[0, 1, 1], [0, 1, 0]]))

    assert found.chosen.tolist() == [1, 0]


# Errors.

HALF = tensor(0.5)
UNIT = torch.tensor(1.0, dtype=torch.float64)


def complexity(x: Tensor, radius: Tensor = UNIT, norm: str = "l2", draws: int = 1) -> object:
    return rademacher(x, radius, norm, draws=draws, source=generator(0))


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: check_hoeffding(0, HALF, HALF * 2, HALF), "n must be at least 1, got 0"),
        (lambda: check_hoeffding(1, HALF * 0, HALF * 2, HALF), "epsilon must be positive, got 0.0 at index 0"),
        (lambda: check_hoeffding(1, HALF * NAN, HALF * 2, HALF), "epsilon must be finite, got nan"),
        (lambda: check_hoeffding(1, HALF, HALF, HALF), "hypotheses must be whole numbers of at least 1, got 0.5"),
        (lambda: check_hoeffding(1, HALF, HALF * 0, HALF), "hypotheses must be whole numbers of at least 1, got 0.0"),
        (lambda: check_hoeffding(1, HALF, HALF * 2, HALF * 2), "delta must be below 1, got 1.0 at index 0"),
        (lambda: check_hoeffding(1, HALF, HALF * 2, HALF * 0), "delta must be positive, got 0.0"),
        (lambda: check_vc(0, HALF * 2, HALF), "n must be at least 1, got 0"),
        (lambda: check_vc(1, HALF * -2, HALF), "dimension must be whole numbers of at least 0, got -1.0"),
        (lambda: check_vc(1, HALF, HALF), "dimension must be whole numbers of at least 0, got 0.5"),
        (lambda: check_vc(1, HALF * 2, -HALF), "delta must be positive, got -0.5"),
        (lambda: growth_function("circles", 3), "family must be one of rays, two-sided-rays, .*, got 'circles'"),
        (lambda: vc_dimension("circles"), "family must be one of"),
        (lambda: dichotomies(SQUARE, "sines"), "family must be one of rays, .*, got 'sines'"),
        (lambda: dichotomies(SQUARE, "rays"), "points must have"),
        (lambda: dichotomies(SQUARE[:, :1], "rectangles"), "points must have"),
        (lambda: dichotomies(SQUARE.repeat(3, 1), "rectangles"), "at most 8"),
        (lambda: dichotomies(SQUARE * NAN, "rectangles"), r"points must be finite, got nan at index \(0, 0\)"),
        (lambda: dichotomies(SQUARE[:0], "rectangles"), "points must not be empty"),
        (lambda: complexity(SQUARE, UNIT * 0), "radius must be positive, got 0.0"),
        (lambda: complexity(SQUARE, -UNIT), "radius must be positive, got -1.0"),
        (lambda: complexity(SQUARE, UNIT / 0), "radius must be finite, got inf"),
        (lambda: complexity(SQUARE, HALF), r"radius must have shape \(\) to match x, got \(1,\)"),
        (lambda: complexity(SQUARE, norm="l0"), "norm must be one of l1, l2, got 'l0'"),
        (lambda: complexity(SQUARE, draws=0), "draws must be at least 1, got 0"),
        (lambda: complexity(SQUARE.repeat(4, 1)), r"x must have at most 12 rows, got 16: there are 2\^n signs"),
        (lambda: complexity(SQUARE * NAN), "x must be finite"),
        (lambda: minimise(LOSSES, tensor(0.5, 0.25), torch.tensor([0])), "weights must sum to 1, got 0.75"),
        (lambda: minimise(LOSSES, tensor(1.5, -0.5), torch.tensor([0])), "weights must be non-negative, got -0.5"),
        (lambda: minimise(LOSSES, tensor(1.0), torch.tensor([0])), r"weights must have shape \(2,\) to match losses"),
        (lambda: minimise(LOSSES, tensor(0.5, 0.5), torch.tensor([0, 2])), "indices of the 2 points, got 2"),
        (lambda: minimise(LOSSES, tensor(0.5, 0.5), torch.tensor([-1])), "indices of the 2 points, got -1"),
        (lambda: minimise(LOSSES, tensor(0.5, 0.5), torch.tensor([]).long()), "sample must not be empty"),
        (lambda: minimise(LOSSES * NAN, tensor(0.5, 0.5), torch.tensor([0])), "losses must be finite"),
    ],
)
def test_a_bad_value_is_named(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask()


@pytest.mark.parametrize(
    ("operation", "arrays", "settings", "message"),
    [
        ("growth", {"n": np.array([-1])}, {"family": "rays"}, "n must be whole numbers of at least 0, got -1.0"),
        ("growth", {"n": np.array([1])}, {"family": "balls"}, "family must be one of"),
        ("sauer", {"n": np.array([1.5]), "dimension": np.array([1])}, {}, "n must be whole numbers"),
        ("sauer", {"n": np.array([1]), "dimension": np.array([-1])}, {}, "dimension must be whole numbers"),
    ],
)
def test_a_bad_count_is_named(operation: str, arrays: Any, settings: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SUBJECT.operations[operation](arrays, settings, device="cpu", dtype="float64", seed=0)
