"""Points and labels that planes separate, and the rows of truth tables as points."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.core import validation

LABELS = (-1.0, 1.0)


def augmented(x: Tensor, intercept: bool) -> Tensor:
    """The points with a last coordinate of 1 where there is an intercept: (*B, n, d) → (*B, n, d + 1)."""
    return torch.cat([x, torch.ones_like(x[..., :1])], -1) if intercept else x


def split(w: Tensor, intercept: bool) -> tuple[Tensor, Tensor]:
    """Weights of augmented points as weights (*B, d) and bias (*B,), which is 0 without an intercept."""
    return (w[..., :-1], w[..., -1]) if intercept else (w, torch.zeros_like(w[..., 0]))


def truth_table(variables: int, inputs: str = "01") -> Tensor:
    """The inputs of every row of a truth table: (2^k, k), int64; the first input is the highest digit of the row.

    inputs: "01" feeds digits as they are, "signs" as −1 and 1. Raises ValueError for other inputs, or no variable.

    >>> truth_table(2).tolist()
    [[0, 0], [0, 1], [1, 0], [1, 1]]
    """
    validation.at_least(variables, "variables", 1)
    if inputs not in ("01", "signs"):
        raise ValueError(f"inputs must be one of 01, signs, got {inputs!r}")
    digits = torch.arange(2**variables).unsqueeze(-1) >> torch.arange(variables - 1, -1, -1) & 1
    return digits if inputs == "01" else 2 * digits - 1


def variables_of(table: Tensor) -> int:
    """How many inputs truth tables (*B, 2^k) have.

    Raises ValueError for a length that is no power of two from 2 on, and for entries other than 0 and 1.
    """
    validation.rank(table, "table", 1, "(..., 2^k)")
    rows = table.shape[-1]
    if rows < 2 or rows & (rows - 1):
        raise ValueError(f"table must have 2^k rows with k at least 1, got {rows}")
    validation.finite(table, "table")
    validation.one_of(table, "table", (0.0, 1.0))
    return rows.bit_length() - 1


def check_points(x: Tensor) -> None:
    """Raise ValueError unless x holds finite points: (*B, n, d)."""
    validation.rank(x, "x", 2, "(..., n, d)")
    validation.non_empty(x, "x", "(..., n, d)")
    validation.finite(x, "x")


def check_labelled(x: Tensor, y: Tensor) -> None:
    """Raise ValueError unless x holds finite points (*B, n, d) and y their labels −1 and 1 (*B, n)."""
    check_points(x)
    validation.same_length(x, "x", y, "y")
    validation.finite(y, "y")
    validation.one_of(y, "y", LABELS)


def check_whole(x: Tensor, name: str) -> None:
    """Raise ValueError at the first entry that is no whole number."""
    bad = x != x.round()
    if bool(bad.any()):
        place = bad.nonzero()[0].tolist()
        raise ValueError(f"{name} must hold whole numbers, got {x[bad][0].item()!r} at index {tuple(place)}")
