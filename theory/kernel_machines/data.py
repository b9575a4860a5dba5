"""Real data for classifiers, loaded when asked for: breast cancer, the digits 3 and 8, and wine.

Every column has mean 0 and variance 1, or is 0 throughout where the data have it constant.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Cases

Floats = NDArray[np.float64]
Table = tuple[Floats, Floats]


def standardised(x: Floats) -> Floats:
    """Each column less its mean, divided by its standard deviation; a constant column becomes 0. (n, d)."""
    centred = x - x.mean(axis=0)
    spread = np.where(np.ptp(x, axis=0) > 0, x.std(axis=0), 1.0)
    return np.asarray(np.where(np.ptp(x, axis=0) > 0, centred, 0.0) / spread, dtype=np.float64)


def breast_cancer() -> Table:
    """Thirty measurements of the cell nuclei of 569 tumours; 1 is benign, −1 malignant: (569, 30), (569,)."""
    from sklearn.datasets import load_breast_cancer

    x, y = load_breast_cancer(return_X_y=True)
    return standardised(x), 2.0 * y - 1.0


def digits() -> Table:
    """Eight by eight pixels of 357 handwritten digits; 3 is 1, 8 is −1: (357, 64), (357,). They are separable."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    chosen = (y == 3) | (y == 8)
    return standardised(x[chosen]), np.where(y[chosen] == 3, 1.0, -1.0)


def wine() -> Table:
    """Thirteen measurements of 178 wines of the growers 0, 1 and 2: (178, 13), (178,)."""
    from sklearn.datasets import load_wine

    x, y = load_wine(return_X_y=True)
    return standardised(x), np.asarray(y, dtype=np.float64)


LOADERS: MappingProxyType[str, Callable[[], Table]] = MappingProxyType(
    {"breast-cancer": breast_cancer, "digits-3-8": digits, "wine": wine}
)


def offered(make: Callable[[Floats, Floats], Cases], *names: str) -> MappingProxyType[str, Callable[[], Cases]]:
    """A domain's `real` mapping: what `make` turns x (n, d) and y (n,) into; name the tables that are wanted."""

    def load(name: str) -> Cases:
        return make(*LOADERS[name]())

    return MappingProxyType({name: partial(load, name) for name in names})
