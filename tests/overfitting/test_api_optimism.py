"""Optimism, criteria, bias, early stopping and dropout as a user meets them: hand-computed values, errors by name."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from impl.core.random import generator
from impl.overfitting import (
    aic,
    bias_variance,
    bic,
    dropout,
    dropout_objective,
    gradient_descent_path,
    hat_matrix,
    mallows_cp,
    minimum_norm,
    monte_carlo,
    noise_objective,
    optimism,
    spectral_filter,
)
from impl.overfitting.criteria import check_criteria

U = 2.0**-53


def tensor(*values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def number(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)


def close(a: Tensor, b: Tensor, roundings: int = 64) -> bool:
    return float((a - b).abs().max()) <= roundings * U * (1 + float(b.abs().max()))


LINE = tensor([1.0, 0.0], [1.0, 1.0], [1.0, 2.0])
KINK = tensor(0.0, 0.0, 3.0)


def test_optimism_is_twice_the_noise_that_was_swallowed() -> None:
    found = optimism(LINE, KINK, number(3.0))

    assert close(torch.stack(found), tensor(0.5 + 1, 0.5 + 5, 4.0))


def test_more_parameters_than_rows_swallow_all_the_noise() -> None:
    found = optimism(LINE.T, KINK[:2], number(3.0))

    assert close(torch.stack(found), tensor(0.0, 6.0, 6.0))


def test_criteria_are_what_paper_says() -> None:
    rss, d = number(2 * math.e), number(3.0)

    assert close(mallows_cp(number(4.0), d, number(1.0), 2), number(5.0))
    assert close(aic(rss, d, 2), number(8.0))
    assert close(bic(rss, d, 2), number(2 + 3 * math.log(2)))


def test_a_perfect_fit_has_no_finite_criterion() -> None:
    assert aic(number(0.0), number(1.0), 3).item() == -math.inf
    with pytest.raises(ValueError, match=r"rss must be positive, got 0\.0"):
        check_criteria(number(0.0), number(1.0), number(1.0), 3)


def test_two_fits_come_apart_into_bias_and_variance() -> None:
    found = bias_variance(tensor([1.0, 0.0], [3.0, 0.0]), tensor(1.0, 0.0), number(0.5))

    assert [part.item() for part in found] == [0.5, 0.5, 1.5]


def test_an_experiment_predicts_what_its_hat_matrix_says() -> None:
    noise_free = monte_carlo(LINE, KINK, number(0.0), repetitions=3, source=generator(0))
    noisy = monte_carlo(LINE, KINK, number(2.0), repetitions=3, source=generator(0))

    assert close(noise_free, tensor(-0.5, 1.0, 2.5).expand(3, 3))
    hat = hat_matrix(LINE, number(0.0)).hat
    assert close(noisy @ hat, noisy, 256)
    assert torch.equal(noisy, monte_carlo(LINE, KINK, number(2.0), repetitions=3, source=generator(0)))


def test_descent_is_its_filter_and_ends_at_the_minimum_norm() -> None:
    x, y, rate = LINE.T.contiguous(), tensor(1.0, 2.0), number(0.25)

    path, closed = (run(x, y, rate, steps=400) for run in (gradient_descent_path, spectral_filter))

    assert close(path.path, closed.path, 2**12)
    assert close(path.rss, closed.rss, 2**12)
    assert close(path.path[-1], minimum_norm(x, y), 2**12)
    assert path.path[0].tolist() == [0.0, 0.0, 0.0]


def test_no_steps_are_the_start() -> None:
    found = spectral_filter(LINE, KINK, number(0.1), steps=0)

    assert found.path.tolist() == [[0.0, 0.0]]
    assert close(found.rss, tensor(9.0))


def test_dropout_costs_ridge_and_keeping_all_costs_nothing() -> None:
    x, y, w = tensor([1.0, 2.0]), tensor(1.0), tensor(1.0, 1.0)

    assert dropout_objective(x, y, w, number(0.5)).item() == 4 + 5
    assert dropout_objective(x, y, w, number(1.0)).item() == 4


def test_input_noise_costs_ridge() -> None:
    assert noise_objective(LINE, KINK, tensor(0.0, 1.0), number(0.5)).item() == 2 + 1.5


def test_what_is_kept_is_divided_and_keeping_all_changes_nothing() -> None:
    kept = dropout(LINE, number(0.25), repetitions=50, source=generator(1))

    assert set(kept.unique().tolist()) == {0.0, 4.0, 8.0}
    assert torch.equal(dropout(LINE, number(1.0), repetitions=2, source=generator(1)), LINE.expand(2, 3, 2))


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: optimism(LINE, KINK, number(-1.0)), "noise_variance must be non-negative, got -1.0"),
        (lambda: optimism(LINE, KINK[:2], number(1.0)), "mean must have shape"),
        (lambda: check_criteria(number(1.0), number(1.0), number(1.0), 0), "n must be at least 1, got 0"),
        (lambda: check_criteria(number(1.0), number(0.5), number(1.0), 3), "parameters must be whole numbers of at"),
        (
            lambda: bias_variance(LINE, KINK, number(1.0)),
            r"truth must have shape \(2,\) to match predictions, got \(3,\)",
        ),
        (lambda: monte_carlo(LINE, KINK, number(1.0), repetitions=0, source=generator(0)), "repetitions must be at"),
        (lambda: gradient_descent_path(LINE, KINK, number(0.0), steps=1), "rate must be positive, got 0.0"),
        (lambda: spectral_filter(LINE, KINK, number(math.nan), steps=1), "rate must be finite"),
        (lambda: gradient_descent_path(LINE, KINK, number(0.1), steps=-1), "steps must be at least 0, got -1"),
        (
            lambda: gradient_descent_path(LINE, KINK, number(1e9), steps=99),
            "rate must be below 2 ∕ s₁² or .*, got 1000",
        ),
        (lambda: spectral_filter(LINE, KINK, number(1e9), steps=99), "rate must be below 2 ∕ s₁² or .*, got 1000"),
        (lambda: dropout_objective(LINE, KINK, KINK[:2], number(0.0)), r"keep must lie in \(0, 1\], got 0.0"),
        (lambda: dropout(LINE, number(1.5), repetitions=1, source=generator(0)), r"keep must lie in \(0, 1\], got 1.5"),
        (lambda: dropout(LINE, number(0.5), repetitions=0, source=generator(0)), "repetitions must be at least 1"),
        (lambda: dropout_objective(LINE, KINK, KINK, number(0.5)), r"w must have shape \(2,\) to match x"),
        (lambda: noise_objective(LINE, KINK, KINK[:2], number(-2.0)), "variance must be non-negative, got -2.0"),
    ],
)
def test_a_bad_value_is_named(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask()
