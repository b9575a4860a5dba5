"""Training errors with a price on parameters: Mallows' Cp, Akaike's and the Bayesian information criterion."""

from __future__ import annotations

import math

from torch import Tensor

from impl.core import validation
from impl.overfitting.fitting_checks import check_knob, check_positive, check_whole


def mallows_cp(rss: Tensor, parameters: Tensor, noise_variance: Tensor, n: int) -> Tensor:
    """The training error plus its optimism, rss∕n + 2σ²d∕n: (*B). Source: Mallows 1973."""
    return (rss + 2 * noise_variance * parameters) / n


def aic(rss: Tensor, parameters: Tensor, n: int) -> Tensor:
    """Akaike's n log(rss∕n) + 2d: Gaussian noise whose variance is estimated and not counted, (*B).

    −∞ where the fit is perfect. Source: Akaike 1974; Hastie, Tibshirani & Friedman 2009, section 7.5.
    """
    return n * (rss / n).log() + 2 * parameters


def bic(rss: Tensor, parameters: Tensor, n: int) -> Tensor:
    """The Bayesian n log(rss∕n) + d log n, (*B); −∞ where the fit is perfect. Source: Schwarz 1978."""
    return n * (rss / n).log() + math.log(n) * parameters


def check_criteria(rss: Tensor, parameters: Tensor, noise_variance: Tensor, n: int) -> None:
    """Refuse what has no finite criterion.

    Raises ValueError for an rss that is not positive (a perfect fit has no logarithm), parameters that are no whole
    numbers, a negative variance, and n below 1.
    """
    validation.floating(rss, "rss")
    validation.at_least(n, "n", 1)
    check_positive(rss, "rss")
    check_knob(parameters, "parameters", rss.shape, "rss")
    check_whole(parameters, "parameters", 0)
    check_knob(noise_variance, "noise_variance", rss.shape, "rss")
