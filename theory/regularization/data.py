"""Real data for regression, loaded when asked for: the diabetes study, with its features scaled and as measured."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Cases

Floats = NDArray[np.float64]
Table = tuple[Floats, Floats]


def diabetes() -> Table:
    """Ten features of 442 patients, each of mean 0 and norm 1, and how far the disease went: (442, 10), (442,)."""
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True)
    return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)


def diabetes_measured() -> Table:
    """The same patients as they were measured: years, pressures and serum levels, on scales from 1 to 300."""
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True, scaled=False)
    return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)


LOADERS: MappingProxyType[str, Callable[[], Table]] = MappingProxyType(
    {"diabetes": diabetes, "diabetes-measured": diabetes_measured}
)


def offered(make: Callable[[Floats, Floats], Cases], *names: str) -> MappingProxyType[str, Callable[[], Cases]]:
    """A domain's `real` mapping: what `make` turns x (n, p) and y (n,) into; all tables where none is named."""

    def load(name: str) -> Cases:
        return make(*LOADERS[name]())

    return MappingProxyType({name: partial(load, name) for name in names or tuple(LOADERS)})
