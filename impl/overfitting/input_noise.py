"""Noise on the inputs as a penalty: dropout and Gaussian noise are ridge in expectation, for a linear model."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from impl.core import validation
from impl.core.random import uniform
from impl.overfitting.fitting_checks import check_design, check_keep, check_knob, check_numbers, check_rows, check_shape


def squared_error(x: Tensor, y: Tensor, w: Tensor) -> Tensor:
    """‖y − Xw‖²: (*B)."""
    return (y - (x @ w.unsqueeze(-1)).squeeze(-1)).square().sum(-1)


def dropout_penalty(x: Tensor, w: Tensor, keep: Tensor) -> Tensor:
    """(1 − p)∕p Σ_j ‖X_j‖² w_j²: (*B)."""
    return (1 - keep) / keep * (x * w.unsqueeze(-2)).square().sum((-2, -1))


def noise_penalty(x: Tensor, w: Tensor, variance: Tensor) -> Tensor:
    """N σ² ‖w‖²: (*B)."""
    return x.shape[-2] * variance * w.square().sum(-1)


def masked(x: Tensor, mask: Tensor, keep: Tensor) -> Tensor:
    """What is kept of x, divided by the probability of keeping it; keep has the axes of x."""
    return torch.where(mask, x / keep, 0)


def dropout_objective(
    x: Tensor,
    y: Tensor,
    w: Tensor,
    keep: Tensor,
    *,
    penalty: Callable[[Tensor, Tensor, Tensor], Tensor] = dropout_penalty,
) -> Tensor:
    """E ‖y − (M∘X∕p)w‖² = ‖y − Xw‖² + (1 − p)∕p Σ_j ‖X_j‖² w_j², the entries of M independent, 1 with probability p.

    x: (*B, n, d); y: (*B, n); w: (*B, d); keep: p (*B) in (0, 1]. Returns (*B).

    Raises ValueError for a keep outside (0, 1], shapes that do not match, and what is not finite.

    Source: Srivastava et al. 2014, section 9.1.
    """
    _check(x, y, w)
    check_keep(keep, x.shape[:-2])
    return squared_error(x, y, w) + penalty(x, w, keep)


def noise_objective(
    x: Tensor,
    y: Tensor,
    w: Tensor,
    variance: Tensor,
    *,
    penalty: Callable[[Tensor, Tensor, Tensor], Tensor] = noise_penalty,
) -> Tensor:
    """E ‖y − (X + E)w‖² = ‖y − Xw‖² + n σ² ‖w‖², the entries of E independent with mean 0 and variance σ².

    x: (*B, n, d); y: (*B, n); w: (*B, d); variance: σ² (*B) ≥ 0. Returns (*B).

    Raises ValueError for a negative variance, shapes that do not match, and what is not finite.

    Source: Bishop 1995.
    """
    _check(x, y, w)
    check_knob(variance, "variance", x.shape[:-2])
    return squared_error(x, y, w) + penalty(x, w, variance)


def dropout(
    x: Tensor,
    keep: Tensor,
    *,
    repetitions: int,
    source: torch.Generator,
    masked: Callable[[Tensor, Tensor, Tensor], Tensor] = masked,
) -> Tensor:
    """X with each entry kept with probability p and divided by it, else 0, so that its mean is x.

    x: (*B, n, d); keep: p (*B) in (0, 1]. Returns (*B, repetitions, n, d).

    Raises ValueError for a keep outside (0, 1], fewer than 1 repetition, and what is not finite.

    Source: Srivastava et al. 2014, section 10 (scaled at training time).
    """
    check_design(x)
    check_keep(keep, x.shape[:-2])
    validation.at_least(repetitions, "repetitions", 1)
    p = keep[..., None, None, None]
    draws = uniform((*x.shape[:-2], repetitions, *x.shape[-2:]), source, x)
    return masked(x.unsqueeze(-3), 1 - draws <= p, p)  # draws may round to 1, never 1 − draws above it


def _check(x: Tensor, y: Tensor, w: Tensor) -> None:
    check_rows(x, y)
    check_numbers(w, "w", 1, "(..., d)")
    check_shape(w, "w", (*x.shape[:-2], x.shape[-1]), "x")
