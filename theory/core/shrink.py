"""Making a counterexample small, by batched moves: every candidate of a round is judged in one call.

Moves, in this order, until none keeps the case failing: fewer rounds or components, fewer entries along each named
axis (halves, quarters, … single ones), plainer values (0, 1, whole numbers, fewer digits). It is delta debugging
(Zeller & Hildebrandt 2002) with the batch axis as its parallel machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array, Cases, Domain, Simplify

MAX_CANDIDATES = 512
"""Most candidates of one call."""

Fails = Callable[[Cases], NDArray[np.bool_]]


@dataclass
class Shrinker:
    """Shrinks one failing problem. `fails(cases)` tells for each lane whether it is still a counterexample."""

    domain: Domain
    fails: Fails
    until: float
    calls: int = 0

    def __call__(self, cases: Cases) -> Cases:
        """The smallest failing problem that the moves reach from `cases` (one lane) before the time is up."""
        while True:
            before = cases
            for move in (self._count_down, self._drop_entries, self._plainer_values):
                cases = move(cases)
            if cases is before or time.monotonic() > self.until:
                return cases

    def _failing(self, candidates: Cases) -> NDArray[np.intp]:
        """Indices of the candidate lanes that still fail; candidates outside the domain do not."""
        if time.monotonic() > self.until:
            return np.zeros(0, dtype=np.intp)
        valid = np.flatnonzero(self.domain.valid(candidates))
        if len(valid) == 0:
            return valid
        self.calls += 1
        return valid[self.fails(candidates.take(valid))]

    def _count_down(self, cases: Cases) -> Cases:
        for name, least in self.domain.countdown.items():
            now = int(cases.settings.get(name, least))
            for smaller in dict.fromkeys([least, (least + now) // 2, now - 1]):
                candidate = cases.with_settings(**{name: smaller})
                if least <= smaller < now and len(self._failing(candidate)):
                    cases = candidate
                    break
        return cases

    def _drop_entries(self, cases: Cases) -> Cases:
        for axis in dict.fromkeys(axis for axes in self.domain.axes.values() for axis in axes.names):
            chunk = max(1, self.domain.sizes(cases).get(axis, 0) // 2)
            while chunk:
                smaller = self._drop_chunk(cases, axis, chunk)
                if smaller is cases:
                    chunk //= 2
                cases = smaller
        return cases

    def _drop_chunk(self, cases: Cases, axis: str, chunk: int) -> Cases:
        length, least = self.domain.sizes(cases).get(axis, 0), self.domain.shapes.get(axis, (1, 1))[0]
        if length - chunk < least:
            return cases
        starts = np.arange(0, length - chunk + 1, chunk)
        keep = np.array([np.r_[0:s, s + chunk : length] for s in starts], dtype=np.intp)  # (candidate, length − chunk)
        arrays: dict[str, Array] = {}
        for name, value in cases.arrays.items():
            names = self.domain.axes[name].names if name in self.domain.axes else ()
            arrays[name] = np.repeat(value, len(starts), axis=0)
            if axis in names:
                places = [place + 1 for place, other in enumerate(names) if other == axis]  # two in a square matrix
                arrays[name] = np.concatenate([_kept(value, rows, places) for rows in keep])
        candidates = self.domain.settle(replace(cases, arrays=arrays))
        failing = self._failing(candidates)
        return candidates.lane(int(failing[0])) if len(failing) else cases

    def _plainer_values(self, cases: Cases) -> Cases:
        for name, axes in self.domain.axes.items():
            if axes.simplify == "fixed" or name not in cases.arrays:
                continue
            for plainer in _plainer(cases[name], axes.simplify, axes.least):
                cases = self._plainer_array(cases, name, plainer)
        return cases

    def _plainer_array(self, cases: Cases, name: str, plainer: Array) -> Cases:
        """Make entries plainer: all at once, else all that still fail one by one together, else a single one."""
        now = cases[name]
        changed = np.argwhere((_complexity(plainer) < _complexity(now))[0])[:MAX_CANDIDATES]
        if len(changed) == 0:
            return cases
        every = self._replaced(cases, name, plainer, [changed])
        if len(self._failing(every)):
            return every
        singles = self._replaced(cases, name, plainer, [row[None] for row in changed])
        failing = self._failing(singles)
        if len(failing) == 0:
            return cases
        together = self._replaced(cases, name, plainer, [changed[failing]])
        return together if len(self._failing(together)) else singles.lane(int(failing[0]))

    def _replaced(self, cases: Cases, name: str, plainer: Array, groups: list[NDArray[np.intp]]) -> Cases:
        """One candidate lane for each group of places (place, axis) that take their plainer value."""
        candidates = replace(cases, arrays={k: np.repeat(v, len(groups), axis=0) for k, v in cases.arrays.items()})
        for lane, places in enumerate(groups):
            for place in places:
                candidates[name][(lane, *place)] = plainer[(0, *place)]
        return candidates


def _kept(value: Array, rows: NDArray[np.intp], places: list[int]) -> Array:
    for place in places:
        value = np.take(value, rows, axis=place)
    return value


def _complexity(values: Array) -> NDArray[np.float64]:
    """How much there is to read in each number: first its digits, then its sign, then its size."""
    numbers = np.asarray(values, dtype=np.float64)
    digits = np.vectorize(lambda v: len(f"{abs(v):.17g}") + (0 if v.is_integer() else 1), otypes=[np.float64])
    finite = np.where(np.isfinite(numbers), numbers, 0.0)
    length = digits(finite) if numbers.size else finite
    size = 64 * length + 16 * (finite < 0) + np.log2(1 + np.abs(finite)) / 128
    return np.asarray(np.where(numbers == 0, 0.0, np.where(np.isfinite(numbers), size, np.inf)))


def _plainer(values: Array, simplify: Simplify, least: int) -> Iterator[Array]:
    """Ever less drastic simplifications of every entry."""
    if simplify == "sign":
        yield np.ones_like(values)
    elif simplify == "integer":
        yield np.full_like(values, least)
        yield least + (values - least) // 2
        yield np.maximum(values - 1, least)
    else:
        yield np.ones_like(values) if simplify == "weight" else np.zeros_like(values)
        yield np.ones_like(values)
        yield np.round(values)
        yield np.sign(values)
        with np.errstate(over="ignore", invalid="ignore"):
            exponent = np.floor(np.log10(np.where(values == 0, 1.0, np.abs(values))))
            for digits in (0, 1, 3):
                scale = 10.0 ** (digits - exponent)
                rounded = np.round(values * scale) / scale
                yield np.where(np.isfinite(rounded), rounded, values)
