"""What the errors of the rounds promise about the training sample."""

from __future__ import annotations

import torch
from torch import Tensor


def training_error_bound(errors: Tensor) -> Tensor:
    """Π_m 2 √(ε_m (1−ε_m)), which the training error cannot exceed: (*b) for errors (*b, rounds).

    Raises ValueError for an error outside [0, ½]. Source: Freund & Schapire 1997, Theorem 6.
    """
    return margin_bound(errors, 0.0)


def margin_bound(errors: Tensor, theta: float) -> Tensor:
    """Π_m 2 √(ε_m^{1−θ} (1−ε_m)^{1+θ}): (*b) for errors (*b, rounds).

    At most this share of the training sample has a normalised margin y F(x) ÷ Σ α ≤ θ. Raises ValueError for an error
    outside [0, ½] or θ outside [−1, 1]. Source: Schapire, Freund, Bartlett & Lee 1998, Theorem 5.
    """
    outside = (errors < 0) | (errors > 0.5) | errors.isnan()
    if bool(outside.any()):
        raise ValueError(f"errors must lie in [0, 1/2], got {errors[outside][0].item()}")
    if not -1 <= theta <= 1:
        raise ValueError(f"theta must lie in [-1, 1], got {theta}")
    logs = torch.xlogy(torch.full_like(errors, 1 - theta), errors) + (1 + theta) * torch.log1p(-errors)
    return torch.exp((logs / 2).sum(-1) + errors.shape[-1] * torch.log(errors.new_tensor(2.0)))
