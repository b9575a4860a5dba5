"""A subject: an implementation on trial, seen through its system's port.

A port is a set of operations. An operation takes NumPy arrays whose leading axis is the lane and returns NumPy
arrays with the same leading axis; what they mean is written in `theory/<system>/port.py`. A subject may offer only
some of its system's operations, and an operation only some of the answers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]
Settings = Mapping[str, int | float | str | bool]
Answers = dict[str, NDArray[Any]]


class Operation(Protocol):
    """One question of a port."""

    def __call__(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        """Answer for every lane, computing in `dtype` on `device`; all randomness comes from `seed`."""
        ...


@dataclass(frozen=True)
class Subject:
    """An implementation on trial.

    lanes: whether one call may carry many problems; if not, it is asked one lane at a time.
    devices: where it can compute; () means wherever it is asked to. dtypes: likewise.
    house: whether it keeps the rules of this house (dtype, words of errors), which nobody else has promised.
    missing: why an operation or answer of the port is absent, by its name, for the `not-applicable` verdicts.
    """

    name: str
    system: str
    operations: Mapping[str, Operation]
    lanes: bool = True
    version: str = ""
    devices: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    house: bool = False
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Mutant:
    """A subject with one classic mistake: what it is called, what it does wrong, and who makes it."""

    name: str
    mistake: str
    subject: Subject


T = TypeVar("T")
Parts = Mapping[str, tuple[Callable[[T], Operation], tuple[str, ...]]]
"""Operation → what makes it from formulas, and the formulas that it uses."""


def built(formulas: T, ours: T, parts: Parts[T]) -> dict[str, Operation]:
    """The operations of a subject from its formulas, a frozen dataclass of functions like `ours`.

    Each operation sees only the formulas that it says it uses, and the same ones give the same operation: so it shows
    which operations a mutant leaves alone.
    """
    return {
        name: _made(make, replace(ours, **{field: getattr(formulas, field) for field in fields}))  # type: ignore[type-var]
        for name, (make, fields) in parts.items()
    }


@functools.cache
def _made(make: Callable[[Any], Operation], formulas: Any) -> Operation:
    return make(formulas)


def mutant(name: str, mistake: str, wrong: Subject) -> Mutant:
    """A good subject in which one formula was replaced, under the name of its mistake."""
    return Mutant(name, mistake, replace(wrong, name=name))


def stack(answers: list[Answers]) -> Answers:
    """Join one-lane answers into a batch; every answer must have the same names and shapes in every lane."""
    return {name: np.concatenate([a[name] for a in answers]) for name in answers[0]}
