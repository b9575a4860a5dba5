"""Softmax and its logarithm along the last axis, with the greatest entry taken away first.

Blanchard, D. Higham & N. Higham 2021 analyse both: shifting costs no accuracy, and the sum of the other exponentials in
log1p keeps the digits of a logarithm near 0.
"""

from __future__ import annotations

import torch
from torch import Tensor

from impl.core import validation


def shifted(z: Tensor) -> Tensor:
    """Z less its greatest entry, at most 0: (..., k)."""
    return z - z.amax(-1, keepdim=True)


def softmax(z: Tensor) -> Tensor:
    """e^(z_i) ∕ Σ e^(z_j): (..., k)."""
    weight = shifted(z).exp()
    return weight / weight.sum(-1, keepdim=True)


def log_softmax(z: Tensor) -> Tensor:
    """z_i − log Σ e^(z_j): (..., k). The logarithm of the greatest share is as accurate as its distance from 1."""
    below = shifted(z)
    first = z.argmax(-1, keepdim=True)
    others = below.exp().scatter(-1, first, torch.zeros_like(first, dtype=z.dtype)).sum(-1, keepdim=True)
    return below - others.log1p()


def check_logits(z: Tensor) -> None:
    """Raise ValueError unless z (..., k) is finite and not empty."""
    validation.rank(z, "z", 1, "(..., k)")
    validation.non_empty(z, "z", "(..., k)")
    validation.floating(z, "z")
    validation.finite(z, "z")
