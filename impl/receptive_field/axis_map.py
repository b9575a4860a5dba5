"""Which positions below a layer feed each position above it, along one axis: a pattern that repeats.

Position v = φ + m·period above is fed by taps[φ] + m·advance below. A convolution has period 1 and advances by its
stride; a transposed convolution of stride s has period s and advances by 1; resizing n to m repeats after m/gcd.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor

Border = Literal["drop", "clamp", "reflect", "wrap"]
NOWHERE = -1
ABSENT = -(2**40)
BORDERS: dict[str, Border] = {
    "zeros": "drop",
    "constant": "drop",
    "replicate": "clamp",
    "reflect": "reflect",
    "circular": "wrap",
}
"""Where a padding mode of torch takes its values from."""


@dataclass(frozen=True)
class AxisMap:
    """n_in positions below, n_out above; `border` says where taps outside 0 … n_in − 1 come from."""

    n_in: int
    n_out: int
    period: int
    advance: int
    taps: tuple[tuple[int, ...], ...]
    border: Border = "drop"

    def table(self) -> Tensor:
        """Positions below for each position above: (n_out, T) int64 on the CPU, NOWHERE where there is none."""
        return _table(self)


@lru_cache(maxsize=4096)
def _table(layer: AxisMap) -> Tensor:
    """Kept, since a network repeats few geometries and every term of a union asks again."""
    width = max((len(taps) for taps in layer.taps), default=0)
    rows = [list(taps) + [ABSENT] * (width - len(taps)) for taps in layer.taps]
    phases = torch.tensor(rows, dtype=torch.int64).reshape(layer.period, width)
    unit = torch.arange(layer.n_out)
    taps = phases[unit % layer.period]  # (n_out, T)
    position = taps + (unit // layer.period * layer.advance)[:, None]
    return torch.where(taps == ABSENT, NOWHERE, _inside(position, layer.n_in, layer.border))


def _inside(position: Tensor, n: int, border: Border) -> Tensor:
    """Where a position outside 0 … n − 1 takes its value from."""
    last = n - 1
    if border == "wrap":
        return position % n
    if border == "clamp":
        return position.clamp(0, last)
    if border == "reflect":
        return last - (last - position.abs()).abs()
    return torch.where((position >= 0) & (position <= last), position, NOWHERE)


def windows(
    n_in: int, n_out: int, kernel: int, stride: int, left: int, dilation: int, border: Border = "drop"
) -> AxisMap:
    """Convolution or pooling: v s − p + a d for a = 0 … k − 1."""
    taps = tuple(a * dilation - left for a in range(kernel))
    return AxisMap(n_in, n_out, 1, stride, (taps,), border)


def transposed(n_in: int, n_out: int, kernel: int, stride: int, left: int, dilation: int) -> AxisMap:
    """Transposed convolution: the i with v + p − i s = a d, which depend on the phase v mod s."""
    taps = tuple(
        tuple(
            (phase + left - a * dilation) // stride
            for a in range(kernel)
            if (phase + left - a * dilation) % stride == 0
        )
        for phase in range(stride)
    )
    return AxisMap(n_in, n_out, stride, 1, taps)


def bins(n_in: int, n_out: int) -> AxisMap:
    """Adaptive pooling: bin i covers [⌊i n/m⌋, ⌈(i+1) n/m⌉)."""
    common = math.gcd(n_in, n_out)
    period, advance = n_out // common, n_in // common
    taps = tuple(tuple(range(i * n_in // n_out, -(-(i + 1) * n_in // n_out))) for i in range(period))
    return AxisMap(n_in, n_out, period, advance, taps)


def resampled(n_in: int, n_out: int, scale: Fraction, shift: Fraction, reach: tuple[int, ...]) -> AxisMap:
    """Reading at x = v·scale + shift: the pixels ⌊x⌋ + reach, ⌊x⌋ alone where x is whole, clamped at the border.

    reach (0,) is nearest, (0, 1) linear, (−1, 0, 1, 2) cubic.
    """
    taps = []
    for phase in range(scale.denominator):
        x = phase * scale + shift
        floor = math.floor(x)
        taps.append((floor,) if x == floor else tuple(floor + step for step in reach))
    return AxisMap(n_in, n_out, scale.denominator, scale.numerator, tuple(taps), "clamp")


def linear_grid(n_in: int, n_out: int, align_corners: bool, scale: Fraction) -> tuple[Fraction, Fraction]:
    """Scale and shift of the positions at which linear interpolation reads.

    align_corners maps the first and last pixel onto each other; otherwise pixels are cells with their value in the
    middle: (v + ½)·scale − ½.
    """
    if align_corners:
        return (Fraction(n_in - 1, n_out - 1) if n_out > 1 else Fraction(0)), Fraction(0)
    return scale, (scale - 1) / 2


def sliced(n_in: int, n_out: int, start: int, step: int) -> AxisMap:
    """Slicing, cropping and padding: v·step + start."""
    return AxisMap(n_in, n_out, 1, step, ((start,),))
