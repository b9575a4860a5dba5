"""The tracer: operations by hand, random graphs against autograd, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from impl.receptive_field.errors import UnsupportedOpError, UntraceableError
from impl.receptive_field.probes import gradient_support, nan_support
from impl.receptive_field.trace.call import Call
from impl.receptive_field.trace.node import RFNode
from impl.receptive_field.trace.sight import Sight, spread
from impl.receptive_field.trace.tracer import trace_receptive_field


class Apply(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[..., Any], **parts: nn.Module) -> None:
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x: Tensor) -> Any:
        return self.function(self, x)


def traced(module: nn.Module, shape: tuple[int, ...], unit: tuple[int, ...] | None = None) -> RFNode:
    return trace_receptive_field(module, shape, unit)["output"]


LOCAL: dict[str, tuple[nn.Module, tuple[int, ...]]] = {
    "convolution": (nn.Conv1d(1, 1, 3, stride=2, padding=1, dilation=2), (1, 1, 11)),
    "same padding of an even kernel": (nn.Conv1d(1, 1, 4, padding="same"), (1, 1, 9)),
    "circular convolution": (nn.Conv1d(1, 1, 5, padding=2, padding_mode="circular"), (1, 1, 9)),
    "reflecting convolution": (nn.Conv1d(1, 1, 5, padding=2, padding_mode="reflect"), (1, 1, 9)),
    "transposed convolution": (nn.ConvTranspose1d(1, 1, 4, stride=2, padding=1, output_padding=1), (1, 1, 5)),
    "dilated transposed convolution": (nn.ConvTranspose1d(1, 1, 3, stride=2, dilation=3), (1, 1, 5)),
    "max pool with the default stride": (nn.MaxPool1d(3), (1, 1, 10)),
    "average pool with ceil mode": (nn.AvgPool1d(3, 2, ceil_mode=True), (1, 1, 10)),
    "power-average pool": (nn.LPPool1d(2, 3, 2), (1, 1, 10)),
    "adaptive pool": (nn.AdaptiveAvgPool1d(3), (1, 1, 10)),
    "nearest upsampling": (nn.Upsample(scale_factor=3), (1, 1, 4)),
    "nearest upsampling to a size": (nn.Upsample(size=7), (1, 1, 4)),
    "linear upsampling": (nn.Upsample(scale_factor=2, mode="linear"), (1, 1, 5)),
    "linear upsampling with aligned corners": (nn.Upsample(size=9, mode="linear", align_corners=True), (1, 1, 5)),
    "cubic upsampling": (nn.Upsample(scale_factor=2, mode="bicubic"), (1, 1, 2, 6)),
    "plane": (nn.Conv2d(1, 1, (3, 2), stride=(1, 2), padding=(1, 0)), (1, 1, 3, 5)),
    "volume": (nn.MaxPool3d((1, 2, 3), 1), (1, 1, 2, 3, 4)),
    "pixel shuffle": (nn.PixelShuffle(2), (1, 4, 3, 3)),
    "pixel unshuffle": (nn.PixelUnshuffle(2), (1, 1, 6, 4)),
    "reflection padding": (nn.ReflectionPad1d((2, 1)), (1, 1, 5)),
    "cropping by negative padding": (nn.ZeroPad1d((-1, 2)), (1, 1, 5)),
    "strided slice": (Apply(lambda m, x: x[..., 1::2]), (1, 1, 9)),
    "one row": (Apply(lambda m, x: x[:, :, 2]), (1, 1, 5, 4)),
    "flip": (Apply(lambda m, x: torch.flip(x, (2,))), (1, 1, 5)),
    "roll": (Apply(lambda m, x: torch.roll(x, 2, 2)), (1, 1, 5)),
    "places one after the other": (Apply(lambda m, x: torch.cat([x, x[..., :3]], dim=2)), (1, 1, 5)),
    "halves of the channels": (Apply(lambda m, x: x.chunk(2, dim=1)[1]), (1, 2, 5)),
    "tokens and back": (
        Apply(lambda m, x: x.flatten(2).transpose(1, 2).transpose(1, 2).reshape(x.shape)),
        (1, 2, 3, 4),
    ),
    "frozen batch norm": (nn.BatchNorm1d(1).eval(), (1, 1, 5)),
    "channels-last layer norm": (
        Apply(lambda m, x: m.norm(x.permute(0, 2, 1)).permute(0, 2, 1), norm=nn.LayerNorm(3)),
        (1, 3, 5),
    ),
    "running mean by rows": (Apply(lambda m, x: x - x.mean(dim=3, keepdim=True)), (1, 1, 3, 4)),
    "group norm": (nn.GroupNorm(1, 2), (1, 2, 4)),
    "gate from the global average": (
        Apply(lambda m, x: x * torch.sigmoid(functional.adaptive_avg_pool1d(x, 1))),
        (1, 2, 5),
    ),
}


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("name", list(LOCAL))
def test_every_unit_sees_exactly_the_pixels_that_reach_it(name: str) -> None:
    module, shape = LOCAL[name]
    probe = gradient_support if "upsampling" in name else nan_support  # 0 times NaN is NaN, 0 times a slope is 0
    node = traced(module, shape)
    sizes = tuple(module(torch.zeros(shape)).shape[2:])
    for unit in torch.ones(sizes).nonzero().tolist():
        assert torch.equal(node.at(with_lost_axes(node, unit)).mask(), probe(module, shape, unit)), unit


def with_lost_axes(node: RFNode, unit: list[int]) -> tuple[int, ...]:
    """One position per input axis: 0 for an axis that the output has lost."""
    if len(unit) == len(node.units):
        return tuple(unit)
    rest = iter(unit)
    return tuple(0 if extent == 1 else next(rest) for extent in node.units)


@pytest.mark.parametrize(
    ("module", "shape", "scope"),
    [
        (nn.BatchNorm2d(3), (2, 3, 4, 4), "batch"),
        (nn.InstanceNorm2d(3), (1, 3, 4, 4), "global"),
        (nn.LayerNorm([3, 4, 4]), (1, 3, 4, 4), "global"),
        (nn.AdaptiveAvgPool2d(1), (1, 3, 4, 4), "global"),
        (nn.Sequential(nn.Flatten(), nn.Linear(48, 2)), (1, 3, 4, 4), "global"),
        (Apply(lambda m, x: x.amax(dim=(2, 3))), (1, 3, 4, 4), "global"),
        (Apply(lambda m, x: functional.softmax(x.flatten(2), dim=2)), (1, 3, 4, 4), "global"),
        (Apply(lambda m, x: functional.softmax(x, dim=1)), (1, 3, 4, 4), "local"),
    ],
)
def test_what_mixes_a_whole_map_is_not_local(module: nn.Module, shape: tuple[int, ...], scope: str) -> None:
    node = traced(module, shape)
    assert node.scope == scope
    assert bool(node.mask().all()) == (scope != "local")


class HandWrittenAttention(nn.Module):
    """The attention block of a VQGAN."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v = (nn.Conv2d(4, 4, 1) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        q = self.q(x).reshape(b, c, h * w).permute(0, 2, 1)
        scores = torch.softmax(torch.bmm(q, self.k(x).reshape(b, c, h * w)) * c**-0.5, dim=2)
        mixed = torch.bmm(self.v(x).reshape(b, c, h * w), scores.permute(0, 2, 1))
        return x + mixed.reshape(b, c, h, w)


