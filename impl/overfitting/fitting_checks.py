"""Designs, targets and knobs at the border: checked once, so that everything inside may trust them."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.core import validation


def place(bad: Tensor) -> str:
    """Where the first True of a mask stands: "3" or "(0, 2)"."""
    index = bad.nonzero()[0].tolist()
    return str(index[0] if len(index) == 1 else tuple(index))


def refuse(x: Tensor, bad: Tensor, message: str) -> None:
    """Raise ValueError with the message, the first bad entry and its place, where there is one."""
    if bool(bad.any()):
        where = f" at index {place(bad)}" if bad.dim() else ""
        raise ValueError(f"{message}, got {x[bad][0].item()!r}{where}")


def check_numbers(x: Tensor, name: str, least: int, layout: str) -> None:
    """Refuse what is no non-empty float tensor of finite numbers with at least so many axes."""
    validation.floating(x, name)
    validation.rank(x, name, least, layout)
    validation.non_empty(x, name, layout)
    validation.finite(x, name)


def check_design(x: Tensor, name: str = "x") -> None:
    """Refuse what is no design (..., n, d)."""
    check_numbers(x, name, 2, "(..., n, d)")


def check_rows(x: Tensor, y: Tensor, *, design: str = "x", target: str = "y") -> None:
    """Refuse a design (..., n, d) and a target (..., n) that do not match, or hold no numbers."""
    check_design(x, design)
    check_numbers(y, target, 1, "(..., n)")
    validation.same_length(x, design, y, target)


def check_test_rows(x: Tensor, test_x: Tensor, test_y: Tensor) -> None:
    """Refuse test rows (..., m, d), (..., m) that do not match each other or the design (..., n, d)."""
    check_rows(test_x, test_y, design="test_x", target="test_y")
    if test_x.shape[:-2] != x.shape[:-2] or test_x.shape[-1] != x.shape[-1]:
        want = (*x.shape[:-2], test_x.shape[-2], x.shape[-1])
        raise ValueError(f"test_x must have shape {want} to match x, got {tuple(test_x.shape)}")


def check_shape(value: Tensor, name: str, shape: tuple[int, ...], other: str) -> None:
    """Raise ValueError unless a tensor has the shape that another argument asks for."""
    if value.shape != shape:
        raise ValueError(f"{name} must have shape {tuple(shape)} to match {other}, got {tuple(value.shape)}")


def check_knob(value: Tensor, name: str, lanes: tuple[int, ...], other: str = "x") -> None:
    """Refuse a number a problem that is not finite, negative, or not one for each lane."""
    check_shape(value, name, lanes, other)
    validation.finite(value, name)
    validation.non_negative(value, name)


def check_positive(value: Tensor, name: str) -> None:
    """Raise ValueError at the first entry that is not finite, or not above 0."""
    validation.finite(value, name)
    refuse(value, value <= 0, f"{name} must be positive")


def check_whole(value: Tensor, name: str, least: int) -> None:
    """Raise ValueError at the first entry that is no whole number of at least `least`."""
    validation.finite(value, name)
    refuse(value, (value != value.round()) | (value < least), f"{name} must be whole numbers of at least {least}")


def check_keep(keep: Tensor, lanes: tuple[int, ...]) -> None:
    """Refuse a probability (*B) of keeping an entry that is not in (0, 1]."""
    check_shape(keep, "keep", lanes, "x")
    refuse(keep, ~((keep > 0) & (keep <= 1)), "keep must lie in (0, 1]")


def check_sizes(sizes: Tensor, x: Tensor) -> None:
    """Refuse training sizes (*B, s) that are no whole numbers from 1 to the number of rows of x (*B, n, d)."""
    if sizes.dim() != x.dim() - 1 or sizes.shape[:-1] != x.shape[:-2]:
        want = ", ".join([*map(str, x.shape[:-2]), "s"])
        raise ValueError(f"sizes must have shape ({want}) to match x, got {tuple(sizes.shape)}")
    validation.non_empty(sizes, "sizes", "(..., s)")
    check_whole(sizes, "sizes", 1)
    n = x.shape[-2]
    refuse(sizes, sizes > n, f"sizes must be at most the number of rows, {n}")


def check_path(path: Tensor, rate: Tensor) -> None:
    """Raise ValueError where a descent (*B, steps+1, d) has left the range of its dtype."""
    lost = ~torch.isfinite(path).all(-1).all(-1)
    refuse(rate, lost, "rate must be below 2 ∕ s₁² or the steps fewer: the path left the range of its dtype")
