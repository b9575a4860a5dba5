"""Draws from a Gaussian mixture."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.core import random
from impl.em.gaussian import Gaussians, is_matrix, variances
from impl.em.gaussian_start import drawn


def sample(mixture: Gaussians, kind: str, count: int, source: torch.Generator) -> tuple[Tensor, Tensor]:
    """Independent draws x (lane, count, d) and the components (lane, count) that they come from.

    A component k by its weight, then x = μ_k + L_k z, z standard normal, Σ_k = L_k L_kᵀ. All numbers come from the CPU
    generator in float64, so that a seed gives the same draws on every device.
    """
    means = mixture.means
    lanes, _, d = means.shape
    label = drawn(mixture.weights, random.uniform((lanes, count), source, means))
    z = torch.randn((lanes, count, d), generator=source, dtype=torch.float64, device=source.device).to(means)
    if is_matrix(kind):
        S = mixture.covariances.unsqueeze(-3) if kind == "tied" else mixture.covariances
        lower = torch.linalg.cholesky_ex(S).L
    else:
        lower = variances(mixture.covariances, kind).sqrt().expand_as(means).diag_embed()
    picked = label.unsqueeze(-1)
    lower = lower.expand(*means.shape, d).gather(-3, picked.unsqueeze(-1).expand(*label.shape, d, d))
    centre = means.gather(-2, picked.expand(*label.shape, d))
    return centre + (lower @ z.unsqueeze(-1)).squeeze(-1), label
