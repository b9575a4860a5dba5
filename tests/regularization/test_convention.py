"""A user's own penalised regression, read by its shape; what it lacks is left out, by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from impl.core.subject import Answers, Arrays, Settings
from impl.regularization.convention import STEPS, TOLERANCE, adapt

PLACE: dict[str, Any] = {"device": "cpu", "dtype": "float64", "seed": 0}
LINE = {"x": np.array([[[0.0], [2.0]]]), "y": np.array([[1.0, 5.0]]), "penalty": np.array([0.5])}
RIDGE = {"intercept": 0, "solver": "cholesky"}
LASSO = {"intercept": 0, "solver": "fista"}


class Echo:
    """A "ridge" whose coefficient is the penalty that it was handed, so that it shows what it was told."""

    regularizer: str = "ridge"

    def __init__(self, alpha: float = 1.0, fit_intercept: bool = False) -> None:
        self.alpha, self.fit_intercept = alpha, fit_intercept

    def fit(self, X: Any, y: Any) -> Echo:
        self.coef_ = np.array([[self.alpha]])  # scikit-learn's shape for several answers
        self.intercept_ = np.array([float(self.fit_intercept)])
        return self


class WithoutSwitch:
    """A "ridge" with a penalty and nothing else."""

    regularizer = "ridge"

    def __init__(self, lam: float) -> None:
        self.lam = lam

    def fit(self, X: Any, y: Any) -> None:
        self.coef_ = [self.lam]


class Mixed(WithoutSwitch):
    """An "elastic net" whose coefficient is the share of its ℓ1 part."""

    regularizer = "elastic net"
    dual_gap_ = 0.25

    def __init__(self, alpha: float, l1_ratio: float, max_iter: int = 1, tol: float = 1.0, penalty: str = "l1") -> None:
        super().__init__(l1_ratio)
        self.told = max_iter, tol, penalty

    def predict(self, X: Any) -> Any:
        return np.full(len(X), float(self.told == (STEPS, TOLERANCE, "l1")))


class Choosing(Echo):
    """A "ridge" whose coefficient is the number of letters of the solver that it was told."""

    def __init__(self, alpha: float, solver: str = "") -> None:
        super().__init__(float(len(solver)))


class Speaking:
    """A class that answers an operation of the port itself."""

    def lambda_max(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        return {"penalty": np.abs(arrays["y"]).max(axis=1)}


def kind(name: str, regularizer: str, **attributes: Any) -> Any:
    return type(name, (WithoutSwitch,), {"regularizer": regularizer, **attributes})


def asked(make: Any, operation: str, arrays: Any = LINE, **settings: Any) -> dict[str, np.ndarray]:
    return adapt(make, "mine").operations[operation](arrays, settings, **PLACE)


def test_a_fit_is_asked_with_the_penalty_and_answers_coefficients_intercept_and_fit() -> None:
    found = asked(Echo, "ridge", **RIDGE | {"intercept": 1})

    assert found["coef"].tolist() == [[0.5]]
    assert found["intercept"].tolist() == [1.0]
    assert found["fitted"].tolist() == [[1.0, 2.0]]


def test_a_path_is_a_fresh_fit_for_each_penalty() -> None:
    arrays = {**LINE, "penalties": np.array([[0.5, 2.0]])}

    found = asked(Echo, "ridge_path", arrays, intercept=0)

    assert found["coef"].tolist() == [[[0.5], [2.0]]]
    assert found["rss"].tolist() == [[1.0 + 16.0, 1.0 + 1.0]]


def test_a_class_without_a_switch_for_the_intercept_is_asked_without_one_unless_it_always_has_one() -> None:
    always = kind("Always", "ridge", fit_intercept=True)

    assert asked(WithoutSwitch, "ridge", **RIDGE)["intercept"].tolist() == [0.0]
    assert asked(WithoutSwitch, "ridge", **RIDGE | {"intercept": 1}) == {}
    assert asked(always, "ridge", **RIDGE) == {}
    assert asked(always, "ridge", **RIDGE | {"intercept": 1})["coef"].tolist() == [[0.5]]


@pytest.mark.parametrize(
    ("name", "told", "operations"),
    [
        ("Anything", "lasso", {"lasso", "lasso_path"}),
        ("Anything", "Elastic_Net", {"lasso", "lasso_path", "elastic_net"}),
        ("Anything", "ridge", {"ridge", "ridge_path"}),
    ],
)
def test_which_penalty_it_is_the_class_says(name: str, told: str, operations: set[str]) -> None:
    parent = Mixed if "lastic" in told else WithoutSwitch

    assert adapt(type(name, (parent,), {"regularizer": told}), "mine").operations.keys() == operations


def test_which_penalty_it_is_the_name_tells_where_the_class_says_nothing() -> None:
    class MyFastLasso:
        def __init__(self, alpha: float) -> None: ...

        def fit(self, X: Any, y: Any) -> None: ...

    assert adapt(MyFastLasso, "mine").operations.keys() == {"lasso", "lasso_path"}


def test_a_class_that_names_no_solver_is_taken_for_the_one_that_is_forgiven_most() -> None:
    lasso = kind("Steps", "lasso")

    assert asked(WithoutSwitch, "ridge", **RIDGE | {"solver": "svd"}) == {}
    assert asked(lasso, "lasso", **LASSO)["coef"].tolist() == [[0.5]]
    assert asked(lasso, "lasso", **LASSO | {"solver": "cd"}) == {}


def test_a_class_that_names_its_solver_is_asked_for_that_one() -> None:
    one = kind("Svd", "ridge", solver="svd")

    assert asked(one, "ridge", **RIDGE | {"solver": "svd"})["coef"].tolist() == [[0.5]]
    assert asked(one, "ridge", **RIDGE) == {}


def test_a_constructor_that_takes_a_solver_is_told_it() -> None:
    assert asked(Choosing, "ridge", **RIDGE)["coef"].tolist() == [[8.0]]
    assert asked(Choosing, "ridge", **RIDGE | {"solver": "svd"})["coef"].tolist() == [[3.0]]


def test_an_elastic_net_is_told_its_share_and_not_to_stop_early_and_keeps_its_other_arguments() -> None:
    arrays = {**LINE, "ratio": np.array([0.75])}

    found = asked(Mixed, "elastic_net", arrays, **LASSO)

    assert found["coef"].tolist() == [[0.75]]
    assert found["fitted"].tolist() == [[1.0, 1.0]]
    assert asked(Mixed, "lasso", arrays, **LASSO)["coef"].tolist() == [[1.0]]


def test_a_gap_is_read_where_there_is_one() -> None:
    arrays = {**LINE, "penalties": np.array([[2.0, 0.5]])}

    assert asked(Mixed, "lasso", **LASSO)["gap"].tolist() == [0.25]
    assert asked(Mixed, "lasso_path", arrays, intercept=0)["gap"].tolist() == [[0.25, 0.25]]
    assert "gap" not in asked(kind("Steps", "lasso"), "lasso", **LASSO)
    assert adapt(Mixed, "mine").missing["gap"] == "mine has no dual_gap_"


def test_an_operation_of_the_port_is_taken_as_it_is() -> None:
    subject = adapt(Speaking, "mine")

    assert subject.operations.keys() == {"lambda_max"}
    assert subject.lanes
    assert asked(Speaking, "lambda_max")["penalty"].tolist() == [5.0]


def test_what_a_class_lacks_is_named() -> None:
    assert adapt(Echo, "mine").missing["lasso"] == "mine has nothing that answers lasso"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (dict, r"mine: expected fit\(X, y\) and a constructor with alpha"),
        (kind("Anything", "group lars"), "mine: a class attribute regularizer must say which"),
        (kind("Anything", "elastic net"), "mine: an elastic net needs a constructor with l1_ratio"),
    ],
)
def test_a_class_that_cannot_be_asked_is_refused_by_name(make: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        adapt(make, "mine")
