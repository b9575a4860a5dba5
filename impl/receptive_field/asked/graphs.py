"""Answers about graphs: summed branches, traced modules, published networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from impl.core.arrays import to_numpy
from impl.core.subject import Answers
from impl.receptive_field.asked.question import Part, Question, host, line, padded
from impl.receptive_field.geometry import Field, closed_form, doubled_center, region
from impl.receptive_field.lattice import Box
from impl.receptive_field.measure import averaged, binarised, gradient
from impl.receptive_field.networks.library import endpoints
from impl.receptive_field.stack import Stack
from impl.receptive_field.trace.tracer import trace_receptive_field


def branches(q: Question) -> Answers:
    """The hull of the branches' boxes, their sizes, and whether they are aligned."""
    kernel, padding = q.tensor("kernel"), q.tensor("padding")  # (lane, B, L), (lane, B, L, 2)
    lanes, count, depth = kernel.shape
    flat = [q.tensor(name).reshape(lanes * count, depth) for name in ("kernel", "stride", "dilation")]
    left, right = padding.reshape(lanes * count, depth, 2).unbind(dim=-1)
    stack = Stack(flat[0], flat[1], left, right, flat[2]).validated()
    field = Field(*(values.reshape(lanes, count) for values in closed_form(stack, q.rules)))
    centre = doubled_center(field, torch.zeros_like(field.size), q.rules)
    aligned = (field.jump == field.jump[:, :1]) & (centre == centre[:, :1])
    found = host(*region(field, q.tensor("unit")[:, None])).tolist()  # (lane, B, 2)
    boxes = [_hull(q, [(first, last) for first, last in lane]) for lane in found]
    return {
        "box": np.array(boxes, dtype=np.int64),
        "sizes": to_numpy(field.size),
        "aligned": to_numpy(aligned.all(dim=1).to(torch.int64)),
    }


def _hull(q: Question, boxes: Sequence[Box]) -> Box:
    found = q.rules.branches(boxes)
    if found is None:
        raise ValueError("a sum needs at least one branch")
    return found


def branches_measured(q: Question) -> Answers:
    """Derivative of one unit of the sum, cut to the shortest branch."""
    rows = []
    for kernel, stride, dilation, padding, n, unit in q.each("kernel", "stride", "dilation", "padding", "n", "unit"):
        stacks = [line(*layers) for layers in zip(kernel, stride, dilation, padding, strict=True)]

        def forward(x: Tensor, stacks: object = stacks) -> Tensor:
            return _sum_cut([averaged(layers, x, q.rules.binarised_gradients) for layers in stacks])  # type: ignore[attr-defined]

        rows.append(gradient(forward, (1, 1, n), (unit,), q.place)[0, 0] != 0)
    return {"gradient": padded(rows, q.setting("width"))}


def _sum_cut(parts: Sequence[Tensor]) -> Tensor:
    shortest = min(part.shape[-1] for part in parts)
    return torch.stack([part[..., :shortest] for part in parts]).sum(dim=0)


class Branch(nn.Module):
    """Zero padding, then a convolution with weights 1/(k_h k_w), or an average pool."""

    def __init__(
        self, pool: bool, kernel: list[int], dilation: list[int], before: list[int], stride: list[int]
    ) -> None:
        super().__init__()
        self.pool, self.stride, self.dilation = pool, stride, [1, 1] if pool else dilation
        after = [d * (k - 1) - p for k, d, p in zip(kernel, self.dilation, before, strict=True)]
        self.amounts = [before[1], after[1], before[0], after[0]]
        self.register_buffer("weight", torch.full((1, 1, *kernel), 1 / (kernel[0] * kernel[1])))

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, 1, h, w)."""
        x = F.pad(x, self.amounts)
        weight = self.get_buffer("weight")
        if self.pool:
            return F.avg_pool2d(x, list(weight.shape[2:]), self.stride)
        return F.conv2d(x, weight, None, self.stride, 0, self.dilation)


class Stage(nn.Module):
    """The sum of branches with ⌈n/s⌉ units each."""

    def __init__(self, branches: Sequence[nn.Module]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, 1, h, w)."""
        total: Tensor = self.branches[0](x)
        for branch in list(self.branches)[1:]:
            total = total + branch(x)
        return total


def graph_of(
    kind: list[list[int]],
    kernel: list[list[list[int]]],
    dilation: list[list[list[int]]],
    before: list[list[list[int]]],
    stride: list[list[int]],
) -> nn.Sequential:
    """The module of one lane of `trace`: G stages of B branches."""
    stages = []
    for g, steps in enumerate(stride):
        parts = zip(kind[g], kernel[g], dilation[g], before[g], strict=True)
        stages.append(Stage([Branch(code == 1, k, d, p, steps) for code, k, d, p in parts]))
    return nn.Sequential(*stages)


_GRAPH = ("kind", "kernel", "dilation", "before", "stride")


def trace(q: Question) -> Answers:
    """Box and promise of the tracer."""
    boxes, filled = [], []
    for n, unit, *layers in q.each("n", "unit", *_GRAPH):
        with torch.device("meta"):
            module = graph_of(*layers)
        node = trace_receptive_field(module, (1, 1, *n), tuple(unit), formulas=q.rules)["output"]
        boxes.append(node.region)
        filled.append(int(node.filled))
    return {"box": np.array(boxes, dtype=np.int64), "filled": np.array(filled, dtype=np.int64)}


def trace_measured(q: Question) -> Answers:
    """Derivative of one unit of the same modules."""
    rows, place = [], q.place
    for n, unit, *layers in q.each("n", "unit", *_GRAPH):
        module = graph_of(*layers).to(device=place.device, dtype=place.dtype)

        def forward(x: Tensor, stages: nn.Module = module) -> Tensor:
            for stage in stages.children():
                x = stage(binarised(x))
            return x

        rows.append(gradient(forward, (1, 1, *n), unit, place)[0, 0] != 0)
    return {"gradient": padded(rows, q.setting("height"), q.setting("width"))}


def network(q: Question) -> Answers:
    """The table of a published network, traced."""
    nodes = list(endpoints(str(q.settings["name"]), q.rules).values())
    numbers = [(node.size[0], node.stride[0], node.padding[0]) for node in nodes]
    whole = np.array([[-1 if value is None else int(value) for value in row] for row in numbers], dtype=np.int64)
    size, jump, left = whole.T[:, None]  # (1, E) each
    return {"size": size, "jump": jump, "left": left}


COMPUTED: dict[str, Part] = {"branches": branches, "trace": trace, "network": network}
MEASURED: dict[str, Part] = {"branches": branches_measured, "trace": trace_measured}
