"""The mean squared error of many fits as bias, variance and noise; and the experiment that makes such fits."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from impl.core import validation
from impl.overfitting.fitting_checks import check_knob, check_numbers, check_rows, check_shape
from impl.overfitting.householder import Factored, factored, solve


class Decomposed(NamedTuple):
    """bias, variance and error, each (*B): error = bias + variance + noise."""

    bias: Tensor
    variance: Tensor
    error: Tensor


def mean_squared_bias(predictions: Tensor, truth: Tensor) -> Tensor:
    """Mean over points of (mean prediction − truth)²: (*B)."""
    return (predictions.mean(-2) - truth).square().mean(-1)


def mean_variance(predictions: Tensor) -> Tensor:
    """Mean over points of the predictions' variance, divided by their number r, not r − 1: (*B)."""
    return (predictions - predictions.mean(-2, keepdim=True)).square().mean((-2, -1))


def mean_squared_error(predictions: Tensor, truth: Tensor, noise_variance: Tensor) -> Tensor:
    """Mean of (prediction − truth)² over fits and points, plus the noise that no fit can foresee: (*B)."""
    return (predictions - truth.unsqueeze(-2)).square().mean((-2, -1)) + noise_variance


def bias_variance(
    predictions: Tensor,
    truth: Tensor,
    noise_variance: Tensor,
    *,
    bias: Callable[[Tensor, Tensor], Tensor] = mean_squared_bias,
    variance: Callable[[Tensor], Tensor] = mean_variance,
    error: Callable[[Tensor, Tensor, Tensor], Tensor] = mean_squared_error,
) -> Decomposed:
    """E(y − f̂)² = (E f̂ − f)² + Var f̂ + σ², exactly, for the r fits at hand.

    predictions: (*B, r, m); truth: f (*B, m); noise_variance: σ² (*B) ≥ 0.

    Raises ValueError for a negative variance, shapes that do not match, and what is not finite.

    Source: Geman, Bienenstock & Doursat 1992; Hastie, Tibshirani & Friedman 2009, section 7.3.
    """
    check_numbers(predictions, "predictions", 2, "(..., r, m)")
    check_numbers(truth, "truth", 1, "(..., m)")
    check_shape(truth, "truth", (*predictions.shape[:-2], predictions.shape[-1]), "predictions")
    check_knob(noise_variance, "noise_variance", truth.shape[:-1], "predictions")
    return Decomposed(bias(predictions, truth), variance(predictions), error(predictions, truth, noise_variance))


def normal(shape: tuple[int, ...], source: torch.Generator, like: Tensor) -> Tensor:
    """Standard Gaussian draws in float64 on the generator's device, then moved to `like`'s device and dtype."""
    draws = torch.randn(shape, generator=source, dtype=torch.float64, device=source.device)
    return draws.to(like)


def noisy_targets(mean: Tensor, noise_variance: Tensor, repetitions: int, source: torch.Generator) -> Tensor:
    """`repetitions` targets around a mean (*B, n), each with fresh Gaussian noise of variance (*B): (*B, r, n)."""
    shape = (*mean.shape[:-1], repetitions, mean.shape[-1])
    return mean.unsqueeze(-2) + noise_variance.sqrt()[..., None, None] * normal(shape, source, mean)


def monte_carlo(
    x: Tensor,
    mean: Tensor,
    noise_variance: Tensor,
    *,
    repetitions: int,
    source: torch.Generator,
    draw: Callable[[Tensor, Tensor, int, torch.Generator], Tensor] = noisy_targets,
    solve: Callable[[Factored, Tensor], Tensor] = solve,
) -> Tensor:
    """What least squares predicts at its own rows, fitted again and again to fresh noise around the mean.

    Each prediction is Gaussian with mean Hμ and covariance σ²H: `bias_variance` then tells which part is which.

    x: (*B, n, d) of full column rank; mean: (*B, n); noise_variance: (*B) ≥ 0. Returns (*B, repetitions, n).

    Raises ValueError for fewer than 1 repetition, a negative variance, and as `least_squares`.
    """
    check_rows(x, mean, target="mean")
    check_knob(noise_variance, "noise_variance", x.shape[:-2])
    validation.at_least(repetitions, "repetitions", 1)
    targets = draw(mean, noise_variance, repetitions, source)  # (*B, r, n)
    return (x @ solve(factored(x), targets.mT)).mT
