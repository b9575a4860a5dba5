"""torch.device("sim"): an accelerator on the CPU, as strict as CUDA and without its numbers.

A wrapper tensor holds a CPU tensor and obeys an accelerator's rules: no mixing of devices, no silent copies to the
host, generators of its own, no write into shared memory, no operator or dtype that the real one lacks; every wait of
the host is counted. It proves device discipline and nothing about a GPU's kernels. torch reserves one slot for
outside devices, PrivateUse1, and lets Python fill it: private and experimental, seen to work with torch 2.13.

Importing this module changes nothing; `impl.core.simulated_backend.register` does, once a process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, cast

import torch
from torch import Tensor
from torch._ops import OpOverload

from impl.core import simulated_random as random
from impl.core.simulated_numerics import compute
from impl.core.simulated_rules import CUDA, IDEMPOTENT, INDEXING, TRANSFERS, Profile, facts, require_determinism, waits

_WIDE = (torch.float64, torch.complex128)

_profile = CUDA
_counts: Counter[str] = Counter()
_DEVICE = torch.device("privateuseone", 0)  # torch's name for the slot; prints as sim:0 once it is registered


class SimulatedTensor(Tensor):
    """A tensor on the simulated device; the values are in a CPU tensor of the same shape and strides."""

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]  # as torch's own classes do
    _inner: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor) -> SimulatedTensor:
        """Put a CPU tensor on the device, without a copy."""
        if inner.dtype in _WIDE and not _profile.float64:
            raise TypeError(f"{_profile.name} has float32 only, got {str(inner.dtype).removeprefix('torch.')}")
        if inner._is_zerotensor():  # lazy forms cannot be resolved below the dispatcher: torch crashes on them
            inner = torch.zeros(inner.shape, dtype=inner.dtype)
        elif inner.is_conj() or inner.is_neg():
            inner = inner.resolve_conj().resolve_neg()
        self: SimulatedTensor = Tensor._make_wrapper_subclass(
            cls,
            inner.shape,
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            layout=inner.layout,
            device=_DEVICE,
        )
        self._inner = inner
        return self

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]  # the stub forgets the operator
        cls, op: OpOverload, types: object, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Every operator comes through here."""
        return _run(op, args, kwargs or {})

    def __setitem__(self, index: Any, value: Any) -> None:
        """Fill a mask with a number as CUDA does, by `masked_fill_`, which waits for nothing."""
        number, mask = isinstance(value, (bool, int, float)), isinstance(index, SimulatedTensor)
        if number and mask and index.dtype == torch.bool:
            self.masked_fill_(index.reshape(*index.shape, *[1] * (self.dim() - index.dim())), value)
        else:
            super().__setitem__(index, value)

    @property
    def data(self) -> Tensor:
        """The same tensor outside the graph; assigning to it replaces wrapper and values together."""
        return cast(Tensor, _base_data.__get__(self))

    @data.setter
    def data(self, new: Tensor) -> None:
        _base_data.__set__(self, new)
        self._inner = _host(new)

    def tolist(self) -> Any:
        """The values as Python numbers; the host waits."""
        return self.cpu().tolist()

    def __repr__(self, **_: Any) -> str:  # type: ignore[override]
        return f"sim:{self._inner!r}"


_base_data: Any = torch._C.TensorBase.data


def _host(x: Any) -> Any:
    return x._inner if isinstance(x, SimulatedTensor) else x


def _unwrap(x: Any, found: set[str]) -> Any:
    """The host's version of an argument; `found` collects where tensors were: "sim", "cpu", or "scalar" (0-dim)."""
    if isinstance(x, SimulatedTensor):
        found.add("sim")
        return x._inner
    if isinstance(x, Tensor):
        found.add("cpu" if x.dim() else "scalar")
    elif isinstance(x, (list, tuple)):
        return [_unwrap(item, found) for item in x]
    elif isinstance(x, torch.device) and x.type == "sim":
        return torch.device("cpu")
    return x


def _wrap(x: Any) -> Any:
    if isinstance(x, Tensor):
        return SimulatedTensor(x)
    return type(x)(map(_wrap, x)) if type(x) in (list, tuple) else x


