"""Ridge problems that have the solution of another: augmented, dual, and moved by whole numbers.

x (lane, n, p), y (lane, n), penalty (lane,), and where data are moved shift_x (lane, p), shift_y (lane,).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Shape
from theory.regularization.bounds_ridge import well_posed
from theory.regularization.cases_ridge import (
    AXES,
    RIDGE,
    Rng,
    draw_ridge,
    penalised,
    penalty_for,
    strength,
    without_intercept,
)


def augmented(cases: Cases) -> Cases:
    """Least squares without penalty on rows √λ I with answers 0 below the data."""
    lanes, _, p = cases["x"].shape
    root = np.sqrt(cases["penalty"])[:, None, None] * np.eye(p)
    arrays = {
        "x": np.concatenate([cases["x"], root], axis=1),
        "y": np.concatenate([cases["y"], np.zeros((lanes, p))], axis=1),
        "penalty": np.zeros(lanes),
    }
    return replace(cases, arrays=arrays)


def draw_roots(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Problems whose λ is the square of a float of four digits."""
    cases = draw_ridge(rng, shape, regime, lanes)
    power = np.round(np.log2(strength(cases["x"]) * 10 ** rng.uniform(-3, 3, lanes)) / 2)
    return cases.with_arrays(penalty=(rng.integers(8, 16, lanes) / 8 * 2.0**power) ** 2)


def valid_roots(cases: Cases) -> NDArray[np.bool_]:
    """√λ > 0 is a float of the subject's dtype, and both problems are well posed: (lane,)."""
    root = np.sqrt(cases["penalty"]).astype(cases.dtype).astype(np.float64)
    exact = (root**2 == cases["penalty"]) & (root > 0)
    return np.asarray(exact & penalised(cases) & well_posed(augmented(cases)))


ROOTS = without_intercept(
    replace(RIDGE, draw=draw_roots, valid=valid_roots),
    *("generic", "integers", "collinear", "duplicates", "zero-column", "wide", "zero-target"),
    *("tiny-scale", "huge-scale", "single-sample"),
)
"""Ridge regressions without an intercept that are least squares in augmented data, exactly."""

DUAL = without_intercept(
    replace(RIDGE, shapes={"n": (1, 8), "p": (1, 4)}, valid=penalised),
    *("wide", "generic", "integers", "collinear", "duplicates", "zero-column", "zero-target"),
    *("tiny-scale", "huge-scale", "single-sample"),
)
"""Ridge regressions without an intercept, more features than samples first."""

FAR_SHIFTS = ("shifted-far-svd", "shifted-far-cholesky")
SHIFT_REGIMES = ("shifted-svd", "shifted-cholesky", "dependent-svd", "constant-svd", *FAR_SHIFTS)
"""Shifts up to 8 · two equal columns · a constant column · shifts up to 512."""


def draw_shifted(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Data in eighths, and whole numbers by which answers and features are moved."""
    n, p = shape["n"], shape["p"]
    x, y = rng.integers(-32, 33, (lanes, n, p)) / 8, rng.integers(-32, 33, (lanes, n)) / 8
    if regime == "dependent-svd":
        x[..., -1] = x[..., 0]
    if regime == "constant-svd":
        x[..., -1] = 1
    far = 512 if regime in FAR_SHIFTS else 8
    arrays = {
        "x": x,
        "y": y,
        "penalty": penalty_for(rng, x, regime, -2.0),
        "shift_x": rng.integers(-far, far + 1, (lanes, p)).astype(np.float64),
        "shift_y": rng.integers(-far, far + 1, lanes).astype(np.float64),
    }
    return Cases(arrays, {"solver": regime.rsplit("-", 1)[1], "intercept": 1}, regime)


def moved_by(cases: Cases, *, up: bool = False, aside: bool = False) -> Cases:
    """The problem with its answers or its features moved by the case's shifts."""
    arrays = {name: cases[name] for name in ("x", "y", "penalty")}
    if up:
        arrays["y"] = cases["y"] + cases["shift_y"][:, None]
    if aside:
        arrays["x"] = cases["x"] + cases["shift_x"][:, None]
    return replace(cases, arrays=arrays)


def valid_shifted(cases: Cases) -> NDArray[np.bool_]:
    """The moved data are floats of the subject's dtype, exactly, and every problem is well posed: (lane,)."""
    good = penalised(cases)
    for moved in (moved_by(cases, up=True), moved_by(cases, aside=True)):
        for name in ("x", "y"):
            shift = cases["shift_" + name] if moved[name] is not cases[name] else 0 * cases["shift_" + name]
            back = moved[name] - np.expand_dims(shift, 1)
            same = (moved.rounded()[name] == moved[name]) & (back == cases[name])
            good &= same.reshape(len(same), -1).all(axis=1)
        good &= well_posed(moved)
    return np.asarray(good)


SHIFTS = Domain(
    {"n": (1, 10), "p": (1, 4)},
    SHIFT_REGIMES,
    draw_shifted,
    {**AXES, "shift_x": Axes(("p",), "real"), "shift_y": Axes((), "real")},
    valid=valid_shifted,
)
"""Ridge regressions with an intercept, and shifts of their data."""
