"""An intercept that is not penalised: solve on centred data, then put the means back."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Centred(NamedTuple):
    """Data less their means: x (*B, n, p), y (*B, n), x_mean (*B, p), y_mean (*B). Without intercept means are 0."""

    x: Tensor
    y: Tensor
    x_mean: Tensor
    y_mean: Tensor


def centre(x: Tensor, y: Tensor, intercept: bool, weight: Tensor | None = None) -> Centred:
    """Take the means from x (*B, n, p) and y (*B, n), or leave both alone where there is no intercept.

    At the best intercept residuals sum to 0, so min over (β₀, β) of ‖y − β₀ − xβ‖² + penalty(β) is the problem without
    intercept in the centred data (Hastie, Tibshirani & Friedman 2009, section 3.4.1). weight: (*B, n), of each row.
    """
    if not intercept:
        return Centred(x, y, torch.zeros_like(x[..., 0, :]), torch.zeros_like(y[..., 0]))
    x, x_mean = _shifted(x, weight)
    column, y_mean = _shifted(y.unsqueeze(-1), weight)
    return Centred(x, column.squeeze(-1), x_mean, y_mean.squeeze(-1))


def _shifted(x: Tensor, weight: Tensor | None) -> tuple[Tensor, Tensor]:
    """Rows (*B, n, p) less their means, and the means (*B, p).

    The first row goes first: so a constant column becomes 0 to the bit, and a mean far from 0 is not rounded but added.
    """
    first = x[..., :1, :]
    moved = x - first
    share = torch.ones_like(x[..., 0]) if weight is None else weight
    mean = (share.unsqueeze(-2) @ moved) / share.sum(-1)[..., None, None]  # (*B, 1, p)
    return moved.sub_(mean), (first + mean).squeeze(-2)


def intercept_of(x_mean: Tensor, y_mean: Tensor, coef: Tensor) -> Tensor:
    """β₀ = ȳ − x̄ᵀβ: (*B), or (*B, l) for coef (*B, l, p) of a path."""
    if coef.dim() == x_mean.dim():
        return y_mean - (x_mean * coef).sum(-1)
    return y_mean.unsqueeze(-1) - (x_mean.unsqueeze(-2) * coef).sum(-1)
