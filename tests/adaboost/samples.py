"""Random problems that the tests of AdaBoost share."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.core.random import generator


def problems(lanes: int, n: int, d: int, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor, Tensor]:
    """X (lanes, n, d) normal, y (lanes, n) of random sign, w (lanes, n) in [0.1, 1.1); always the same."""
    source = generator(7)
    X = torch.randn(lanes, n, d, generator=source, dtype=torch.float64).to(dtype)
    y = 2 * torch.randint(0, 2, (lanes, n), generator=source) - 1
    w = torch.rand(lanes, n, generator=source, dtype=torch.float64).to(dtype) + 0.1
    return X, y, w
