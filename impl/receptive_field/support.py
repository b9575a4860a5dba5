"""Exactly which pixels a unit sees, and along how many paths: index propagation from the output to the input."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from impl.receptive_field.geometry import closed_form, lengths
from impl.receptive_field.layers import LayerGeometry, output_size
from impl.receptive_field.rules import RULES, Rules
from impl.receptive_field.stack import Stack


def pull_back(
    paths: Tensor, kernel: Tensor, stride: Tensor, left: Tensor, dilation: Tensor, n: Tensor, width: int
) -> Tensor:
    """Paths from each unit below a layer, given the paths from each unit above it: (lane, width) int64.

    Position i below feeds unit v above through tap a when v s − p + a d = i; positions at or beyond n (lane,) do not
    exist. paths: (lane, m); the layer's fields and n: (lane,).
    """
    position = torch.arange(width, device=paths.device)  # (width,)
    below = torch.zeros((paths.shape[0], width), dtype=paths.dtype, device=paths.device)
    for tap in range(int(kernel.max())):
        scaled = position + (left - tap * dilation)[:, None]  # (lane, width): v s
        unit = scaled // stride[:, None]
        feeds = (scaled % stride[:, None] == 0) & (unit >= 0) & (unit < paths.shape[1])
        feeds &= (tap < kernel)[:, None] & (position < n[:, None])
        below = below + torch.where(feeds, paths.gather(1, unit.clamp(0, paths.shape[1] - 1)), 0)
    return below


def require_units(stack: Stack, unit: Tensor, n: Tensor) -> None:
    """Raise ValueError at the first lane whose unit does not exist. unit, n: (lane,)."""
    top = lengths(stack, n)[:, -1]
    bad = (unit < 0) | (unit >= top)
    if bool(bad.any()):
        lane = int(bad.nonzero()[0])
        count = int(top[lane])
        what = f"unit must lie in 0 … {count - 1}" if count else f"input {int(n[lane])} leaves no unit to ask"
        raise ValueError(f"{what}, got unit {int(unit[lane])} in lane {lane}; a larger input has more units")


def path_counts(stack: Stack, unit: Tensor, n: Tensor, rules: Rules = RULES, saturated: bool = False) -> Tensor:
    """Number of paths from each pixel to one unit of the last layer, clipped at every layer: (lane, max n) int64.

    unit, n: (lane,). Exact below 2^63; saturated stops counting at 1, so that no depth overflows.
    """
    sizes = lengths(stack, n, rules)  # (lane, L+1)
    widths = sizes.amax(dim=0).clamp_min(1).tolist()
    paths = (torch.arange(widths[-1], device=unit.device) == unit[:, None]).to(torch.int64)
    for index in reversed(range(stack.depth)):
        kernel, stride, left, _, dilation = stack.layer(index)
        taps = rules.tap_dilation(dilation)
        paths = pull_back(paths, kernel, stride, left, taps, sizes[:, index], widths[index])
        paths = paths.clamp_max(1) if saturated else paths
    return paths


def path_count_kernel(stack: Stack, rules: Rules = RULES, saturated: bool = False) -> Tensor:
    """Coefficients of Π_l Σ_{a<k_l} x^{a d_l j_{l−1}}, paths of an unclipped unit per offset: (lane, max r) int64.

    Source: Luo et al. 2016, section 2. Exact below 2^63; saturated as in `path_counts`.
    """
    field = closed_form(stack, rules)
    width = int(field.size.max())
    coefficients = torch.zeros((stack.lanes, width), dtype=torch.int64, device=field.size.device)
    coefficients[:, 0] = 1
    offset = torch.arange(width, device=field.size.device)
    jump = torch.ones_like(field.size)
    for index in range(stack.depth):
        kernel, stride, _, _, dilation = stack.layer(index)
        total = torch.zeros_like(coefficients)
        for tap in range(int(kernel.max())):
            source = offset - (tap * rules.tap_dilation(dilation) * jump)[:, None]  # (lane, width)
            shifted = coefficients.gather(1, source.clamp_min(0))
            total = total + torch.where((source >= 0) & (tap < kernel)[:, None], shifted, 0)
        coefficients, jump = total.clamp_max(1) if saturated else total, jump * stride
    return coefficients


def support(stack: Stack, unit: Tensor, n: Tensor, rules: Rules = RULES) -> Tensor:
    """Which pixels a unit sees: (lane, max n) bool, clipped to the valid range at every layer, not only at the input.

    A unit in the padding of an inner layer computes nothing, so paths through it do not exist. Raises ValueError for
    a unit that does not exist.
    """
    require_units(stack, unit, n)
    if not rules.clipped_everywhere:
        return unclipped_support(stack, unit, n, rules)
    return path_counts(stack, unit, n, rules, saturated=True) > 0


def unclipped_support(stack: Stack, unit: Tensor, n: Tensor, rules: Rules = RULES) -> Tensor:
    """The pattern of offsets of a unit far from any border, shifted to `unit`: too large near the border."""
    field = closed_form(stack, rules)
    pattern = path_count_kernel(stack, rules, saturated=True) > 0  # (lane, max r)
    position = torch.arange(int(n.max()), device=n.device)
    offset = position - (unit * field.jump - field.padding)[:, None]  # (lane, max n)
    inside = (offset >= 0) & (offset < pattern.shape[1]) & (position < n[:, None])
    seen: Tensor = inside & pattern.gather(1, offset.clamp(0, pattern.shape[1] - 1))
    return seen


def exact_support(layers: Sequence[LayerGeometry], unit: int, n: int) -> set[int]:
    """The pixels 0 … n−1 that one unit of the last layer sees; transposed and ceil_mode layers included.

    Raises ValueError for a unit outside the output or a layer that does not fit.
    """
    sizes = [n]
    for layer in layers:
        sizes.append(output_size(sizes[-1], layer))
    if not 0 <= unit < sizes[-1]:
        raise ValueError(f"unit must lie in 0 … {sizes[-1] - 1}, got {unit}; a larger input has more units")
    seen = {unit}
    for layer, size in zip(reversed(layers), reversed(sizes[:-1]), strict=True):
        seen = {i for v in seen for i in _taps(layer, v) if 0 <= i < size}
    return seen


def _taps(layer: LayerGeometry, unit: int) -> list[int]:
    """Positions below a layer that feed a unit above it, before clipping."""
    left, _ = layer.sides
    if not layer.transposed:
        return [unit * layer.stride - left + a * layer.dilation for a in range(layer.kernel)]
    reached = [unit + left - a * layer.dilation for a in range(layer.kernel)]
    return [position // layer.stride for position in reached if position % layer.stride == 0]
