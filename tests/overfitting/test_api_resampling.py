"""Folds, cross-validation and neighbours as a user meets them: hand-computed values, errors by name."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import Tensor

from impl.core.random import generator
from impl.overfitting import (
    KNearestNeighbours,
    cross_validate,
    kfold_split,
    leave_one_out,
    leave_one_out_split,
    stratified_kfold_split,
)
from impl.overfitting.neighbours import check_neighbours, distances, majority, nearest

U = 2.0**-53
NAN = math.nan


def tensor(*values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def close(a: Tensor, b: Tensor, roundings: int = 64) -> bool:
    return float((a - b).abs().max()) <= roundings * U * (1 + float(b.abs().max()))


def number(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)


# Folds.


def test_seven_rows_in_three_folds_are_blocks_of_three_two_and_two() -> None:
    test, train = kfold_split(7, 3)

    assert test.long()[0].tolist() == [[1, 1, 1, 0, 0, 0, 0], [0, 0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 0, 1, 1]]
    assert torch.equal(train, ~test)


def test_leaving_one_out_is_a_fold_for_each_row() -> None:
    test, train = leave_one_out_split(3)

    assert test[0].long().tolist() == torch.eye(3).long().tolist()
    assert train.sum(-1).tolist() == [[2, 2, 2]]


def test_a_shuffle_is_drawn_for_each_lane_and_repeats_with_its_source() -> None:
    one, again = (kfold_split(6, 3, lanes=64, source=generator(5))[0] for _ in range(2))

    assert torch.equal(one, again)
    assert one.sum(-1).unique().tolist() == [2]
    assert one.sum(-2).unique().tolist() == [1]
    assert len(one.unique(dim=0)) > 32


def test_labels_are_dealt_in_turn() -> None:
    test, _ = stratified_kfold_split(torch.tensor([0, 1, 0, 1, 0]), 2)

    assert test.long().tolist() == [[1, 0, 0, 1, 1], [0, 1, 1, 0, 0]]  # 0: rows 0, 2, 4; then 1: rows 1, 3


def test_one_label_gives_plain_folds_and_a_label_for_each_row_fair_ones() -> None:
    for y in (torch.ones(5, dtype=torch.int64), torch.tensor([3, 1, 4, 0, 2])):
        assert stratified_kfold_split(y, 2)[0].sum(-1).tolist() == [3, 2]


def test_shuffled_strata_stay_fair_in_every_lane() -> None:
    y = torch.tensor([0, 0, 0, 0, 1, 1, 2]).expand(32, 7)
    test, train = stratified_kfold_split(y, 2, source=generator(1))

    for label, most in ((0, 2), (1, 1), (2, 1)):
        counts = (test & (y == label).unsqueeze(-2)).sum(-1)
        assert counts.amax() == most
        assert (counts.amax(-1) - counts.amin(-1)).amax() <= 1
    assert torch.equal(train, ~test)
    assert len(test.unique(dim=0)) > 8


# Cross-validation.


def test_each_half_is_predicted_by_the_mean_of_the_other() -> None:
    found = cross_validate(torch.ones(3, 1, dtype=torch.float64), tensor(0.0, 3.0, 6.0), number(0.0), 2)

    assert close(found.prediction, tensor(6.0, 6.0, 1.5))
    assert close(found.error, number(21.75))


def test_as_many_folds_as_rows_leave_one_out() -> None:
    x, y, penalty = tensor([1.0, 2.0], [0.0, 1.0], [3.0, -1.0], [1.0, 1.0]), tensor(1.0, 0.0, 2.0, 5.0), number(0.5)

    found = cross_validate(x, y, penalty, 4)
    shortcut = leave_one_out(x, y, penalty)

    assert close(y - found.prediction, shortcut.residual)
    assert close(4 * found.error, shortcut.press)


def test_a_fold_without_enough_rows_takes_the_shortest_fit() -> None:
    found = cross_validate(tensor([1.0, 0.0], [3.0, 4.0]), tensor(2.0, 25.0), number(0.0), 2)

    assert close(found.prediction, tensor(3.0, 6.0))  # weights (3, 4) from the second row, (2, 0) from the first


# Neighbours.


def test_close_points_far_away_are_told_apart() -> None:
    x = 2.0**20 + 2.0**-10 * torch.arange(4, dtype=torch.float64).unsqueeze(-1)

    assert nearest(distances(x, x), 1)[:, 0].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("scale", [2.0**-600, 2.0**600])
def test_no_distance_leaves_the_range(scale: float) -> None:
    x = scale * tensor([0.0, 3.0], [4.0, 0.0], [9.0, 9.0])

    assert nearest(distances(x, torch.zeros(1, 2, dtype=torch.float64)), 3).tolist() == [[0, 1, 2]]


def test_equally_near_rows_come_in_their_order_and_equal_counts_go_to_the_lowest_label() -> None:
    apart = tensor(1.0, 0.0, 1.0, 1.0)

    assert nearest(apart, 3).tolist() == [1, 0, 2]
    assert majority(torch.tensor([[5, -1, 5, -1], [2, 2, 7, 0]])).tolist() == [-1, 2]


POINTS = [[0.0], [1.0], [4.0], [5.0]]


def test_labels_may_be_words() -> None:
    model = KNearestNeighbours(3).fit(POINTS, ["near", "near", "far", "far"])

    assert model.classes_.tolist() == ["far", "near"]
    assert model.predict([[0.0], [4.5]]).tolist() == ["near", "far"]


def test_the_whole_training_set_votes_for_the_lower_class_when_it_is_split() -> None:
    assert KNearestNeighbours(4).fit(POINTS, [9, 9, 3, 3]).predict([[0.0]]).tolist() == [3]


def test_one_neighbour_learns_noise_by_heart() -> None:
    X = np.random.default_rng(0).standard_normal((32, 2))
    y = np.random.default_rng(1).integers(0, 2, 32)

    assert KNearestNeighbours(1).fit(X, y).score(X, y) == 1


def test_one_class_is_always_right() -> None:
    assert KNearestNeighbours(2).fit(POINTS, ["a"] * 4).predict([[100.0]]).tolist() == ["a"]


def test_a_tensor_stays_a_tensor() -> None:
    X = torch.tensor(POINTS, dtype=torch.float32)
    found = KNearestNeighbours(1).fit(X, torch.tensor([0, 1, 2, 3])).predict(X)

    assert torch.equal(found, torch.arange(4))


@parametrize_with_checks([KNearestNeighbours(), KNearestNeighbours(1)])
def test_scikit_learns_own_checks_pass(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


# Errors.

ONES, THREE = torch.ones(3, 1, dtype=torch.float64), tensor(0.0, 1.0, 2.0)
LABELS = torch.tensor([0, 1, 1])


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: kfold_split(3, 4), "k must be at most the number of rows n = 3, got 4: a fold would be empty"),
        (lambda: kfold_split(3, 1), "k must be at least 2, got 1: one fold leaves nothing to train on"),
        (lambda: kfold_split(3, 0), "k must be at least 2, got 0"),
        (lambda: leave_one_out_split(1), "k must be at least 2, got 1"),
        (lambda: stratified_kfold_split(LABELS, 4), "k must be at most the number of rows n = 3, got 4"),
        (lambda: stratified_kfold_split(LABELS, 1), "k must be at least 2, got 1"),
        (lambda: cross_validate(ONES, THREE, number(0.0), 4), "k must be at most the number of rows n = 3, got 4"),
        (lambda: cross_validate(ONES, THREE, number(-1.0), 2), "penalty must be non-negative, got -1.0"),
        (lambda: cross_validate(ONES, THREE * NAN, number(0.0), 2), "y must be finite, got nan at index 0"),
        (lambda: cross_validate(ONES * NAN, THREE, number(0.0), 2), r"x must be finite, got nan at index \(0, 0\)"),
        (lambda: cross_validate(ONES, THREE[:2], number(0.0), 2), r"y must have shape \(3,\) to match x, got \(2,\)"),
        (lambda: check_neighbours(ONES, LABELS, ONES, 4), "neighbours must be at most the number of rows 3, got 4"),
        (lambda: check_neighbours(ONES, LABELS, ONES, 0), "neighbours must be at least 1, got 0"),
        (
            lambda: check_neighbours(ONES, LABELS, torch.ones(1, 2, dtype=torch.float64), 1),
            r"query must have shape \(1, 1\) to match x, got \(1, 2\)",
        ),
        (lambda: check_neighbours(ONES, LABELS, ONES / 0, 1), "query must be finite, got inf"),
        (lambda: check_neighbours(ONES, LABELS[:2], ONES, 1), r"y must have shape \(3,\) to match x, got \(2,\)"),
        (lambda: KNearestNeighbours(5).fit(POINTS, [0, 0, 1, 1]), "at most the number of rows n_samples = 4, got 5"),
        (lambda: KNearestNeighbours(0).fit(POINTS, [0, 0, 1, 1]), "must be at least 1, got 0"),
        (lambda: KNearestNeighbours(1).fit([[NAN], [0.0]], [0, 1]), r"X must be finite, got nan at index \(0, 0\)"),
        (lambda: KNearestNeighbours(1).fit(POINTS, [0.5, 0.25, 1.5, 2.0]), "Unknown label type: continuous"),
        (lambda: KNearestNeighbours(1).fit(POINTS, [0, 0, 1, 1]).predict([[1.0, 2.0]]), "2 features, but KNearest"),
    ],
)
def test_a_bad_value_is_named(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask()
