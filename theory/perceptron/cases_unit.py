"""Threshold units, drawn a whole batch at a time: x (lane, n, d), w (lane, d), threshold or bias (lane,)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Shape

Rng = np.random.Generator
Floats = NDArray[np.float64]

UNIT_REGIMES = ("integers", "ties", "one-ulp-32", "one-ulp-64", "reals", "subnormal-32", "subnormal-64", "zeros")
"""Small whole numbers · a threshold that some row reaches · a threshold one unit in the last place of float32, or of
float64, beside a row's sum · any numbers · sums and thresholds near the smallest normal number, which differ by less ·
weights and points 0."""

SMALLEST = {"subnormal-32": 2.0**-126, "subnormal-64": 2.0**-1022}
LAST_PLACE = {"ties": 0.0, "one-ulp-32": 2.0**-23, "one-ulp-64": 2.0**-52}


def draw_unit(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Units with a threshold; what differs between regimes is said at `UNIT_REGIMES`."""
    n, d = shape["n"], shape["d"]
    x: Floats = rng.integers(-8, 9, (lanes, n, d)).astype(np.float64)
    w: Floats = rng.integers(-8, 9, (lanes, d)).astype(np.float64)
    threshold = rng.integers(-20, 21, lanes).astype(np.float64)
    if regime in LAST_PLACE:
        reached = np.einsum("lnd,ld->ln", x, w)[:, 0]
        threshold = reached * (1 + LAST_PLACE[regime] * rng.integers(-1, 2, lanes))
    if regime == "reals":
        x, w, threshold = rng.normal(size=x.shape), rng.normal(size=w.shape), rng.normal(size=lanes)
    if regime in SMALLEST:
        half = SMALLEST[regime] / 2
        x = np.asarray(rng.integers(0, 4, x.shape) * half, dtype=np.float64)
        w = rng.integers(0, 2, w.shape).astype(np.float64)
        threshold = np.asarray(rng.integers(1, 4, lanes) * half, dtype=np.float64)
    if regime == "zeros":
        x, w = x * rng.integers(0, 2, x.shape), w * rng.integers(0, 2, w.shape)
        threshold = rng.choice([0.0, -0.0, 1.0], lanes)
    return Cases({"x": x, "w": w, "threshold": threshold}, {}, regime)


def draw_bias(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Units with a bias: whole numbers, from small to almost as large as the sum of a float32 may be, and zeros."""
    n, d = shape["n"], shape["d"]
    most = {"integers": 8, "zeros": 1}.get(regime, int(np.sqrt(2**23 / (d + 1))))
    x, w = rng.integers(-most, most + 1, (lanes, n, d)), rng.integers(-most, most + 1, (lanes, d))
    bias = rng.integers(-most * most, most * most + 1, lanes)
    return Cases({k: v.astype(np.float64) for k, v in (("x", x), ("w", w), ("bias", bias))}, {}, regime)


def draw_plane(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Hyperplanes: generic, along an axis, through the origin, of tiny and of huge weights."""
    d = shape["d"]
    w = rng.normal(size=(lanes, d))
    if regime == "axis":
        w = w * (np.arange(d) == rng.integers(0, d, (lanes, 1)))
    bias = (
        np.zeros(lanes) if regime == "through-origin" else rng.normal(size=lanes) * 2.0 ** rng.integers(-20, 21, lanes)
    )
    scale = 2.0 ** {"tiny-weights": -70, "huge-weights": 70}.get(regime, 0)
    return Cases({"w": w * scale, "bias": bias * scale}, {}, regime)


def is_plane(cases: Cases) -> NDArray[np.bool_]:
    """Whether some weight is not 0."""
    return np.asarray((cases["w"] != 0).any(axis=1))


UNITS = Domain(
    shapes={"n": (1, 6), "d": (1, 40)},
    regimes=UNIT_REGIMES,
    draw=draw_unit,
    axes={"x": Axes(("n", "d"), "real", 1), "w": Axes(("d",), "real"), "threshold": Axes((), "real")},
)
BIASED = Domain(
    shapes={"n": (1, 6), "d": (1, 40)},
    regimes=("integers", "large-integers", "zeros"),
    draw=draw_bias,
    axes={"x": Axes(("n", "d"), "integer", 1), "w": Axes(("d",), "integer"), "bias": Axes((), "integer")},
)
PLANES = Domain(
    shapes={"d": (1, 40)},
    regimes=("generic", "axis", "through-origin", "tiny-weights", "huge-weights"),
    draw=draw_plane,
    valid=is_plane,
    axes={"w": Axes(("d",), "real", 1), "bias": Axes((), "real")},
)
