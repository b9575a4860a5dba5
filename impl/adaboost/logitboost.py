"""LogitBoost: Newton steps on the binomial log-likelihood, one regression stump at a time."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from impl.adaboost.cuts import presort
from impl.adaboost.regression_stump import best_step
from impl.adaboost.rules import initial_weights
from impl.adaboost.stump import check_weighted
from impl.core import validation

LARGEST_RESPONSE = 4.0
"""Bound of the working response (Friedman, Hastie & Tibshirani 2000, sec. 4.3: between 2 and 4)."""


class LogitBoost(NamedTuple):
    """F = Σ_m (left_m or right_m), each half a Newton step; every tensor has the batch axes first.

    feature, threshold, left, right: (*b, rounds). weights: (*b, rounds+1, n), D_1 p (1−p) scaled to sum 1, from
    round to round. staged: (*b, rounds, n), F_m of the training sample, on the scale p = 1/(1 + e^{−2F}).
    """

    feature: Tensor
    threshold: Tensor
    left: Tensor
    right: Tensor
    weights: Tensor
    staged: Tensor


@torch.no_grad()
def fit_logitboost(X: Tensor, y: Tensor, w: Tensor, *, rounds: int, learning_rate: float = 1.0) -> LogitBoost:
    """Fit LogitBoost (Friedman, Hastie & Tibshirani 2000, Algorithm 3) to every lane.

    z = (y* − p)/(p(1−p)) within ±4, W = D_1 p (1−p) with y* = (y+1)/2; f = least squares of z on X under W; F += f/2.
    X: (*b, n, d), y: (*b, n) in {−1, +1}, w: (*b, n). Raises ValueError and TypeError as `fit_discrete` does.
    """
    check_weighted(X, y, w, (-1, 1))
    validation.at_least(rounds, "rounds", 1)
    batch, (n, d) = X.shape[:-2], X.shape[-2:]
    cuts = presort(X.reshape(-1, n, d))
    sign = y.to(X.dtype).reshape(-1, n).T.contiguous()
    start = initial_weights(w.to(X.dtype).reshape(-1, n).T.contiguous())
    F = torch.zeros_like(sign)
    weights, log = [initial_weights(start * _curvature(F))], []
    for _ in range(rounds):
        response = sign / torch.sigmoid(2 * sign * F).clamp(min=1 / LARGEST_RESPONSE)
        step = best_step(cuts, weights[-1], response)
        F = F + step.says * (learning_rate / 2)
        weights.append(initial_weights(start * _curvature(F)))
        log.append((step.feature, step.threshold, step.left, step.right, F))
    *sides, staged = (torch.stack(values) for values in zip(*log, strict=True))
    feature, threshold, left, right = (value.T.reshape(*batch, rounds) for value in sides)
    return LogitBoost(
        feature,
        threshold,
        left * (learning_rate / 2),
        right * (learning_rate / 2),
        torch.stack(weights).permute(2, 0, 1).reshape(*batch, rounds + 1, n),
        staged.permute(2, 0, 1).reshape(*batch, rounds, n),
    )


def _curvature(F: Tensor) -> Tensor:
    """Curvature p (1−p) for p = 1/(1 + e^{−2F}), never below the unit of the dtype."""
    return (torch.sigmoid(2 * F) * torch.sigmoid(-2 * F)).clamp(min=torch.finfo(F.dtype).eps)
