"""Small tensors that the device tests share, on the CPU, the same in every run."""

from __future__ import annotations

import torch
from torch import Tensor


def sample(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def spd(n: int) -> Tensor:
    x = sample(n, n)
    return x @ x.T + n * torch.eye(n)


X, Y, S = sample(6, 4), sample(4, 6, seed=1), spd(5)
