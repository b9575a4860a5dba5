"""Rows of probabilities and whole numbers at the border: checked once, so that everything inside may trust them."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.core import validation


def place(bad: Tensor) -> str:
    """Where the first True of a mask stands: "3" or "(0, 2)"."""
    index = bad.nonzero()[0].tolist()
    return str(index[0] if len(index) == 1 else tuple(index))


def check_probabilities(x: Tensor, name: str) -> None:
    """Refuse rows (..., k) that are no distribution: not finite, negative, or off a sum of 1 by more than 8 k u.

    Raises ValueError naming the value and its place, TypeError for another dtype than float32 or float64.
    """
    validation.floating(x, name)
    validation.rank(x, name, 1, "(..., k)")
    validation.non_empty(x, name, "(..., k)")
    validation.finite(x, name)
    validation.non_negative(x, name)
    total = x.sum(-1)
    off = (total - 1).abs() > 4 * x.shape[-1] * torch.finfo(x.dtype).eps  # eps = 2 u
    if bool(off.any()):
        where = f" in row {place(off)}" if off.dim() else ""
        raise ValueError(f"{name} must sum to 1, got {total[off][0].item()!r}{where}; divide it by its sum")


def check_whole(x: Tensor, name: str) -> None:
    """Raise ValueError at the first entry that is no whole number."""
    bad = x != x.round()
    if bool(bad.any()):
        raise ValueError(f"{name} must be whole numbers, got {x[bad][0].item()!r} at index {place(bad)}")


def check_positive(x: Tensor, name: str) -> None:
    """Raise ValueError at the first entry that is not finite, or not above 0."""
    validation.finite(x, name)
    bad = x <= 0
    if bool(bad.any()):
        raise ValueError(f"{name} must be positive, got {x[bad][0].item()!r} at index {place(bad)}")


def check_non_negative(X: Tensor, estimator: object) -> None:
    """Raise ValueError at the first negative count of an estimator's X, in scikit-learn's words."""
    if bool((X < 0).any()):
        what = f"X passed to {type(estimator).__name__}"
        raise ValueError(f"Negative values in data {what}: got {X[X < 0][0].item()!r} at index {place(X < 0)}")
