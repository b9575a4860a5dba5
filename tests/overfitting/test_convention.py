"""A user's own folds, neighbours or least squares, read by what it returns; what it lacks is left out, by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier

from impl.overfitting.convention import adapt
from theory.core.bound import U64, gamma

PLACE: dict[str, Any] = {"device": "cpu", "dtype": "float64", "seed": 0}
FEW = 64 * float(gamma(256, U64))
"""Rounding of at most 256 operations on numbers of size 64 at most, in float64."""


class Halves:
    """A "splitter" that shows what it was told: the first k rows are tested, twice."""

    def __init__(self, k: int) -> None:
        self.k = k

    def split(self, X: Any) -> Iterator[tuple[Any, Any]]:
        yield np.arange(self.k, len(X)), np.arange(self.k)
        yield np.arange(self.k, len(X)), np.arange(self.k)


class Even:
    """Folds by turn, "stratified" by its own word."""

    stratified = True

    def __init__(self, n_folds: int) -> None:
        self.n_folds = n_folds

    def split(self, X: Any, y: Any) -> Iterator[tuple[Any, Any]]:
        turn = np.argsort(np.argsort(y, kind="stable")) % self.n_folds
        for fold in range(self.n_folds):
            yield np.flatnonzero(turn != fold), np.flatnonzero(turn == fold)


class First:
    """A "classifier" that answers the label of row k − 1."""

    def __init__(self, k: int) -> None:
        self.k = k

    def fit(self, X: Any, y: Any) -> None:
        self.label = y[self.k - 1]

    def predict(self, X: Any) -> Any:
        return np.full(len(X), self.label)


class Normal:
    """Least squares by the normal equations, which dependent columns make singular."""

    def fit(self, X: Any, y: Any) -> Normal:
        self.coef_ = np.linalg.solve(X.T @ X, X.T @ y)
        return self


def asked(make: Any, operation: str, arrays: Any, **settings: Any) -> dict[str, np.ndarray]:
    return adapt(make, "mine").operations[operation](arrays, settings, **PLACE)


def near(found: Any, expected: Any) -> bool:
    return bool(np.abs(found - np.array(expected)).max() <= FEW)


def test_indices_are_counted_so_that_a_row_that_is_tested_twice_shows() -> None:
    found = asked(Halves, "kfold", {"lanes": np.zeros(1)}, n=3, k=2, shuffle=0)

    assert found["test"].tolist() == [[[1, 1, 0], [1, 1, 0]]]
    assert found["train"].tolist() == [[[0, 0, 1], [0, 0, 1]]]


def test_a_splitter_that_cannot_shuffle_says_so() -> None:
    assert asked(Halves, "kfold", {"lanes": np.zeros(1)}, n=3, k=2, shuffle=1) == {}
    assert adapt(Halves, "mine").missing["kfold"] == "mine cannot be told to shuffle"


def test_lanes_are_shuffled_apart_and_again_the_same() -> None:
    one, again = (asked(KFold, "kfold", {"lanes": np.zeros(32)}, n=8, k=4, shuffle=1)["test"] for _ in range(2))

    assert len(np.unique(one, axis=0)) > 16
    assert one.tolist() == again.tolist()


@pytest.mark.parametrize("make", [Even, StratifiedKFold])
def test_folds_are_stratified_where_the_class_or_its_name_says_so(make: Any) -> None:
    assert list(adapt(make, "mine").operations) == ["stratified_kfold"]
    found = asked(make, "stratified_kfold", {"y": np.array([[0, 1, 0, 1]])}, k=2, shuffle=0)

    assert found["test"][0].sum(axis=0).tolist() == [1, 1, 1, 1]
    assert found["test"][0, 0, [0, 2]].sum() == 1


def test_labels_that_a_class_refuses_are_not_answered_and_other_errors_are() -> None:
    assert asked(StratifiedKFold, "stratified_kfold", {"y": np.array([[0, 1, 2]])}, k=2, shuffle=0) == {}
    with pytest.raises(ValueError, match="at least one train/test split"):
        asked(StratifiedKFold, "stratified_kfold", {"y": np.array([[0, 0, 0]])}, k=1, shuffle=0)


@pytest.mark.parametrize("make", [KNeighborsClassifier, First])
def test_the_nearest_row_is_the_label_when_each_row_has_its_own(make: Any) -> None:
    case = {"x": np.array([[[0.0], [5.0], [6.0]]]), "y": np.array([[4, 7, 7]]), "query": np.array([[[1.0]]])}
    found = asked(make, "nearest_neighbours", case, neighbours=3)

    assert (found["label"].tolist(), found["nearest"].tolist()) == ([[7]], [[0]])


LINE = {"x": np.array([[[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]]), "y": np.array([[0.0, 3.0, 6.0]])}


@pytest.mark.parametrize("make", [LinearRegression, Normal])
def test_a_regressor_is_asked_without_an_intercept(make: Any) -> None:
    whole = asked(make, "least_squares", LINE)
    nested = asked(make, "nested_errors", LINE)
    curve = LINE | {"x": LINE["x"][..., 1:], "test_x": np.ones((1, 1, 1)), "test_y": np.array([[5.0]])}

    assert near(whole["coef"], [[0, 3]])
    assert near(whole["rss"], [0])
    assert near(nested["rss"], [[45, 18, 0]])
    assert near(nested["gain"], [[27, 18]])
    assert near(asked(make, "learning_curve", curve | {"sizes": np.array([[3, 2]])})["test"], [[4, 4]])


def test_a_class_that_refuses_dependent_columns_says_so() -> None:
    equal = {"x": np.ones((1, 3, 2)), "y": LINE["y"]}

    assert asked(Normal, "minimum_norm", equal) == asked(Normal, "pseudo_inverse", equal) == {}
    assert adapt(Normal, "mine").missing["minimum_norm"] == "mine refuses designs of dependent columns"
    assert near(asked(LinearRegression, "minimum_norm", equal)["coef"], [[1.5, 1.5]])


def test_an_operation_that_is_spoken_is_taken_as_it_is() -> None:
    class Spoken:
        def sauer(self, arrays: Any, settings: Any, *, device: str, dtype: str, seed: int) -> dict[str, Any]:
            return {"bound": arrays["n"] + 1}

    assert asked(Spoken, "sauer", {"n": np.array([4])})["bound"].tolist() == [5]
    assert adapt(Spoken, "mine").devices == ()


def test_what_a_class_lacks_is_named() -> None:
    assert adapt(Halves, "mine").missing["growth"] == "mine has nothing that answers growth"


def test_a_class_with_nothing_to_ask_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="mine: expected split"):
        adapt(dict, "mine")
