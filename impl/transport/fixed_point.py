"""Floats as whole numbers and back: one power of two a lane, so that a solver may add, subtract and compare exactly.

A power of two moves no bit of a float; what is lost is what lies below the last place of the grid. Whole numbers pass
as they are. So a problem has one answer on every device, in every batch, and at every scale.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

MANTISSA = {torch.float64: (torch.int64, 52), torch.float32: (torch.int32, 23)}
"""Of each float: the integer of its width, and how many bits its mantissa has there."""


class Grid(NamedTuple):
    """Whole numbers k that stand for k · unit / 2^bits: k in int64, unit a power of two a lane, which broadcasts."""

    whole: Tensor
    unit: Tensor
    bits: int

    def back(self, whole: Tensor) -> Tensor:
        """Whole numbers on this grid as values in the dtype of `unit`."""
        return whole.to(self.unit.dtype) if self.bits == 0 else whole.to(self.unit.dtype) * 2.0**-self.bits * self.unit


def power_of_two(x: Tensor) -> Tensor:
    """The largest power of two that is at most x, for floats x > 0; the smallest normal number where x is below it."""
    integer, bits = MANTISSA[x.dtype]
    exponent = x.clamp_min(torch.finfo(x.dtype).tiny).view(integer) >> bits
    return (exponent << bits).view(x.dtype)


def on_grid(x: Tensor, size: Tensor, limit: int, name: str) -> Grid:
    """X ≥ 0 in whole numbers, scaled so that `size` (broadcasting, one a lane, at least x) comes to limit/4 … limit.

    Errs by half a unit, at most size · 2 / limit. Whole numbers are not scaled; raises ValueError when their size
    exceeds the limit, or when a float's overflows.
    """
    if not x.is_floating_point():
        if bool((size > limit).any()):
            raise ValueError(f"{name} must stay below {limit:.3g} in whole numbers, got {int(size.max())}; use floats")
        return Grid(x, size, 0)
    if not bool(torch.isfinite(size).all()):
        raise ValueError(f"{name} must be finite, it overflows {str(x.dtype).removeprefix('torch.')}: scale the input")
    unit, bits = power_of_two(size), limit.bit_length() - 2
    return Grid((x / unit * 2.0**bits).round().to(torch.int64), unit, bits)
