"""Points to separate: named regimes drawn a whole batch at a time.

x (lane, n, d) whole numbers, y (lane, n) labels; setting intercept. Coordinates are so small that the determinants of
which a proof is made stay far below 2^24, and a float32 holds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array, Axes, Cases, Domain, Shape
from theory.perceptron.data import plane_data

Rng = np.random.Generator
LARGEST = 3
"""Largest coordinate where nothing else is said."""

POINT_REGIMES: Mapping[str, int] = MappingProxyType(
    {
        "bias": 1,
        "no-bias": 0,
        "taught": 1,
        "taught-no-bias": 0,
        "contradictions": 1,
        "origin": 1,
        "origin-no-bias": 0,
        "one-class": 1,
        "one-class-no-bias": 0,
        "line": 1,
        "wide": 1,
        "wide-no-bias": 0,
        "single-row": 0,
    }
)
"""Random labels · a teacher's labels · points that occur with both labels · points that are 0 · one label only · points
on a line through the origin · coordinates up to 40 in a plane · one point. 1: with a bias."""


def draw_points(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Points and labels; what differs between regimes is said at `POINT_REGIMES`."""
    n, d, intercept = shape["n"], shape["d"], POINT_REGIMES[regime]
    n = 1 if regime == "single-row" else n
    x, y = whole_points(rng, (lanes, n, d)), rng.choice([-1, 1], (lanes, n))
    if regime.startswith("wide"):
        x = rng.integers(-40, 41, (lanes, n, min(d, 2)))
    if regime.startswith("origin"):
        x[rng.random((lanes, n)) < 1 / 4] = 0
    if regime == "line":
        x = rng.integers(-4, 5, (lanes, n, 1)) * whole_points(rng, (lanes, 1, d))
    if regime == "contradictions" and n > 1:
        half = n // 2
        x[:, n - half :] = x[:, :half]
        y[:, -1] = -y[:, half - 1]
    if regime.startswith("one-class"):
        y[:] = y[:, :1]
    if regime.startswith(("taught", "wide")):
        u, v = teachers(rng, lanes, x.shape[2], bool(intercept))
        y = np.where(labels(x, u, v) == 0, y, labels(x, u, v))
    return Cases({"x": x.astype(np.float64), "y": y}, {"intercept": intercept}, regime)


