"""Curves of training and test error, and the polynomial face, as a user meets them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from torch import Tensor

from impl.core.random import generator
from impl.overfitting import (
    LeverageOneError,
    PolynomialRegression,
    capacity_curve,
    double_descent_curve,
    learning_curve,
    minimum_norm_risk,
    simulated_double_descent,
    validation_curve,
)

U = 2.0**-53


def tensor(*values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def close(a: Tensor, b: Tensor, roundings: int = 64) -> bool:
    return float((a - b).abs().max()) <= roundings * U * (1 + float(b.abs().max()))


ONES = torch.ones(4, 1, dtype=torch.float64)
STEPS = tensor(0.0, 2.0, 1.0, 1.0)
NODES = torch.linspace(-1, 1, 12, dtype=torch.float64)


def diabetes() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Standardised, with a constant column: rows and test rows."""
    features, target = load_diabetes(return_X_y=True)
    x = torch.cat([torch.ones(442, 1, dtype=torch.float64), 21 * torch.from_numpy(features)], 1)
    y = torch.from_numpy(target).double()
    return x[:300], y[:300], x[300:], y[300:]


def test_a_mean_is_learned_from_its_first_rows() -> None:
    curve = learning_curve(ONES, STEPS, ONES[:1], tensor(3.0), tensor(1, 2, 4))

    assert close(curve.training, tensor(0.0, 1.0, 0.5))
    assert close(curve.test, tensor(9.0, 4.0, 4.0))


def test_on_diabetes_training_error_begins_at_zero_and_test_error_peaks_at_as_many_rows_as_columns() -> None:
    sizes = torch.tensor([5, 11, 40, 300])

    curve = learning_curve(*diabetes(), sizes)

    assert float(curve.training[:2].max()) <= 2**30 * U
    assert int(curve.test.argmax()) == 1
    assert bool(curve.training[3] < curve.test[2])
    assert 2500 < float(curve.test[3]) < 3500


def test_a_penalty_raises_the_training_error() -> None:
    curve = validation_curve(*diabetes(), tensor(0.0, 1.0, 100.0, 1e4))

    assert bool((curve.training.diff() > 0).all())
    assert close(curve.training[0], learning_curve(*diabetes(), torch.tensor([300])).training[0], 2**12)


def test_a_degree_lowers_the_training_error_and_interpolates_in_the_end() -> None:
    y = NODES.abs()

    curve = capacity_curve(NODES, y, NODES + 1 / 23, y, [0, 2, 6, 11, 20])

    assert bool((curve.training[:4].diff() < 0).all())
    assert float(curve.training[3:].max()) <= 2**10 * U


def test_curves_of_a_batch_are_those_of_each_problem() -> None:
    x, y = torch.stack([ONES, 2 * ONES]), torch.stack([STEPS, STEPS.flip(0)])

    batch = learning_curve(x, y, x, y, torch.tensor([[1, 2], [3, 4]]))
    alone = learning_curve(x[1], y[1], x[1], y[1], torch.tensor([3, 4]))
    ridge = validation_curve(x, y, x, y, tensor(0.0, 2.0))

    assert close(batch.test[1], alone.test)
    assert close(ridge.training[1], validation_curve(x[1], y[1], x[1], y[1], tensor(0.0, 2.0)).training)


def test_risk_rises_to_infinity_and_falls_again() -> None:
    curve = double_descent_curve(10, [5, 8, 9, 10, 11, 12, 20], norm=2.0)

    assert close(curve.variance[[0, 1, 5, 6]], tensor(1.25, 8.0, 10.0, 10 / 9))
    assert curve.variance[2:5].tolist() == [math.inf] * 3
    assert close(curve.bias, tensor(0.0, 0.0, 0.0, 0.0, 4 / 11, 4 / 6, 2.0))


def test_without_noise_there_is_no_variance_even_at_the_peak() -> None:
    assert double_descent_curve(10, [10], noise_variance=0.0).variance.tolist() == [0.0]


