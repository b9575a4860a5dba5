"""Mistakes that an implementation of any system can make; each wraps the operations of a good subject."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impl.core.subject import Answers, Arrays, Mutant, Operation, Settings, Subject

Array = NDArray[Any]
Spoil = Callable[[Answers, Arrays, str], Answers]
_calls = itertools.count(1)


def _each(change: Callable[[Array], Array]) -> Callable[[Answers], Answers]:
    return lambda answers: {name: change(value) for name, value in answers.items()}


def _plus(answers: Answers, amount: Array) -> Answers:
    """Every answer plus one amount per lane, in the answer's own dtype; an odd amount turns truth values round."""

    def changed(value: Array) -> Array:
        each = amount.reshape(-1, *[1] * (value.ndim - 1))
        if value.dtype.kind == "b":
            return np.asarray(value ^ (np.floor(each) % 2 == 1))
        return np.asarray(value + each.astype(value.dtype))

    return _each(changed)(answers)


def _first_row(arrays: Arrays) -> Array:
    first = next(iter(arrays.values()))
    if first[0].size == 0:
        return np.zeros(len(first))
    rows = np.nan_to_num(first.reshape(len(first), -1)[:, 0])
    return np.asarray(np.where(np.abs(rows) < 1, 1 + rows, rows))


def _scribble(answers: Answers, arrays: Arrays) -> Answers:
    for array in arrays.values():
        array[...] = array + 1 if array.dtype.kind != "b" else ~array
    return answers


ANSWER_MISTAKES: tuple[tuple[str, str, Spoil], ...] = (
    ("leaks-across-lanes", "each lane of a batch gets its neighbour's answer",
     lambda a, x, device: _each(lambda v: np.roll(v, 1, axis=0))(a)),
    ("computes-in-double", "answers come back in float64 whatever dtype came in",
     lambda a, x, device: _each(lambda v: v.astype(np.float64) if v.dtype.kind == "f" else v)(a)),
    ("other-numbers-off-the-cpu", "answers computed off the CPU are off by one",
     lambda a, x, device: a if device == "cpu" else _plus(a, np.ones(1))),
    ("scribbles-on-its-input", "the caller's arrays are overwritten",
     lambda a, x, device: _scribble(a, x)),
    ("different-every-time", "a second call answers something else",
     lambda a, x, device: _plus(a, np.array([next(_calls)]))),
    ("first-row-counts-extra", "the answer depends on which sample comes first",
     lambda a, x, device: _plus(a, _first_row(x))),
    ("counts-the-padding", "the answer depends on how much padding there is",
     lambda a, x, device: _plus(a, np.array([next(iter(x.values()))[0].size]))),
)  # fmt: skip
"""Name, mistake, and what becomes of a good answer: spoil(answers, arrays, device)."""


def _spoiled(operation: Operation, spoil: Spoil) -> Operation:
    def wrong(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        return spoil(operation(arrays, settings, device=device, dtype=dtype, seed=seed), arrays, device)

    return wrong


def _repairing(operation: Operation) -> Operation:
    """Turns NaN to 0, makes numbers non-negative and whole numbers at least 1 before it asks."""

    def repaired(array: Array) -> Array:
        if array.dtype.kind == "f":
            return np.asarray(np.abs(np.nan_to_num(array, posinf=1.0, neginf=1.0)))
        return np.maximum(np.abs(array), 1) if array.dtype.kind == "i" else array

    def wrong(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        try:
            return operation(arrays, settings, device=device, dtype=dtype, seed=seed)
        except (ValueError, TypeError):
            good = {name: repaired(value) for name, value in arrays.items()}
            return operation(good, settings, device=device, dtype=dtype, seed=seed)

    return wrong


def mutants_of(subject: Subject) -> tuple[Mutant, ...]:
    """The cross-cutting mutants of one good subject."""

    def mutant(name: str, mistake: str, wrap: Callable[[Operation], Operation]) -> Mutant:
        operations = {key: wrap(operation) for key, operation in subject.operations.items()}
        return Mutant(name, mistake, replace(subject, name=name, operations=operations))

    spoiled = tuple(
        mutant(name, mistake, lambda operation, spoil=spoil: _spoiled(operation, spoil))  # type: ignore[misc]
        for name, mistake, spoil in ANSWER_MISTAKES
    )
    return (*spoiled, mutant("repairs-bad-input", "NaN and negative numbers are quietly repaired", _repairing))
