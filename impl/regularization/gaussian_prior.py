"""Ridge as a posterior mode: Gaussian noise, and a Gaussian prior on each coefficient."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from impl.regularization.checks import as_lanes, check_data, check_lanes
from impl.regularization.spectral import posterior_covariance, svd_solution


class GaussianPosterior(NamedTuple):
    """The posterior N(coef, covariance): coef (*B, p), covariance (*B, p, p). penalty (*B): the λ of the same ridge."""

    coef: Tensor
    covariance: Tensor
    penalty: Tensor


def gaussian_penalty(noise_variance: Tensor, prior_variance: Tensor) -> Tensor:
    """λ = σ² ∕ τ²: −2σ² log p(β | y) = ‖y − Xβ‖² + (σ² ∕ τ²) ‖β‖² + constant."""
    return noise_variance / prior_variance


def map_gaussian(
    x: Tensor, y: Tensor, noise_variance: Tensor | float, prior_variance: Tensor | float
) -> GaussianPosterior:
    """The posterior of β when y = xβ + noise, noise N(0, σ²) and β N(0, τ²I); its mode is ridge with λ = σ² ∕ τ².

    x: (*B, n, p), y: (*B, n), noise_variance and prior_variance: one number or (*B), above 0. The covariance is
    σ²(xᵀx + λI)⁻¹ (Bishop 2006, equations 3.53, 3.54).
    """
    check_data(x, y)
    noise, prior = as_lanes(noise_variance, x), as_lanes(prior_variance, x)
    check_lanes(noise, "noise_variance", x, positive=True)
    check_lanes(prior, "prior_variance", x, positive=True)
    penalty = gaussian_penalty(noise, prior)
    return GaussianPosterior(svd_solution(x, y, penalty).coef, posterior_covariance(x, penalty, noise), penalty)
