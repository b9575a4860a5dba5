"""Hand-computed values and errors of proximal operators and projections."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from impl.regularization.lasso_checks import check_coef, check_each, check_points
from impl.regularization.projection import project_l1_ball, project_l2_ball, project_linf_ball
from impl.regularization.prox import prox_elastic_net, prox_l1, prox_l2, soft_threshold
from impl.regularization.subject import SUBJECT

U = 2.0**-53


def tensor(*values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def number(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)


def test_the_soft_threshold_takes_t_from_the_size_and_leaves_nothing_below_it() -> None:
    found = soft_threshold(tensor(-3.0, -1.0, -0.0, 0.5, 1.0, 2.5), number(1.0))

    assert found.tolist() == [-2.0, 0.0, 0.0, 0.0, 0.0, 1.5]
    assert not bool(found[1:5].signbit().any())


def test_a_threshold_of_zero_changes_nothing() -> None:
    assert prox_l1(tensor(-3.0, 0.25), number(0.0)).tolist() == [-3.0, 0.25]


def test_the_square_shrinks_after_the_threshold() -> None:
    assert prox_elastic_net(tensor(-5.0, 1.0), number(1.0), number(1.0)).tolist() == [-2.0, 0.0]


def test_a_block_is_shrunk_whole_or_is_zero() -> None:
    assert prox_l2(tensor([3.0, 4.0], [3.0, 4.0], [0.0, 0.0]), tensor(2.5, 5.0, 0.0)).tolist() == [
        [1.5, 2.0],
        [0.0, 0.0],
        [0.0, 0.0],
    ]


def test_the_length_of_a_block_does_not_overflow() -> None:
    far = 2.0**600

    assert prox_l2(tensor(3 * far, 4 * far), number(2.5 * far)).tolist() == [1.5 * far, 2 * far]


def test_an_l1_projection_thresholds_and_forgets_small_entries() -> None:
    assert project_l1_ball(tensor(3.0, -1.0), number(2.0)).tolist() == [2.0, 0.0]
    assert project_l1_ball(tensor(3.0, -2.0), number(3.0)).tolist() == [2.0, -1.0]
    assert project_l1_ball(tensor(1.0, 1.0), number(1.0)).tolist() == [0.5, 0.5]


def test_points_inside_stay_and_a_radius_of_zero_leaves_zero() -> None:
    v = tensor(0.5, -0.25)

    for project in (project_l1_ball, project_l2_ball, project_linf_ball):
        assert project(v, number(1.0)).tolist() == v.tolist()
        assert project(v, number(0.0)).tolist() == [0.0, 0.0]


def test_l2_scales_and_linf_clips() -> None:
    assert project_l2_ball(tensor(3.0, 4.0), number(2.5)).tolist() == [1.5, 2.0]
    assert project_linf_ball(tensor(3.0, -0.5), number(1.0)).tolist() == [1.0, -0.5]


def test_an_l1_projection_is_nearer_than_any_other_point_of_the_ball() -> None:
    draw = np.random.default_rng(0)
    v = torch.from_numpy(draw.standard_normal((64, 7)))
    radius = torch.from_numpy(draw.uniform(0.1, 3, 64))

    value = project_l1_ball(v, radius)

    other = torch.from_numpy(draw.dirichlet(np.ones(7), 64) * draw.choice([-1, 1], (64, 7))) * radius.unsqueeze(-1)
    # at a projection ⟨v − value, other − value⟩ ≤ 0; products of 7 terms, each sum with a few roundings
    size = (v.abs() + value.abs()) * (other.abs() + value.abs())
    assert bool((((v - value) * (other - value)).sum(-1) <= 32 * U * size.sum(-1)).all())
    assert bool((value.abs().sum(-1) <= radius * (1 + 32 * U)).all())


def test_lanes_and_dtype_are_kept() -> None:
    v = torch.ones(2, 3, 4)

    assert project_l1_ball(v, torch.ones(2, 3)).shape == (2, 3, 4)
    assert prox_l2(v, torch.ones(2, 3)).dtype == torch.float32


@pytest.mark.parametrize(
    ("operation", "norm"), [("prox", "linf"), ("prox", ""), ("project", "l0"), ("project", "nuclear")]
)
def test_an_unknown_norm_is_refused_by_name(operation: str, norm: str) -> None:
    arrays = {name: np.ones(1) for name in ("step", "ridge", "radius")} | {"v": np.ones((1, 2))}

    with pytest.raises(ValueError, match=f"norm must be one of l1, l2.*, got '{norm}'"):
        SUBJECT.operations[operation](arrays, {"norm": norm}, device="cpu", dtype="float64", seed=0)


def test_bad_points_and_steps_are_refused_by_name() -> None:
    v = tensor(1.0, 2.0)

    with pytest.raises(TypeError, match="v must be float32 or float64, got int64"):
        check_points(torch.ones(2, dtype=torch.int64))
    with pytest.raises(ValueError, match="v must be finite, got nan at index 1"):
        check_points(tensor(1.0, math.nan))
    with pytest.raises(ValueError, match="v must not be empty"):
        check_points(tensor())
    with pytest.raises(ValueError, match=r"radius must have shape \(\) to match v, got \(1,\)"):
        check_each(tensor(1.0), "radius", v)
    with pytest.raises(ValueError, match=r"step must be non-negative, got -1\.0"):
        check_each(tensor(-1.0), "step", v.unsqueeze(0))
    with pytest.raises(ValueError, match=r"step must be finite, got inf at index 0"):
        check_each(tensor(math.inf), "step", v.unsqueeze(0))
    with pytest.raises(ValueError, match=r"coef must have shape \(3,\) to match x, got \(2,\)"):
        check_coef(v, torch.ones(4, 3, dtype=torch.float64))
