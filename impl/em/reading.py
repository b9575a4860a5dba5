"""What the readers of a user's EM classes share: one lane, constructor arguments by their usual names, silence."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impl.core.subject import Answers, Arrays

Floats = NDArray[np.float64]

NAMES: Mapping[str, tuple[str, ...]] = {
    "components": ("n_components", "n_states", "K"),
    "covariance": ("covariance_type",),
    "steps": ("max_iter", "n_iter", "steps"),
    "tol": ("tol",),
    "ridge": ("reg_covar", "ridge"),
    "seed": ("random_state", "seed"),
    "symbols": ("n_features", "n_symbols"),
    "init": ("init_params",),
    "method": ("implementation",),
    "pi": ("weights_init",),
    "mu": ("means_init",),
    "covariances": ("covariances_init",),
    "precisions": ("precisions_init",),
}
"""What each constructor argument that a reader may fill is called."""


@dataclass(frozen=True)
class Model:
    """A user's class: how it is made, and the constructor arguments that it knows.

    make(**arguments) gives an unfitted model. name: for messages.
    """

    make: Callable[..., Any]
    name: str
    known: frozenset[str]

    @classmethod
    def of(cls, make: Callable[..., Any], name: str) -> Model:
        """The class with what its signature tells."""
        return cls(make, name, frozenset(_parameters(make)))

    def takes(self, role: str) -> bool:
        """Whether its constructor has an argument for this role of `NAMES`."""
        return any(name in self.known for name in NAMES[role])

    def new(self, **roles: Any) -> Any:
        """An unfitted model, each role handed in under the name that the constructor knows, the others left out."""
        told = {name: value for role, value in roles.items() for name in NAMES[role] if name in self.known}
        return self.make(**told)


def _parameters(function: Callable[..., Any]) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # built without a signature
        return []


def accepts(function: Callable[..., Any], *names: str) -> bool:
    """Whether a function has parameters of these names."""
    return set(names) <= set(_parameters(function))


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
