"""How far kernel logistic regression can be from its optimum: the duality gap at any β.

The dual is D(a) = (1∕n)[Σ H(a) − (1∕4λ)(a y)ᵀK(a y)] on [0, 1]ⁿ, H the binary entropy in nats (Keerthi et al. 2005,
section 2; Jaakkola & Haussler 1999). At a = 2λβy clipped to [0, 1], with e = a y − 2λβ what clipping moved,

    n (F(β) − D(a)) = Σ KL(a ‖ σ(−y f)) + eᵀKe ∕ 4λ,

a sum of terms that are not negative, and each is computed without cancellation.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from impl.kernel_machines.klr_derivatives import scores
from impl.kernel_machines.losses import logistic

_NEAR = 2.0**-6
_TERMS = 10  # of the series below: what is left out is under 2^−60 of it


class Certificate(NamedTuple):
    """dual (*B): a lower bound of the least value. gap (*B): value less dual, at least 0."""

    dual: Tensor
    gap: Tensor


def dual_point(y: Tensor, penalty: Tensor, beta: Tensor) -> Tensor:
    """A = 2λβy clipped to [0, 1]: (*B, n)."""
    return (2 * penalty.unsqueeze(-1) * beta * y).clamp(0, 1)


def entropy(a: Tensor) -> Tensor:
    """−a log a − (1 − a) log(1 − a) in nats, 0 at 0 and 1: the shape of a."""
    found: Tensor = -torch.xlogy(a, a) - torch.special.xlog1py(1 - a, -a)
    return found


def klr_certificate(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Certificate:
    """The dual value at a = 2λβy clipped to [0, 1], and the gap that proves: (*B) each."""
    a = dual_point(y, penalty, beta)
    signed = a * y
    dual = entropy(a).mean(-1) - (signed * scores(K, signed)).mean(-1) / (4 * penalty)
    return Certificate(dual, klr_gap(K, y, penalty, beta, scores(K, beta)))


def klr_gap(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor, f: Tensor) -> Tensor:
    """The gap alone, by the formula above, f = Kβ: (*B)."""
    return divergence(dual_point(y, penalty, beta), y * f).mean(-1) + clipped(K, y, penalty, beta)


def clipped(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Tensor:
    """The second term of the gap, eᵀKe ∕ 4λn: (*B). Nothing is multiplied by K where nothing was clipped."""
    a = 2 * penalty.unsqueeze(-1) * beta * y
    moved = (a.clamp(0, 1) - a) * y
    if not bool(moved.any()):
        return torch.zeros_like(penalty)
    return (moved * scores(K, moved)).mean(-1).clamp(min=0) / (4 * penalty)


def divergence(a: Tensor, m: Tensor) -> Tensor:
    """KL(a ‖ σ(−m)) of two coins, at least 0: the shape of a.

    It is unchanged when both coins are turned over, a → 1 − a and m → −m, so that m ≥ 0 and the logarithm of σ(−m)
    is m plus a small loss. Near σ(−m) the terms of first order, which cancel, are left out.
    """
    a, m = torch.where(m < 0, 1 - a, a), m.abs()
    p, q = torch.sigmoid(-m), torch.sigmoid(m)
    off = a - p
    # where p underflows the share is infinite and the sum below is taken
    up, down = off / p.clamp(min=torch.finfo(p.dtype).tiny), -off / q
    near = p * _excess(up.clamp(-_NEAR, _NEAR)) + q * _excess(down.clamp(-_NEAR, _NEAR))
    close = torch.maximum(up.abs(), down.abs()) <= _NEAR
    if bool(close.all()):
        return near
    far = (a * m + logistic(m) - entropy(a)).clamp(min=0)
    return torch.where(close, near, far)


def _excess(t: Tensor) -> Tensor:
    """(1 + t) log(1 + t) − t = Σ_{k ≥ 2} (−t)^k ∕ (k (k − 1)) for |t| ≤ 2⁻⁶, by Horner's rule."""
    total = torch.zeros_like(t)
    for k in range(_TERMS, 1, -1):
        total = 1 / (k * (k - 1)) - t * total
    return t.square() * total
