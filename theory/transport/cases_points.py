"""Pairs of point sets: lattices, on which distances are decided in whole numbers, and clouds, near and far."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Shape
from theory.transport.port import METRICS

Rng = np.random.Generator
Floats = NDArray[np.float64]

SHAPES = MappingProxyType({"n": (1, 8), "m": (1, 8), "d": (1, 5)})
AXES = MappingProxyType({"x": Axes(("n", "d"), "real"), "y": Axes(("m", "d"), "real")})
EXPONENTS = (1.0, 1.5, 2.0, 3.0)

SCALES = MappingProxyType({"far": (2.0**100,), "near": (2.0**-100, 2.0**-600)})
"""Units of length, given to the lanes in turn."""

HOMOGENEOUS = ("euclidean", "cityblock", "minkowski")
"""Metrics that scale with the points."""


def points(rng: Rng, kind: str, lanes: int, n: int, d: int) -> Floats:
    """Points (lane, n, d): whole coordinates −4 … 4, or normal ones at a scale and an offset of 10^±3.

    "far" points are 2^100 apart, "near" ones 2^−100 and 2^−600: their squares leave the range of float32 and float64.
    """
    if kind == "lattice":
        return rng.integers(-4, 5, (lanes, n, d)).astype(np.float64)
    if kind in SCALES:
        return np.resize(SCALES[kind], (lanes, 1, 1)) * rng.standard_normal((lanes, n, d))
    scale, offset = (10.0 ** rng.uniform(-3, 3, (lanes, 1, 1)) for _ in range(2))
    return np.asarray(scale * rng.standard_normal((lanes, n, d)) + offset)


def draw_points(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Points x (lane, n, d) and y (lane, m, d), some in common; the regime is a kind of points and a metric."""
    kind, metric = regime.split()
    x, y = (points(rng, kind, lanes, shape[size], shape["d"]) for size in ("n", "m"))
    y[::2, 0] = x[::2, 0]
    return Cases({"x": x, "y": y}, {"metric": metric, "p": float(rng.choice(EXPONENTS))}, regime)


def draw_moved(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Points with a factor s (lane,) and a shift t (lane, d): s = 10^±6 of either sign or 1, t = 10^±4 or 0."""
    kind, metric = regime.split()
    x, y = (rng.standard_normal((lanes, shape[size], shape["d"])) for size in ("n", "m"))
    s = rng.choice([-1.0, 1.0], lanes) * 10.0 ** rng.uniform(-6, 6, lanes)
    t = rng.standard_normal((lanes, shape["d"])) * 10.0 ** rng.uniform(-4, 4, (lanes, 1))
    s = np.ones(lanes) if kind == "shift" else s
    t = np.zeros_like(t) if kind == "scale" else t
    return Cases({"x": x, "y": y, "s": s, "t": t}, {"metric": metric, "p": float(rng.choice(EXPONENTS))}, regime)


def finite(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): every coordinate is finite."""
    good = [np.isfinite(cases[name]).all(axis=(1, 2)) for name in ("x", "y")]
    return np.asarray(good[0] & good[1])


def on_lattice(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): whole coordinates so small that squares and their sums are exact in float32 too."""
    whole = [((v % 1 == 0) & (np.abs(v) <= 2**8)).all(axis=(1, 2)) for v in (cases["x"], cases["y"])]
    return np.asarray(whole[0] & whole[1])


POINTS = Domain(
    SHAPES,
    (
        *(f"{kind} {metric}" for kind in ("lattice", "cloud") for metric in METRICS),
        *(f"{kind} {metric}" for kind in SCALES for metric in HOMOGENEOUS),
    ),
    draw_points,
    AXES,
    valid=finite,
)
MOVED_POINTS = Domain(
    SHAPES,
    tuple(f"{kind} {metric}" for kind in ("shift", "scale", "both") for metric in HOMOGENEOUS),
    draw_moved,
    MappingProxyType({**AXES, "s": Axes((), "real"), "t": Axes(("d",), "real")}),
    valid=finite,
)
