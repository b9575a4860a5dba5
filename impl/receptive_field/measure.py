"""What torch's own layers see: derivatives and NaN, the second opinion that knows no formula of this package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

CONV: dict[int, Callable[..., Tensor]] = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}

Forward = Callable[[Tensor], Tensor]


class Place(NamedTuple):
    """Where torch computes."""

    device: Any
    dtype: torch.dtype


class PaddedConv(NamedTuple):
    """A convolution over one or more axes; padding as (left, right) per axis."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]

    def run(self, x: Tensor, weight: float) -> Tensor:
        """Zero padding, then a convolution of one channel with equal weights."""
        rank = len(self.kernel)
        amounts = [side for pair in reversed(self.padding) for side in pair]
        if any(amounts):
            x = F.pad(x, amounts)
        taps = x.new_full((1, 1, *self.kernel), weight)
        return CONV[rank](x, taps, stride=self.stride, dilation=self.dilation)


def averaged(layers: Sequence[PaddedConv], x: Tensor, binary: bool = False) -> Tensor:
    """A stack with weights 1/k^D. binary: every derivative on the way back becomes 0 or 1, so nothing underflows."""
    for layer in layers:
        if binary and x.requires_grad:
            x = binarised(x)
        taps = 1
        for k in layer.kernel:
            taps *= k
        x = layer.run(x, 1.0 / taps)
    return x


def summed(layers: Sequence[PaddedConv], x: Tensor) -> Tensor:
    """A stack with all-ones weights: its derivative counts paths."""
    for layer in layers:
        x = layer.run(x, 1.0)
    return x


def binarised(x: Tensor) -> Tensor:
    """The same tensor; derivatives that pass back through it become 0 or 1."""
    same = x * 1 if x.is_leaf else x
    same.register_hook(lambda grad: (grad != 0).to(grad.dtype))  # type: ignore[no-untyped-call]
    return same


def gradient(forward: Forward, shape: Sequence[int], unit: Sequence[int], place: Place) -> Tensor:
    """Derivative of one unit, summed over channels of sample 0, at an all-ones input: shape of the input."""
    x = torch.ones(tuple(shape), device=place.device, dtype=place.dtype, requires_grad=True)
    y = forward(x)
    value = at(y, unit).sum()
    (found,) = torch.autograd.grad(value, x, allow_unused=True, materialize_grads=True)
    return found


def at(output: Tensor, unit: Sequence[int]) -> Tensor:
    """All channels of one place in sample 0: (channels,)."""
    picked = output[0]
    for position in unit:
        picked = picked[:, position]
    return picked


def nan_support(forward: Forward, length: int, unit: slice, place: Place) -> Tensor:
    """Pixels of one axis whose replacement by NaN reaches a unit: (length,) bool. One pixel per sample of a batch."""
    x = torch.zeros((length, 1, length), device=place.device, dtype=place.dtype)
    x = torch.where(torch.eye(length, dtype=torch.bool, device=place.device)[:, None], torch.nan, x)
    return forward(x)[:, 0, unit].isnan().any(dim=1)


def sign_patterns(layers: Sequence[PaddedConv], length: int, place: Place, *, independent: bool = True) -> Tensor:
    """Squared derivative of the one unit of an unpadded stack, summed over all 2^(Σk) sign patterns: (length,) int64.

    Every pattern is a row with weights of its own, so a convolution is written as a sum of shifted slices. Not
    independent: every layer has the first layer's signs.
    """
    taps = sum(layer.kernel[0] for layer in layers)
    pattern = torch.arange(2**taps, device=place.device)
    bits = (pattern[:, None] >> torch.arange(taps, device=place.device)) & 1  # (2^Σk, Σk)
    signs = (2 * bits - 1).to(place.dtype)
    x = torch.ones((2**taps, length), device=place.device, dtype=place.dtype, requires_grad=True)
    y, start = x * 1, 0
    for layer in layers:
        (k,), (s,), (d,) = layer.kernel, layer.stride, layer.dilation
        reach = y.shape[1] - d * (k - 1)
        parts = [signs[:, start + a, None] * y[:, a * d : a * d + reach : s] for a in range(k)]
        y = torch.stack(parts).sum(dim=0)
        start += k * independent
    (found,) = torch.autograd.grad(y[:, 0].sum(), x)
    return (found * found).to(torch.int64).sum(dim=0)


def equal_layers(kernel: Tensor, depth: Tensor, place: Place) -> Tensor:
    """Derivative of unit 0 of `depth` averaging layers of stride 1, each lane its own: (lane, widest field).

    Lanes are the groups of one convolution; a lane that has run out of layers copies.
    """
    lanes, widest, deepest = len(kernel), int(kernel.max()), int(depth.max())
    tap = torch.arange(widest, device=place.device)
    average = ((tap < kernel[:, None]).to(place.dtype) / kernel[:, None].to(place.dtype))[:, None]  # (lane, 1, k)
    copy = (tap == 0).to(place.dtype).expand(lanes, 1, widest)
    length = 1 + deepest * (widest - 1)
    x = torch.ones((1, lanes, length), device=place.device, dtype=place.dtype, requires_grad=True)
    y = x * 1
    for layer in range(deepest):
        weight = torch.where((layer < depth)[:, None, None], average, copy)
        y = F.conv1d(y, weight, groups=lanes)
    (found,) = torch.autograd.grad(y[..., 0].sum(), x)
    return found[0]


def pooled_length(n: int, kernel: int, stride: int, padding: int, dilation: int, ceil: bool, place: Place) -> int:
    """Length of a max pool's output, 0 where torch refuses."""
    x = torch.zeros((1, 1, n), device=place.device, dtype=place.dtype)
    return _length(lambda: F.max_pool1d(x, kernel, stride, padding, dilation, ceil))


def convolved_length(n: int, kernel: int, stride: int, padding: int, dilation: int, place: Place) -> int:
    """Length of a convolution's output, 0 where torch refuses."""
    x = torch.zeros((1, 1, n), device=place.device, dtype=place.dtype)
    weight = x.new_zeros((1, 1, kernel))
    return _length(lambda: F.conv1d(x, weight, None, stride, padding, dilation))


def transposed_length(n: int, kernel: int, stride: int, padding: int, dilation: int, extra: int, place: Place) -> int:
    """Length of a transposed convolution's output, 0 where torch refuses."""
    x = torch.zeros((1, 1, n), device=place.device, dtype=place.dtype)
    weight = x.new_zeros((1, 1, kernel))
    return _length(lambda: F.conv_transpose1d(x, weight, None, stride, padding, extra, 1, dilation))


def _length(run: Callable[[], Tensor]) -> int:
    try:
        return int(run().shape[-1])
    except RuntimeError:  # torch's way to say that no window fits
        return 0
