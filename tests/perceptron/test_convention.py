"""A user's own perceptron, read by what it learns from more and more rows; what it cannot be asked is left out."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import tollens
from impl.perceptron.convention import MOST_EPOCHS, adapt
from impl.perceptron.subject import SUBJECT

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
PLACE: dict[str, Any] = {"device": "cpu", "dtype": "float64", "seed": 0}
ROWS = {
    "x": np.array([[[1.0], [2.0], [0.0]], [[1.0], [-1.0], [3.0]]]),
    "y": np.array([[-1, 1, -1], [1, -1, 1]]),
    "w": np.zeros((2, 1)),
    "bias": np.zeros(2),
}
ONE_LABEL = {**ROWS, "y": np.ones((2, 3), dtype=np.int64)}
PATH = {"path_w", "path_bias", "mistake", "mistakes", "converged"}


class Learner:
    """Rosenblatt's rule, by the names that scikit-learn has."""

    def __init__(self, fit_intercept: bool = True, eta0: float = 1.0, max_iter: int = 5) -> None:
        self.fit_intercept, self.eta0, self.max_iter = fit_intercept, eta0, max_iter

    def fit(self, X: Any, y: Any) -> Any:
        self.coef_, self.intercept_ = np.zeros((1, X.shape[1])), np.zeros(1)
        for _ in range(self.max_iter):
            for row, label in zip(X, y, strict=True):
                self.visit(row, label)
        return self

    def visit(self, row: Any, label: int) -> None:
        if label * (self.coef_[0] @ row + self.intercept_[0]) <= 0:
            self.coef_ = self.coef_ + self.eta0 * label * row
            self.intercept_ = self.intercept_ + self.eta0 * label * self.fit_intercept


class ByTheRow(Learner):
    """It can be taught row by row, and its fit refuses rows of one label."""

    def fit(self, X: Any, y: Any) -> Any:
        if len(set(y)) < 2:
            raise ValueError("y must hold two classes")
        return super().fit(X, y)

    def partial_fit(self, X: Any, y: Any, classes: Any) -> Any:
        assert classes.tolist() == [-1, 1]
        if not hasattr(self, "coef_"):
            self.coef_, self.intercept_ = np.zeros((1, X.shape[1])), np.zeros(1)
        self.visit(X[0], y[0])
        return self


class Refusing(Learner):
    """Its fit refuses rows of one label, and there is nothing else."""

    def fit(self, X: Any, y: Any) -> Any:
        if len(set(y)) < 2:
            raise ValueError("y must hold two classes")
        return super().fit(X, y)


def asked(make: Any, arrays: Any = ROWS, **settings: Any) -> dict[str, np.ndarray]:
    """What it answers about one problem at a time, together."""
    told, fit = {"intercept": 1, "rate": 1.0, "epochs": 2, **settings}, adapt(make, "mine").operations["perceptron_fit"]
    found = [fit({name: array[i : i + 1] for name, array in arrays.items()}, told, **PLACE) for i in range(2)]
    return {name: np.concatenate([each[name] for each in found]) for name in found[0]}


@pytest.mark.parametrize("make", [Learner, ByTheRow])
@pytest.mark.parametrize("intercept", [1, 0])
@pytest.mark.parametrize("arrays", [ROWS, ONE_LABEL], ids=["two labels", "one label"])
def test_every_visit_of_a_right_perceptron_is_read_as_ours_answers_it(make: Any, intercept: int, arrays: Any) -> None:
    settings = {"intercept": intercept, "rate": 0.5, "epochs": 4}

    found = asked(make, arrays, **settings)

    ours = SUBJECT.operations["perceptron_fit"](arrays, settings, **PLACE)
    assert found.keys() == ours.keys()
    assert all(np.array_equal(found[name], ours[name]) for name in ours)


def test_a_row_of_zeros_without_an_intercept_is_a_mistake_although_nothing_moves() -> None:
    assert asked(Learner, intercept=0)["mistake"][0].tolist() == [[True, True, True], [True, True, True]]


def test_rows_of_one_label_are_not_put_to_a_fit_that_refuses_them() -> None:
    assert set(asked(Refusing)) == {"w", "bias"}
    assert asked(Refusing, ONE_LABEL) == {}
    assert "no fit to rows of one label" in adapt(Refusing, "mine").missing["path_w"]


def test_a_long_path_is_not_asked_for() -> None:
    assert asked(Learner, epochs=MOST_EPOCHS).keys() > PATH
    assert asked(Learner, epochs=MOST_EPOCHS + 1).keys() == {"w", "bias"}


