"""Answers about one layer of any kind: which pixels its units read, and how often."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from impl.core.subject import Answers
from impl.receptive_field.asked.question import Part, Question, padded
from impl.receptive_field.axis_map import AxisMap, bins, resampled, windows
from impl.receptive_field.measure import Place, nan_support
from impl.receptive_field.rules import Rules

PADDED = {7: "reflect", 8: "replicate", 9: "circular"}
"""Kinds that are convolutions with another padding mode."""

NAMES = ("kind", "kernel", "stride", "dilation", "padding", "output_padding", "factor", "n", "unit", "span")


class Layer(NamedTuple):
    """One lane of the question, see the port."""

    kind: int
    kernel: int
    stride: int
    dilation: int
    padding: int
    output_padding: int
    factor: int
    n: int
    unit: int
    span: int

    @property
    def given_stride(self) -> int | None:
        """The stride, None where the library's default is meant."""
        return self.stride or None


def pattern(layer: Layer, rules: Rules) -> AxisMap:
    """Which pixels feed each unit; a map as long as the units that are asked about."""
    n, end = layer.n, layer.unit + layer.span
    if layer.kind == 1:
        return rules.transposed_map(n, end, layer.kernel, layer.stride, layer.padding, layer.dilation)
    if layer.kind == 4:
        return bins(n, layer.factor)
    if layer.kind == 5:
        return resampled(n, end, Fraction(1, layer.factor), Fraction(0), (0,))
    if layer.kind == 6:
        grid = rules.linear_grid(n, n * layer.factor, False, Fraction(1, layer.factor))
        return resampled(n, end, *grid, (0, 1))
    kernel, stride = layer.kernel, layer.stride or 1
    if layer.kind in (2, 3):
        kernel, stride = rules.pool_window(layer.kernel, layer.given_stride)
    dilation = 1 if layer.kind == 2 else rules.tap_dilation(layer.dilation)
    border = rules.border(PADDED.get(layer.kind, "zeros"))
    return windows(n, end, kernel, stride, layer.padding, dilation, border)


def computed(q: Question) -> Answers:
    """Support and multiplicity from the layer's repeating pattern."""
    seen, often = [], []
    for values in q.each(*NAMES):
        layer = Layer(*values)
        reads = pattern(layer, q.rules).table()[layer.unit : layer.unit + layer.span]  # (span, T)
        counts = torch.zeros((len(reads), layer.n), dtype=torch.int64)
        counts.scatter_add_(1, reads.clamp_min(0), (reads >= 0).to(torch.int64))
        if layer.kind in (4, 5, 6):  # resizing: a pixel counts once per unit, however the border folds it
            counts = counts.clamp_max(1)
        often.append(counts.sum(dim=0))
        seen.append(often[-1] > 0)
    width = q.setting("width")
    return {"support": padded(seen, width), "multiplicity": padded(often, width)}


def measured(q: Question) -> Answers:
    """Pixels with a non-zero derivative; for max pooling those whose replacement by NaN arrives."""
    rows = [response(Layer(*values), q.place) for values in q.each(*NAMES)]
    return {"measured": padded(rows, q.setting("width"))}


def response(layer: Layer, place: Place) -> Tensor:
    """Pixels to which torch's layer responds: (n,) bool."""
    run = runner(layer, 1 / layer.kernel)
    if layer.kind == 3:
        return nan_support(run, layer.n, slice(layer.unit, layer.unit + layer.span), place)
    return derivative(run, layer, place) != 0


def derivative(run: Callable[[Tensor], Tensor], layer: Layer, place: Place) -> Tensor:
    """Derivative of the sum of the units that are asked about: (n,)."""
    x = torch.ones((1, 1, layer.n), device=place.device, dtype=place.dtype, requires_grad=True)
    value = run(x)[0, 0, layer.unit : layer.unit + layer.span].sum()
    (found,) = torch.autograd.grad(value, x, allow_unused=True, materialize_grads=True)
    return found[0, 0]


def runner(a: Layer, weight: float) -> Callable[[Tensor], Tensor]:
    """The layer as torch has it, with equal weights."""

    def taps(x: Tensor) -> Tensor:
        return x.new_full((1, 1, a.kernel), weight)

    def extended(x: Tensor, mode: str) -> Tensor:
        return F.pad(x, (a.padding, a.padding), mode) if a.padding else x

    def padded_convolution(x: Tensor) -> Tensor:
        return F.conv1d(extended(x, PADDED[a.kind]), taps(x), None, a.stride, 0, a.dilation)

    runners: dict[int, Callable[[Tensor], Tensor]] = {
        0: lambda x: F.conv1d(x, taps(x), None, a.stride, a.padding, a.dilation),
        1: lambda x: F.conv_transpose1d(x, taps(x), None, a.stride, a.padding, a.output_padding, 1, a.dilation),
        2: lambda x: F.avg_pool1d(x, a.kernel, a.stride or a.kernel, a.padding),
        3: lambda x: F.max_pool1d(x, a.kernel, a.given_stride, a.padding, a.dilation),
        4: lambda x: F.adaptive_avg_pool1d(x, a.factor),
        5: lambda x: F.interpolate(x, scale_factor=a.factor, mode="nearest"),
        6: lambda x: F.interpolate(x, scale_factor=a.factor, mode="linear", align_corners=False),
    }
    return runners.get(a.kind, padded_convolution)


COMPUTED: dict[str, Part] = {"layer": computed}
MEASURED: dict[str, Part] = {"layer": measured}
