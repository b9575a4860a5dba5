"""Ridge along several penalties, and ridge as a smoother: named regimes drawn a whole batch at a time.

x (lane, n, p), y (lane, n), penalties (lane, l); a smoother has x and penalty (lane,) alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Shape
from theory.regularization.cases_ridge import (
    AXES,
    Rng,
    Settings,
    design,
    draw_ridge,
    penalised,
    regimes,
    strength,
    target,
)
from theory.regularization.data import offered

Floats = NDArray[np.float64]

STEPS = 5
"""Penalties of a path."""


PATH_REGIMES: Mapping[str, Settings] = MappingProxyType(
    {
        "generic": {"intercept": 0},
        "intercept": {"intercept": 1},
        "integers": {"intercept": 0},
        "collinear": {"intercept": 0},
        "duplicates": {"intercept": 1},
        "zero-column": {"intercept": 0},
        "constant-column": {"intercept": 1},
        "offset": {"intercept": 1},
        "orthogonal": {"intercept": 0},
        "orthogonal-intercept": {"intercept": 1},
        "wide": {"intercept": 0},
        "single-sample": {"intercept": 0},
        "zero-target": {"intercept": 1},
        "tiny-scale": {"intercept": 0},
        "huge-scale": {"intercept": 1},
    }
)
"""As `RIDGE_REGIMES`; `orthogonal` has XᵀX = nI, where the rates hold with equality."""


def draw_path(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Problems with several penalties each, ascending, the first and the last far apart."""
    flavour = "generic" if regime == "intercept" else regime.removesuffix("-intercept")
    x = design(rng, 1 if flavour == "single-sample" else shape["n"], shape["p"], flavour, lanes)
    powers = np.sort(rng.uniform(-5.0, 4.0, (lanes, shape["l"])), axis=1)
    penalties = np.asarray(strength(x)[:, None] * 10**powers)
    if flavour in ("integers", "orthogonal"):
        penalties = np.sort(2.0 ** rng.integers(-6, 8, (lanes, shape["l"])), axis=1)
    arrays = {"x": x, "y": target(rng, x, flavour), "penalties": penalties}
    return Cases(arrays, PATH_REGIMES[regime], regime)


def valid_path(cases: Cases) -> NDArray[np.bool_]:
    """Positive penalties that do not descend: (lane,)."""
    penalties = cases["penalties"]
    return np.asarray((penalties > 0).all(axis=1) & (np.diff(penalties, axis=1) >= 0).all(axis=1))


def _real_path(x: Floats, y: Floats) -> Cases:
    penalties = strength(x[None])[:, None] * 10.0 ** np.linspace(-4, 3, 8)[None]
    return Cases({"x": x[None], "y": y[None], "penalties": penalties}, {"intercept": 1}, "real")


PATHS = Domain(
    {"n": (1, 10), "p": (1, 4), "l": (1, STEPS)},
    tuple(PATH_REGIMES),
    draw_path,
    {"x": AXES["x"], "y": AXES["y"], "penalties": Axes(("l",), "weight")},
    valid=valid_path,
    real=offered(_real_path),
)
"""Ridge problems with a path of penalties."""


def as_ridge(cases: Cases) -> Cases:
    """Every penalty of a path as a problem of its own: lanes (lane · l), penalty in place of penalties."""
    length = cases["penalties"].shape[1]
    arrays = {name: np.repeat(cases[name], length, axis=0) for name in ("x", "y")}
    return replace(cases, arrays={**arrays, "penalty": cases["penalties"].reshape(-1)})


def by_path(values: Floats, cases: Cases) -> Floats:
    """What belongs to the lanes of `as_ridge` in the shape of the path: (lane, l, …)."""
    return np.asarray(values.reshape(*cases["penalties"].shape, *values.shape[1:]))


SMOOTHER_FLAVOURS = (
    *("generic", "integers", "collinear", "duplicates", "zero-column", "constant-column", "offset", "wide"),
    *("tiny-scale", "huge-scale", "single-sample"),
)


def draw_smoothers(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Features and penalties alone: the fit is linear in y, and this is its matrix."""
    cases = draw_ridge(rng, shape, regime, lanes)
    return replace(cases, arrays={"x": cases["x"], "penalty": cases["penalty"]})


def with_answers(cases: Cases, y: Floats) -> Cases:
    """The same smoothers with answers y (lane, n)."""
    return replace(cases, arrays={"x": cases["x"], "y": y, "penalty": cases["penalty"]})


def valid_smoothers(cases: Cases) -> NDArray[np.bool_]:
    """See `penalised`: (lane,)."""
    return penalised(with_answers(cases, np.zeros(cases["x"].shape[:2])))


SMOOTHERS = Domain(
    {"n": (1, 8), "p": (1, 4)},
    tuple(regimes(*SMOOTHER_FLAVOURS)),
    draw_smoothers,
    {"x": AXES["x"], "penalty": AXES["penalty"]},
    valid=valid_smoothers,
)
"""Features with λ > 0: what ridge regression makes of any answers."""