def test_a_start_other_than_0_cannot_be_asked() -> None:
    assert asked(Learner, {**ROWS, "bias": np.ones(2)}) == {}
    assert asked(Learner, {**ROWS, "w": np.ones((2, 1))}) == {}


class Plain:
    """No switch for the bias and no learning rate; attributes as in textbooks, and a tolerance for its own stop."""

    def __init__(self, epochs: int, tol: float, shuffle: bool = True) -> None:
        self.inner = Learner(max_iter=epochs)
        self.told = tol, shuffle

    def fit(self, X: Any, y: Any) -> None:
        assert self.told == (-np.inf, False)
        self.inner.fit(X, y)
        self.w_, self.b_ = self.inner.coef_[0], float(self.inner.intercept_[0])


def test_a_bias_that_cannot_be_switched_off_is_asked_with_an_intercept_only() -> None:
    assert asked(Plain)["bias"].tolist() == asked(Learner)["bias"].tolist()
    assert asked(Plain, intercept=0) == {}


def test_a_class_without_a_rate_is_asked_at_rate_1_only() -> None:
    assert asked(Plain, rate=0.5) == {}
    assert "cannot be told the start, rate or intercept" in adapt(Plain, "mine").missing["perceptron_fit"]


class Unbiased:
    """It never learns a bias, and its weights have a name of their own."""

    def __init__(self, epochs: int = 1) -> None:
        self.inner = Learner(max_iter=epochs, fit_intercept=False)

    def fit(self, X: Any, y: Any) -> None:
        self.weights_ = self.inner.fit(X, y).coef_[0]


def test_a_class_without_a_bias_is_asked_without_an_intercept_only() -> None:
    assert asked(Unbiased) == {}
    assert asked(Unbiased, intercept=0)["path_w"].tolist() == asked(Learner, intercept=0)["path_w"].tolist()


class Boasting(Learner):
    n_mistakes_ = 7
    converged_ = True


def test_what_a_class_says_of_itself_is_taken_at_its_word() -> None:
    found = asked(Boasting)

    assert found["mistakes"].tolist() == [7, 7]
    assert found["converged"].tolist() == [True, True]


class Misshapen(Learner):
    def fit(self, X: Any, y: Any) -> Any:
        super().fit(X, y)
        self.coef_ = np.zeros(4)
        return self


def test_weights_of_another_number_are_named() -> None:
    with pytest.raises(ValueError, match="mine: expected 1 weights called coef_, w_, weights_, got"):
        asked(Misshapen)


class Speaks:
    """An operation of the port itself."""

    lanes = False

    def separability(self, arrays: Any, settings: Any, *, device: str, dtype: str, seed: int) -> Any:
        return {"separable": np.ones(len(arrays["x"]), dtype=bool)}


class SpeaksAndLearns(Speaks, Learner):
    pass


def test_an_operation_of_the_port_is_taken_as_it_is() -> None:
    subject = adapt(Speaks, "mine")

    assert not subject.lanes
    assert subject.dtypes == ()
    assert subject.operations["separability"](ROWS, {}, **PLACE)["separable"].tolist() == [True, True]
    assert subject.missing["perceptron_fit"] == "mine has nothing that answers perceptron_fit"


def test_what_is_read_joins_what_is_spoken() -> None:
    assert set(adapt(SpeaksAndLearns, "mine").operations) == {"separability", "perceptron_fit"}


def test_a_class_with_nothing_to_ask_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match=r"mine: expected fit\(X, y\) and a number of epochs called max_iter, n_iter"):
        adapt(dict, "mine")


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module


CLAIMS = ["BP-07", "BP-17", "BP-06", "BP-03"]
"""Learning from mistakes; and what nothing in the examples answers."""


def test_the_reader_s_own_perceptron_stands_on_the_claims_that_apply(example: Callable[[str], ModuleType]) -> None:
    judged = tollens.check_subject(example("my_perceptron").MyPerceptron, "perceptron", claims=CLAIMS, profile="glance")

    assert {entry.claim.id: entry.verdict.outcome for entry in judged} == {
        "BP-07": "stands",
        "BP-17": "stands",
        "BP-06": "stands",
        "BP-03": "not-applicable",
    }


def test_the_reader_s_wrong_perceptron_is_refuted(example: Callable[[str], ModuleType]) -> None:
    wrong = example("my_wrong_perceptron").MyWrongPerceptron
    judged = tollens.check_subject(wrong, "perceptron", claims=CLAIMS[:2], on_fail=None, profile="glance")

    assert [entry.verdict.outcome for entry in judged] == ["refuted", "refuted"]
