"""Where cases come from: shapes × regimes × seed. Hypothesis chooses those three, NumPy fills the lanes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import unit

Array = NDArray[Any]
Setting = int | float | str | bool
Shape = Mapping[str, int]
Simplify = Literal["real", "weight", "integer", "sign", "fixed"]


@dataclass(frozen=True)
class Cases:
    """A batch of concrete problems; the leading axis of every array is the lane.

    arrays: what differs from lane to lane. settings: what all lanes share (rounds, number of classes, a network's
    name). dtype, device: where the subject computes. level: the false-alarm probability that a statistical check
    may spend on each single test.
    """

    arrays: Mapping[str, Array]
    settings: Mapping[str, Setting] = field(default_factory=dict)
    regime: str = "generic"
    dtype: str = "float64"
    device: str = "cpu"
    level: float = 1e-9

    def __getitem__(self, name: str) -> Array:
        """The array called `name`, (lane, ...)."""
        return self.arrays[name]

    @property
    def lanes(self) -> int:
        """Number of problems in the batch."""
        return len(next(iter(self.arrays.values()))) if self.arrays else 1

    @property
    def u(self) -> float:
        """Unit roundoff of the subject's arithmetic: dtype and device."""
        return unit(self.dtype, self.device)

    def integer(self, name: str) -> int:
        """A setting that is a whole number."""
        return int(self.settings[name])

    def lane(self, index: int) -> Cases:
        """One problem as a batch of one."""
        return self.take(np.array([index]))

    def take(self, index: NDArray[Any]) -> Cases:
        """The lanes picked by an index array or a Boolean mask."""
        return replace(self, arrays={k: v[index] for k, v in self.arrays.items()})

    def with_arrays(self, **arrays: Array) -> Cases:
        """The same problems with some arrays replaced."""
        return replace(self, arrays={**self.arrays, **arrays})

    def with_settings(self, **settings: Setting) -> Cases:
        """The same problems with some settings replaced."""
        return replace(self, settings={**self.settings, **settings})

    def rounded(self) -> Cases:
        """The same problems with every float array rounded to the subject's dtype: what the subject truly sees."""
        if self.dtype == "float64":
            return self
        narrow = {
            k: v.astype(self.dtype).astype(np.float64) if v.dtype.kind == "f" else v for k, v in self.arrays.items()
        }
        return replace(self, arrays=narrow)


@dataclass(frozen=True)
class Axes:
    """How an array may be made smaller: the names of its axes after the lane, and how its values simplify.

    A square matrix has the same name twice: its rows and columns go together.
    """

    names: tuple[str, ...] = ()
    simplify: Simplify = "fixed"
    least: int = 0


Draw = Callable[[np.random.Generator, Shape, str, int], Cases]


def _as_it_is(cases: Cases) -> Cases:
    return cases


def _all_valid(cases: Cases) -> NDArray[np.bool_]:
    return np.ones(cases.lanes, dtype=bool)


@dataclass(frozen=True)
class Domain:
    """Where a claim's cases come from.

    shapes: inclusive range of each size, e.g. {"n": (1, 40), "d": (1, 4), "rounds": (1, 8)}; Hypothesis shrinks
    towards the low end. regimes: named flavours of data, the plainest first. draw(rng, shape, regime, lanes) makes
    a whole batch with NumPy. valid(cases): (lane,) preconditions; a lane that breaks them is counted as rejected.
    axes: for each array its droppable axes and how its values simplify; settings that shrink are listed in
    `countdown` with their least value. real: bundled data by name, loaded when asked for. settle(cases): mends what
    dropping entries breaks, such as equal totals.
    """

    shapes: Mapping[str, tuple[int, int]]
    regimes: tuple[str, ...]
    draw: Draw
    axes: Mapping[str, Axes] = field(default_factory=dict)
    countdown: Mapping[str, int] = field(default_factory=dict)
    valid: Callable[[Cases], NDArray[np.bool_]] = _all_valid
    real: Mapping[str, Callable[[], Cases]] = field(default_factory=dict)
    settle: Callable[[Cases], Cases] = _as_it_is

    def sizes(self, cases: Cases) -> dict[str, int]:
        """Length of every named axis of a batch, and the settings that count down: {"n": 3, "rounds": 2}."""
        found: dict[str, int] = {}
        for name, axes in self.axes.items():
            if name in cases.arrays:
                found |= dict(zip(axes.names, (int(size) for size in cases[name].shape[1:]), strict=False))
        return found | {name: int(cases.settings[name]) for name in self.countdown if name in cases.settings}
