"""Answers in whole numbers about stacks: geometry, composition, map lengths."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from impl.core.arrays import to_numpy
from impl.core.subject import Answers
from impl.receptive_field.asked.question import Part, Question, host
from impl.receptive_field.geometry import (
    Field,
    closed_form,
    compose,
    doubled_center,
    forward,
    lengths,
    min_input_size,
    region,
    top_down,
)
from impl.receptive_field.measure import convolved_length, pooled_length, transposed_length
from impl.receptive_field.stack import Stack, split_at


def geometry(q: Question) -> Answers:
    """Every number of a stack at every depth."""
    stack, unit, cut = q.stack(), q.tensor("unit"), q.tensor("cut")
    fields, n = forward(stack, q.rules), q.tensor("n")
    last = Field(*(column[:, -1] for column in fields))
    right = forward(stack.mirrored(), q.rules).padding
    lower, upper = split_at(stack, cut)
    below, above = (Field(*(column[:, -1] for column in forward(part, q.rules))) for part in (lower, upper))
    return {
        "effective_kernel": to_numpy(q.rules.effective_kernel(stack.kernel, stack.dilation)),
        "size": to_numpy(fields.size),
        "jump": to_numpy(fields.jump),
        "left": to_numpy(fields.padding),
        "right": to_numpy(right),
        "center2": to_numpy(doubled_center(fields, torch.zeros_like(fields.size), q.rules)),
        "region": host(*region(last, unit)),
        "top_down": to_numpy(top_down(stack, q.rules).flip(1)),
        "closed_form": to_numpy(closed_form(stack, q.rules).size),
        "composed": host(*compose(below, above, q.rules)),
        "outputs": to_numpy(lengths(stack, n, q.rules)),
        "min_input": to_numpy(min_input_size(stack, q.rules)),
    }


def composition(q: Question) -> Answers:
    """One stack run on top of another."""
    first, second = (Field(*q.tensor(name).unbind(dim=1)) for name in ("first", "second"))
    return {"composed": host(*compose(first, second, q.rules))}


def output_sizes(q: Question) -> Answers:
    """Map lengths by formula, for convolutions, transposed convolutions and pools."""
    names = ("kind", "kernel", "stride", "dilation", "padding", "output_padding")
    layers = [q.tensor(name) for name in names]
    _sized(layers)
    sizes = [q.tensor("n")]
    for index in range(layers[0].shape[1]):
        sizes.append(_next_size(q, sizes[-1], *(layer[:, index] for layer in layers)))
    return {"outputs": host(*sizes)}


def _sized(layers: list[Tensor]) -> None:
    """Raise ValueError for a kernel, stride or dilation below 1, or a negative padding."""
    _, kernel, stride, dilation, padding, _ = layers
    Stack(kernel, stride, padding, padding, dilation).validated()


def _next_size(
    q: Question, n: Tensor, kind: Tensor, kernel: Tensor, stride: Tensor, dilation: Tensor, p: Tensor, extra: Tensor
) -> Tensor:
    effective = q.rules.effective_kernel(kernel, dilation)
    floor = q.rules.output_size(n, effective, stride, p, p)
    wide = q.rules.transposed_size(n, effective, stride, p, p, extra)
    ceil = q.rules.last_window(q.rules.ceil_size(n, effective, stride, p, p), n, stride, p)
    size = torch.where(kind == 1, wide, torch.where(kind == 3, ceil, floor))
    return torch.where(n > 0, size.clamp_min(0), 0)


def measured_sizes(q: Question) -> Answers:
    """Map lengths as torch's layers return them."""
    place, rows = q.place, []
    for n, *layers in q.each("n", "kind", "kernel", "stride", "dilation", "padding", "output_padding"):
        row = [n]
        for kind, k, s, d, p, extra in zip(*layers, strict=True):
            if row[-1] < 1:
                row.append(0)
            elif kind == 0:
                row.append(convolved_length(row[-1], k, s, p, d, place))
            elif kind == 1:
                row.append(transposed_length(row[-1], k, s, p, d, extra, place))
            else:
                row.append(pooled_length(row[-1], k, s, p, d, kind == 3, place))
        rows.append(row)
    return {"measured": np.array(rows, dtype=np.int64)}


COMPUTED: dict[str, Part] = {"geometry": geometry, "compose": composition, "output_sizes": output_sizes}
MEASURED: dict[str, Part] = {"output_sizes": measured_sizes}
