"""Batch normalisation behind a linear layer, whose bias it makes redundant (Ioffe & Szegedy 2015, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from impl.core import validation


@dataclass(frozen=True)
class Affine:
    """What follows the normalisation: scale γ and shift β, both (*B, o), and ε > 0 under the root."""

    scale: Tensor
    shift: Tensor
    epsilon: float


def check_batch(h: Tensor, epsilon: float, training: bool) -> None:
    """Raise ValueError for a batch of one in training, whose variance is 0, and for a bad ε. h (*B, b, o)."""
    if not 0 < epsilon < float("inf"):
        raise ValueError(f"epsilon must be positive and finite, got {epsilon!r}")
    if training and h.shape[-2] < 2:
        raise ValueError("x must have at least 2 rows in training: the variance of one row is 0")


def statistics(h: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and biased variance over the batch: h (*B, b, o) → (*B, o) each."""
    mean = h.mean(-2)
    away = h - mean.unsqueeze(-2)
    return mean, (away * away).mean(-2)


def normalise(h: Tensor, mean: Tensor, variance: Tensor, affine: Affine) -> Tensor:
    """γ (h − m) ∕ √(v + ε) + β: h (*B, b, o), mean, variance (*B, o) → (*B, b, o)."""
    centred = (h - mean.unsqueeze(-2)) / (variance + affine.epsilon).sqrt().unsqueeze(-2)
    return affine.scale.unsqueeze(-2) * centred + affine.shift.unsqueeze(-2)


def training_gradient(gradient: Tensor, h: Tensor, mean: Tensor, variance: Tensor, affine: Affine) -> Tensor:
    """∂ loss ∕ ∂ bias of the layer before, where mean and variance are the batch's own: (*B, b, o) → (*B, o).

    ∂ loss ∕ ∂ h = γ∕s (g − mean g − ĥ mean(g ĥ)) sums to 0 over the batch: the bias learns nothing.
    """
    spread = (variance + affine.epsilon).sqrt().unsqueeze(-2)
    normal = (h - mean.unsqueeze(-2)) / spread
    inner = gradient - gradient.mean(-2, keepdim=True) - normal * (gradient * normal).mean(-2, keepdim=True)
    return (affine.scale.unsqueeze(-2) / spread * inner).sum(-2)


def evaluation_gradient(gradient: Tensor, variance: Tensor, affine: Affine) -> Tensor:
    """The same where the statistics are fixed: γ∕s Σ g, (*B, b, o) → (*B, o)."""
    return affine.scale / (variance + affine.epsilon).sqrt() * gradient.sum(-2)


def fold(weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, affine: Affine) -> tuple[Tensor, Tensor]:
    """The one linear layer that a linear layer and fixed statistics make: weight (*B, o, d), bias (*B, o) → the same.

    W' = γ∕s W, b' = γ∕s (b − m) + β.
    """
    ratio = affine.scale / (variance + affine.epsilon).sqrt()
    return ratio.unsqueeze(-1) * weight, ratio * (bias - mean) + affine.shift


def check_statistics(mean: Tensor, variance: Tensor, bias: Tensor) -> None:
    """Raise ValueError unless running statistics fit the bias (*B, o) and no variance is negative."""
    for name, value in (("running_mean", mean), ("running_var", variance)):
        if value.shape != bias.shape:
            raise ValueError(f"{name} must have shape {tuple(bias.shape)} to match bias, got {tuple(value.shape)}")
        validation.finite(value, name)
    validation.non_negative(variance, "running_var")
