"""Hand-computed values and errors of the lasso's path, the Laplace prior and the ℓ1 ball."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from impl.regularization.duality import goal, lambda_max
from impl.regularization.l1_ball import constrained_l1
from impl.regularization.laplace import map_laplace
from impl.regularization.lasso_regression import lasso
from impl.regularization.path_of_lasso import geometric_penalties, lasso_path

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


def test_a_variable_leaves_the_path_and_comes_back() -> None:
    x, y = tensor([0.0, 1.0], [-1.0, 3.0]), tensor(-1.0, 1.0)

    found = lasso_path(x, y, tensor(1.0, 0.5, 0.27, 0.2, 0.05))

    assert (found.coef != 0).tolist() == [[False, False], [False, True], [True, True], [True, False], [True, True]]
    assert bool(found.converged.all())
    assert found.coef[4, 1].item() < 0


@pytest.mark.parametrize("shape", [(3, 12, 5), (2, 5, 12), (1, 20, 600)])
@pytest.mark.parametrize("intercept", [False, True])
def test_a_path_is_a_lasso_at_each_penalty(shape: tuple[int, ...], intercept: bool) -> None:
    x, y = drawn(9, *shape)
    penalties = geometric_penalties(x, y, 8, 0.05, intercept=intercept)

    found = lasso_path(x, y, penalties, intercept=intercept)

    assert bool(found.converged.all())
    for k in range(8):
        alone = lasso(x, y, penalties[:, k], intercept=intercept)
        near = (shape[-2] * 2 * found.gap[:, k]).sqrt() + (shape[-2] * 2 * alone.gap).sqrt()
        apart = (x @ (found.coef[:, k] - alone.coef).unsqueeze(-1)).squeeze(-1)
        apart = apart + (found.intercept[:, k] - alone.intercept).unsqueeze(-1)
        assert bool((apart.norm(dim=-1) <= near + 64 * U * y.norm(dim=-1)).all())


def test_a_path_may_end_without_a_penalty() -> None:
    x, y = drawn(10, 9, 3)

    found = lasso_path(x, y, tensor(0.5, 0.0))

    assert bool(found.converged.all())
    assert float((found.coef[1] - lasso(x, y, 0.0).coef).abs().max()) == 0


def test_a_laplace_prior_is_a_lasso() -> None:
    found = map_laplace(tensor([1.0]), tensor(0.5), 1.0, 1.0)
    assert (found.coef.item(), found.penalty.item()) == (0.0, 1.0)

    found = map_laplace(tensor(*SIGNS), tensor(3.0, 1.0), 2.0, 2.0)
    assert (found.coef.tolist(), found.penalty.item()) == ([1.5, 0.5], 0.5)


def test_the_l1_ball_stops_least_squares_at_its_surface() -> None:
    x, y = torch.eye(2, dtype=torch.float64), tensor(3.0, 1.0)

    on, inside = constrained_l1(x, y, 2.0), constrained_l1(x, y, 5.0)

    assert float((on.coef - tensor(2.0, 0.0)).abs().max()) <= 8 * U
    assert abs(on.penalty.item() - 0.5) <= 8 * U
    assert float((inside.coef - y).abs().max()) <= 16 * U
    assert inside.penalty.item() == 0


@pytest.mark.parametrize("shape", [(8, 12, 4), (8, 4, 7), (4, 1, 3)])
def test_the_ball_and_the_penalty_are_two_sides_of_one_problem(shape: tuple[int, ...]) -> None:
    x, y = drawn(11, *shape)
    n, radius = shape[1], torch.linspace(0.05, 4, shape[0], dtype=torch.float64)

    found = constrained_l1(x, y, radius)

    assert bool((found.gap <= 2 * goal(x, y) + 64 * U * radius * lambda_max(x, y)).all())
    assert bool((found.coef.abs().sum(-1) <= radius * (1 + 16 * U)).all())
    positive = found.penalty > 0
    alone = lasso(x, y, found.penalty)
    near = (2 * n * found.gap).sqrt() + (2 * n * alone.gap).sqrt()
    apart = (x @ (found.coef - alone.coef).unsqueeze(-1)).squeeze(-1).norm(dim=-1)
    allowed = near + 2.0**-30 * y.norm(dim=-1)  # the multiplier is known to about √(u) where a knot is near
    assert bool((apart <= allowed)[positive].all())


def test_a_ball_around_nothing_worth_reaching_gives_zeros() -> None:
    found = constrained_l1(torch.zeros(3, 2, dtype=torch.float64), tensor(1.0, 2.0, 3.0), 1.0)

    assert (found.coef.tolist(), found.penalty.item(), found.gap.item()) == ([0.0, 0.0], 0.0, 0.0)


@pytest.mark.parametrize(("dtype", "far"), [(torch.float32, 2.0**60), (torch.float64, 2.0**500)])
def test_extreme_scales_give_the_same_answer_scaled(dtype: torch.dtype, far: float) -> None:
    x, y = (v.to(dtype) for v in drawn(16, 2, 12, 4))
    penalty = lambda_max(x, y) / 4

    near = lasso(x, y, penalty)

    for by_x, by_y in ((far, 1 / far), (1 / far, far), (far, 1.0), (1.0, 1 / far)):
        found = lasso(x * by_x, y * by_y, penalty * by_x * by_y)
        assert found.converged.tolist() == [True, True]
        assert float((found.coef * by_x / by_y - near.coef).abs().max()) <= 2.0**-9
        path = lasso_path(x * by_x, y * by_y, (penalty * by_x * by_y).unsqueeze(-1))
        assert float((path.coef[:, 0] * by_x / by_y - near.coef).abs().max()) <= 2.0**-9
        ball = constrained_l1(x * by_x, y * by_y, near.coef.abs().sum(-1) / by_x * by_y)
        assert float((ball.coef * by_x / by_y - near.coef).abs().max()) <= 2.0**-9


X, Y = tensor(*SIGNS), tensor(3.0, 1.0)


def test_bad_paths_priors_and_balls_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"penalties must descend, got the rise to 1\.0 at index 1"):
        lasso_path(X, Y, tensor(0.5, 1.0))
    with pytest.raises(ValueError, match=r"penalties must be non-negative, got -1\.0 at index 1"):
        lasso_path(X, Y, tensor(0.5, -1.0))
    with pytest.raises(ValueError, match=r"scale must be positive, got 0\.0"):
        map_laplace(X, Y, 1.0, 0.0)
    with pytest.raises(ValueError, match=r"radius must be positive, got 0\.0"):
        constrained_l1(X, Y, 0.0)
