"""Optimism, bias, variance and penalties in disguise, with one classic mistake each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from impl.core.random import uniform
from impl.core.subject import Mutant, mutant
from impl.mutants.overfitting.fitting_solutions import secret_ridge
from impl.overfitting.asked.fitting import FITTING
from impl.overfitting.criteria import aic, bic, mallows_cp
from impl.overfitting.curves import first_rows, mean_error
from impl.overfitting.decomposition import mean_squared_bias, mean_variance, noisy_targets
from impl.overfitting.double_descent import gaussian_bias, gaussian_variance
from impl.overfitting.early_stopping import descend, learned, remaining
from impl.overfitting.expected_errors import expected_in_sample, expected_optimism, expected_training
from impl.overfitting.input_noise import dropout_penalty, masked, noise_penalty
from impl.overfitting.singular_values import least_norm_solution
from impl.overfitting.subject import subject

# Optimism and criteria.


def _naive_training(bias: Tensor, rank: Tensor, n: int, variance: Tensor) -> Tensor:
    return bias + variance


def _unbiased_training(bias: Tensor, rank: Tensor, n: int, variance: Tensor) -> Tensor:
    return expected_training(0 * bias, rank, n, variance)


def _in_sample_as_if_known(bias: Tensor, rank: Tensor, n: int, variance: Tensor) -> Tensor:
    return bias + variance


def _in_sample_twice(bias: Tensor, rank: Tensor, n: int, variance: Tensor) -> Tensor:
    return expected_in_sample(bias, 2 * rank, n, variance)


def _per_degree_left(rank: Tensor, n: int, variance: Tensor) -> Tensor:
    return 2 * variance * rank / (n - rank).clamp(min=1)


# Bias and variance.


def _bias_of_each_fit(predictions: Tensor, truth: Tensor) -> Tensor:
    return (predictions - truth.unsqueeze(-2)).square().mean((-2, -1))


def _bias_of_the_mean_point(predictions: Tensor, truth: Tensor) -> Tensor:
    return mean_squared_bias(predictions, truth).sqrt()


def _sample_variance(predictions: Tensor) -> Tensor:
    r = predictions.shape[-2]
    return mean_variance(predictions) * r / max(r - 1, 1)


def _variance_over_points(predictions: Tensor) -> Tensor:
    return mean_variance(predictions.mT)


def _noiseless_error(predictions: Tensor, truth: Tensor, noise_variance: Tensor) -> Tensor:
    return _bias_of_each_fit(predictions, truth)


def _variance_as_deviation(mean: Tensor, variance: Tensor, repetitions: int, source: torch.Generator) -> Tensor:
    return noisy_targets(mean, variance.square(), repetitions, source)


def _one_noise(mean: Tensor, variance: Tensor, repetitions: int, source: torch.Generator) -> Tensor:
    return noisy_targets(mean, variance, 1, source).repeat_interleave(repetitions, -2)


def _noise_of_signs(mean: Tensor, variance: Tensor, repetitions: int, source: torch.Generator) -> Tensor:
    """Of the right mean and variance."""
    shape = (*mean.shape[:-1], repetitions, mean.shape[-1])
    signs = (uniform(shape, source, mean) - 0.5).sign()
    return mean.unsqueeze(-2) + variance.sqrt()[..., None, None] * signs


def _noise_without_mean(mean: Tensor, variance: Tensor, repetitions: int, source: torch.Generator) -> Tensor:
    return noisy_targets(torch.zeros_like(mean), variance, repetitions, source)


# Curves.


def _first_columns(x: Tensor, y: Tensor) -> Tensor:
    """Solves with as many columns as there are rows, the others get no weight."""
    rows = (x != 0).any(-1).sum(-1)[..., None, None]
    used = torch.arange(x.shape[-1], device=x.device) < rows
    return least_norm_solution(torch.where(used, x, 0), y)


def _last_rows(x: Tensor, y: Tensor, sizes: Tensor) -> tuple[Tensor, Tensor]:
    rows, target = first_rows(x.flip(-2), y.flip(-1), sizes)
    return rows.flip(-2), target.flip(-1)


def _one_row_short(x: Tensor, y: Tensor, sizes: Tensor) -> tuple[Tensor, Tensor]:
    return first_rows(x, y, (sizes - 1).clamp(min=1))


def _all_rows(x: Tensor, y: Tensor, sizes: Tensor) -> tuple[Tensor, Tensor]:
    return first_rows(x, y, torch.full_like(sizes, x.shape[-2]))


def _mean_over_all_rows(x: Tensor, y: Tensor, coef: Tensor, rows: Tensor) -> Tensor:
    return mean_error(x, y, coef, torch.full_like(rows, x.shape[-2]))


def _root_error(x: Tensor, y: Tensor, coef: Tensor, rows: Tensor) -> Tensor:
    return mean_error(x, y, coef, rows).sqrt()


# Early stopping.


def _mean_gradient(w: Tensor, x: Tensor, residual: Tensor, rate: Tensor) -> Tensor:
    return descend(w, x, residual, rate / x.shape[-2])


def _twice_the_gradient(w: Tensor, x: Tensor, residual: Tensor, rate: Tensor) -> Tensor:
    return descend(w, x, residual, 2 * rate)


def _decaying(w: Tensor, x: Tensor, residual: Tensor, rate: Tensor) -> Tensor:
    return descend(0.99 * w, x, residual, rate)


def _one_step_more(z: Tensor, steps: Tensor) -> Tensor:
    return learned(z, steps + 1)


def _learned_unsquared(z: Tensor, steps: Tensor) -> Tensor:
    return learned(z.sqrt(), steps)


def _exponential_filter(z: Tensor, steps: Tensor) -> Tensor:
    """Gradient flow, the limit of small rates."""
    return -torch.expm1(-z * steps)


def _remaining_half_way(z: Tensor, steps: Tensor) -> Tensor:
    return remaining(z, steps).abs().sqrt()


# Noise on inputs.


def _classical_dropout(x: Tensor, w: Tensor, keep: Tensor) -> Tensor:
    return keep.square() * dropout_penalty(x, w, keep)


def _dropout_without_odds(x: Tensor, w: Tensor, keep: Tensor) -> Tensor:
    return keep * dropout_penalty(x, w, keep)


def _dropout_as_plain_ridge(x: Tensor, w: Tensor, keep: Tensor) -> Tensor:
    return (1 - keep) / keep * w.square().sum(-1)


def _noise_of_one_row(x: Tensor, w: Tensor, variance: Tensor) -> Tensor:
    return variance * w.square().sum(-1)


def _noise_by_deviation(x: Tensor, w: Tensor, variance: Tensor) -> Tensor:
    return noise_penalty(x, w, variance.sqrt())


def _unscaled(x: Tensor, mask: Tensor, keep: Tensor) -> Tensor:
    return torch.where(mask, x, 0)


def _dropped_instead(x: Tensor, mask: Tensor, keep: Tensor) -> Tensor:
    return masked(x, ~mask, keep)


def _whole_columns(x: Tensor, mask: Tensor, keep: Tensor) -> Tensor:
    return masked(x, mask[..., :1, :].expand_as(mask), keep)


def _same_mask(x: Tensor, mask: Tensor, keep: Tensor) -> Tensor:
    return masked(x, mask[..., :1, :, :].expand_as(mask), keep)


# Double descent.


def _variance_without_one(rows: Tensor, columns: Tensor, noise_variance: Tensor) -> Tensor:
    apart = (rows - columns).abs()
    value = noise_variance * torch.minimum(rows, columns) / apart.clamp(min=1)
    return torch.where(apart <= 1, torch.inf, value)


def _classical_variance(rows: Tensor, columns: Tensor, noise_variance: Tensor) -> Tensor:
    """Rises with the columns for ever."""
    good = gaussian_variance(rows, columns, noise_variance)
    return torch.where(columns > rows + 1, noise_variance * columns / (columns - rows - 1).clamp(min=1), good)


def _finite_peak(rows: Tensor, columns: Tensor, noise_variance: Tensor) -> Tensor:
    apart = (rows - columns).abs()
    return noise_variance * torch.minimum(rows, columns) / (apart - 1).clamp(min=1)


def _unsquared_norm(rows: Tensor, columns: Tensor, norm: Tensor) -> Tensor:
    return gaussian_bias(rows, columns, norm.sqrt())


def _kept_for_lost(rows: Tensor, columns: Tensor, norm: Tensor) -> Tensor:
    return torch.where(columns > rows, norm.square() - gaussian_bias(rows, columns, norm), 0)


def _wrong(name: str, mistake: str, **formulas: Callable[..., Any]) -> Mutant:
    return mutant(name, mistake, subject("", fitting=replace(FITTING, **formulas)))


ERROR_MUTANTS: tuple[Mutant, ...] = (
    _wrong(
        "training-error-of-the-truth", "the expected training error is that of the true mean", training=_naive_training
    ),
    _wrong("training-error-unbiased", "the design is taken to hold the mean", training=_unbiased_training),
    _wrong("in-sample-as-if-known", "fresh noise costs only itself", in_sample=_in_sample_as_if_known),
    _wrong("in-sample-counted-twice", "the fit's share of noise is counted twice", in_sample=_in_sample_twice),
    _wrong("optimism-without-two", "optimism is σ²d/n", optimism=lambda r, n, v: expected_optimism(r, n, v) / 2),
    _wrong("optimism-per-degree-left", "optimism is 2σ²d/(n − d)", optimism=_per_degree_left),
    _wrong("cp-without-two", "Cp adds σ²d/n", cp=lambda rss, d, v, n: mallows_cp(rss, d, v / 2, n)),
    _wrong("cp-not-averaged", "Cp adds the price of a sum to a mean", cp=lambda rss, d, v, n: rss / n + 2 * v * d),
    _wrong("aic-half-price", "AIC charges 1 a parameter", aic=lambda rss, d, n: aic(rss, d / 2, n)),
    _wrong("aic-of-the-sum", "AIC takes the logarithm of rss, not of rss/n", aic=lambda rss, d, n: aic(rss * n, d, n)),
    _wrong("aic-counts-variance", "AIC counts σ² as a parameter", aic=lambda rss, d, n: aic(rss, d + 1, n)),
    _wrong("bic-as-aic", "BIC charges 2 a parameter", bic=lambda rss, d, n: aic(rss, d, n)),
    _wrong("bic-counts-variance", "BIC counts σ² as a parameter", bic=lambda rss, d, n: bic(rss, d + 1, n)),
    _wrong("bias-of-each-fit", "the bias is taken fit by fit", bias=_bias_of_each_fit),
    _wrong("bias-unsquared", "the root of the squared bias is reported", bias=_bias_of_the_mean_point),
    _wrong("variance-by-r-minus-one", "the variance is divided by r − 1", variance=_sample_variance),
    _wrong("variance-over-points", "the variance is taken over points, not fits", variance=_variance_over_points),
    _wrong("error-without-noise", "the error leaves the noise out", error=_noiseless_error),
    _wrong("noise-variance-as-deviation", "noise is scaled by σ², not σ", noisy_targets=_variance_as_deviation),
    _wrong("one-noise-for-all", "every repetition sees the same noise", noisy_targets=_one_noise),
    _wrong("noise-of-signs", "noise is ±σ, of the right variance", noisy_targets=_noise_of_signs),
    _wrong("noise-without-mean", "targets are noise alone", noisy_targets=_noise_without_mean),
    _wrong(
        "curve-basic-solution", "a learning curve's columns beyond the rank get no weight", curve_fit=_first_columns
    ),
    _wrong("curve-secret-ridge", "a learning curve is that of ridge with penalty 1e-6", curve_fit=secret_ridge),
    _wrong("curve-last-rows", "a learning curve fits the last rows", first_rows=_last_rows),
    _wrong("curve-one-row-short", "a learning curve fits one row less", first_rows=_one_row_short),
    _wrong("curve-all-rows", "a learning curve fits all rows at every size", first_rows=_all_rows),
    _wrong("curve-mean-over-all", "errors are divided by the number of all rows", curve_error=_mean_over_all_rows),
    _wrong("curve-root-error", "errors are roots of mean squares", curve_error=_root_error),
    _wrong("descent-mean-gradient", "the gradient is divided by n", descend=_mean_gradient),
    _wrong("descent-twice-the-gradient", "the loss is taken without its ½", descend=_twice_the_gradient),
    _wrong("descent-decaying", "weights decay by 1 % a step", descend=_decaying),
    _wrong("filter-one-step-more", "the filter is that of the next step", learned=_one_step_more),
    _wrong("filter-unsquared", "the filter takes s for s²", learned=_learned_unsquared),
    _wrong("filter-of-gradient-flow", "the filter is 1 − exp(−rate·s²t)", learned=_exponential_filter),
    _wrong("filter-error-half-way", "the error shrinks by the root of the filter", remaining=_remaining_half_way),
    _wrong("dropout-classical-scale", "inverted scaling is charged p(1 − p)", dropout_penalty=_classical_dropout),
    _wrong("dropout-without-odds", "dropout is charged 1 − p", dropout_penalty=_dropout_without_odds),
    _wrong(
        "dropout-plain-ridge", "dropout's penalty ignores the columns' lengths", dropout_penalty=_dropout_as_plain_ridge
    ),
    _wrong("noise-penalty-of-one-row", "input noise is charged for one row", noise_penalty=_noise_of_one_row),
    _wrong("noise-penalty-by-deviation", "input noise is charged σ for σ²", noise_penalty=_noise_by_deviation),
    _wrong("dropout-unscaled", "what is kept is not divided by p", masked=_unscaled),
    _wrong("dropout-dropped-instead", "entries are dropped with probability p", masked=_dropped_instead),
    _wrong("dropout-whole-columns", "all rows share a mask", masked=_whole_columns),
    _wrong("dropout-same-mask", "all repetitions share a mask", masked=_same_mask),
    _wrong("risk-variance-without-one", "the variance is σ²d/(n − d)", gaussian_variance=_variance_without_one),
    _wrong(
        "risk-variance-classical",
        "past n the variance is taken as σ²d/(d − n − 1)",
        gaussian_variance=_classical_variance,
    ),
    _wrong("risk-finite-peak", "the variance is finite at d = n", gaussian_variance=_finite_peak),
    _wrong("risk-norm-unsquared", "the bias takes ‖β‖ for ‖β‖²", gaussian_bias=_unsquared_norm),
    _wrong("risk-kept-for-lost", "the bias is what the rows span", gaussian_bias=_kept_for_lost),
)
