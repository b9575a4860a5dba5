"""Linear machines and machines of several classes: named regimes drawn a whole batch at a time."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Shape
from theory.kernel_machines.cases_svm import both_labels, costs, gaussian, labels, linear, points
from theory.kernel_machines.data import offered

Rng = np.random.Generator
Floats = NDArray[np.float64]

LINEAR_REGIMES = ("integers", "ties", "opposite-duplicates", "no-free", "one-of-each", "offset", "same-place", "scales")
"""Whole points, times powers of two for `scales`, so that the linear kernel is exact."""


def draw_linear(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """x, y and C."""
    n = shape["n"] + shape["n"] % 2 if regime in ("no-free", "opposite-duplicates") else shape["n"]
    x, y = points(rng, lanes, n, shape["d"], regime), labels(rng, lanes, n, regime)
    if regime == "opposite-duplicates":
        y[:, n // 2 :] = -y[:, : n // 2]
    return Cases({"x": x, "y": y, "C": costs(rng, lanes, regime)}, {}, regime)


def whole_from_table(x: Floats, y: Floats) -> Cases:
    """Every fifth row in quarters, so that the linear kernel is exact; C = 1∕16: one lane."""
    return Cases({"x": np.round(4 * x[None, ::5]) / 4, "y": y[None, ::5], "C": np.full(1, 1 / 16)})


LINEAR_AXES = MappingProxyType({"x": Axes(("n", "d"), "real"), "y": Axes(("n",)), "C": Axes((), "weight")})

LINEARS = Domain(
    {"n": (2, 8), "d": (1, 3)},
    LINEAR_REGIMES,
    draw_linear,
    LINEAR_AXES,
    valid=both_labels,
    real=offered(whole_from_table, "breast-cancer"),
)
"""Linear machines."""

SCHEMED = tuple(
    f"{flavour}-{scheme}" for scheme in ("one-vs-rest", "one-vs-one") for flavour in ("integers", "ties", "rbf")
)


def draw_classes(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """K, y, C and test of two to four classes; each class as often in every lane."""
    flavour, scheme = regime.split("-", 1)
    n, k, m = shape["n"], shape["classes"], shape["m"]
    x, z = points(rng, lanes, n, 2, flavour), points(rng, lanes, m, 2, flavour)
    kernel = gaussian if flavour == "rbf" else linear
    y = rng.permuted(np.tile(np.arange(n) % float(k), (lanes, 1)), axis=1)
    arrays = {"K": kernel(x, x), "y": y, "C": costs(rng, lanes, flavour), "test": kernel(z, x)}
    return Cases(arrays, {"scheme": scheme, "classes": k}, regime)


def every_class(cases: Cases) -> NDArray[np.bool_]:
    """Every class occurs, and C > 0: (lane,)."""
    occurs = [(cases["y"] == c).any(axis=1) for c in range(cases.integer("classes"))]
    return np.asarray(np.all(occurs, axis=0) & (cases["C"] > 0))


def classes_from_table(x: Floats, y: Floats) -> Cases:
    """Every third wine, one-vs-one, the others of every fifth to be told: one lane."""
    d = np.sqrt(x.shape[1])
    train, test = x[None, ::3] / d, x[None, 1::5] / d
    arrays = {"K": gaussian(train, train), "y": y[None, ::3], "C": np.ones(1)}
    arrays["test"] = gaussian(test, train)
    return Cases(arrays, {"scheme": "one-vs-one", "classes": 3})


CLASSES = Domain(
    {"n": (6, 8), "m": (1, 4), "classes": (2, 4)},
    SCHEMED,
    draw_classes,
    {"K": Axes(("n", "n")), "y": Axes(("n",)), "test": Axes(("m", "n")), "C": Axes((), "weight")},
    valid=every_class,
    real=offered(classes_from_table, "wine"),
)
"""Machines of several classes."""
