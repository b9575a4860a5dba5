"""A Laplace prior on each coefficient: the mode of its posterior is a lasso."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from impl.regularization.checks import as_lanes, check_data, check_lanes
from impl.regularization.lasso_regression import lasso


class LaplaceMode(NamedTuple):
    """coef (*B, p): the posterior's mode. penalty (*B): λ of the lasso that is the same; gap (*B): that lasso's."""

    coef: Tensor
    penalty: Tensor
    gap: Tensor


def laplace_penalty(noise_variance: Tensor, scale: Tensor, n: int) -> Tensor:
    """λ = σ² ∕ (n b): −log posterior is ‖y − Xβ‖² ∕ 2σ² + ‖β‖₁ ∕ b, which is n ∕ σ² times the lasso's objective."""
    return noise_variance / (n * scale)


def map_laplace(x: Tensor, y: Tensor, noise_variance: Tensor | float, scale: Tensor | float) -> LaplaceMode:
    """The mode under noise N(0, σ²) and the prior Laplace(0, scale) on each coefficient of x (*B, n, p), y (*B, n).

    noise_variance and scale: numbers or (*B), above 0. The posterior's mean is not sparse, nor is a draw from it
    (Park & Casella 2008, section 2); only the mode is. Source: Tibshirani 1996, section 5.
    """
    noise_variance, scale = as_lanes(noise_variance, x), as_lanes(scale, x)
    check_prior(x, y, noise_variance, scale)
    penalty = laplace_penalty(noise_variance, scale, y.shape[-1])
    found = lasso(x, y, penalty)
    return LaplaceMode(found.coef, penalty, found.gap)


def check_prior(x: Tensor, y: Tensor, noise_variance: Tensor, scale: Tensor) -> None:
    """Refuse data that are no regression, and variances or scales that are not above 0."""
    check_data(x, y)
    check_lanes(noise_variance, "noise_variance", x, positive=True)
    check_lanes(scale, "scale", x, positive=True)
