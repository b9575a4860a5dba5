"""Platt scaling: probabilities from the scores f of a classifier, P(y = 1 | f) = 1 ∕ (1 + exp(a f + b)).

The sign is Platt's: a < 0 where scores grow with y. Targets are not 0 and 1 but what one more example of each class
would leave of them, so that a and b are finite on separable data.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from impl.core import validation

MAX_STEPS, MAX_HALVINGS = 100, 30


class Sigmoid(NamedTuple):
    """a and b (*B) of 1 ∕ (1 + exp(a f + b))."""

    a: Tensor
    b: Tensor


class Trend(NamedTuple):
    """A Newton direction: a's change, the change of a·centre + b, and the centre of the scores, (*B, 1) each."""

    slope: Tensor
    level: Tensor
    centre: Tensor


def smoothed_targets(y: Tensor) -> Tensor:
    """(N₊ + 1) ∕ (N₊ + 2) where y = 1, 1 ∕ (N₋ + 2) where y = −1: (*B, n) (Platt 1999, section 2.2)."""
    positive = (y > 0).sum(-1, keepdim=True).to(y.dtype)
    negative = (y < 0).sum(-1, keepdim=True).to(y.dtype)
    return torch.where(y > 0, (positive + 1) / (positive + 2), 1 / (negative + 2))


