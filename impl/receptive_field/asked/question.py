"""One question of the port as its answering functions see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from impl.core.arrays import to_numpy, to_torch
from impl.core.subject import Answers, Arrays, Settings
from impl.receptive_field.measure import PaddedConv, Place
from impl.receptive_field.rules import Rules
from impl.receptive_field.stack import Stack


@dataclass(frozen=True)
class Question:
    """The arrays and settings of one call, and where to compute."""

    arrays: Arrays
    settings: Settings
    device: str
    dtype: str
    seed: int
    rules: Rules

    def tensor(self, name: str) -> Tensor:
        """An array as int64 on the device."""
        return to_torch(self.arrays[name], device=self.device, dtype=self.dtype)

    def setting(self, name: str) -> int:
        """A setting that is a whole number."""
        return int(self.settings[name])

    @property
    def place(self) -> Place:
        """Where torch's layers are run, in the precision that the rules ask for where the device has it."""
        dtype = torch.float32 if self.device.endswith("mps") else self.rules.support_dtype
        return Place("sim" if self.device.startswith("sim") else self.device, dtype)

    @property
    def lanes(self) -> int:
        """Number of problems."""
        return len(next(iter(self.arrays.values())))

    def each(self, *names: str) -> Iterator[tuple[Any, ...]]:
        """The named arrays lane by lane, as nested lists of Python integers."""
        return zip(*(self.arrays[name].tolist() for name in names), strict=True)

    def stack(self) -> Stack:
        """kernel, stride, dilation (lane, L), padding (lane, L, 2) if any, checked."""
        kernel = self.tensor("kernel")
        padding = self.tensor("padding") if "padding" in self.arrays else kernel.new_zeros((*kernel.shape, 2))
        stride, dilation = self.tensor("stride"), self.tensor("dilation")
        return Stack(kernel, stride, padding[..., 0], padding[..., 1], dilation).validated()

    def lines(self) -> Iterator[list[PaddedConv]]:
        """Each lane's stack over one axis as layers to run."""
        if "padding" in self.arrays:
            for kernel, stride, dilation, padding in self.each("kernel", "stride", "dilation", "padding"):
                yield line(kernel, stride, dilation, padding)
        else:
            for kernel, stride, dilation in self.each("kernel", "stride", "dilation"):
                yield line(kernel, stride, dilation, [[0, 0]] * len(kernel))


Part = Callable[[Question], Answers]


def line(
    kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int], padding: Sequence[Sequence[int]]
) -> list[PaddedConv]:
    """Layers over one axis; kernel …: (L,), padding (L, 2)."""
    return [
        PaddedConv((k,), (s,), (d,), ((p[0], p[1]),))
        for k, s, d, p in zip(kernel, stride, dilation, padding, strict=True)
    ]


def host(*tensors: Tensor) -> NDArray[Any]:
    """Tensors stacked along a new last axis, as an array."""
    return to_numpy(torch.stack(tensors, dim=-1))


def padded(rows: Sequence[Tensor], *shape: int) -> NDArray[Any]:
    """Tensors of unlike sizes in one array of zeros: (lane, *shape)."""
    first = to_numpy(rows[0]) if rows else np.zeros(0)
    out = np.zeros((len(rows), *shape), dtype=first.dtype)
    for lane, row in enumerate(rows):
        corner: tuple[int | slice, ...] = (lane, *(slice(0, n) for n in row.shape))
        out[corner] = to_numpy(row)
    return out


def widened(values: Tensor, width: int) -> Tensor:
    """(lane, m) cut or filled with zeros to (lane, width)."""
    if values.shape[1] >= width:
        return values[:, :width]
    return torch.cat([values, values.new_zeros((len(values), width - values.shape[1]))], dim=1)
