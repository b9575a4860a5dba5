"""Losses of a classifier as functions of the signed score s = y f, elementwise. Logarithms are natural.

Hinge and scaled logistic loss are at least the 0/1 loss everywhere. The logistic loss in nats is not: log 2 < 1 at 0.
"""

from __future__ import annotations

import math

from torch import Tensor


def zero_one(score: Tensor) -> Tensor:
    """[s ≤ 0]: a point on the boundary counts as an error."""
    return (score <= 0).to(score.dtype)


def hinge(score: Tensor) -> Tensor:
    """The larger of 0 and 1 − s (Cortes & Vapnik 1995, section 3)."""
    return (1 - score).clamp(min=0)


def squared_hinge(score: Tensor) -> Tensor:
    """The square of the hinge. Infinite where that is beyond the range of the dtype, at scores below −1e154."""
    return hinge(score).square()


def logistic(score: Tensor) -> Tensor:
    """Log(1 + e^(−s)) in nats, to a few units in the last place of the loss at every s.

    max(0, −s) + log1p(e^(−|s|)): nothing overflows, and the loss of a large s keeps its digits. A softplus that returns
    its argument above a threshold loses 1e-10 of the loss there.
    """
    return (-score).clamp(min=0) + score.abs().neg().exp().log1p()


def scaled_logistic(score: Tensor) -> Tensor:
    """Log2(1 + e^(−s)), in bits: it touches the 0/1 loss at s = 0."""
    return logistic(score) / math.log(2)
