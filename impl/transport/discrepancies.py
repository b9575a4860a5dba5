"""Discrepancies that see which points carry mass, but not where the points are: Jensen–Shannon, total variation, KL."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from impl.transport.oned import promoted
from impl.transport.problem import check_totals, check_weights, same_shape


def jensen_shannon(a: Tensor, b: Tensor) -> Tensor:
    """½ KL(a ‖ (a+b)/2) + ½ KL(b ‖ (a+b)/2) in nats, from 0 to ln 2: a, b (..., n) of total 1 → (...).

    With δ = (a − b)/(a + b) a point adds (a+b)/4 · (2δ artanh δ + ln(1 − δ²)) where |δ| < ½, which loses nothing as
    δ → 0, and ½ (a ln(1+δ) + b ln(1−δ)) elsewhere: no point adds less than 0. Raises ValueError for weights that are
    no measure or have unequal totals. Source: Lin 1991, section III.
    """
    a, b = _pair(a, b)
    both = a + b
    delta = torch.where(both > 0, (a - b) / both, 0)
    close = delta.abs() < 0.5
    small = torch.where(close, delta, 0)
    near = both / 4 * (2 * small * torch.atanh(small) + torch.log1p(-small.square()))
    far = (torch.xlogy(a, 2 * a / both) + torch.xlogy(b, 2 * b / both)) / 2
    return torch.where(close, near, far).sum(-1)


def total_variation(a: Tensor, b: Tensor) -> Tensor:
    """½ Σ |a − b|: a, b (..., n) of total 1 → (...), from 0 to 1. Raises as `jensen_shannon` does."""
    a, b = _pair(a, b)
    return (a - b).abs().sum(-1) / 2


def kullback_leibler(a: Tensor, b: Tensor) -> Tensor:
    """Σ a ln(a/b) in nats: a, b (..., n) of total 1 → (...); +∞ where a has mass outside the support of b.

    Where a and b are close the logarithm is that of 1 + (a − b)/b. Raises as `jensen_shannon` does.
    """
    a, b = _pair(a, b)
    inside = (a > 0) & (b > 0)
    p, q = torch.where(inside, a, 1), torch.where(inside, b, 1)
    change = (p - q) / q
    log_ratio = torch.where(change.abs() < 0.5, torch.log1p(change.clamp(-0.5, 0.5)), p.log() - q.log())
    outside = (a > 0) & (b == 0)
    return torch.where(outside, math.inf, torch.where(inside, a * log_ratio, 0)).sum(-1)


def _pair(a: Tensor, b: Tensor) -> tuple[Tensor, ...]:
    """The weights, checked, in one floating dtype."""
    check_weights(a, "a")
    check_weights(b, "b")
    same_shape(b, "b", a.shape, "a")
    check_totals(a, b)
    return promoted(a, b)
