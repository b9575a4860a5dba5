"""Random numbers: the caller's CPU generator draws, the result moves to the data's device.

So one seed gives the same numbers on every device, and nothing ever touches a global random state.
"""

from __future__ import annotations

import torch
from torch import Tensor


def generator(seed: int) -> torch.Generator:
    """A fresh CPU generator. Raises ValueError for a seed outside 0 … 2^63 − 1."""
    if not 0 <= seed < 2**63:
        raise ValueError(f"seed must lie in 0 … 2**63 - 1, got {seed}")
    return torch.Generator().manual_seed(seed)


def uniform(shape: tuple[int, ...], source: torch.Generator, like: Tensor) -> Tensor:
    """Uniform draws on [0, 1), float64 on the generator's device, then moved to `like`'s device and dtype."""
    draws = torch.rand(shape, generator=source, dtype=torch.float64, device=source.device)
    return draws.to(device=like.device, dtype=like.dtype)
