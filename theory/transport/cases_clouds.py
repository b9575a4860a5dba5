"""Weighted clouds for the Sinkhorn divergence, a whole batch at a time; weights and ε as in `cases_entropic`."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Shape
from theory.transport import data
from theory.transport.cases_entropic import (
    MOST_EXPONENT,
    PLAIN,
    RATIOS,
    SIZES,
    TEMPERATURES,
    USUAL_RATIOS,
    WEIGHTS,
    Rng,
    grains,
    sizes,
    weights,
)
from theory.transport.oracle_entropic import Floats

DIVERGENCE_REGIMES = (
    PLAIN, "generic", "integers", "near", "same", "shifted", "tiny-scale", "huge-scale", "unconverged", *WEIGHTS,
    *TEMPERATURES, *SIZES,
)  # fmt: skip
POINT_SCALES = MappingProxyType({"tiny-scale": 2.0**-20, "huge-scale": 2.0**20})
EXPONENTS = (0.5, 1.0, 1.5, 2.0)
"""Exponents p for which e^{−|x − y|^p/ε} is positive definite: 0 < p ≤ 2 (Schoenberg 1938)."""


def points(rng: Rng, regime: str, lanes: int, n: int, d: int) -> Floats:
    """Points (lane, n, d) of a regime."""
    shape = (lanes, n, d)
    if regime in (PLAIN, "integers"):
        return rng.integers(0, 4, shape).astype(np.float64)
    x = rng.uniform(0, 1, shape) * POINT_SCALES.get(regime, 1.0)
    return np.asarray(x + 2.0**10 if regime == "shifted" else x)


def draw_clouds(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Two weighted clouds; "near" is a cloud and the same moved a little, "same" a cloud and its points reshuffled."""
    n, m = sizes(regime, shape)
    d = 1 if regime == PLAIN else shape["d"]
    x, a = points(rng, regime, lanes, n, d), weights(rng, regime, lanes, n)
    y, b = points(rng, regime, lanes, m, d), weights(rng, regime, lanes, m)
    if regime == "near":
        y, b = x + 2.0 ** rng.uniform(-12, -2, (lanes, 1, 1)) * rng.standard_normal(x.shape), a.copy()
    if regime == "same":
        order = np.argsort(rng.random((lanes, n)), axis=1)
        y, b = np.take_along_axis(x, order[:, :, None], axis=1), np.take_along_axis(a, order, axis=1)
    p = float(rng.choice(EXPONENTS))
    settings = {
        "p": p,
        "eps": float(rng.choice(RATIOS.get(regime, USUAL_RATIOS))) * POINT_SCALES.get(regime, 1.0) ** p,
        "sweeps": 2 if regime == "unconverged" else shape["sweeps"],
        "tol": 0.0 if regime == "unconverged" else 2.0**-12,
    }
    return Cases({"x": x, "a": a, "y": y, "b": b}, settings, regime)


def power_cost(x: Floats, y: Floats, p: float) -> Floats:
    """|x_i − y_j|^p, Euclidean norm: (lane, n, m)."""
    gaps = x[:, :, None, :] - y[:, None, :, :]
    size = np.abs(gaps).max(axis=-1, keepdims=True)
    unit = np.where(size > 0, size, 1.0)
    length = np.sqrt(((gaps / unit) ** 2).sum(axis=-1)) * unit[..., 0]
    return np.asarray(length**p)


def valid_clouds(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): as `valid`, of the three costs."""
    x, y, p = cases["x"], cases["y"], float(cases.settings["p"])
    good = np.ones(cases.lanes, dtype=bool)
    for name in ("x", "y"):
        good &= np.isfinite(cases[name]).all(axis=(1, 2))
    for name in ("a", "b"):
        good &= (cases[name] >= 0).all(axis=1) & (cases[name].sum(axis=1) == 1)
    for left, right in ((x, y), (x, x), (y, y)):
        most = power_cost(left, right, p).max(axis=(1, 2))
        good &= most <= MOST_EXPONENT * float(cases.settings["eps"])
    return np.asarray(good)


def _digit_clouds() -> Cases:
    """Pairs of digits as measures on the pixels of the 8 × 8 grid, p = 2."""
    a, b = data.digit_histograms()
    x = np.repeat(data.pixels()[None], len(a), axis=0)
    arrays = {"x": x, "a": grains(a), "y": x.copy(), "b": grains(b)}
    return Cases(arrays, {"p": 2.0, "eps": 8.0, "sweeps": 20, "tol": 0.0}, "real")


DIVERGENCE_DOMAIN = Domain(
    MappingProxyType({"n": (1, 6), "m": (1, 6), "d": (1, 2), "sweeps": (1, 16)}),
    DIVERGENCE_REGIMES,
    draw_clouds,
    MappingProxyType({"x": Axes(("n", "d"), "real"), "y": Axes(("m", "d"), "real"), "a": Axes(("n",)),
                      "b": Axes(("m",))}),
    MappingProxyType({"sweeps": 1}),
    valid_clouds,
    MappingProxyType({"digits": _digit_clouds}),
)  # fmt: skip
