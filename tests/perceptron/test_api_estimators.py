"""The faces Perceptron and PocketPerceptron: labels, starts, warnings, and scikit-learn's own perceptron and checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Perceptron as Reference
from sklearn.multiclass import OneVsRestClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from impl.perceptron import Perceptron, PocketPerceptron

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
AND, XOR = [0, 0, 0, 1], [0, 1, 1, 0]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # on noise that no plane separates
@parametrize_with_checks([Perceptron(max_iter=20), Perceptron(shuffle=True, max_iter=20, random_state=0),
                          PocketPerceptron(max_iter=20)])  # fmt: skip
def test_scikit_learns_own_checks_pass(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


def test_and_is_learned() -> None:
    model = Perceptron().fit(CORNERS, AND)

    assert (model.coef_.tolist(), model.intercept_.tolist()) == ([[3.0, 2.0]], [-4.0])
    assert (model.n_iter_, model.n_mistakes_, model.converged_) == (9, 18, True)
    assert model.mistakes_per_epoch_.tolist() == [2, 3, 3, 2, 2, 3, 2, 1, 0]
    assert model.predict(CORNERS).tolist() == AND


def test_the_learning_rate_only_scales() -> None:
    slow, fast = Perceptron(eta0=0.25).fit(CORNERS, AND), Perceptron(eta0=4.0).fit(CORNERS, AND)

    assert slow.mistakes_per_epoch_.tolist() == fast.mistakes_per_epoch_.tolist()
    assert (16 * slow.coef_).tolist() == fast.coef_.tolist()


def test_what_no_plane_separates_ends_with_a_count_of_mistakes_and_says_so() -> None:
    says = r"4 mistakes in epoch 7, the last of max_iter: the data may be inseparable, .*separability\(X, y\) decides"

    with pytest.warns(ConvergenceWarning, match=says):
        model = Perceptron(max_iter=7).fit(CORNERS, XOR)

    assert (model.n_iter_, model.converged_) == (7, False)


def test_without_an_intercept_the_bias_stays_zero() -> None:
    model = Perceptron(fit_intercept=False).fit([[-1.0], [2.0]], [0, 1], intercept_init=[3.0])

    assert model.intercept_.tolist() == [0.0]


def test_a_start_that_separates_is_kept() -> None:
    model = Perceptron().fit(CORNERS, AND, coef_init=[[2.0, 2.0]], intercept_init=[-3.0])

    assert (model.n_iter_, model.n_mistakes_) == (1, 0)
    assert (model.coef_.tolist(), model.intercept_.tolist()) == ([[2.0, 2.0]], [-3.0])


def test_a_row_on_the_plane_is_of_the_first_class() -> None:
    model = Perceptron().fit([[-1.0], [1.0]], ["down", "up"], coef_init=[1.0])

    assert model.predict([[0.0], [0.5]]).tolist() == ["down", "up"]


def test_tensors_stay_tensors() -> None:
    X = torch.tensor(CORNERS, dtype=torch.float32)
    model = Perceptron().fit(X, torch.tensor(AND))

    assert model.decision_function(X).dtype == torch.float32
    assert model.predict(X).tolist() == AND


def test_a_shuffled_run_is_repeated_by_its_seed() -> None:
    X = np.random.default_rng(0).normal(size=(30, 2))
    y = X[:, 0] > X[:, 1]

    one, two = (Perceptron(shuffle=True, random_state=5).fit(X, y) for _ in range(2))
    plain = Perceptron().fit(X, y)

    assert one.coef_.tolist() == two.coef_.tolist() != plain.coef_.tolist()


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_on_whole_numbers_it_is_scikit_learns_perceptron_to_the_last_bit(intercept: bool) -> None:
    draw = np.random.default_rng(0)
    for _ in range(20):
        n, d = draw.integers(2, 20), draw.integers(1, 4)
        X, y = draw.integers(-5, 6, (n, d)).astype(float), np.append([0, 1], draw.integers(0, 2, n - 2))
        ours = Perceptron(fit_intercept=intercept, max_iter=20).fit(X, y)
        theirs = Reference(fit_intercept=intercept, max_iter=20, shuffle=False, tol=None).fit(X, y)

        assert ours.coef_.tolist() == theirs.coef_.tolist()
        assert ours.intercept_.tolist() == theirs.intercept_.tolist()


def test_the_pocket_is_no_worse_than_the_end() -> None:
    from sklearn.datasets import load_breast_cancer

    X, y = load_breast_cancer(return_X_y=True)
    with pytest.warns(ConvergenceWarning):
        last = Perceptron(max_iter=20).fit(X, y)

    pocket = PocketPerceptron(max_iter=20).fit(X, y)

    assert pocket.n_mistakes_ == last.n_mistakes_
    assert pocket.errors_ == (pocket.predict(X) != y).sum() < (last.predict(X) != y).sum()


def test_the_pocket_keeps_the_start_where_nothing_is_better() -> None:
    model = PocketPerceptron(max_iter=3).fit([[1.0], [3.0]], [0, 1], coef_init=[[1.0]], intercept_init=[-2.0])

    assert (model.coef_.tolist(), model.intercept_.tolist(), model.errors_) == ([[1.0]], [-2.0], 0)


@pytest.mark.parametrize("make", [Perceptron, PocketPerceptron])
@pytest.mark.parametrize(
    ("parameters", "fit", "says"),
    [
        ({}, {"y": ["a", "a"]}, "y must hold two classes, got one class: 'a' in every row"),
        ({}, {"X": [[0.0], [1.0], [2.0]], "y": [0, 1, 2]}, "Only binary classification is supported.*3 classes; wrap"),
        ({}, {"X": [[np.nan], [1.0]]}, "X must be finite, got nan at index"),
        ({}, {"y": [0.0, np.inf]}, "y must be finite"),
        ({"eta0": 0.0}, {}, "eta0 must be positive and finite, got 0.0"),
        ({"max_iter": 0}, {}, "max_iter must be at least 1, got 0"),
        ({}, {"coef_init": [1.0, 2.0]}, r"coef_init must have shape \(1, 1\), got \(2,\)"),
        ({}, {"intercept_init": [1.0, 2.0]}, r"intercept_init must be one number, got shape \(2,\)"),
        ({}, {"coef_init": [np.nan]}, "coef_init must be finite"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(make: Any, parameters: Any, fit: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make(**parameters).fit(**{"X": [[0.0], [1.0]], "y": [0, 1], **fit})


def test_more_classes_are_learned_one_against_the_rest() -> None:
    X = [[-3.0, 0.0], [3.0, 0.0], [0.0, 5.0]]

    model = OneVsRestClassifier(Perceptron()).fit(X, [0, 1, 2])

    assert model.predict(X).tolist() == [0, 1, 2]
