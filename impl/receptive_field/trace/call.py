"""One operation of a traced graph as its rule sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from impl.receptive_field.axis_map import AxisMap
from impl.receptive_field.errors import UnsupportedOpError
from impl.receptive_field.rules import Rules
from impl.receptive_field.trace.sight import Sight, TornAxisError, local, merged

Seen = Any
"""A Sight, None for what does not depend on the input, or a list of these where an operation returns several."""


@dataclass(frozen=True)
class Call:
    """A node with its arguments evaluated.

    name: of the node. op: printed operation. args, kwargs: values, with tensors on the meta device; sight_args,
    sight_kwargs: the same with a Sight in the place of every tensor. result: what the operation returned. module: the
    nn.Module that was called, if any.
    """

    name: str
    op: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    sight_args: tuple[Any, ...]
    sight_kwargs: Mapping[str, Any]
    result: Any
    rules: Rules
    module: nn.Module | None = None

    def value(self, index: int, name: str, default: Any = None) -> Any:
        """An argument by position or name."""
        return self.kwargs.get(name, self.args[index] if index < len(self.args) else default)

    def sight(self, index: int = 0, name: str = "input") -> Seen:
        """What an argument sees."""
        if name in self.sight_kwargs:
            return self.sight_kwargs[name]
        return self.sight_args[index] if index < len(self.sight_args) else None

    def tensor(self, index: int = 0, name: str = "input") -> Tensor:
        """An argument that must be a tensor."""
        value = self.value(index, name)
        if not isinstance(value, Tensor):
            raise self.unsupported(f"argument {name} is a {type(value).__name__}, not a tensor")
        return value

    def sights(self) -> list[Sight]:
        """What the tensors among the arguments see, constants left out."""
        return flat([self.sight_args, dict(self.sight_kwargs)])

    def unsupported(self, reason: str) -> UnsupportedOpError:
        """The error to raise for what this operation does."""
        return UnsupportedOpError(self.name, self.op, reason)

    def merged(self, sights: Sequence[Sight], sum_torn: bool = False) -> Sight:
        """See `sight.merged`."""
        try:
            return merged(self.rules.gates(list(sights)), self.rules.branches, sum_torn)
        except TornAxisError as error:
            raise self.unsupported(str(error)) from None


Rule = Callable[[Call], Seen]


def flat(seen: Seen) -> list[Sight]:
    """All sights inside nested lists, tuples and dicts."""
    if isinstance(seen, Sight):
        return [seen]
    if isinstance(seen, Mapping):
        seen = list(seen.values())
    if isinstance(seen, list | tuple):
        return [s for item in seen for s in flat(item)]
    return []


def along(call: Call, rank: int, build: Callable[[int, int, int], AxisMap], sight: Sight | None = None) -> Sight:
    """The sight after a layer on the last `rank` dimensions; build(i, n_in, n_out) is the pattern of the i-th of them.

    A dimension that carries no axis sees the same everywhere, so the layer changes nothing there.
    """
    below = call.sight() if sight is None else sight
    source = call.tensor().shape[-rank:] if rank else ()
    result = call.result[0] if isinstance(call.result, tuple) else call.result
    maps = {}
    for i, (n_in, n_out) in enumerate(zip(source, result.shape[-rank:], strict=True)):
        axes = below.dims[len(below.dims) - rank + i]
        if len(axes) > 1:
            raise call.unsupported("it slides over several flattened axes at once")
        if axes:
            maps[axes[0]] = build(i, n_in, n_out)
    return local(below, maps)


def per_axis(value: Any, rank: int) -> tuple[Any, ...]:
    """One value for each of `rank` axes, as torch broadcasts a number to a tuple."""
    if isinstance(value, (list, tuple, torch.Size)):
        return tuple(value) * (rank if len(value) == 1 else 1)
    return (value,) * rank
