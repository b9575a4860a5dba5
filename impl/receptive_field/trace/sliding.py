"""Rules for what slides a window: convolutions, transposed convolutions and poolings."""

from __future__ import annotations

from typing import Any

from torch import nn

from impl.receptive_field.axis_map import AxisMap, Border, bins, windows
from impl.receptive_field.trace.call import Call, Rule, Seen, along, per_axis
from impl.receptive_field.trace.sight import Sight, collapsed


def _slide(
    call: Call, kernel: tuple[int, ...], stride: Any, padding: Any, dilation: Any, border: Border = "drop"
) -> Sight:
    rank = len(kernel)
    order = call.rules.axis_order
    kernel, strides = order(kernel), order(per_axis(stride, rank))
    dilations = order(tuple(call.rules.tap_dilation(d) for d in per_axis(dilation, rank)))
    lefts = order(_left(padding, kernel, dilations))

    def build(i: int, n_in: int, n_out: int) -> AxisMap:
        return windows(n_in, n_out, kernel[i], strides[i], lefts[i], dilations[i], border)

    return along(call, rank, build)


def _left(padding: Any, kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[int, ...]:
    """Left padding per axis; "same" puts the odd one on the right, as torch does."""
    if padding == "valid":
        return (0,) * len(kernel)
    if padding == "same":
        return tuple(d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True))
    return per_axis(padding, len(kernel))


def convolution_module(call: Call) -> Seen:
    """nn.Conv1d, Conv2d, Conv3d with any padding mode."""
    m: Any = call.module
    border = call.rules.border(m.padding_mode)
    return _slide(call, tuple(m.kernel_size), m.stride, m.padding, m.dilation, border)


def convolution_function(call: Call) -> Seen:
    """F.conv1d, conv2d, conv3d: the kernel is the weight's shape."""
    kernel = tuple(call.tensor(1, "weight").shape[2:])
    padding, dilation = call.value(4, "padding", 0), call.value(5, "dilation", 1)
    return _slide(call, kernel, call.value(3, "stride", 1), padding, dilation)


def _transpose(call: Call, kernel: tuple[int, ...], stride: Any, padding: Any, dilation: Any) -> Sight:
    rank = len(kernel)
    strides, lefts, dilations = per_axis(stride, rank), per_axis(padding, rank), per_axis(dilation, rank)

    def build(i: int, n_in: int, n_out: int) -> AxisMap:
        return call.rules.transposed_map(n_in, n_out, kernel[i], strides[i], lefts[i], dilations[i])

    return along(call, rank, build)


def transposed_module(call: Call) -> Seen:
    """nn.ConvTranspose1d, ConvTranspose2d, ConvTranspose3d."""
    m: Any = call.module
    return _transpose(call, tuple(m.kernel_size), m.stride, m.padding, m.dilation)


def transposed_function(call: Call) -> Seen:
    """F.conv_transpose1d, conv_transpose2d, conv_transpose3d."""
    kernel = tuple(call.tensor(1, "weight").shape[2:])
    return _transpose(
        call, kernel, call.value(3, "stride", 1), call.value(4, "padding", 0), call.value(7, "dilation", 1)
    )


def _pool(call: Call, rank: int, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Seen:
    kernels = per_axis(kernel, rank)
    strides = per_axis(None if stride is None or stride == [] else stride, rank)
    pairs = [call.rules.pool_window(k, s) for k, s in zip(kernels, strides, strict=True)]
    seen = _slide(call, tuple(k for k, _ in pairs), tuple(s for _, s in pairs), padding, dilation)
    return [seen, seen] if isinstance(call.result, tuple) else seen


def pool_module(rank: int) -> Rule:
    """nn.MaxPool, AvgPool, LPPool in 1 … 3 dimensions; a missing stride is the kernel."""

    def rule(call: Call) -> Seen:
        m: Any = call.module
        return _pool(call, rank, m.kernel_size, m.stride, getattr(m, "padding", 0), getattr(m, "dilation", 1))

    return rule


def pool_function(rank: int, kind: str) -> Rule:
    """F.max_pool, avg_pool, lp_pool in 1 … 3 dimensions; `kind` says where their arguments stand."""

    def rule(call: Call) -> Seen:
        first = 2 if kind == "lp" else 1
        kernel, stride = call.value(first, "kernel_size"), call.value(first + 1, "stride")
        padding = 0 if kind == "lp" else call.value(3, "padding", 0)
        dilation = call.value(4, "dilation", 1) if kind == "max" else 1
        return _pool(call, rank, kernel, stride, padding, dilation)

    return rule


def adaptive(rank: int) -> Rule:
    """Adaptive average and max pooling, modules and functions; the bins follow from the sizes alone.

    One bin is global pooling.
    """

    def rule(call: Call) -> Seen:
        below = call.sight()
        result = call.result[0] if isinstance(call.result, tuple) else call.result
        single = [i for i in range(rank) if result.shape[i - rank] == 1]
        seen = along(call, rank, lambda i, n_in, n_out: bins(n_in, n_out), _without(below, rank, single))
        return [seen, seen] if isinstance(call.result, tuple) else seen

    return rule


def _without(sight: Sight, rank: int, single: list[int]) -> Sight:
    return collapsed(sight, frozenset(axis for i in single for axis in sight.dims[len(sight.dims) - rank + i]))


MODULES: dict[type[nn.Module], Rule] = {
    **dict.fromkeys((nn.Conv1d, nn.Conv2d, nn.Conv3d), convolution_module),
    **dict.fromkeys((nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d), transposed_module),
    **dict.fromkeys((nn.MaxPool1d, nn.AvgPool1d, nn.LPPool1d), pool_module(1)),
    **dict.fromkeys((nn.MaxPool2d, nn.AvgPool2d, nn.LPPool2d), pool_module(2)),
    **dict.fromkeys((nn.MaxPool3d, nn.AvgPool3d, nn.LPPool3d), pool_module(3)),
    **dict.fromkeys((nn.AdaptiveAvgPool1d, nn.AdaptiveMaxPool1d), adaptive(1)),
    **dict.fromkeys((nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d), adaptive(2)),
    **dict.fromkeys((nn.AdaptiveAvgPool3d, nn.AdaptiveMaxPool3d), adaptive(3)),
}

FUNCTIONS: dict[str, Rule] = {
    **{f"conv{r}d": convolution_function for r in (1, 2, 3)},
    **{f"conv_transpose{r}d": transposed_function for r in (1, 2, 3)},
    **{f"{kind}_pool{r}d": pool_function(r, kind) for kind in ("max", "avg", "lp") for r in (1, 2, 3)},
    **{f"max_pool{r}d_with_indices": pool_function(r, "max") for r in (1, 2, 3)},
    **{f"adaptive_{kind}_pool{r}d": adaptive(r) for kind in ("avg", "max") for r in (1, 2, 3)},
}