def _run(op: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """One operator call: check the rules, count, compute on the host, put the result on the device."""
    known = facts(op)
    name = known.name
    _counts["operators"] += 1
    if name in TRANSFERS:
        return _transfer(name, op, args, kwargs)
    found: set[str] = set()
    a = [_unwrap(x, found) for x in args]
    k = {key: _unwrap(x, found) for key, x in kwargs.items()}
    if "cpu" in found and "sim" in found:
        _mixed(name, args)
    if name in _profile.absent:
        raise NotImplementedError(f"aten::{name} has no {_profile.name} kernel")
    if waits(name, args, kwargs):
        _counts["syncs"] += 1
    if known.takes_generator:
        k["generator"] = _generator(k.get("generator"))
    written = [args[i] if i < len(args) else kwargs.get(key) for i, key in known.written]
    if written:
        _check_writes(name, written)
    if _profile.ordered and torch.get_deterministic_debug_mode() == 2:  # an error, not a warning
        require_determinism(name, op._overloadname, a, k)
    with random.as_default() if known.draws else nullcontext():
        out = compute(op, a, k, _profile)
    if written:
        return _written(out, written, known.returns_argument)
    to = kwargs.get("device")
    return out if to is not None and to.type != "sim" else _wrap(out)


def _mixed(name: str, args: Sequence[Any]) -> None:
    """Devices may meet in one case only: indices on the host, which torch copies behind the caller's back."""
    values = args[2] if "put" in name else None
    on_device = isinstance(args[0], SimulatedTensor) and (
        values is None or isinstance(values, SimulatedTensor) or not values.dim()
    )
    if not (name in INDEXING and on_device):
        raise RuntimeError(
            f"Expected all tensors to be on the same device, but found at least two devices, sim:0 and cpu, in {name}"
        )
    integers = any(i is not None and i.device.type == "cpu" and i.dtype != torch.bool for i in args[1])
    _counts.update(hidden_copies=1, syncs=int(integers))


def _generator(given: torch.Generator | None) -> torch.Generator:
    if given is not None and not random.is_simulated(given):
        raise RuntimeError("Expected a 'sim' device type for generator but found 'cpu'")
    return random.stream if given is None else given


def _check_writes(name: str, written: Sequence[Any]) -> None:
    for target in written:
        if isinstance(target, SimulatedTensor):
            if torch._debug_has_internal_overlap(target._inner) == 1 and name not in IDEMPOTENT:
                raise RuntimeError(f"{name} writes to an expanded tensor: its elements share memory, clone it first")
        elif isinstance(target, Tensor):
            raise RuntimeError(f"{name} on the simulated device cannot write into a tensor on {target.device}")


def _written(out: Any, written: Sequence[Any], returns_argument: Sequence[bool]) -> Any:
    """The results of an operator that writes: the arguments themselves where the schema says so."""
    for target in written:  # t_, resize_, out= : the wrapper's shape follows the values
        if isinstance(target, SimulatedTensor):
            inner = target._inner
            if target.shape != inner.shape or target.stride() != inner.stride():
                _base_data.__set__(target, SimulatedTensor(inner))
    arguments = iter(written)
    outs = out if isinstance(out, (tuple, list)) else (out,)
    results = [next(arguments) if own else _wrap(o) for o, own in zip(outs, returns_argument, strict=False)]
    if len(results) < 2:
        return results[0] if results else None
    return tuple(results)


def _transfer(name: str, op: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """A copy, on the device or across its border; a blocking one across the border makes the host wait, both ways."""
    target: Any
    if name == "_to_copy":
        source, place = args[0], kwargs.get("device") or args[0].device
        blocking = not kwargs.get("non_blocking", False)
        if place.type not in ("cpu", "sim"):  # meta: a shape without values
            return op(_host(source), **kwargs)
        target = op(_host(source), **{**kwargs, "device": None})
        target = target if place.type == "cpu" else SimulatedTensor(target)
    else:
        target, source = args[:2] if name == "copy_" else args[1::-1]
        blocking = not (len(args) > 2 and args[2])
        if name == "_copy_from_and_resize":
            target.resize_(source.shape)
        _host(target).copy_(_host(source))
    down, up = not isinstance(target, SimulatedTensor), not isinstance(source, SimulatedTensor)
    if down or up:
        _counts.update(to_host=int(down), to_device=int(up), syncs=int(blocking))
    return target


@contextmanager
def watch() -> Iterator[Counter[str]]:
    """Count inside the block: operators, syncs, to_device, to_host, hidden_copies."""
    global _counts
    outer, inner = _counts, Counter[str]()
    _counts = inner
    try:
        yield inner
    finally:
        outer.update(inner)
        _counts = outer


def profile() -> Profile:
    """The accelerator that is being simulated."""
    return _profile


def select(wanted: Profile) -> None:
    """Simulate this accelerator from now on."""
    global _profile
    _profile = wanted


def count(what: str) -> None:
    """Add one to what is watched."""
    _counts[what] += 1


def fallback(op: OpOverload, *args: Any, **kwargs: Any) -> Any:
    """Operators without a tensor of ours among their arguments: factories."""
    return _run(op, args, kwargs)


def copy_from(source: Tensor, target: Tensor, non_blocking: bool = False) -> Any:
    """The copy inside torch.tensor(..., device="sim"), which asks no wrapper."""
    return _run(torch.ops.aten._copy_from.default, (source, target, non_blocking), {})
