"""Real data as whole numbers, loaded when asked for: breast cancer and digits, both bundled with scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Cases, Setting
from theory.perceptron.oracle_learning import learnt

Table = tuple[NDArray[np.int64], NDArray[np.int64]]
Loaders = MappingProxyType[str, Callable[[], Cases]]


def breast_cancer(rows: int) -> Table:
    """The first `rows` tumours: each of 30 measurements above its median or not; 1 is benign. (rows, 30), (rows,)."""
    from sklearn.datasets import load_breast_cancer

    found = load_breast_cancer()
    high = found.data > np.median(found.data, axis=0)
    return high[:rows].astype(np.int64), 2 * found.target[:rows].astype(np.int64) - 1


def tumours(rows: int) -> Table:
    """The first `rows` tumours: mean radius and mean texture, rounded to whole numbers; 1 is benign. (rows, 2)."""
    from sklearn.datasets import load_breast_cancer

    found = load_breast_cancer()
    return np.rint(found.data[:rows, :2]).astype(np.int64), 2 * found.target[:rows].astype(np.int64) - 1


def digits(first: int, second: int, rows: int) -> Table:
    """The first `rows` images of two digits, 64 grey values from 0 to 16; 1 is the second digit. (rows, 64)."""
    from sklearn.datasets import load_digits

    found = load_digits()
    either = np.flatnonzero(np.isin(found.target, (first, second)))[:rows]
    return found.data[either].astype(np.int64), np.where(found.target[either] == second, 1, -1)


def iris(first: int, second: int, rows: int) -> Table:
    """`rows` irises of each of two species: petal length and width in millimetres. (2 rows, 2), (2 rows,)."""
    from sklearn.datasets import load_iris

    found = load_iris()
    either = np.concatenate([np.flatnonzero(found.target == species)[:rows] for species in (first, second)])
    x = np.rint(10 * found.data[either, 2:]).astype(np.int64)
    return x, np.where(found.target[either] == second, 1, -1)


def _as_cases(table: Table, **settings: Setting) -> Cases:
    x, y = table
    arrays = {"x": x[None].astype(np.float64), "y": y[None]}
    return Cases({**arrays, "w": np.zeros((1, x.shape[1])), "bias": np.zeros(1)}, {"intercept": 1, **settings})


def learning_data(**settings: Setting) -> Loaders:
    """Rows to learn from, separable or not."""
    return MappingProxyType(
        {
            "breast-cancer": lambda: _as_cases(breast_cancer(120), rate=1.0, epochs=3, **settings),
            "digits": lambda: _as_cases(digits(3, 8, 60), rate=0.5, epochs=3, **settings),
        }
    )


def separable_data() -> Loaders:
    """Zeros and ones, ink or no ink, with a teacher that our own whole-number perceptron found."""

    def load() -> Cases:
        x, y = digits(0, 1, 100)
        x = (x >= 8).astype(np.int64)
        u, v = learnt(x, y)
        cases = _as_cases((x, y), rate=1.0, epochs=4)
        return cases.with_arrays(u=u[None].astype(np.float64), v=np.array([float(v)]))

    return MappingProxyType({"digits": load})


def plane_data() -> Loaders:
    """Rows in a plane, by name: separable irises, irises that are not, tumours."""
    return MappingProxyType(
        {
            "iris": lambda: _as_cases(iris(0, 1, 10)),
            "iris-mixed": lambda: _as_cases(iris(1, 2, 50)),
            "breast-cancer": lambda: _as_cases(tumours(24)),
        }
    )