def exponent(f: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Z = a f + b: (*B, n)."""
    return a.unsqueeze(-1) * f + b.unsqueeze(-1)


def probability(z: Tensor) -> Tensor:
    """1 ∕ (1 + e^z), the same as σ(−z)."""
    return torch.sigmoid(-z)


def cross_entropy(z: Tensor, t: Tensor) -> Tensor:
    """−t log p − (1 − t) log(1 − p) of p = 1 ∕ (1 + e^z), each example's: (*B, n).

    t z + log(1 + e^(−z)) where z ≥ 0, else (t − 1) z + log(1 + e^z): a sum of terms of one sign, so that no digit is
    lost, and nothing overflows (Lin, Lin & Weng 2007, section 3).
    """
    return torch.where(z >= 0, t * z, (t - 1) * z) + z.abs().neg().exp().log1p()


def minimised(f: Tensor, t: Tensor) -> Sigmoid:
    """The a and b of least Σ cross_entropy(a f + b, t); no checks.

    f, t: (*B, n), targets inside (0, 1). The scores are moved and scaled into [−1, 1] first, so that far, tiny or huge
    ones cost no digits. Equal scores leave a at 0.
    """
    low, high = f.amin(-1, keepdim=True), f.amax(-1, keepdim=True)
    middle, half = low / 2 + high / 2, high / 2 - low / 2
    scale = half.masked_fill(half <= 0, 1)
    found = newton((f - middle) / scale, t)
    a = found.a / scale.squeeze(-1)
    return Sigmoid(a, found.b - a * middle.squeeze(-1))


def newton(f: Tensor, t: Tensor, max_steps: int = MAX_STEPS) -> Sigmoid:
    """The same for scores in [−1, 1], by Newton's method with backtracking from a = 0 and the b of the mean target.

    A lane rests once its gradient is down to rounding. Source: Lin, Lin & Weng 2007, algorithm 1, without the ridge of
    its Hessian: about the weighted mean of the scores that is diagonal.
    """
    mean = t.mean(-1)
    a, b = torch.zeros_like(mean), (-mean).log1p() - mean.log()
    resting = torch.zeros_like(mean, dtype=torch.bool)
    for _ in range(max_steps):
        z = exponent(f, a, b)
        residual, weight = t - probability(z), torch.sigmoid(z) * torch.sigmoid(-z)
        trend = newton_direction(f, residual, weight)
        length = backtracked(f, t, z, residual, trend, resting)
        level = trend.level - trend.slope * trend.centre
        a = torch.where(resting, a, a - length * trend.slope.squeeze(-1))
        b = torch.where(resting, b, b - length * level.squeeze(-1))
        resting = resting | _rounded(f, residual, trend.centre)
        if bool(resting.all()):
            break
    return Sigmoid(a, b)


def newton_direction(f: Tensor, residual: Tensor, weight: Tensor) -> Trend:
    """What Newton's method takes from a and b: the weighted regression of residual ∕ weight on the scores.

    f, residual = t − p, weight = p (1 − p): (*B, n). About the weighted mean of the scores the Hessian is diagonal.
    """
    total = weight.sum(-1, keepdim=True)
    centre = (weight * f).sum(-1, keepdim=True) / total
    away = f - centre
    spread = (weight * away.square()).sum(-1, keepdim=True)
    flat = spread <= 0
    slope = (residual * away).sum(-1, keepdim=True) / spread.masked_fill(flat, 1)
    return Trend(slope.masked_fill(flat, 0), residual.sum(-1, keepdim=True) / total, centre)


def backtracked(f: Tensor, t: Tensor, z: Tensor, residual: Tensor, trend: Trend, resting: Tensor) -> Tensor:
    """The longest of 1, ½, ¼ … by which the objective falls enough, up to its own rounding: (*B)."""
    direction = trend.slope * (f - trend.centre) + trend.level
    value = cross_entropy(z, t).sum(-1)
    decrease = 1e-4 * (residual * direction).sum(-1)
    rounding = 4 * f.shape[-1] * torch.finfo(f.dtype).eps * value
    length = torch.ones_like(value)
    for _ in range(MAX_HALVINGS):
        after = cross_entropy(z - length.unsqueeze(-1) * direction, t).sum(-1)
        enough = (after <= value - length * decrease + rounding) | resting
        if bool(enough.all()):
            break
        length = torch.where(enough, length, length / 2)
    return length


def _rounded(f: Tensor, residual: Tensor, centre: Tensor) -> Tensor:
    """Whether both sums of residuals are no more than their terms' rounding: (*B)."""
    away = f - centre
    noise = 2 * f.shape[-1] * torch.finfo(f.dtype).eps
    level = residual.sum(-1).abs() <= noise
    slope = (residual * away).sum(-1).abs() <= noise * away.abs().amax(-1)
    return level & slope


def platt_targets(y: Tensor) -> Tensor:
    """Platt's targets of labels −1 and 1, see `smoothed_targets`. Raises ValueError for other labels."""
    check_labels(y)
    return smoothed_targets(y)


def platt_fit(f: Tensor, y: Tensor) -> Sigmoid:
    """Platt's a and b of scores f (*B, n) and labels y (*B, n), −1 and 1, of both classes in each lane.

    Raises ValueError for NaN, another label than −1 and 1, one class.
    """
    check_scores(f, y)
    check_both(y)
    return minimised(f, smoothed_targets(y))


def platt_probability(f: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """P(y = 1 | f) = 1 ∕ (1 + exp(a f + b)): f (*B, n), a and b (*B)."""
    return probability(exponent(f, a, b))


def platt_objective(f: Tensor, y: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Negative log-likelihood of Platt's targets at a and b (*B), in nats: (*B)."""
    check_scores(f, y)
    check_sigmoid(a, b, f)
    return cross_entropy(exponent(f, a, b), smoothed_targets(y)).sum(-1)


def check_labels(y: Tensor) -> None:
    """Raise ValueError unless the labels (*B, n) are −1 and 1."""
    validation.rank(y, "y", 1, "(..., n)")
    validation.non_empty(y, "y", "(..., n)")
    validation.floating(y, "y")
    validation.finite(y, "y")
    validation.one_of(y, "y", (-1.0, 1.0))


def check_both(y: Tensor) -> None:
    """Raise ValueError where a lane's labels are all the same."""
    alone = y.amax(-1) == y.amin(-1)
    if bool(alone.any()):
        where = "" if alone.dim() == 0 else f" in lane {alone.nonzero()[0].tolist()}"
        raise ValueError(f"y must hold both classes, −1 and 1, got only {float(y[alone][0, 0]):g}{where}")


def check_scores(f: Tensor, y: Tensor) -> None:
    """Raise ValueError unless scores f (*B, n) are finite and beside labels y (*B, n) of −1 and 1."""
    validation.rank(f, "f", 1, "(..., n)")
    validation.non_empty(f, "f", "(..., n)")
    validation.floating(f, "f")
    validation.finite(f, "f")
    check_labels(y)
    if f.shape != y.shape:
        raise ValueError(f"y must have shape {tuple(f.shape)} to match f, got {tuple(y.shape)}")


def check_sigmoid(a: Tensor, b: Tensor, f: Tensor) -> None:
    """Raise ValueError unless a and b (*B) are finite, one of each for every lane of f (*B, n)."""
    for value, name in ((a, "a"), (b, "b")):
        if value.shape != f.shape[:-1]:
            raise ValueError(f"{name} must have shape {tuple(f.shape[:-1])} to match f, got {tuple(value.shape)}")
        validation.finite(value, name)
