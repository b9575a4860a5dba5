"""What every penalised regression asks of its data, refused by name."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.core import validation


def check_data(x: Tensor, y: Tensor | None = None) -> None:
    """Refuse x (*B, n, p) and y (*B, n) that are no regression: empty, not finite, of other dtypes or lengths.

    Raises TypeError for other numbers than floats, else ValueError naming the argument, the value and its place.
    """
    validation.floating(x, "x")
    validation.rank(x, "x", 2, "(..., n, p)")
    validation.non_empty(x, "x", "(..., n, p)")
    validation.finite(x, "x")
    if y is not None:
        _beside(y, "y", x)
        validation.same_length(x, "x", y, "y")


def check_lanes(value: Tensor, name: str, x: Tensor, *, path: bool = False, positive: bool = False) -> None:
    """Refuse what is no λ, radius or variance of each lane: (*B), or (*B, l) along a path, beside x (*B, n, p).

    Raises ValueError at the first that is negative, or with `positive` the first that is 0.
    """
    _beside(value, name, x)
    lanes = tuple(x.shape[:-2])
    found = tuple(value.shape[:-1]) if path else tuple(value.shape)
    if found != lanes or (path and not value.dim()):
        wanted = f"({', '.join(map(str, (*lanes, 'l')))})" if path else f"{lanes}"
        raise ValueError(f"{name} must have shape {wanted} to match x, got {tuple(value.shape)}")
    validation.non_empty(value, name, "(..., l)" if path else "(...)")
    check_sign(value, name, positive=positive)


def check_weight(weight: Tensor, x: Tensor) -> None:
    """Refuse weights (*B, n) of the rows of x that are negative, not finite, or all 0."""
    _beside(weight, "sample_weight", x)
    validation.same_length(x, "x", weight, "sample_weight")
    validation.non_negative(weight, "sample_weight")
    validation.positive_sum(weight, "sample_weight")


def check_sign(value: Tensor, name: str, *, positive: bool = False) -> None:
    """Raise ValueError at the first value that is below 0, or with `positive` not above 0."""
    if not positive:
        validation.non_negative(value, name)
        return
    bad = value <= 0
    if bool(bad.any()):
        place = bad.nonzero()[0].tolist()
        where = "" if not place else f" at index {place[0] if len(place) == 1 else tuple(place)}"
        raise ValueError(f"{name} must be positive, got {value[bad][0].item()!r}{where}")


def _beside(value: Tensor, name: str, x: Tensor) -> None:
    """Refuse another dtype than that of x, NaN and infinity."""
    validation.floating(value, name)
    if value.dtype != x.dtype:
        wanted, got = (str(dtype).removeprefix("torch.") for dtype in (x.dtype, value.dtype))
        raise TypeError(f"{name} must have the dtype of x, {wanted}, got {got}")
    validation.finite(value, name)


def as_lanes(value: Tensor | float, x: Tensor) -> Tensor:
    """A number for all lanes, or one for each of x (*B, n, p), as a tensor of the dtype and device of x: (*B)."""
    if isinstance(value, Tensor):
        return value
    return torch.full(x.shape[:-2], float(value), dtype=x.dtype, device=x.device)