def whole_points(rng: Rng, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Whole numbers up to `LARGEST`."""
    return rng.integers(-LARGEST, LARGEST + 1, shape)


def teachers(rng: Rng, lanes: int, d: int, intercept: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Whole weights u ≠ 0 (lane, d) up to 2 and biases v (lane,) up to 4, 0 without an intercept."""
    u = rng.integers(-2, 3, (lanes, d))
    u[:, 0] += u[:, 0] == 0
    return u, rng.integers(-4, 5, lanes) * int(intercept)


def labels(x: Array, u: Array, v: Array) -> NDArray[np.int64]:
    """The side of the plane u·x + v = 0 on which each point lies, 0 on it: (lane, n)."""
    return np.asarray(np.sign((x * u[:, None]).sum(axis=2) + v[:, None]).astype(np.int64))


def valid_points(cases: Cases) -> NDArray[np.bool_]:
    """Whole coordinates, labels −1 and 1: (lane,)."""
    whole = (cases["x"] % 1 == 0).all(axis=(1, 2))
    return np.asarray(whole & (np.abs(cases["y"]) == 1).all(axis=1)) if "y" in cases.arrays else np.asarray(whole)


POINT_AXES = MappingProxyType({"x": Axes(("n", "d"), "integer"), "y": Axes(("n",), "sign")})

POINTS = Domain(
    {"n": (1, 8), "d": (1, 3)}, tuple(POINT_REGIMES), draw_points, POINT_AXES, valid=valid_points, real=plane_data()
)
"""Points with any labels."""


MIRRORED_REGIMES = ("random", "taught", "opposite", "origin", "centred", "example")
"""Random labels · a teacher without bias · a point and its opposite with one label · the origin · a set that is its own
mirror image · −1, 0, 1 with labels −, +, +."""


def draw_mirrored(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Points with signs `mirror` and factors `times` for each, and a teacher u, v of the regimes that have a bias."""
    n, d = shape["n"], shape["d"]
    x, y = whole_points(rng, (lanes, n, d)), rng.choice([-1, 1], (lanes, n))
    u, v = teachers(rng, lanes, d, regime != "taught")
    v = np.where(v == 0, int(regime != "taught"), v)
    if regime == "opposite" and n > 1:
        x[:, -1] = -x[:, 0]
    if regime == "origin":
        x[:, 0] = 0
    if regime == "centred":
        half = n // 2
        x[:, n - half :] = -x[:, :half]
        x[:, half : n - half] = 0
    if regime == "example":
        x, u, v = np.tile([[-1], [0], [1]], (lanes, 1, 1)), np.full((lanes, 1), 2), np.ones(lanes, dtype=np.int64)
    side = labels(x, u, v)
    if regime != "random":
        y = np.where(side == 0, 1, side)
    n = x.shape[1]
    arrays = {"x": x, "y": y, "mirror": rng.choice([-1, 1], (lanes, n)), "times": rng.integers(1, 4, (lanes, n)),
              "u": u, "v": v}  # fmt: skip
    return Cases({**arrays, "x": x.astype(np.float64)}, {"intercept": 0}, regime)


def valid_mirrored(cases: Cases) -> NDArray[np.bool_]:
    """Points with labels, signs and positive factors: (lane,)."""
    signs = (np.abs(cases["mirror"]) == 1).all(axis=1) & (cases["times"] >= 1).all(axis=1)
    return np.asarray(valid_points(cases) & signs)


MIRRORED = Domain(
    {"n": (1, 6), "d": (1, 3)},
    MIRRORED_REGIMES,
    draw_mirrored,
    {
        **POINT_AXES,
        "mirror": Axes(("n",), "sign"),
        "times": Axes(("n",), "integer", least=1),
        "u": Axes(("d",), "integer"),
        "v": Axes((), "integer"),
    },
    valid=valid_mirrored,
)
"""Points and what is done to them that no plane through the origin can notice."""


MOVED_REGIMES = ("random", "taught", "one-class", "example")
"""Random labels · a teacher's labels · one label · 2 and 4 with labels −, +, moved by −3."""


def draw_moved(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Points, how far they are moved (shift), and a teacher u ≠ 0, v."""
    n, d = shape["n"], shape["d"]
    x, y = whole_points(rng, (lanes, n, d)), rng.choice([-1, 1], (lanes, n))
    u, v = teachers(rng, lanes, d, True)
    shift = rng.integers(-9, 10, (lanes, d))
    if regime == "one-class":
        y[:] = y[:, :1]
    if regime == "example":
        x, u, v = np.tile([[2], [4]], (lanes, 1, 1)), np.ones((lanes, 1), dtype=np.int64), np.full(lanes, -3)
        shift = np.full((lanes, 1), -3)
    side = labels(x, u, v)
    if regime in ("taught", "example"):
        y = np.where(side == 0, 1, side)
    arrays = {"x": x, "shift": shift, "u": u, "v": v}
    floats = {name: value.astype(np.float64) for name, value in arrays.items()}
    return Cases({**floats, "y": y if regime != "example" else side}, {"intercept": 1}, regime)


MOVED = Domain(
    {"n": (1, 6), "d": (1, 2)},
    MOVED_REGIMES,
    draw_moved,
    {
        **POINT_AXES,
        "shift": Axes(("d",), "integer"),
        "u": Axes(("d",), "integer"),
        "v": Axes((), "integer"),
    },
    valid=valid_points,
)
"""Points and a translation."""


POSITION_REGIMES: Mapping[str, int] = MappingProxyType(
    {
        "bias": 1,
        "no-bias": 0,
        "curve": 1,
        "curve-no-bias": 0,
        "parallel": 0,
        "duplicates": 1,
        "duplicates-no-bias": 0,
        "line": 1,
        "plane": 1,
        "origin": 0,
        "few-values": 1,
        "single-point": 1,
        "single-point-no-bias": 0,
    }
)
"""Any points · on the moment curve (t, t², t³), in general position · multiples of each other · points twice · on one
line · in one plane · the origin among them · coordinates 0 and 1 · one point. 1: with a bias."""


def draw_positions(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Points without labels; what differs between regimes is said at `POSITION_REGIMES`."""
    n, d = 1 if regime.startswith("single-point") else shape["n"], shape["d"]
    x = whole_points(rng, (lanes, n, d))
    if regime.startswith("curve"):
        t = rng.permuted(np.tile([-4, -3, -2, -1, 1, 2, 3, 4], (lanes, 1)), axis=1)[:, :n]
        x = t[..., None] ** np.arange(1, d + 1)
    if regime == "parallel":
        x[:, 1:] = np.where(rng.random((lanes, n - 1, 1)) < 1 / 2, -2 * x[:, :1], x[:, 1:])
    if regime.startswith("duplicates"):
        x[:, n // 2 :] = x[:, : n - n // 2]
    if regime == "line":
        x = whole_points(rng, (lanes, 1, d)) + rng.integers(-2, 3, (lanes, n, 1)) * whole_points(rng, (lanes, 1, d))
    if regime == "plane":
        x[..., -1] = x[..., 0]
    if regime == "origin":
        x[:, 0] = 0
    if regime == "few-values":
        x = np.abs(x) % 2
    return Cases({"x": x.astype(np.float64)}, {"intercept": POSITION_REGIMES[regime]}, regime)


POSITIONS = Domain(
    {"n": (1, 8), "d": (1, 3)},
    tuple(POSITION_REGIMES),
    draw_positions,
    {"x": Axes(("n", "d"), "integer")},
    valid=valid_points,
)
"""Points whose dichotomies are counted."""