def test_attention_written_by_hand_is_global() -> None:
    node = traced(HandWrittenAttention(), (1, 4, 3, 5))
    assert node.scope == "global"
    assert node.box == ((0, 2), (0, 4))


def test_a_cross_of_two_branches_is_a_box_that_is_not_filled() -> None:
    cross = Apply(
        lambda m, x: m.wide(x) + m.tall(x),
        wide=nn.Conv2d(1, 1, (1, 3), padding=(0, 1)),
        tall=nn.Conv2d(1, 1, (3, 1), padding=(1, 0)),
    )
    node = traced(cross, (1, 1, 7, 7))
    assert node.box == ((2, 4), (2, 4))
    assert not node.filled
    assert int(node.mask().sum()) == 5
    assert node.aligned


def test_causal_plus_anticausal_sees_three_pixels_and_is_not_aligned() -> None:
    both = Apply(
        lambda m, x: m.past(functional.pad(x, (1, 0))) + m.future(functional.pad(x, (0, 1))),
        past=nn.Conv1d(1, 1, 2),
        future=nn.Conv1d(1, 1, 2),
    )
    node = traced(both, (1, 1, 9))
    assert node.size == (3,)
    assert not node.aligned


def test_branches_of_unequal_stride_see_more_the_further_the_unit() -> None:
    uneven = Apply(lambda m, x: x[..., :4] + x[..., ::2][..., :4])
    node = traced(uneven, (1, 1, 9))
    assert node.strides == (frozenset({Fraction(1), Fraction(2)}),)
    assert [node.at((u,)).size[0] for u in range(4)] == [1, 2, 3, 4]


def test_size_stride_and_padding_do_not_depend_on_the_border() -> None:
    net = nn.Sequential(nn.Conv1d(1, 1, 5, padding=2), nn.MaxPool1d(2), nn.Conv1d(1, 1, 5, padding=2))
    node = traced(net, (1, 1, 6), (0,))
    assert (node.size, node.stride, node.padding) == ((14,), (Fraction(2),), (6,))
    assert node.region == ((-6, 7),)
    assert node.box == ((0, 5),)


def test_upsampling_then_a_convolution_depends_on_the_phase() -> None:
    node = traced(nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv1d(1, 1, 2)), (1, 1, 8))
    assert [node.at((u,)).size[0] for u in (4, 5)] == [1, 2]
    assert node.stride == (Fraction(1, 2),)
    assert node.padding == (None,)


layer = st.tuples(
    st.sampled_from(["conv", "pool"]),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.integers(1, 2), st.integers(1, 2)),
    st.tuples(st.integers(0, 2), st.integers(0, 2)),
)
stages = st.lists(
    st.tuples(st.tuples(st.integers(1, 2), st.integers(1, 2)), st.lists(layer, min_size=1, max_size=3)),
    min_size=1,
    max_size=3,
)


