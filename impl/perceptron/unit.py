"""One threshold unit over lanes: a threshold, or a bias, or one coordinate more."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.core import validation


def check_unit(x: Tensor, w: Tensor, offset: Tensor, name: str) -> None:
    """Raise ValueError or TypeError, naming what is wrong: x (*B, n, d), w (*B, d), offset (*B,) called `name`."""
    validation.floating(x, "x")
    validation.rank(x, "x", 2, "(..., n, d)")
    validation.non_empty(x, "x", "(..., n, d)")
    check_plane(w, offset, name)
    if w.shape != (*x.shape[:-2], x.shape[-1]):
        raise ValueError(f"w must have shape {(*x.shape[:-2], x.shape[-1])} to match x, got {tuple(w.shape)}")
    validation.finite(x, "x")


def check_plane(w: Tensor, offset: Tensor, name: str) -> None:
    """Raise ValueError or TypeError, naming what is wrong: w (*B, d), offset (*B,) called `name`, both finite."""
    validation.floating(w, "w")
    validation.rank(w, "w", 1, "(..., d)")
    validation.non_empty(w, "w", "(..., d)")
    validation.same_length(w, "w", offset, name)
    validation.finite(w, "w")
    validation.finite(offset, name)


def dot(x: Tensor, w: Tensor) -> Tensor:
    """w·x of every row: x (*B, n, d), w (*B, d) → (*B, n)."""
    return (x * w.unsqueeze(-2)).sum(-1)


def bias_of(threshold: Tensor) -> Tensor:
    """The bias that does what a threshold does: its negative (Nielsen 2015, chapter 1, "Perceptrons")."""
    return -threshold


def fires_above(activation: Tensor, threshold: Tensor) -> Tensor:
    """Whether w·x > T: activation (*B, n), threshold (*B,) → (*B, n) booleans. At equality a unit is silent."""
    return activation > threshold.unsqueeze(-1)


def fires(activation: Tensor, bias: Tensor) -> Tensor:
    """Whether w·x + b > 0: activation (*B, n), bias (*B,) → (*B, n) booleans.

    With gradual underflow fl(a − T) is 0 only for a = T (Goldberg 1991, section 2.2.4), so that this is `fires_above`
    of T = −b to the bit. A device that flushes subnormal numbers to 0 differs where |a − T| is subnormal.
    """
    return activation + bias.unsqueeze(-1) > 0


def append_one(x: Tensor) -> Tensor:
    """The points with a last coordinate 1: (*B, n, d) → (*B, n, d+1) (Duda, Hart & Stork 2001, section 5.3)."""
    return torch.cat([x, torch.ones_like(x[..., :1])], -1)


def append_bias(w: Tensor, bias: Tensor) -> Tensor:
    """The weights with the bias as last coordinate: (*B, d), (*B,) → (*B, d+1)."""
    return torch.cat([w, bias.unsqueeze(-1)], -1)


def check_direction(w: Tensor) -> None:
    """Raise ValueError where all weights are 0, which is no hyperplane."""
    bad = (w == 0).all(-1)
    if bool(bad.any()):
        where = "" if bad.dim() == 0 else f" in lane {bad.nonzero()[0].tolist()}"
        raise ValueError(f"w must not be all zeros, got the zero vector{where}: that is no hyperplane")


def distance(w: Tensor, bias: Tensor) -> Tensor:
    """Distance |b| ∕ ‖w‖ of the hyperplane w·x + b = 0 from the origin: (*B, d), (*B,) → (*B,) (Bishop 2006, 4.5)."""
    size = w.abs().amax(-1)
    direction = w / size.unsqueeze(-1)
    return bias.abs() / size / (direction * direction).sum(-1).sqrt()


def nearest(w: Tensor, bias: Tensor) -> Tensor:
    """The hyperplane's point nearest the origin, −b w ∕ ‖w‖²: (*B, d), (*B,) → (*B, d)."""
    size = w.abs().amax(-1, keepdim=True)
    direction = w / size
    return -(bias.unsqueeze(-1) / size) * (direction / (direction * direction).sum(-1, keepdim=True))
