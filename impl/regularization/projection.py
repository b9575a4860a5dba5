"""Projections: the nearest point of a ball around 0."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.regularization.prox import norm, soft_threshold


def project_l1_ball(v: Tensor, radius: Tensor) -> Tensor:
    """The nearest point with ‖x‖₁ ≤ radius: v (*B, p), radius (*B) → (*B, p).

    A point outside is soft-thresholded at the θ that leaves ‖x‖₁ = radius; with |v| sorted downwards,
    θ = (Σ_{i≤k} |v|_i − radius) ∕ k for the largest k at which |v|_k exceeds it (Duchi et al. 2008, figure 1).
    """
    size = v.abs()
    falling = size.sort(-1, descending=True).values
    excess = falling.cumsum(-1) - radius.unsqueeze(-1)
    count = torch.arange(1, v.shape[-1] + 1, device=v.device, dtype=v.dtype)
    kept = (falling * count > excess).sum(-1, keepdim=True).clamp(min=1)
    theta = excess.gather(-1, kept - 1) / kept
    inside = size.sum(-1, keepdim=True) <= radius.unsqueeze(-1)
    onto = torch.where(radius.unsqueeze(-1) > 0, soft_threshold(v, theta.clamp(min=0)), torch.zeros_like(v))
    return torch.where(inside, v, onto)


def project_l2_ball(v: Tensor, radius: Tensor) -> Tensor:
    """The nearest point with ‖x‖₂ ≤ radius: v min(1, radius ∕ ‖v‖), v (*B, p), radius (*B) → (*B, p)."""
    length, radius = norm(v), radius.unsqueeze(-1)
    inside = length <= radius
    return torch.where(inside, v, v / length.masked_fill(inside, 1) * radius)


def project_linf_ball(v: Tensor, radius: Tensor) -> Tensor:
    """The nearest point with ‖x‖_∞ ≤ radius: each entry is clipped, v (*B, p), radius (*B) → (*B, p)."""
    radius = radius.unsqueeze(-1)
    return torch.minimum(torch.maximum(v, -radius), radius)
