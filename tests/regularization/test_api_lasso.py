"""Hand-computed values, errors and faces of the lasso and the elastic net."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from sklearn import linear_model
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor

from impl.regularization.duality import duality_gap, goal, lambda_max
from impl.regularization.lasso_regression import elastic_net, lasso
from impl.regularization.lasso_regressors import ElasticNet, Lasso
from impl.regularization.lasso_solver import SOLVERS

U = 2.0**-53
SIGNS = [[1.0, 1.0], [1.0, -1.0]]
"""Orthogonal columns of length √n."""


def tensor(*values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def number(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)


def drawn(seed: int, *shape: int) -> tuple[Tensor, Tensor]:
    """x of this shape and y beside it, of normal numbers."""
    draw = np.random.default_rng(seed)
    return torch.from_numpy(draw.standard_normal(shape)), torch.from_numpy(draw.standard_normal(shape[:-1]))


# One solution.


@pytest.mark.parametrize("solver", SOLVERS)
def test_orthogonal_columns_give_the_soft_threshold_to_the_bit(solver: str) -> None:
    found = lasso(tensor(*SIGNS), tensor(3.0, 1.0), 0.5, solver=solver)

    assert found.coef.tolist() == [1.5, 0.5]
    assert (found.gap.item(), found.iterations.item(), found.converged.item()) == (0.0, 1, True)


def test_one_column_is_the_thresholded_ratio() -> None:
    found = lasso(tensor([1.0], [2.0]), tensor(2.0, 3.0), 1.0)

    assert abs(found.coef.item() - 1.2) <= 4 * U


@pytest.mark.parametrize("solver", SOLVERS)
def test_all_is_zero_at_the_largest_penalty_and_not_below(solver: str) -> None:
    x, y = tensor([1.0, 2.0], [3.0, -1.0]), tensor(1.0, 2.0)
    top = lambda_max(x, y)

    assert top.item() == 3.5
    assert lasso(x, y, top, solver=solver).coef.tolist() == [0.0, 0.0]
    assert lasso(x, y, top * 0.99, solver=solver).active_set.tolist() == [True, False]


def test_of_equal_columns_the_sum_is_what_is_determined() -> None:
    found = lasso(tensor([1.0, 1.0]), tensor(2.0), 0.5)

    assert abs(found.coef.sum().item() - 1.5) <= 8 * U


def test_equal_columns_share_evenly_under_a_square() -> None:
    found = elastic_net(tensor([1.0, 1.0]), tensor(2.0), 0.5, 0.5)

    assert float((found.coef - 7 / 9).abs().max()) <= math.sqrt(8 * found.gap.item()) + 8 * U  # λ₂∕2 ‖Δ‖² ≤ gap


def test_without_a_penalty_it_is_the_least_squares_solution_of_least_norm() -> None:
    found = lasso(tensor([1.0, 1.0], [2.0, 2.0]), tensor(2.0, 4.0), 0.0)

    assert float((found.coef - 1).abs().max()) <= 16 * U
    assert (found.iterations.item(), found.converged.item()) == (1, True)


def test_lanes_with_and_without_corners_are_solved_side_by_side() -> None:
    x, y = drawn(0, 3, 8, 3)

    found = elastic_net(x, y, tensor(0.0, 0.125, 0.125), tensor(1.0, 0.0, 1.0))

    for lane, (penalty, ratio) in enumerate(((0.0, 1.0), (0.125, 0.0), (0.125, 1.0))):
        alone = elastic_net(x[lane], y[lane], penalty, ratio)
        assert float((found.coef[lane] - alone.coef).abs().max()) <= 2.0**-40
    assert found.converged.tolist() == [True] * 3


def test_columns_of_zeros_and_constant_ones_beside_an_intercept_get_exact_zeros() -> None:
    x, y = drawn(1, 6, 4)
    x[:, 1], x[:, 2] = 0, 0.1

    found = lasso(x, y, 0.01, intercept=True)

    assert found.coef[1:3].tolist() == [0.0, 0.0]
    assert abs(float((y - x @ found.coef - found.intercept).sum())) <= 64 * U * float(y.abs().sum() + 1)


def test_targets_of_zero_or_all_alike_give_zeros() -> None:
    x, _ = drawn(2, 5, 3)

    assert lasso(x, torch.zeros(5, dtype=torch.float64), 0.5).coef.tolist() == [0.0] * 3
    found = lasso(x, torch.full((5,), 0.1, dtype=torch.float64), 0.5, intercept=True)
    assert (found.coef.tolist(), found.intercept.item(), found.gap.item()) == ([0.0] * 3, 0.1, 0.0)


# Many.


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("shape", [(40, 20, 6), (20, 4, 9), (3, 30, 60), (1, 100, 300)])
def test_every_lane_reaches_the_promised_gap(shape: tuple[int, ...], solver: str, dtype: torch.dtype) -> None:
    x, y = (v.to(dtype) for v in drawn(3, *shape))
    penalty = lambda_max(x, y) / 20

    found = lasso(x, y, penalty, solver=solver)

    assert bool(found.converged.all())
    assert bool((found.gap <= goal(x, y)).all())
    assert found.coef.dtype == dtype
    again = duality_gap(
        x.double(), y.double(), found.coef.double(), penalty.double(), torch.ones_like(penalty.double())
    )
    assert bool((again.gap <= 2 * goal(x, y)).all())


@pytest.mark.parametrize("intercept", [False, True])
def test_a_fit_is_as_near_to_scikit_learns_as_both_gaps_allow(intercept: bool) -> None:
    x, y = drawn(4, 30, 5)
    model = linear_model.ElasticNet(alpha=0.125, l1_ratio=0.75, fit_intercept=intercept, tol=1e-13)

    theirs = model.fit(x.numpy(), y.numpy())
    ours = elastic_net(x, y, 0.125, 0.75, intercept=intercept)

    apart = x @ (ours.coef - torch.from_numpy(theirs.coef_))
    near = math.sqrt(60 * ours.gap.item()) + math.sqrt(60 * max(theirs.dual_gap_, 64 * U))  # which may round below 0
    assert float((apart - apart.mean() * intercept).norm()) <= near
    assert abs(ours.intercept.item() - theirs.intercept_) <= near


def test_leading_axes_are_kept() -> None:
    x, y = drawn(5, 2, 3, 7, 4)

    found = lasso(x, y, 0.125)

    assert [tuple(v.shape) for v in found] == [(2, 3, 4), *[(2, 3)] * 4]
    assert float((found.coef[1, 2] - lasso(x[1, 2], y[1, 2], 0.125).coef).abs().max()) <= 2.0**-40


def test_more_columns_than_gram_matrices_like_are_taken_in_working_sets() -> None:
    x, y = drawn(6, 2, 40, 700)
    penalty = lambda_max(x, y) / 50

    found = lasso(x, y, penalty)

    assert bool(found.converged.all())
    assert int(found.active_set.sum(-1).max()) <= 40
    assert bool((lasso(x, y, lambda_max(x, y)).coef == 0).all())


def test_a_lane_that_runs_out_of_rounds_says_so_and_tells_its_gap() -> None:
    x, y = drawn(7, 20, 10)

    found = lasso(x, y, 0.01, max_iter=1)

    assert (found.converged.item(), found.iterations.item()) == (False, 1)
    one = torch.ones((), dtype=torch.float64)
    again = duality_gap(x, y, found.coef, 0.01 * one, one)
    assert abs(found.gap.item() - again.gap.item()) <= 64 * U * again.primal.item()


def test_a_tolerance_stops_early() -> None:
    x, y = drawn(8, 50, 20)

    found = lasso(x, y, 0.01, tol=0.1)

    assert found.iterations.item() <= lasso(x, y, 0.01).iterations.item()
    assert found.gap.item() <= 0.1 * float(y.square().sum()) / 50


def test_the_gap_of_zero_coefficients_by_hand() -> None:
    found = duality_gap(tensor([1.0]), tensor(1.0), tensor(0.0), number(0.5), number(1.0))

    assert [v.item() for v in found] == [0.5, 0.375, 0.125, 0.5]


def test_the_gap_of_an_elastic_net_by_hand() -> None:
    """λ₁ = λ₂ = ½: r = 0, the pull is −½, feasible; P = ½ + ¼, D = −¼∕2 · 2 ∕ 2."""
    found = duality_gap(tensor([1.0]), tensor(1.0), tensor(1.0), number(1.0), number(0.5))

    assert [v.item() for v in found] == [0.75, -0.25, 1.0, 0.0]


# Errors.

X, Y = tensor(*SIGNS), tensor(3.0, 1.0)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"penalty": -1.0}, "penalty must be non-negative, got -1.0"),
        ({"penalty": math.inf}, "penalty must be finite, got inf"),
        ({"penalty": tensor(1.0, 1.0)}, r"penalty must have shape \(\) to match x, got \(2,\)"),
        ({"ratio": 1.5}, r"ratio must lie in \[0, 1\], got 1.5"),
        ({"ratio": -0.5}, "ratio must be non-negative, got -0.5"),
        ({"x": tensor([1.0, math.nan], [1.0, 1.0])}, r"x must be finite, got nan at index \(0, 1\)"),
        ({"x": X[:, :0]}, "x must not be empty"),
        ({"y": tensor(1.0)}, r"y must have shape \(2,\) to match x, got \(1,\)"),
        ({"solver": "lars"}, "solver must be one of cd, fista, got 'lars'"),
        ({"tol": -1.0}, "tol must be non-negative, got -1.0"),
        ({"max_iter": 0}, "max_iter must be at least 1, got 0"),
    ],
)
def test_what_is_no_elastic_net_is_refused_by_name(bad: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        elastic_net(**({"x": X, "y": Y, "penalty": 0.5, "ratio": 0.5} | bad))


def test_whole_numbers_are_refused_with_their_type() -> None:
    with pytest.raises(TypeError, match="x must be float32 or float64, got int64"):
        lasso(X.long(), Y, 0.5)


# The faces.


def test_a_face_tells_its_gap_and_keeps_exact_zeros() -> None:
    x, y = (v.numpy() for v in drawn(12, 40, 6))

    model = Lasso(alpha=0.125).fit(x, y)

    theirs = linear_model.Lasso(alpha=0.125, tol=1e-13).fit(x, y)
    assert ((model.coef_ == 0) == (theirs.coef_ == 0)).all()
    assert 0 < (model.coef_ == 0).sum() < 6
    assert 0 <= model.dual_gap_ <= 16 * 54 * U * float(((y - y.mean()) ** 2).sum()) / 80
    assert model.n_iter_ >= 1


def test_a_face_that_does_not_converge_warns_with_its_gap() -> None:
    x, y = (v.numpy() for v in drawn(13, 20, 10))

    with pytest.warns(ConvergenceWarning, match="the duality gap is still .* after 1 rounds: raise max_iter or tol"):
        Lasso(alpha=0.01, max_iter=1).fit(x, y)


def test_a_face_that_converges_does_not_warn() -> None:
    x, y = (v.numpy() for v in drawn(14, 20, 10))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ElasticNet(alpha=0.01, l1_ratio=0.0).fit(x, y)
        ElasticNet(alpha=0.01).fit(x.astype(np.float32), y)


def test_a_tensor_stays_a_tensor_of_its_dtype() -> None:
    x, y = (v.float() for v in drawn(15, 12, 3))

    model = ElasticNet(alpha=0.125).fit(x, y)

    assert model.predict(x).dtype == torch.float32
    assert model.coef_.dtype == np.float32


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Lasso(alpha=-1.0), "alpha must be non-negative and finite, got -1.0"),
        (Lasso(alpha=math.nan), "alpha must be non-negative and finite, got nan"),
        (ElasticNet(l1_ratio=2.0), r"l1_ratio must lie in \[0, 1\], got 2.0"),
        (Lasso(solver="saga"), "solver must be one of cd, fista, got 'saga'"),
        (Lasso(tol=-1.0), "tol must be non-negative, got -1.0"),
    ],
)
def test_a_face_names_a_bad_value(model: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model.fit(X.numpy(), Y.numpy())
