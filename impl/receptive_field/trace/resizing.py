"""Rules for what moves pixels without mixing windows: interpolation, padding, pixel shuffle, flips and rolls."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import torch
from torch import nn

from impl.receptive_field.axis_map import AxisMap, bins, resampled, windows
from impl.receptive_field.trace.call import Call, Rule, Seen, along, per_axis
from impl.receptive_field.trace.sight import Sight, permuted

REACH = {
    "nearest": (0,),
    "nearest-exact": (0,),
    "linear": (0, 1),
    "bilinear": (0, 1),
    "trilinear": (0, 1),
    "bicubic": (-1, 0, 1, 2),
}


def _interpolate(call: Call, factor: Any, mode: str, align_corners: bool) -> Seen:
    rank = len(call.tensor().shape) - 2
    factors = per_axis(factor, rank)

    def build(i: int, n_in: int, n_out: int) -> AxisMap:
        if mode == "area":
            return bins(n_in, n_out)
        scale = _scale(factors[i], n_in, n_out)
        if mode == "nearest":
            return resampled(n_in, n_out, scale, Fraction(0), (0,))
        if mode == "nearest-exact":
            return resampled(n_in, n_out, scale, scale / 2, (0,))
        grid = call.rules.linear_grid(n_in, n_out, align_corners, scale)
        return resampled(n_in, n_out, *grid, REACH[mode])

    if mode not in (*REACH, "area"):
        raise call.unsupported(f"mode {mode!r} has no rule")
    return along(call, rank, build)


def _scale(factor: float | None, n_in: int, n_out: int) -> Fraction:
    """Input pixels per output pixel: the factor's inverse where torch uses it, else the ratio of the sizes."""
    if factor is None:
        return Fraction(n_in, n_out)
    exact = Fraction(factor).limit_denominator(1000)
    return 1 / exact if math.floor(n_in * exact) == n_out else Fraction(n_in, n_out)


def upsample_module(call: Call) -> Seen:
    """nn.Upsample and its fixed-mode kin."""
    m: Any = call.module
    factor = None if m.recompute_scale_factor else m.scale_factor
    return _interpolate(call, factor, m.mode, bool(m.align_corners))


def interpolate_function(call: Call) -> Seen:
    """F.interpolate and F.upsample."""
    if call.value(6, "antialias", False):
        raise call.unsupported("antialias=True has no rule")
    factor = None if call.value(5, "recompute_scale_factor") else call.value(2, "scale_factor")
    return _interpolate(call, factor, call.value(3, "mode", "nearest"), bool(call.value(4, "align_corners")))


def _pad(call: Call, amounts: tuple[int, ...], mode: str) -> Seen:
    rank = len(amounts) // 2
    border = call.rules.border(mode)

    def build(i: int, n_in: int, n_out: int) -> AxisMap:
        return windows(n_in, n_out, 1, 1, amounts[2 * (rank - 1 - i)], 1, border)

    return along(call, rank, build)


def pad_module(mode: str) -> Rule:
    """nn.ZeroPad, ConstantPad, ReflectionPad, ReplicationPad, CircularPad; negative amounts crop."""

    def rule(call: Call) -> Seen:
        m: Any = call.module
        return _pad(call, tuple(m.padding), mode)

    return rule


def pad_function(call: Call) -> Seen:
    """F.pad, last dimension first."""
    return _pad(call, tuple(call.value(1, "pad")), call.value(2, "mode", "constant"))


def pixel_shuffle(call: Call) -> Seen:
    """Channels become places: v reads ⌊v/r⌋."""
    factor = _factor(call, "upscale_factor")
    return along(call, 2, lambda i, n_in, n_out: _blocks(n_in, n_out, factor))


def pixel_unshuffle(call: Call) -> Seen:
    """Places become channels: v reads v r … v r + r − 1."""
    factor = _factor(call, "downscale_factor")
    return along(call, 2, lambda i, n_in, n_out: windows(n_in, n_out, factor, factor, 0, 1))


def _blocks(n_in: int, n_out: int, factor: int) -> AxisMap:
    """⌊v / factor⌋."""
    return AxisMap(n_in, n_out, factor, 1, ((0,),) * factor)


def _factor(call: Call, name: str) -> int:
    return int(getattr(call.module, name) if call.module is not None else call.value(1, name))


def flip(call: Call) -> Seen:
    """torch.flip: positions in reverse; far from borders there is no pattern, so size and padding are not given."""
    dims = call.value(1, "dims")
    dims = tuple(dims) if isinstance(dims, (list, tuple)) else call.args[1:]
    return _reindexed(call, dims, lambda i, n: list(range(n - 1, -1, -1)))


def roll(call: Call) -> Seen:
    """torch.roll along given dimensions."""
    shifts, dims = call.value(1, "shifts"), call.value(2, "dims")
    if dims is None or dims == ():
        raise call.unsupported("rolling the flattened tensor has no rule; give dims")
    shifts, dims = per_axis(shifts, 1), per_axis(dims, 1)
    return _reindexed(call, dims, lambda i, n: [(v - shifts[i]) % n for v in range(n)])


def _reindexed(call: Call, dims: tuple[int, ...], order: Any) -> Seen:
    """Positions along some dimensions in another order: a pattern that repeats only with the whole map."""
    sight: Sight = call.sight()
    shape = call.tensor().shape
    for i, dim in enumerate(dims):
        axes = sight.dims[dim]
        if len(axes) > 1:
            raise call.unsupported("it reorders several flattened axes at once")
        if axes:
            sight = permuted(sight, axes[0], torch.tensor(order(i, shape[dim])))
    return sight


MODULES: dict[type[nn.Module], Rule] = {
    **dict.fromkeys((nn.Upsample, nn.UpsamplingNearest2d, nn.UpsamplingBilinear2d), upsample_module),
    **{
        getattr(nn, f"{kind}Pad{r}d"): pad_module(mode)
        for kind, mode in (
            ("Zero", "constant"),
            ("Constant", "constant"),
            ("Reflection", "reflect"),
            ("Replication", "replicate"),
            ("Circular", "circular"),
        )
        for r in (1, 2, 3)
    },
    nn.PixelShuffle: pixel_shuffle,
    nn.PixelUnshuffle: pixel_unshuffle,
}

FUNCTIONS: dict[str, Rule] = {
    **dict.fromkeys(("interpolate", "upsample"), interpolate_function),
    "pad": pad_function,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    "flip": flip,
    "roll": roll,
}
