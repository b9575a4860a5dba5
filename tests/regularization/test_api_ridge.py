"""Ridge regression as a user meets it: cases worked by hand, errors by name, lanes, the face."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.exceptions import DataConversionWarning
from torch import Tensor

from impl.regularization.centring import centre, intercept_of
from impl.regularization.errors import RankDeficientError
from impl.regularization.gaussian_prior import map_gaussian
from impl.regularization.l2_ball import constrained_l2
from impl.regularization.penalty_conventions import CONVENTIONS, convert_lambda
from impl.regularization.ridge_regression import SOLVERS, effective_degrees_of_freedom, hat_matrix, ridge, ridge_path
from impl.regularization.ridge_regressor import Ridge

U = 2.0**-53
EVERY = tuple(SOLVERS)


def tensor(*values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def largest(values: Tensor) -> float:
    return float(values.abs().max())


DIAGONAL = tensor([2.0, 0.0], [0.0, 1.0], [0.0, 0.0]), tensor(4.0, 3.0, 5.0)


@pytest.mark.parametrize("solver", EVERY)
def test_a_diagonal_design_shrinks_each_coefficient_by_itself(solver: str) -> None:
    found = ridge(*DIAGONAL, 2.0, solver=solver)

    assert largest(found.coef - tensor(8 / 6, 3 / 3)) <= 8 * U
    assert abs(float(found.df) - (4 / 6 + 1 / 3)) <= 8 * U
    assert float(found.intercept) == 0


@pytest.mark.parametrize("solver", EVERY)
def test_an_intercept_takes_the_means_and_is_not_penalised(solver: str) -> None:
    found = ridge(tensor([1.0], [3.0]), tensor(10.0, 14.0), 2.0, intercept=True, solver=solver)

    assert abs(float(found.coef) - 1.0) <= 8 * U
    assert abs(float(found.intercept) - 10.0) <= 64 * U


@pytest.mark.parametrize("solver", EVERY)
def test_constant_columns_have_coefficient_zero_beside_an_intercept(solver: str) -> None:
    x = torch.full((3, 2), 0.1, dtype=torch.float64)

    found = ridge(x, tensor(1.0, 2.0, 6.0), 1e-9, intercept=True, solver=solver)

    assert found.coef.tolist() == [0.0, 0.0]
    assert abs(float(found.intercept) - 3.0) <= 8 * U
    assert float(found.df) == 0


@pytest.mark.parametrize("solver", EVERY)
def test_nothing_to_explain_gives_zero_and_no_nan(solver: str) -> None:
    for x, y in (
        (torch.zeros(3, 2), torch.ones(3)),
        (torch.ones(3, 2), torch.zeros(3)),
        (torch.ones(1, 4), torch.zeros(1)),
    ):
        found = ridge(x, y, 0.5, solver=solver)
        assert found.coef.abs().max() == 0
        assert torch.isfinite(found.df)


@pytest.mark.parametrize("solver", EVERY)
def test_equal_columns_share_their_coefficient(solver: str) -> None:
    x = tensor([1.0, 1.0], [2.0, 2.0])

    found = ridge(x, tensor(1.0, 2.0), 2.0, solver=solver)

    assert largest(found.coef - 5 / 12) <= 16 * U  # 5 (β₁ + β₂) + 2 β = 5


def test_fewer_rows_than_columns_have_the_solution_in_the_span_of_the_rows() -> None:
    row, y = tensor([1.0, 2.0, 2.0]), tensor(10.0)

    for solver in EVERY:
        assert largest(ridge(row, y, 1.0, solver=solver).coef - row[0]) <= 16 * U


@pytest.mark.parametrize("solver", ["svd", "auto"])
def test_without_penalty_dependent_columns_get_the_solution_of_least_norm(solver: str) -> None:
    x = tensor([1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 3.0])

    found = ridge(x, tensor(1.0, 3.0, 6.0), 0.0, solver=solver)

    assert largest(found.coef - tensor(1.0, 1.0, 2.0)) <= 32 * U
    assert abs(float(found.df) - 2) <= 8 * U


@pytest.mark.parametrize(
    "x",
    [
        tensor([1.0, 1.0], [2.0, 2.0]),
        tensor([1.0, 0.0], [2.0, 0.0]),
        tensor([1.0, 2.0]),
        tensor([0.1, 0.3], [0.7, 2.1]),
    ],
    ids=["equal", "zero", "wide", "multiple"],
)
def test_cholesky_refuses_dependent_columns_without_penalty(x: Tensor) -> None:
    y = torch.ones_like(x[:, 0])

    with pytest.raises(RankDeficientError, match="linearly dependent and its penalty is 0: take solver 'svd'"):
        ridge(x, y, 0.0, solver="cholesky")


def test_the_lane_with_dependent_columns_is_named() -> None:
    x = torch.stack([torch.eye(2), torch.ones(2, 2)]).double()

    with pytest.raises(RankDeficientError, match="linearly dependent in lane 1"):
        ridge(x, torch.ones(2, 2).double(), 0.0, solver="cholesky")


def test_a_penalty_below_rounding_is_left_to_the_svd() -> None:
    x = tensor([1.0, 1.0, 1.0], [1.0, 1.0, 1.0]) * 1e8
    batch = torch.stack([x, torch.eye(3, dtype=torch.float64)[:2]])

    found = ridge(batch.mT, torch.ones(2, 3, dtype=torch.float64), 1e-12, solver="cholesky")
    alone = ridge(batch.mT, torch.ones(2, 3, dtype=torch.float64), 1e-12, solver="svd")

    assert torch.isfinite(found.coef).all()
    assert largest(found.coef - alone.coef) <= 64 * U


def test_auto_keeps_half_of_the_digits_where_cholesky_does_not() -> None:
    x = tensor([1.0, 1.0], [1.0, 1.0 + 2.0**-20], [1.0, 1.0 - 2.0**-20])

    auto, svd, cholesky = (
        ridge(x, tensor(1.0, 2.0, 3.0), 0.0, solver=solver).coef for solver in ("auto", "svd", "cholesky")
    )

    one_condition = 2.0**24 * U * largest(svd)  # κ is about 2²¹, and Cholesky's error belongs to κ²
    assert largest(auto - svd) <= one_condition < largest(cholesky - svd)


def test_auto_solves_lanes_of_both_kinds_with_fewer_rows_than_columns_and_no_penalty() -> None:
    x = tensor([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]], [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]])

    found = ridge(x, tensor([3.0, 4.0], [2.0, 4.0]), 0.0)

    assert largest(found.coef - tensor([3.0, 2.0, 0.0], [1.5, 1.5, 0.0])) <= 32 * U
    assert largest(found.df - tensor(2.0, 1.0)) <= 8 * U


@pytest.mark.parametrize("solver", EVERY)
def test_lanes_are_a_loop(solver: str) -> None:
    draw = np.random.default_rng(2)
    x, y = torch.from_numpy(draw.normal(size=(2, 3, 6, 4))), torch.from_numpy(draw.normal(size=(2, 3, 6)))
    x[1, 2, :, 0] = 5.0
    penalty = torch.from_numpy(draw.uniform(1e-12, 1, (2, 3)))

    together = ridge(x, y, penalty, intercept=True, solver=solver)

    for lane in np.ndindex(2, 3):
        alone = ridge(x[lane], y[lane], penalty[lane], intercept=True, solver=solver)
        assert largest(together.coef[lane] - alone.coef) <= 2.0**10 * U
        assert abs(float(together.df[lane] - alone.df)) <= 2.0**10 * U


def test_a_path_is_its_solutions_and_their_residuals() -> None:
    x, y = tensor([2.0, 1.0], [0.0, 1.0], [1.0, -1.0]), tensor(4.0, 3.0, 5.0)
    penalties = tensor(0.5, 2.0, 8.0)

    path = ridge_path(x, y, penalties, intercept=True)

    for i, penalty in enumerate(penalties):
        one = ridge(x, y, penalty, intercept=True, solver="svd")
        residual = y - x @ one.coef - one.intercept
        assert largest(path.coef[i] - one.coef) <= 64 * U
        assert abs(float(path.intercept[i] - one.intercept)) <= 64 * U
        assert abs(float(path.rss[i] - residual.square().sum())) <= 256 * U


def test_the_hat_matrix_fits_and_its_trace_is_the_degrees_of_freedom() -> None:
    x, y = DIAGONAL

    hat = hat_matrix(x, 2.0)

    assert largest(hat @ y - x @ ridge(x, y, 2.0).coef) <= 32 * U
    assert abs(float(hat.trace() - effective_degrees_of_freedom(x, 2.0))) <= 8 * U


def test_degrees_of_freedom_begin_at_the_rank() -> None:
    assert abs(float(effective_degrees_of_freedom(tensor([1.0, 1.0], [1.0, 1.0], [2.0, 2.0]), 0.0)) - 1) <= 4 * U


def test_one_observation_and_one_coefficient_have_the_posterior_of_the_textbook() -> None:
    found = map_gaussian(tensor([2.0]), tensor(6.0), 3.0, 0.5)

    assert float(found.penalty) == 6.0
    assert abs(float(found.coef) - 12 / 10) <= 8 * U
    assert abs(float(found.covariance) - 3 / 10) <= 8 * U


def test_directions_that_were_not_observed_keep_the_prior() -> None:
    found = map_gaussian(tensor([1.0, 0.0]), tensor(1.0), 1.0, 4.0)

    assert largest(found.covariance - tensor([0.8, 0.0], [0.0, 4.0])) <= 16 * U


def test_a_ball_that_holds_least_squares_does_not_bind() -> None:
    found = constrained_l2(*DIAGONAL, 4.0)

    assert float(found.penalty) == 0
    assert largest(found.coef - tensor(2.0, 3.0)) <= 16 * U


def test_a_ball_that_binds_gives_the_multiplier_of_its_ridge() -> None:
    x, y = tensor([1.0, 0.0], [0.0, 1.0]), tensor(6.0, 8.0)

    found = constrained_l2(x, y, 5.0)  # β = y ∕ (1 + λ)

    assert abs(float(found.penalty) - 1) <= 8 * U
    assert largest(found.coef - tensor(3.0, 4.0)) <= 32 * U


@pytest.mark.parametrize("radius", [1e-6, 0.1, 1.0, 3.0])
def test_the_solution_lies_on_the_border_even_of_a_design_near_dependence(radius: float) -> None:
    x = tensor([1.0, 1.0], [1.0, 1.0 + 1e-7], [1.0, 1.0 - 1e-7])

    found = constrained_l2(x, tensor(1.0, 2.0, -3.0), radius)

    assert abs(float(found.coef.norm()) / radius - 1) <= 2.0**8 * U
    assert float(found.penalty) > 0


def test_a_target_of_zeros_needs_no_ball() -> None:
    found = constrained_l2(torch.eye(2).double(), tensor(0.0, 0.0), 1.0)

    assert (found.coef.tolist(), float(found.penalty)) == ([0.0, 0.0], 0.0)


def test_conversions_are_exact_on_whole_numbers_and_undo_each_other() -> None:
    assert convert_lambda(6.0, "sum", "mean", 3) == 2.0
    assert convert_lambda(6.0, "sum", "half-mean", 3) == 1.0
    assert convert_lambda(1.0, "mean", "half-mean", 3) == 0.5
    for source in CONVENTIONS:
        for target in CONVENTIONS:
            there = convert_lambda(tensor(24.0), source, target, 4)
            assert convert_lambda(there, target, source, 4).tolist() == [24.0]


def test_centring_takes_a_mean_far_from_zero_and_puts_it_back() -> None:
    x, y = tensor([2.0**40 + 1, 0.1], [2.0**40 + 3, 0.1]), tensor(1.0, 5.0)

    data = centre(x, y, True)

    assert data.x.tolist() == [[-1.0, 0.0], [1.0, 0.0]]
    assert data.x_mean.tolist() == [2.0**40 + 2, 0.1]
    assert float(intercept_of(data.x_mean, data.y_mean, tensor(0.0, 10.0))) == 3.0 - 0.1 * 10.0


X, Y = torch.eye(2, dtype=torch.float64), torch.ones(2, dtype=torch.float64)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X, Y, -1.0), "penalty must be non-negative, got -1.0"),
        ((X, Y, math.nan), "penalty must be finite, got nan"),
        ((X, Y, tensor(1.0, 2.0)), r"penalty must have shape \(\) to match x, got \(2,\)"),
        (
            (X.expand(3, 2, 2), Y.expand(3, 2), tensor(0.0, 1.0, -2.0)),
            "penalty must be non-negative, got -2.0 at index 2",
        ),
        ((X * math.inf, Y, 1.0), "x must be finite"),
        ((X, Y * math.nan, 1.0), "y must be finite, got nan at index 0"),
        ((X, Y[:1], 1.0), r"y must have shape \(2,\) to match x, got \(1,\)"),
        ((X[:0], Y[:0], 1.0), "x must not be empty"),
        ((X[0], Y, 1.0), r"x must have shape \(..., n, p\), got \(2,\)"),
    ],
)
def test_what_is_no_ridge_regression_is_refused_by_name(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ridge(*arguments)


def test_other_bad_values_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="solver must be one of svd, cholesky, auto, got 'lsqr'"):
        ridge(X, Y, 1.0, solver="lsqr")
    with pytest.raises(ValueError, match=r"penalties must be positive, got 0.0 at index 1"):
        ridge_path(X, Y, tensor(1.0, 0.0))
    with pytest.raises(ValueError, match=r"prior_variance must be positive, got 0.0"):
        map_gaussian(X, Y, 1.0, 0.0)
    with pytest.raises(ValueError, match=r"radius must be positive, got -1.0"):
        constrained_l2(X, Y, -1.0)
    with pytest.raises(ValueError, match="target must be one of sum, mean, half-mean, got 'median'"):
        convert_lambda(1.0, "sum", "median", 3)
    with pytest.raises(ValueError, match=r"value must be non-negative and finite, got -1.0"):
        convert_lambda(-1.0, "sum", "mean", 3)
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        convert_lambda(1.0, "sum", "mean", 0)
    with pytest.raises(TypeError, match="x must be float32 or float64, got int64"):
        ridge(torch.eye(2, dtype=torch.int64), Y, 1.0)
    with pytest.raises(TypeError, match="y must have the dtype of x, float64, got float32"):
        ridge(X, Y.float(), 1.0)
    with pytest.raises(ValueError, match="sample_weight must have a positive sum, got all zeros"):
        ridge(X, Y, 1.0, sample_weight=torch.zeros(2, dtype=torch.float64))


# The face.

TABLE = np.array([[0.0, 1.0], [1.0, 3.0], [2.0, -1.0], [4.0, 0.5]])
ANSWERS = np.array([1.0, 2.0, 0.0, 3.0])


@pytest.mark.parametrize("solver", EVERY)
def test_a_weight_of_two_is_a_row_twice(solver: str) -> None:
    twice = Ridge(solver=solver).fit(np.repeat(TABLE, [1, 2, 1, 1], axis=0), np.repeat(ANSWERS, [1, 2, 1, 1]))
    weighted = Ridge(solver=solver).fit(TABLE, ANSWERS, sample_weight=[1, 2, 1, 1])

    assert float(np.abs(twice.coef_ - weighted.coef_).max()) <= 64 * U
    assert abs(twice.intercept_ - weighted.intercept_) <= 64 * U
    assert abs(twice.df_ - weighted.df_) <= 64 * U


def test_a_tensor_stays_a_tensor_of_its_dtype() -> None:
    X = torch.from_numpy(TABLE).float()

    model = Ridge().fit(X, torch.from_numpy(ANSWERS))

    assert isinstance(model.predict(X), Tensor)
    assert (model.predict(X).dtype, model.coef_.dtype) == (torch.float32, np.float32)


def test_without_penalty_an_exact_line_is_found_and_scored() -> None:
    model = Ridge(alpha=0.0).fit(TABLE, TABLE @ [2.0, -1.0] + 3.0)

    assert float(np.abs(model.coef_ - [2.0, -1.0]).max()) <= 256 * U
    assert abs(model.score(TABLE, TABLE @ [2.0, -1.0] + 3.0) - 1) <= 64 * U


def test_a_column_of_answers_is_taken_with_a_warning() -> None:
    with pytest.warns(DataConversionWarning):
        model = Ridge().fit(TABLE, ANSWERS[:, None])

    assert model.predict(TABLE).shape == (4,)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"alpha": -1.0}, "alpha must be non-negative and finite, got -1.0"),
        ({"alpha": math.nan}, "alpha must be non-negative and finite, got nan"),
        ({"solver": "sag"}, "solver must be one of svd, cholesky, auto, got 'sag'"),
    ],
)
def test_the_face_names_a_bad_parameter(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Ridge(**settings).fit(TABLE, ANSWERS)


def test_the_face_refuses_dependent_columns_where_it_was_told_to() -> None:
    with pytest.raises(RankDeficientError, match="take solver 'svd'"):
        Ridge(alpha=0.0, solver="cholesky").fit(TABLE[:, [0, 0]], ANSWERS)