def test_an_experiment_descends_twice() -> None:
    risks = simulated_double_descent(10, [5, 10, 100], repetitions=200, source=generator(0))

    below, at, beyond = risks.median(-1).values.tolist()
    assert at > 4 * below
    assert at > 4 * beyond


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: learning_curve(ONES, STEPS, ONES, STEPS, tensor(0, 1)), "sizes must be whole numbers of at least 1"),
        (lambda: learning_curve(ONES, STEPS, ONES, STEPS, tensor(1, 5)), "sizes must be at most .* rows, 4, got 5"),
        (lambda: learning_curve(ONES, STEPS, ONES, STEPS, tensor(1.5)), "sizes must be whole numbers"),
        (lambda: learning_curve(ONES, STEPS, ONES, STEPS, tensor([1])), r"sizes must have shape \(s\) to match x"),
        (lambda: learning_curve(ONES, STEPS, ONES.T, STEPS[:1], tensor(1)), r"test_x must have shape \(1, 1\)"),
        (lambda: learning_curve(ONES, STEPS, ONES, STEPS[:1], tensor(1)), r"test_y must have shape \(4,\)"),
        (lambda: validation_curve(ONES, STEPS, ONES, STEPS, tensor(-1.0)), "penalties must be non-negative, got -1.0"),
        (lambda: capacity_curve(NODES, NODES, NODES, NODES, []), "degrees must not be empty"),
        (lambda: capacity_curve(NODES, NODES, NODES, NODES, [3, -1]), "degree must be at least 0, got -1"),
        (lambda: minimum_norm_risk(*tensor([0.5], [3], [1], [1])), "rows must be whole numbers of at least 1, got 0.5"),
        (lambda: double_descent_curve(0, [3]), "rows must be whole numbers of at least 1, got 0"),
        (lambda: simulated_double_descent(3, [], repetitions=1, source=generator(0)), "dims must be at least 1"),
        (lambda: PolynomialRegression(1.5).fit([1.0], [1.0]), "degree must be a whole number, got 1.5"),
        (lambda: PolynomialRegression(-1).fit([1.0], [1.0]), "degree must be at least 0, got -1"),
        (lambda: PolynomialRegression(alpha=-1).fit([1.0], [1.0]), "alpha must be non-negative and finite, got -1"),
        (lambda: PolynomialRegression(basis="sine").fit([1.0], [1.0]), "basis must be one of"),
        (lambda: PolynomialRegression().fit([2.0, 2.0], [1.0, 2.0]), "at least two different values, got only 2.0"),
        (
            lambda: PolynomialRegression().fit([[1.0, 2.0]], [1.0]),
            r"X must have shape \(n,\) or \(n, 1\), got \(1, 2\)",
        ),
        (lambda: PolynomialRegression().fit([1.0, 2.0], [1.0]), r"y must have shape \(2,\) to match X, got \(1,\)"),
        (lambda: PolynomialRegression().fit([1.0, math.nan], [1.0, 2.0]), "X must be finite, got nan at index 1"),
        (lambda: PolynomialRegression().fit([1.0, 2.0], [1.0, math.inf]), "y must be finite, got inf at index 1"),
    ],
)
def test_a_bad_value_is_named(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask()


@pytest.mark.parametrize("basis", ["monomial", "chebyshev", "legendre"])
def test_a_face_is_the_same_polynomial_in_every_basis(basis: str) -> None:
    t = np.arange(8.0)
    model = PolynomialRegression(3, basis=basis).fit(t, t**3 - t)

    assert np.abs(model.predict(t[:, None] + 0.5) - ((t + 0.5) ** 3 - t - 0.5)).max() <= 2**14 * U * 512
    assert model.coef_.shape == (4,)
    assert model.range_.tolist() == [0.0, 7.0]


def test_a_face_knows_its_errors() -> None:
    model = PolynomialRegression(0).fit([3.0, 3.0, 3.0], [0.0, 0.0, 3.0])

    assert model.coef_.tolist() == [1.0]
    assert model.training_error_ == 2.0
    assert abs(model.loo_error_ - 4.5) <= 64 * U
    assert abs(model.aic_ - (3 * math.log(2) + 2)) <= 64 * U
    assert abs(model.bic_ - (3 * math.log(2) + math.log(3))) <= 64 * U


def test_a_penalty_spares_the_constant() -> None:
    model = PolynomialRegression(4, alpha=1e12).fit(np.arange(6.0), np.arange(6.0) + 100)

    assert np.abs(model.predict([0.0, 9.0]) - 102.5).max() < 1 / 1000
    assert abs(model.degrees_of_freedom_ - 1) < 1 / 1000


def test_more_parameters_than_rows_interpolate_and_leave_no_row_to_leave_out() -> None:
    model = PolynomialRegression(9).fit(np.arange(4.0), [1.0, -1.0, 1.0, -1.0])

    assert model.training_error_ <= 2**10 * U
    with pytest.raises(LeverageOneError, match="row 0 has leverage 1"):
        _ = model.loo_error_


def test_a_face_keeps_tensors_and_can_be_cloned() -> None:
    t = torch.arange(5.0)
    model = clone(PolynomialRegression(2, alpha=0.5)).fit(t[:, None], t.square())

    assert model.predict(t).dtype == torch.float32
    assert model.score(t.numpy(), t.square().numpy()) > 0.9
