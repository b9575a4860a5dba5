"""Many stacks of layers at once: one int64 tensor per field, (lane, L), input side first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from impl.receptive_field.layers import LayerGeometry


@dataclass(frozen=True)
class Stack:
    """kernel, stride, left, right, dilation: (lane, L) int64 on one device; convolutions and poolings only.

    A layer with kernel 1, stride 1, no padding is the identity, so stacks of unlike depth share a batch.
    """

    kernel: Tensor
    stride: Tensor
    left: Tensor
    right: Tensor
    dilation: Tensor

    @property
    def depth(self) -> int:
        """Number of layers L."""
        return self.kernel.shape[1]

    @property
    def lanes(self) -> int:
        """Number of stacks."""
        return self.kernel.shape[0]

    def layer(self, index: int) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Kernel, stride, left, right and dilation of one layer, each (lane,)."""
        kernel, stride, left, right, dilation = (getattr(self, f.name)[:, index] for f in fields(self))
        return kernel, stride, left, right, dilation

    def cut(self, start: int, stop: int) -> Stack:
        """The layers start … stop − 1."""
        return Stack(*(getattr(self, f.name)[:, start:stop] for f in fields(self)))

    def mirrored(self) -> Stack:
        """The same layers with left and right exchanged."""
        return replace(self, left=self.right, right=self.left)

    def validated(self) -> Stack:
        """This stack. Raises ValueError naming the first layer with a kernel, stride or dilation below 1."""
        least_of = {"kernel": 1, "stride": 1, "dilation": 1, "left padding": 0, "right padding": 0}
        for name, least in least_of.items():
            field = getattr(self, name.split()[0])
            bad = field < least
            if bool(bad.any()):
                lane, index = bad.nonzero()[0].tolist()
                value = int(field[lane, index])
                raise ValueError(f"layer {index}: {name} must be at least {least}, got {value} in lane {lane}")
        return self


def split_at(stack: Stack, cut: Tensor) -> tuple[Stack, Stack]:
    """Layers 1 … cut and cut+1 … L of each stack, filled up with identities: cut (lane,)."""
    index = torch.arange(stack.depth, device=cut.device)
    below = index < cut[:, None]  # (lane, L)
    return _only(stack, below), _only(stack, ~below)


def _only(stack: Stack, kept: Tensor) -> Stack:
    return Stack(
        torch.where(kept, stack.kernel, 1),
        torch.where(kept, stack.stride, 1),
        torch.where(kept, stack.left, 0),
        torch.where(kept, stack.right, 0),
        torch.where(kept, stack.dilation, 1),
    )


def stack_of(layers: Sequence[LayerGeometry] | Iterable[LayerGeometry], device: str = "cpu") -> Stack:
    """One stack as a batch of one lane.

    Raises ValueError for transposed or ceil_mode layers, whose geometry depends on the unit or on the input size.
    """
    listed = list(layers)
    for layer in listed:
        if layer.transposed or layer.ceil_mode:
            kind = "transposed" if layer.transposed else "ceil_mode"
            raise ValueError(
                f"{layer.name}: {kind} layers have no single size, stride and padding; use exact_support or "
                "trace_receptive_field"
            )
    columns = [
        [layer.kernel for layer in listed],
        [layer.stride for layer in listed],
        [layer.sides[0] for layer in listed],
        [layer.sides[1] for layer in listed],
        [layer.dilation for layer in listed],
    ]
    return Stack(*(torch.tensor([column], dtype=torch.int64, device=device) for column in columns))