class Summed(nn.Module):
    """Branches cut to the smallest of them and added."""

    def __init__(self, stride: tuple[int, int], branches: list[Any]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(self._branch(stride, *branch) for branch in branches)

    @staticmethod
    def _branch(stride: tuple[int, int], kind: str, kernel: Any, dilation: Any, padding: Any) -> nn.Module:
        if kind == "pool":
            half = tuple(min(p, k // 2) for p, k in zip(padding, kernel, strict=True))
            return nn.MaxPool2d(kernel, stride, half)  # type: ignore[arg-type]
        return nn.Conv2d(1, 1, kernel, stride, padding, dilation)

    def forward(self, x: Tensor) -> Tensor:
        parts = [branch(x) for branch in self.branches]
        height = min(int(part.shape[2]) for part in parts)
        width = min(int(part.shape[3]) for part in parts)
        total = parts[0][:, :, :height, :width]
        for part in parts[1:]:
            total = total + part[:, :, :height, :width]
        return total


class Cut(nn.Module):
    """Summed, with the sizes fixed beforehand, so that no control flow depends on the data."""

    def __init__(self, summed: Summed, shape: torch.Size) -> None:
        super().__init__()
        self.branches = summed.branches
        self.height, self.width = int(shape[2]), int(shape[3])

    def forward(self, x: Tensor) -> Tensor:
        parts = [branch(x)[:, :, : self.height, : self.width] for branch in self.branches]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return total


@settings(max_examples=40, deadline=None, derandomize=True)
@given(stages, st.data())
def test_traced_mask_is_the_support_of_the_gradient_on_random_graphs(drawn: list[Any], data: st.DataObject) -> None:
    x = torch.zeros(1, 1, 13, 11)
    parts: list[nn.Module] = []
    for stride, branches in drawn:
        summed = Summed(stride, branches)
        try:
            out = summed(x)
        except RuntimeError:  # a window that does not fit
            break
        parts.append(Cut(summed, out.shape))
        x = out
    net = nn.Sequential(*parts)
    unit = (data.draw(st.integers(0, x.shape[2] - 1)), data.draw(st.integers(0, x.shape[3] - 1)))
    node = traced(net, (1, 1, 13, 11), unit)
    seen = gradient_support(net, (1, 1, 13, 11), unit)
    assert torch.equal(node.mask(), seen)
    box = [slice(max(first, 0), last + 1) for first, last in node.region]  # type: ignore[misc]
    assert node.filled == (bool(seen.any()) and bool(seen[tuple(box)].all()))


def test_an_unknown_operation_is_named_and_not_passed_over() -> None:
    with pytest.raises(UnsupportedOpError, match=r"node 'cumsum': cumsum: no rule is known for it; pass rules="):
        traced(Apply(lambda m, x: torch.cumsum(x, 2)), (1, 1, 5))


def test_a_reshape_that_tears_an_axis_apart_is_refused() -> None:
    with pytest.raises(UnsupportedOpError, match="tears an axis of the input apart"):
        traced(Apply(lambda m, x: x.reshape(1, 1, 2, 3, 5)), (1, 1, 6, 5))


def test_a_sum_with_the_transposed_map_is_refused() -> None:
    with pytest.raises(UnsupportedOpError, match="carry axis 0 of the input in different dimensions"):
        traced(Apply(lambda m, x: x + x.transpose(2, 3)), (1, 1, 5, 5))


def test_control_flow_on_data_gives_one_clear_error() -> None:
    with pytest.raises(UntraceableError, match=r"Apply cannot be traced .* control flow"):
        traced(Apply(lambda m, x: x if x.sum() > 0 else -x), (1, 1, 5))


def test_an_input_that_does_not_fit_names_the_node() -> None:
    with pytest.raises(ValueError, match=r"node '0' cannot run on this input: .*Kernel size"):
        traced(nn.Sequential(nn.Conv1d(1, 1, 7)), (1, 1, 5))


def test_a_unit_outside_the_output_and_a_bad_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"unit must lie inside \(3,\), got \(3,\)"):
        traced(nn.Conv1d(1, 1, 3), (1, 1, 5), (3,))
    with pytest.raises(ValueError, match="input_shape must be"):
        traced(nn.Identity(), (5,))


class Blur(nn.Module):
    """An operation of a user's own."""

    def forward(self, x: Tensor) -> Tensor:
        return x.cumsum(2)


def test_a_users_own_rule_serves_a_users_own_module() -> None:
    def rule(call: Call) -> Sight:
        return spread(call.sight(), frozenset({0}))

    node = trace_receptive_field(nn.Sequential(Blur()), (1, 1, 5), rules={Blur: rule})["output"]
    assert node.scope == "global"


def test_tracing_leaves_the_module_and_its_statistics_alone() -> None:
    net = nn.Sequential(nn.Conv1d(1, 2, 3), nn.BatchNorm1d(2))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    traced(net, (2, 1, 9))
    assert net.training
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
