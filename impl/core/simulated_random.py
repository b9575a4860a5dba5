"""Random numbers of the simulated device: a stream of its own, so that a seed does not give the CPU's numbers.

A GPU draws by another algorithm than the CPU. A program that counts on equal draws is wrong on every real device.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

Host = torch._C.Generator  # torch.Generator as torch ships it
_OWN_STREAM = 0x5EED

stream = Host()
_simulated: set[int] = set()  # generators reach an operator as fresh Python objects: know them by their address


def _address(generator: Host) -> int:
    return int(generator._cdata)  # type: ignore[attr-defined]  # not in the stubs


class _GeneratorType(type(Host)):  # type: ignore[misc]  # torch gives its generators a metaclass of its own
    """Every generator stays an instance of torch.Generator, made before or after it was replaced."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Host)


class Generator(Host, metaclass=_GeneratorType):
    """`torch.Generator` which also answers to device="sim"."""

    def __new__(cls, device: Any = "cpu") -> Generator:
        """Make a generator for any device of torch, or for the simulated one."""
        simulated = torch.device(device).type == "sim"
        self = Host.__new__(cls, "cpu" if simulated else device)  # type: ignore[call-arg]  # the stub has __init__
        if simulated:
            _simulated.add(_address(self))
            weakref.finalize(self, _simulated.discard, _address(self))
            self.manual_seed(Host.initial_seed(self))
        return self

    @property
    def device(self) -> torch.device:  # type: ignore[override]  # the stub has an attribute
        """Where it may draw."""
        return torch.device("sim", 0) if is_simulated(self) else Host.device.__get__(self)

    def manual_seed(self, seed: int) -> Generator:
        """Seed it; the same seed gives other numbers than on the CPU."""
        Host.manual_seed(self, seed ^ _OWN_STREAM if is_simulated(self) else seed)
        return self

    def initial_seed(self) -> int:
        """The seed it was given."""
        return Host.initial_seed(self) ^ _OWN_STREAM if is_simulated(self) else Host.initial_seed(self)


def is_simulated(generator: Host) -> bool:
    """Whether this generator belongs to the simulated device."""
    return _address(generator) in _simulated


def seed(value: int) -> None:
    """What `torch.manual_seed` does to this device."""
    stream.manual_seed(value ^ _OWN_STREAM)


@contextmanager
def as_default() -> Iterator[None]:
    """Lend this device's stream to an operator that draws from torch's default generator and takes no other."""
    default = torch.default_generator
    kept = default.get_state()
    default.set_state(stream.get_state())
    try:
        yield
    finally:
        stream.set_state(default.get_state())
        default.set_state(kept)


seed(stream.initial_seed())
