"""What the readers of users' classes share: one lane, constructor arguments by their usual names, silence."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impl.core.subject import Answers, Arrays, Operation

Floats = NDArray[np.float64]
Names = Mapping[str, tuple[str, ...]]
"""Role → what constructors call the argument that plays it."""


@dataclass(frozen=True)
class Model:
    """A user's class: how it is made, and the constructor arguments that it knows.

    make(**arguments) gives an unfitted model. name: for messages. names: what each role may be called.
    """

    make: Callable[..., Any]
    name: str
    names: Names
    known: frozenset[str]

    @classmethod
    def of(cls, make: Callable[..., Any], name: str, names: Names) -> Model:
        """The class with what its signature tells."""
        return cls(make, name, names, frozenset(_parameters(make)))

    def takes(self, role: str) -> bool:
        """Whether its constructor has an argument for this role."""
        return any(name in self.known for name in self.names[role])

    def has(self, *methods: str) -> bool:
        """Whether the class has all these methods."""
        return all(callable(getattr(self.make, method, None)) for method in methods)

    def new(self, **roles: Any) -> Any:
        """An unfitted model, each role handed in under the name that the constructor knows, the others left out."""
        told = {name: value for role, value in roles.items() for name in self.names[role] if name in self.known}
        return self.make(**told)


def _parameters(function: Callable[..., Any]) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # built without a signature
        return []


def accepts(function: Callable[..., Any], *names: str) -> bool:
    """Whether a function has parameters of these names."""
    return set(names) <= set(_parameters(function))


def spoken(make: Callable[..., Any], operations: Iterable[str]) -> dict[str, Operation]:
    """The operations of a port that the class has as methods of their names and signature."""
    named = [key for key in operations if callable(getattr(make, key, None))]
    methods = [key for key in named if accepts(getattr(make, key), "device", "dtype", "seed")]
    made = make() if methods else None
    return {key: getattr(made, key) for key in methods}


@contextmanager
def quietly() -> Iterator[None]:
    """The user's own warnings silenced."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def one(arrays: Arrays, *names: str) -> tuple[Any, ...]:
    """The arrays of a question of one lane, without the lane."""
    return tuple(np.array(arrays[key][0], order="C") for key in names)


def lane(**found: Any) -> Answers:
    """The answers for one problem as a batch of one."""
    return {key: np.asarray(value)[None] for key, value in found.items()}
