"""Answers about what one unit of a stack sees, and how strongly."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from impl.core.arrays import to_numpy
from impl.core.subject import Answers
from impl.receptive_field.asked.question import Part, Question, host, padded, widened
from impl.receptive_field.effective import variance12
from impl.receptive_field.geometry import closed_form, region
from impl.receptive_field.measure import (
    PaddedConv,
    averaged,
    equal_layers,
    gradient,
    nan_support,
    sign_patterns,
    summed,
)
from impl.receptive_field.stack import Stack
from impl.receptive_field.support import path_count_kernel, support


def line_support(q: Question) -> Answers:
    """The propagated index set and the box of one unit."""
    stack, unit, n = q.stack(), q.tensor("unit"), q.tensor("n")
    seen = widened(support(stack, unit, n, q.rules), q.setting("width"))
    return {"support": to_numpy(seen), "region": host(*region(closed_form(stack, q.rules), unit))}


def line_measured(q: Question) -> Answers:
    """The same by differentiation and by planting NaN."""
    place, by_gradient, by_nan = q.place, [], []
    binary = q.rules.binarised_gradients
    for layers, (n, unit) in zip(q.lines(), q.each("n", "unit"), strict=True):
        found = gradient(lambda x, ls=layers: averaged(ls, x, binary), (1, 1, n), (unit,), place)  # type: ignore[misc]
        by_gradient.append(found[0, 0] != 0)
        by_nan.append(nan_support(lambda x, ls=layers: averaged(ls, x), n, slice(unit, unit + 1), place))  # type: ignore[misc]
    width = q.setting("width")
    return {"gradient": padded(by_gradient, width), "nan": padded(by_nan, width)}


def plane_support(q: Question) -> Answers:
    """Over (height, width): the product of the axes' supports."""
    n, unit = q.tensor("n"), q.tensor("unit")
    limits = (q.setting("height"), q.setting("width"))
    masks, boxes = [], []
    for axis, source in enumerate(q.rules.axis_order((0, 1))):
        stack = _axis(q, source)
        masks.append(widened(support(stack, unit[:, axis], n[:, axis], q.rules), limits[axis]))
        boxes.append(torch.stack(region(closed_form(stack, q.rules), unit[:, axis]), dim=-1))
    seen = masks[0][:, :, None] & masks[1][:, None, :]
    return {"support": to_numpy(seen), "region": to_numpy(torch.stack(boxes, dim=1))}


def _axis(q: Question, axis: int) -> Stack:
    kernel, stride, dilation = (q.tensor(name)[..., axis] for name in ("kernel", "stride", "dilation"))
    padding = q.tensor("padding")[:, :, axis]  # (lane, L, 2)
    return Stack(kernel, stride, padding[..., 0], padding[..., 1], dilation).validated()


def plane_measured(q: Question) -> Answers:
    """Over (height, width): pixels with a non-zero derivative."""
    place, rows = q.place, []
    binary = q.rules.binarised_gradients
    for kernel, stride, dilation, padding, n, unit in q.each("kernel", "stride", "dilation", "padding", "n", "unit"):
        layers = [
            PaddedConv(tuple(k), tuple(s), tuple(d), tuple((side[0], side[1]) for side in p))
            for k, s, d, p in zip(kernel, stride, dilation, padding, strict=True)
        ]
        found = gradient(lambda x, ls=layers: averaged(ls, x, binary), (1, 1, *n), unit, place)  # type: ignore[misc]
        rows.append(found[0, 0] != 0)
    return {"gradient": padded(rows, q.setting("height"), q.setting("width"))}


def path_counts(q: Question) -> Answers:
    """Integer polynomial products, and their mean and variance by formula."""
    stack = q.stack()
    counts = widened(path_count_kernel(stack, q.rules), q.setting("width"))
    size = closed_form(stack, q.rules).size
    return {
        "counts": to_numpy(counts),
        "mean2": to_numpy(size - 1),
        "variance12": to_numpy(variance12(stack, q.rules)),
    }


def _sizes(q: Question) -> list[int]:
    """Pixels that the one unit of each lane's unpadded stack spans."""
    sizes: list[int] = closed_form(q.stack()).size.tolist()
    return sizes


def path_counts_measured(q: Question) -> Answers:
    """Path counts by differentiating layers with all-ones weights."""
    rows = []
    for layers, size in zip(q.lines(), _sizes(q), strict=True):
        found = gradient(lambda x, ls=layers: summed(ls, x), (1, 1, size), (0,), q.place)  # type: ignore[misc]
        rows.append(found[0, 0].to(torch.int64))
    return {"gradient_counts": padded(rows, q.setting("width"))}


def field_deviation(q: Question) -> Answers:
    """Standard deviation √(depth (k² − 1)/12) of equal averaging layers."""
    kernel, depth = q.tensor("kernel"), q.tensor("depth")
    one = torch.ones_like(kernel)
    twelvefold = depth * q.rules.erf_variance(one, kernel, one)
    return {"deviation": to_numpy((_float(q, twelvefold) / 12).sqrt())}


def _float(q: Question, values: Tensor) -> Tensor:
    return values.to(torch.float32 if q.dtype == "float32" else torch.float64)


def field_profile(q: Question) -> Answers:
    """The derivative of equal averaging layers, in the precision that was asked for."""
    place = q.place._replace(dtype=torch.float32 if q.dtype == "float32" else torch.float64)
    found = equal_layers(q.tensor("kernel"), q.tensor("depth"), place)
    return {"profile": to_numpy(widened(found, q.setting("width")))}


def random_weights(q: Question) -> Answers:
    """Squared derivative averaged over all patterns of signs."""
    rows = []
    for layers, size in zip(q.lines(), _sizes(q), strict=True):
        patterns = math.prod(2 ** layer.kernel[0] for layer in layers)
        rows.append(_float(q, sign_patterns(layers, size, q.place, independent=q.rules.independent_weights)) / patterns)
    return {"mean_square": padded(rows, q.setting("width"))}


COMPUTED: dict[str, Part] = {
    "support": line_support,
    "support_2d": plane_support,
    "path_counts": path_counts,
    "effective_field": field_deviation,
}
MEASURED: dict[str, Part] = {
    "support": line_measured,
    "support_2d": plane_measured,
    "path_counts": path_counts_measured,
    "effective_field": field_profile,
    "random_weights": random_weights,
}
