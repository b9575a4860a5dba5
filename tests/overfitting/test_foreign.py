"""Third-party overfitting: each adapter says what its library says, in the port's conventions, without its warnings."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import torch

from impl import catalogue
from impl.core.subject import Subject
from theory.core.bound import U64, gamma
from theory.overfitting.port import Port

SUBJECTS = {subject.name: subject for subject in catalogue.foreign("overfitting")}
OPERATIONS = {name for name, member in inspect.getmembers(Port, callable) if not name.startswith("_")}
FEW = 64 * float(gamma(256, U64))
"""Rounding of at most 256 operations on numbers of size 64 at most, in float64."""

LINE = np.array([[[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]])
KINK = np.array([[0.0, 0.0, 3.0]])
ONES = np.ones((1, 3, 1))
RISING = np.array([[0.0, 3.0, 6.0]])
NONE, ONE = np.zeros(1), np.ones(1)


def asked(name: str, operation: str, arrays: Any, **settings: Any) -> dict[str, np.ndarray]:
    return SUBJECTS[name].operations[operation](arrays, settings, device="cpu", dtype="float64", seed=0)


def answering(operation: str) -> list[str]:
    return [name for name, subject in SUBJECTS.items() if operation in subject.operations]


def near(found: Any, expected: Any) -> bool:
    return bool(np.abs(np.asarray(found) - expected).max() <= FEW)


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)
def test_what_a_subject_offers_are_the_ports_names(subject: Subject) -> None:
    assert subject.operations.keys() <= OPERATIONS
    assert subject.version


@pytest.mark.parametrize("name", answering("least_squares"))
def test_a_line_through_a_kink_leaves_what_paper_says(name: str) -> None:
    found = asked(name, "least_squares", {"x": LINE, "y": KINK})

    assert near(found["coef"], [-0.5, 1.5])
    assert near(found["fitted"], [-0.5, 1.0, 2.5])
    assert near(found["rss"], 1.5)
    assert near(found.get("leverage", 0), [5 / 6, 1 / 3, 5 / 6] if "leverage" in found else 0)


@pytest.mark.parametrize("name", answering("least_squares"))
def test_as_many_columns_as_rows_leave_nothing(name: str) -> None:
    assert near(asked(name, "least_squares", {"x": LINE[:, :2], "y": KINK[:, 1:]})["rss"], 0)


def test_linear_regression_drops_a_direction_of_a_millionth_by_default() -> None:
    case = {"x": np.diag([1.0, 2.0**-21])[None], "y": np.array([[1.0, 2.0**-21]])}

    assert near(asked("sklearn-linear-regression", "least_squares", case)["coef"], [1, 1])
    assert near(asked("sklearn-linear-regression-default", "least_squares", case)["coef"], [1, 0])


@pytest.mark.parametrize("name", answering("minimum_norm"))
def test_of_all_solutions_it_is_the_shortest(name: str) -> None:
    row = np.array([[[3.0, 4.0]]])

    assert near(asked(name, "minimum_norm", {"x": row, "y": np.array([[25.0]])})["coef"], [3, 4])
    assert near(asked(name, "pseudo_inverse", {"x": row})["inverse"], [[[0.12], [0.16]]])


@pytest.mark.parametrize("name", answering("polynomial_design"))
@pytest.mark.parametrize(
    ("basis", "values"),
    [
        ("monomial", [1, -0.5, 0.25, -0.125]),
        ("chebyshev", [1, -0.5, -0.5, 1]),
        ("legendre", [1, -0.5, -0.125, 0.4375]),
    ],
)
def test_a_basis_has_the_textbooks_values_or_is_not_known(name: str, basis: str, values: list[float]) -> None:
    found = asked(name, "polynomial_design", {"t": np.array([[-0.5]])}, basis=basis, degree=3)

    if found or not name.startswith("sklearn") or basis == "monomial":
        assert near(found["x"], [[values]])


def test_torch_has_no_vandermonde_matrix_of_one_column() -> None:
    assert asked("torch-pinv", "polynomial_design", {"t": np.array([[0.5]])}, basis="monomial", degree=0) == {}


@pytest.mark.parametrize("name", answering("nested_errors"))
def test_each_column_takes_its_share(name: str) -> None:
    found = asked(name, "nested_errors", {"x": LINE, "y": KINK})

    assert near(found["rss"], [9, 6, 1.5])
    assert near(found["gain"], [3, 4.5])


@pytest.mark.parametrize("name", answering("leave_one_out"))
@pytest.mark.parametrize(
    ("x", "y", "penalty", "intercept", "residual", "press", "gcv"),
    [
        (ONES, RISING, NONE, 0, [-4.5, 0, 4.5], 40.5, 13.5),
        (ONES, RISING, ONE, 0, [-3, 1, 5], 35, 35 / 3),
        (LINE[..., 1:], KINK, NONE, 1, [3, -1.5, 3], 20.25, 4.5),
        (LINE[..., 1:], RISING, ONE, 1, [-3, 0, 3], 18, 3.375),
    ],
)
def test_rows_left_out_are_predicted_by_the_others(
    name: str, x: Any, y: Any, penalty: Any, intercept: int, residual: list[float], press: float, gcv: float
) -> None:
    found = asked(name, "leave_one_out", {"x": x, "y": y, "penalty": penalty}, intercept=intercept)

    speaks = "ridge" in name if penalty[0] else "cv" not in name
    assert bool(found) == speaks
    if found:
        assert near(found["residual"], residual)
        assert near(found["press"], press)
        assert near(found["gcv"], gcv)


@pytest.mark.parametrize("name", answering("learning_curve"))
def test_a_learning_curve_is_in_the_order_of_its_sizes(name: str) -> None:
    case = {"x": ONES, "y": np.array([[0.0, 2.0, 4.0]]), "test_x": ONES[:, :1], "test_y": np.array([[3.0]])}
    found = asked(name, "learning_curve", case | {"sizes": np.array([[3, 1, 3]])})

    assert near(found["training"], [8 / 3, 0, 8 / 3])
    assert near(found["test"], [1, 9, 1])


@pytest.mark.parametrize("name", answering("cross_validate"))
def test_the_error_of_unequal_folds_is_the_mean_over_rows(name: str) -> None:
    found = asked(name, "cross_validate", {"x": ONES, "y": RISING, "penalty": NONE}, k=2)

    assert near(found["prediction"], [6, 6, 1.5])
    assert near(found["error"], 21.75)


def test_folds_are_masks_of_rows() -> None:
    found = asked("sklearn-kfold", "kfold", {"lanes": NONE}, n=5, k=2, shuffle=0)

    assert found["test"][0].tolist() == [[1, 1, 1, 0, 0], [0, 0, 0, 1, 1]]
    assert (found["test"] + found["train"] == 1).all()
    assert found["fold"].tolist() == [[0, 0, 0, 1, 1]]


def test_lanes_of_a_shuffle_are_drawn_apart() -> None:
    fold = asked("sklearn-kfold", "kfold", {"lanes": np.zeros(32)}, n=8, k=4, shuffle=1)["fold"]

    assert len(np.unique(fold, axis=0)) > 16


def test_leaving_one_out_is_asked_for_a_fold_a_row_only() -> None:
    assert asked("sklearn-leave-one-out", "kfold", {"lanes": NONE}, n=3, k=3, shuffle=0)["fold"].tolist() == [[0, 1, 2]]
    assert asked("sklearn-leave-one-out", "kfold", {"lanes": NONE}, n=3, k=2, shuffle=0) == {}


def test_labels_that_scikit_learn_refuses_to_stratify_are_not_answered() -> None:
    assert asked("sklearn-kfold", "stratified_kfold", {"y": np.array([[0, 1, 2]])}, k=2, shuffle=0) == {}
    found = asked("sklearn-kfold", "stratified_kfold", {"y": np.array([[0, 0, 1, 1]])}, k=2, shuffle=0)
    assert found["test"][0].tolist() == [[1, 0, 1, 0], [0, 1, 0, 1]]


@pytest.mark.parametrize("name", answering("nearest_neighbours"))
def test_three_neighbours_outvote_the_nearest(name: str) -> None:
    case = {"x": np.array([[[0.0], [2.0], [3.0], [9.0]]]), "y": np.array([[1, 0, 0, 1]]), "query": np.array([[[0.5]]])}
    found = asked(name, "nearest_neighbours", case, neighbours=3)

    assert (found["label"].tolist(), found["nearest"].tolist()) == ([[0]], [[0]])


@pytest.mark.parametrize("name", answering("nearest_neighbours"))
def test_only_brute_force_takes_another_row_for_itself_far_from_the_origin(name: str) -> None:
    x = np.array([[[2.0**20 + 2.0**-10], [2.0**20]]])
    found = asked(name, "nearest_neighbours", {"x": x, "y": np.array([[0, 1]]), "query": x}, neighbours=1)

    assert (found["label"].tolist() == [[0, 1]]) == ("brute" not in name)


def test_dropout_leaves_torchs_own_state_alone() -> None:
    before = torch.random.get_rng_state()
    case = {"x": np.full((2, 3, 2), 3.0), "keep": np.array([0.5, 1.0])}
    samples = asked("torch-dropout", "dropout", case, repetitions=64)["samples"]

    assert torch.equal(torch.random.get_rng_state(), before)
    assert set(np.unique(samples[0])) == {0.0, 6.0}
    assert (samples[1] == 3).all()
