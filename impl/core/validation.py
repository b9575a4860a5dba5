"""Validation at the border: each error names the argument, the bad value, its place, and what would be right."""

from __future__ import annotations

import torch
from torch import Tensor


def _place(bad: Tensor) -> str:
    """Where the first True of a mask stands: "index 3" or "index (0, 2)"."""
    index = bad.nonzero()[0].tolist()
    return f"index {index[0] if len(index) == 1 else tuple(index)}"


def _first(values: Tensor, bad: Tensor) -> str:
    return f"{values[bad][0].item()!r} at {_place(bad)}"


def floating(x: Tensor, name: str) -> None:
    """Raise TypeError unless x holds float32 or float64."""
    if x.dtype not in (torch.float32, torch.float64):
        raise TypeError(f"{name} must be float32 or float64, got {str(x.dtype).removeprefix('torch.')}")


def rank(x: Tensor, name: str, least: int, layout: str) -> None:
    """Raise ValueError when x has fewer than `least` axes; `layout` is what it should look like, "(..., n, d)"."""
    if x.dim() < least:
        raise ValueError(f"{name} must have shape {layout}, got {tuple(x.shape)}")


def non_empty(x: Tensor, name: str, layout: str) -> None:
    """Raise ValueError when one of the axes has length 0."""
    if x.numel() == 0:
        raise ValueError(f"{name} must not be empty: expected shape {layout}, got {tuple(x.shape)}")


def finite(x: Tensor, name: str) -> None:
    """Raise ValueError at the first NaN or infinity.

    Extremes pass NaN on, and looking at them is ten times quicker than looking at each entry.
    """
    if x.numel() and not bool(torch.isfinite(torch.stack(torch.aminmax(x))).all()):
        bad = ~torch.isfinite(x)
        raise ValueError(f"{name} must be finite, got {_first(x, bad)}")


def non_negative(x: Tensor, name: str) -> None:
    """Raise ValueError at the first negative entry."""
    bad = x < 0
    if bool(bad.any()):
        raise ValueError(f"{name} must be non-negative, got {_first(x, bad)}")


def positive_sum(x: Tensor, name: str) -> None:
    """Raise ValueError when the last axis of some lane sums to zero."""
    bad = x.sum(-1) <= 0
    if bool(bad.any()):
        where = "" if bad.dim() == 0 else f" in lane {bad.nonzero()[0].tolist()}"
        raise ValueError(f"{name} must have a positive sum, got all zeros{where}")


def same_length(a: Tensor, a_name: str, b: Tensor, b_name: str) -> None:
    """Raise ValueError when `b` does not have one entry for each row of `a`: a is (..., n, d), b is (..., n)."""
    if a.shape[:-1] != b.shape:
        raise ValueError(f"{b_name} must have shape {tuple(a.shape[:-1])} to match {a_name}, got {tuple(b.shape)}")


def one_of(x: Tensor, name: str, allowed: tuple[float, ...]) -> None:
    """Raise ValueError at the first entry that is none of the allowed values."""
    good = torch.zeros_like(x, dtype=torch.bool)
    for value in allowed:
        good = good | (x == value)
    if not bool(good.all()):
        raise ValueError(f"{name} must be one of {', '.join(f'{v:g}' for v in allowed)}, got {_first(x, ~good)}")


def at_least(value: int, name: str, least: int) -> None:
    """Raise ValueError when a count is too small."""
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")
