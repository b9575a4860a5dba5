"""Least squares, minimum norm and leaving one out as a user meets them: hand-computed values and errors by name."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_diabetes
from torch import Tensor

from impl.overfitting import (
    LeverageOneError,
    hat_matrix,
    least_squares,
    leave_one_out,
    minimum_norm,
    nested_errors,
    polynomial_design,
    pseudo_inverse,
)
from impl.overfitting.subject import SUBJECT

U = 2.0**-53


def tensor(*values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def zero(*lanes: int) -> Tensor:
    return torch.zeros(lanes, dtype=torch.float64)


LINE = tensor([1.0, 0.0], [1.0, 1.0], [1.0, 2.0])
KINK = tensor(0.0, 0.0, 3.0)


def close(a: Tensor, b: Tensor, roundings: int = 64) -> bool:
    return float((a - b).abs().max()) <= roundings * U * (1 + float(b.abs().max()))


def test_a_line_through_a_kink_is_what_paper_says() -> None:
    fit = least_squares(LINE, KINK)

    assert close(fit.coef, tensor(-0.5, 1.5))
    assert close(fit.fitted, tensor(-0.5, 1.0, 2.5))
    assert close(fit.rss, tensor(1.5)[0])
    assert close(fit.leverage, tensor(5.0, 2.0, 5.0) / 6)


def test_each_column_takes_off_what_it_explains() -> None:
    found = nested_errors(LINE, KINK)

    assert close(found.rss, tensor(9.0, 6.0, 1.5))
    assert close(found.gain, tensor(3.0, 4.5))


def test_as_many_distinct_nodes_as_parameters_are_interpolated() -> None:
    x = polynomial_design(tensor(-1.0, -0.5, 0.5, 1.0), 3)

    fit = least_squares(x, tensor(1.0, -1.0, 1.0, -1.0))

    assert close(fit.fitted, tensor(1.0, -1.0, 1.0, -1.0), 512)
    assert close(fit.leverage, torch.ones(4, dtype=torch.float64))


def test_two_equal_columns_share_their_weight() -> None:
    assert close(minimum_norm(tensor([1.0, 1.0], [1.0, 1.0]), tensor(1.0, 3.0)), tensor(1.0, 1.0))


def test_a_column_of_zeros_gets_no_weight() -> None:
    assert minimum_norm(tensor([2.0, 0.0]), tensor(4.0)).tolist() == [2.0, 0.0]


def test_the_pseudo_inverse_of_nothing_is_nothing() -> None:
    assert pseudo_inverse(zero(2, 3)).tolist() == zero(3, 2).tolist()


def test_huge_and_tiny_designs_lose_nothing() -> None:
    for scale in (2.0**-500, 2.0**500):
        assert close(scale * minimum_norm(scale * LINE, KINK), tensor(-0.5, 1.5))
        assert close(hat_matrix(scale * LINE, tensor(scale)[0]).df, tensor(2.0 if scale > 1 else 0.0)[0])


def test_a_rank_deficient_design_has_as_many_degrees_of_freedom_as_its_rank() -> None:
    doubled = torch.cat([LINE, LINE], -1)

    assert close(hat_matrix(doubled, zero()).df, tensor(2.0)[0])
    assert close(hat_matrix(doubled, zero()).hat, hat_matrix(LINE, zero()).hat)


def test_a_penalty_leaves_the_share_that_the_formula_says() -> None:
    assert close(hat_matrix(tensor([3.0], [4.0]), tensor(25.0)[0]).df, tensor(0.5)[0])


def test_leaving_one_out_of_a_mean_is_the_mean_of_the_others() -> None:
    found = leave_one_out(torch.ones(3, 1, dtype=torch.float64), KINK, zero())

    assert close(found.residual, tensor(-1.5, -1.5, 3.0))
    assert close(found.press, tensor(13.5)[0])
    assert close(found.gcv, tensor(4.5)[0])


def test_an_intercept_and_constant_features_predict_the_mean_of_the_others() -> None:
    for value in (7.0, 0.1):
        constant = torch.full((3, 2), value, dtype=torch.float64)
        for penalty in (zero(), tensor(2.0)[0]):
            found = leave_one_out(constant, KINK, penalty, intercept=True)

            assert close(found.residual, tensor(-1.5, -1.5, 3.0))


def test_one_row_and_a_penalty_are_predicted_by_nothing() -> None:
    assert close(leave_one_out(tensor([2.0]), tensor(3.0), tensor(4.0)[0]).residual, tensor(3.0))


def test_refitting_diabetes_without_a_patient_is_the_shortcut() -> None:
    x, y = (torch.from_numpy(part).double() for part in load_diabetes(return_X_y=True))
    found = leave_one_out(x, y, tensor(0.1)[0], intercept=True)

    for row in (0, 200, 441):
        rest = torch.arange(len(x)) != row
        inner, target = x[rest] - x[rest].mean(0), y[rest] - y[rest].mean()
        wide = torch.cat([inner, math.sqrt(0.1) * torch.eye(10, dtype=torch.float64)])
        coef = least_squares(wide, torch.cat([target, zero(10)])).coef
        alone = y[row] - y[rest].mean() - (x[row] - x[rest].mean(0)) @ coef
        assert close(found.residual[row], alone, 2**16)


def test_a_problem_in_a_batch_is_the_problem_alone() -> None:
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 3, 5, 2)))
    y = x.sum(-1).square()

    batch, penalty = least_squares(x, y), tensor(0.5)[0]

    assert batch.leverage.shape == (2, 3, 5)
    assert close(batch.coef[1, 2], least_squares(x[1, 2], y[1, 2]).coef)
    assert close(
        leave_one_out(x, y, penalty.expand(2, 3), intercept=True).press[1, 0],
        leave_one_out(x[1, 0], y[1, 0], penalty, intercept=True).press,
    )


NAN = math.nan


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda: least_squares(LINE.T, KINK[:2]),
            "at least as many rows as columns, got 2 rows of 3: use minimum_norm",
        ),
        (lambda: least_squares(torch.cat([LINE, LINE], -1)[:, :3], KINK), "full column rank: the column at index 2"),
        (lambda: least_squares(0 * LINE, KINK), "full column rank: the column at index 0"),
        (lambda: nested_errors(0 * LINE, KINK), "full column rank"),
        (lambda: least_squares(polynomial_design(tensor(0.5, 0.5, 1.0), 2), KINK), "the column at index 2 depends"),
        (lambda: least_squares(LINE * NAN, KINK), r"x must be finite, got nan at index \(0, 0\)"),
        (lambda: least_squares(LINE, KINK / 0), "y must be finite"),
        (lambda: least_squares(LINE, KINK[:2]), r"y must have shape \(3,\) to match x, got \(2,\)"),
        (lambda: minimum_norm(KINK, KINK), r"x must have shape \(..., n, d\), got \(3,\)"),
        (lambda: minimum_norm(LINE[:0], KINK[:0]), "x must not be empty"),
        (lambda: hat_matrix(LINE, tensor(-1.0)[0]), "penalty must be non-negative, got -1.0"),
        (lambda: hat_matrix(LINE, tensor(1.0)), r"penalty must have shape \(\) to match x, got \(1,\)"),
        (lambda: hat_matrix(LINE, tensor(math.inf)[0]), "penalty must be finite"),
        (lambda: polynomial_design(KINK, -1), "degree must be at least 0, got -1"),
        (
            lambda: polynomial_design(KINK, 2, "fourier"),
            "basis must be one of monomial, chebyshev, legendre, got 'four",
        ),
        (lambda: polynomial_design(KINK * NAN, 2), "t must be finite"),
    ],
)
def test_a_bad_value_is_named(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask()


@pytest.mark.parametrize(
    ("operation", "settings", "message"),
    [
        ("polynomial_design", {"degree": 2.5, "basis": "monomial"}, "degree must be a whole number, got 2.5"),
        ("polynomial_design", {"degree": 2, "basis": "sine"}, "basis must be one of"),
        (
            "polynomial_design",
            {"degree": 2, "basis": "legendre"},
            r"t must lie in \[-1, 1\], got 3.0: map its range there",
        ),
        ("gradient_descent", {"steps": -1}, "steps must be at least 0, got -1"),
        ("leave_one_out", {"intercept": 2}, "intercept must be 0 or 1, got 2"),
        ("monte_carlo", {"repetitions": 0}, "repetitions must be at least 1, got 0"),
    ],
)
def test_a_bad_setting_is_named(operation: str, settings: dict[str, Any], message: str) -> None:
    ones = np.ones(1)
    arrays = {"t": KINK[None].numpy(), "x": LINE[None].numpy(), "y": KINK[None].numpy(), "mean": KINK[None].numpy()}

    with pytest.raises(ValueError, match=message):
        SUBJECT.operations[operation](
            {**arrays, "rate": ones, "penalty": ones, "noise_variance": ones},
            settings,
            device="cpu",
            dtype="float64",
            seed=0,
        )


def test_whole_numbers_are_no_design() -> None:
    with pytest.raises(TypeError, match="x must be float32 or float64, got int64"):
        least_squares(LINE.long(), KINK)


def test_a_row_that_decides_its_own_fit_is_named() -> None:
    x = tensor([1.0, 0.0], [1.0, 0.0], [1.0, 1.0])

    with pytest.raises(LeverageOneError, match=r"row 2 has leverage 1: .*; drop it, or give a penalty"):
        leave_one_out(x, KINK, zero())
    with pytest.raises(LeverageOneError, match="row 2 of problem 1 has leverage 1"):
        leave_one_out(torch.stack([LINE, x]), KINK.expand(2, 3), zero(2))
    with pytest.raises(LeverageOneError, match="row 0 has leverage 1"):
        leave_one_out(LINE.T, KINK[:2], zero())
    with pytest.raises(LeverageOneError, match="row 0 has leverage 1"):
        leave_one_out(tensor([3.0]), tensor(1.0), tensor(1.0)[0], intercept=True)
