"""Proximal operators: the point that balances a norm against the distance from v."""

from __future__ import annotations

import torch
from torch import Tensor


def soft_threshold(v: Tensor, t: Tensor) -> Tensor:
    """S(v, t) = sign(v) max(|v| − t, 0), of shapes that broadcast; +0 where |v| ≤ t.

    What is taken away is v clipped to [−t, t]: Moreau's decomposition of v, in one rounding (Parikh & Boyd 2014,
    section 6.5.2).
    """
    return v - torch.minimum(torch.maximum(v, -t), t)


def prox_l1(v: Tensor, step: Tensor) -> Tensor:
    """argmin_x ½‖x − v‖² + step ‖x‖₁, the soft threshold of each entry: v (*B, p), step (*B) → (*B, p)."""
    return soft_threshold(v, step.unsqueeze(-1))


def prox_l2(v: Tensor, step: Tensor) -> Tensor:
    """argmin_x ½‖x − v‖² + step ‖x‖₂ = max(1 − step ∕ ‖v‖, 0) v: v (*B, p), step (*B) → (*B, p).

    The whole block is shrunk, and is 0 where ‖v‖ ≤ step (Parikh & Boyd 2014, section 6.5.1).
    """
    length, step = norm(v), step.unsqueeze(-1)
    dead = length <= step
    return torch.where(dead, torch.zeros_like(v), v * ((length - step) / length.masked_fill(dead, 1)))


def prox_elastic_net(v: Tensor, step: Tensor, ridge: Tensor) -> Tensor:
    """argmin_x ½‖x − v‖² + step ‖x‖₁ + ridge∕2 ‖x‖² = S(v, step) ∕ (1 + ridge): step, ridge (*B) → (*B, p).

    A square beside any norm only shrinks the proximal point (Parikh & Boyd 2014, section 6.5.3).
    """
    return prox_l1(v, step) / (1 + ridge.unsqueeze(-1))


def norm(v: Tensor) -> Tensor:
    """‖v‖₂ over the last axis, kept: (*B, p) → (*B, 1). The largest entry is taken out, lest squares overflow."""
    top = v.abs().amax(-1, keepdim=True)
    return top * (v / top.masked_fill(top == 0, 1)).square().sum(-1, keepdim=True).sqrt()
