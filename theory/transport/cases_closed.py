"""Problems with a closed form: measures on the line, several of them, point clouds with directions, histograms.

x (lane, n), y (lane, m): points; a, b: weights with equal totals. Whole-number regimes have whole weights, so that
totals agree exactly; others agree within rounding.
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Shape
from theory.transport.cases_linear import level

Rng = np.random.Generator
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

LINE = (
    "integers",
    "equal-weights",
    "generic",
    "ties",
    "zero-weights",
    "diracs",
    "same",
    "offset",
    "heavy-tailed",
    "huge-scale",
    "tiny-scale",
    "mass-scale",
    "steep",
)
"""Regimes of two measures on the line: whole numbers first, then numbers of equally heavy points."""

SCALES = MappingProxyType({"huge-scale": 2.0**100, "tiny-scale": 2.0**-100})
EXPONENTS = (1.0, 2.0, 3.0, 1.5)
STEEP = 12.0
"""The exponent of the regime "steep": powers of points of the scales above leave the range of float64."""
LEVEL = level("a", "b")
LINE_SHAPES = MappingProxyType({"n": (1, 12), "m": (1, 12)})
LINE_AXES = MappingProxyType(
    {"x": Axes(("n",), "real"), "a": Axes(("n",), "weight"), "y": Axes(("m",), "real"), "b": Axes(("m",), "weight")}
)

ALWAYS = MappingProxyType({"ties": 1.0, "heavy-tailed": 1.0, "steep": STEEP})
"""Regimes with one exponent: 1 is met in every search, with equal weights and with others."""


def levelled(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Whole weights brought to equal totals: a Σb and b Σa. All-zero weights become equal ones first."""
    a, b = (np.where(w.sum(axis=1, keepdims=True) > 0, w, 1.0) for w in (a, b))
    return a * b.sum(axis=1, keepdims=True), b * a.sum(axis=1, keepdims=True)


def shares(w: Floats) -> Floats:
    """Weights (…, n) divided by their sum."""
    return np.asarray(w / w.sum(axis=-1, keepdims=True))


def line_weights(rng: Rng, regime: str, lanes: int, n: int, m: int) -> tuple[Floats, Floats]:
    """Weights a (lane, n), b (lane, m) of a regime, totals equal."""
    if regime in ("equal-weights", "ties"):
        return np.full((lanes, n), float(m)), np.full((lanes, m), float(n))
    if regime in ("integers", "zero-weights"):
        low = -4 if regime == "zero-weights" else 0
        return levelled(*(np.maximum(rng.integers(low, 6, (lanes, k)), 0).astype(np.float64) for k in (n, m)))
    span = 20 if regime == "heavy-tailed" else 1
    a, b = (shares(2.0 ** rng.uniform(-span, span, (lanes, k))) for k in (n, m))
    scale = 2.0 ** rng.choice([-40, 40], (lanes, 1)) if regime == "mass-scale" else 1.0
    return a * scale, b * scale


def line_points(rng: Rng, regime: str, lanes: int, n: int) -> Floats:
    """Points (lane, n) of a regime."""
    if regime in ("integers", "diracs"):
        return rng.integers(-6, 7, (lanes, n)).astype(np.float64)
    if regime == "ties":
        return rng.integers(-1, 2, (lanes, n)).astype(np.float64)
    scale = SCALES["huge-scale"] ** rng.choice([-1.0, 1.0]) if regime == "steep" else SCALES.get(regime, 1.0)
    return np.asarray(rng.standard_normal((lanes, n)) * scale + 1000.0 * (regime == "offset"))


def draw_line(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Two measures on the line and an exponent. Points of weight 0 lie far away in every other lane."""
    n, m = shape["n"], shape["n"] if regime in ("equal-weights", "same") else shape["m"]
    m = 1 if regime == "diracs" else m
    a, b = line_weights(rng, regime, lanes, n, m)
    x, y = (line_points(rng, regime, lanes, k) for k in (n, m))
    if regime == "same":
        order = np.argsort(rng.random((lanes, n)), axis=1)
        y, b = np.take_along_axis(x, order, axis=1), np.take_along_axis(a, order, axis=1)
    if regime == "zero-weights":
        far = np.where(np.arange(lanes)[:, None] % 2 == 0, 2.0**40, 1.0)
        x, y = (np.where(w > 0, v, v * far) for v, w in ((x, a), (y, b)))
    p = ALWAYS.get(regime) or float(rng.choice(EXPONENTS))
    return Cases({"x": x, "a": a, "y": y, "b": b}, {"p": p}, regime)


def comparable(a: Floats, b: Floats, u: float) -> Mask:
    """(lane,): finite weights ≥ 0 with positive totals that agree up to the rounding of the entries."""
    good = [np.isfinite(w).all(axis=1) & (w >= 0).all(axis=1) & (w.sum(axis=1) > 0) for w in (a, b)]
    left, right = a.sum(axis=1), b.sum(axis=1)
    return np.asarray(
        good[0] & good[1] & (np.abs(left - right) <= (a.shape[1] + b.shape[1]) * u * np.maximum(left, right))
    )


def valid_line(cases: Cases) -> Mask:
    """(lane,): comparable weights and finite points."""
    points = np.isfinite(cases["x"]).all(axis=1) & np.isfinite(cases["y"]).all(axis=1)
    return np.asarray(points & comparable(cases["a"], cases["b"], cases.u))


def settle_line(cases: Cases) -> Cases:
    """Equal totals again; where all points weighed the same, as many on both sides."""
    if cases.regime != "equal-weights":
        return LEVEL(cases)
    k = min(cases["x"].shape[1], cases["y"].shape[1])
    one = np.ones((cases.lanes, k))
    return cases.with_arrays(x=cases["x"][:, :k], a=one, y=cases["y"][:, :k], b=one.copy())


def digit_rows() -> Cases:
    """Ink in the eight rows of handwritten digits as measures on the line, each against the next image."""
    from sklearn.datasets import load_digits

    rows = load_digits(return_X_y=True)[0][:25].reshape(25, 8, 8).sum(axis=2)
    a, b = levelled(rows[:-1], rows[1:])
    places = np.broadcast_to(np.arange(8.0), a.shape).copy()
    return Cases({"x": places, "a": a, "y": places.copy(), "b": b}, {"p": 2.0}, "real")


LINE_DOMAIN = Domain(
    LINE_SHAPES,
    LINE,
    draw_line,
    LINE_AXES,
    valid=valid_line,
    real=MappingProxyType({"digits": digit_rows}),
    settle=settle_line,
)
"""Two measures on the line."""


def draw_moved(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Two measures on the line with a map s x + t that rounding does not touch: s = ±2^k, and t where all is whole."""
    whole = regime == "integers"
    cases = draw_line(rng, shape, regime, lanes)
    s = rng.choice([-1.0, 1.0], lanes) * 2.0 ** rng.integers(-12, 13, lanes)
    s, t = (np.sign(s), rng.integers(-999, 1000, lanes).astype(np.float64)) if whole else (s, np.zeros(lanes))
    return cases.with_arrays(s=s, t=t)


def valid_moved(cases: Cases) -> Mask:
    """(lane,): as `valid_line`, and s x + t is exact: s is ± a power of two, and t is 0 or all is whole and small."""
    s, t = cases["s"], cases["t"]
    parts = np.concatenate([cases["x"], cases["y"], s[:, None], t[:, None]], axis=1)
    whole = (parts % 1 == 0).all(axis=1) & (np.abs(parts) <= 2**10).all(axis=1)
    exact = (np.abs(np.frexp(s)[0]) == 0.5) & ((t == 0) | whole)
    return np.asarray(valid_line(cases) & exact)


MOVED_DOMAIN = Domain(
    LINE_SHAPES,
    tuple(regime for regime in LINE if regime not in (*SCALES, "steep")),
    draw_moved,
    MappingProxyType({**LINE_AXES, "s": Axes((), "real"), "t": Axes((), "real")}),
    valid=valid_moved,
    settle=settle_line,
)
"""Two measures on the line with an affine map of it."""


def draw_family(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """K measures x, a (lane, k, n) with total 1 and weights t (lane, k) of sum 1."""
    k, n = (1 if regime == "one-measure" else shape["k"]), shape["n"]
    x = rng.standard_normal((lanes, k, n))
    a, t = rng.uniform(0.1, 1.0, (lanes, k, n)), rng.uniform(0.1, 1.0, (lanes, k))
    if regime in ("integers", "zero-weights"):
        x = rng.integers(-6, 7, x.shape).astype(np.float64)
        a = rng.integers(0, 5, a.shape).astype(np.float64)
        a[..., 0] += a.sum(axis=-1) == 0
    if regime == "zero-weights":
        x = np.where(a > 0, x, 2.0**40)
    if regime == "one-hot":
        t = np.asarray(np.arange(k) == rng.integers(0, k, (lanes, 1)), dtype=np.float64)
    if regime == "translated":
        x, a = x[:, :1] + rng.integers(-9, 10, (lanes, k, 1)), np.broadcast_to(a[:, :1], a.shape).copy()
    if regime == "equal-weights":
        a = np.ones_like(a)
    x = x * SCALES.get(regime, 1.0)
    return Cases({"x": x, "a": shares(a), "t": shares(t)}, {}, regime)


def valid_family(cases: Cases) -> Mask:
    """(lane,): finite points, weights ≥ 0 of total 1 up to rounding for each measure and among the measures."""
    x, a, t = cases["x"], cases["a"], cases["t"]
    good = np.isfinite(x).all(axis=(1, 2)) & (a >= 0).all(axis=(1, 2)) & (t >= 0).all(axis=1)
    ones = (np.abs(a.sum(axis=2) - 1) <= a.shape[2] * cases.u).all(axis=1)
    return np.asarray(good & ones & (np.abs(t.sum(axis=1) - 1) <= t.shape[1] * cases.u))


def settle_family(cases: Cases) -> Cases:
    """Weights brought back to total 1."""
    with np.errstate(invalid="ignore"):
        return cases.with_arrays(a=shares(cases["a"]), t=shares(cases["t"]))


FAMILY_DOMAIN = Domain(
    MappingProxyType({"k": (1, 4), "n": (1, 6)}),
    (
        "integers", "generic", "one-measure", "one-hot", "translated", "equal-weights", "zero-weights", "huge-scale",
        "tiny-scale",
    ),
    draw_family,
    MappingProxyType({"x": Axes(("k", "n"), "real"), "a": Axes(("k", "n"), "fixed"), "t": Axes(("k",), "fixed")}),
    valid=valid_family,
    settle=settle_family,
)  # fmt: skip
"""Several measures on the line, to be averaged."""


def draw_clouds(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Points x (lane, n, d), y (lane, m, d), weights, and directions (lane, k, d) of length 1."""
    n, m, d, k = (shape[size] for size in ("n", "m", "d", "k"))
    line = {"axes": "integers", "rotated": "integers"}.get(regime, regime)
    a, b = line_weights(rng, line, lanes, n, m)
    x, y = (line_points(rng, line, lanes, size * d).reshape(lanes, size, d) for size in (n, m))
    raw = rng.standard_normal((lanes, k, d))
    if regime == "axes":
        raw = rng.choice([-1.0, 1.0], (lanes, k, 1)) * np.eye(d)[rng.integers(0, d, (lanes, k))]
    directions = raw / np.linalg.norm(raw, axis=2, keepdims=True)
    arrays = {"x": x, "a": a, "y": y, "b": b, "directions": directions}
    return Cases(arrays, {"p": float(rng.choice(EXPONENTS[:3]))}, regime)


def valid_clouds(cases: Cases) -> Mask:
    """(lane,): finite points, comparable weights, directions of length 1 up to rounding."""
    finite = np.isfinite(cases["x"]).all(axis=(1, 2)) & np.isfinite(cases["y"]).all(axis=(1, 2))
    square = (cases["directions"] ** 2).sum(axis=2)
    unit = (np.abs(square - 1) <= 8 * cases["x"].shape[2] * cases.u).all(axis=1)
    return np.asarray(finite & unit & comparable(cases["a"], cases["b"], cases.u))


def settle_clouds(cases: Cases) -> Cases:
    """Equal totals again, and directions of length 1."""
    with np.errstate(invalid="ignore"):
        directions = cases["directions"] / np.linalg.norm(cases["directions"], axis=2, keepdims=True)
    return LEVEL(cases).with_arrays(directions=directions)


CLOUD_DOMAIN = Domain(
    MappingProxyType({"n": (1, 6), "m": (1, 6), "d": (1, 3), "k": (1, 4)}),
    ("axes", "integers", "equal-weights", "generic", "zero-weights", "offset", "huge-scale", "tiny-scale"),
    draw_clouds,
    MappingProxyType(
        {
            "x": Axes(("n", "d"), "real"),
            "a": Axes(("n",), "weight"),
            "y": Axes(("m", "d"), "real"),
            "b": Axes(("m",), "weight"),
            "directions": Axes(("k", "d"), "fixed"),
        }
    ),
    valid=valid_clouds,
    settle=settle_clouds,
)
"""Two point clouds and directions to look from."""


def draw_lines(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Parallel lines: masses w_i at (0, i) and at (θ, i), as histograms a, b (lane, 2n) on (0, 1), (θ, 1), (0, 2) ….

    "coincident": θ = 0, where the two points are one. "histograms": any a and b; "near": b is a, jogged a little.
    """
    n = shape["n"]
    w = shares(rng.integers(1, 9, (lanes, n)).astype(np.float64))
    theta = rng.choice([-1.0, 1.0], lanes) * rng.integers(1, 2**10, lanes) * 2.0 ** rng.integers(-20, 11, lanes)
    left, right = np.stack([w, 0 * w], axis=2).reshape(lanes, -1), np.stack([0 * w, w], axis=2).reshape(lanes, -1)
    if regime == "coincident":
        theta, right = np.zeros(lanes), left
    if regime in ("histograms", "near"):
        left = rng.integers(0, 9, left.shape).astype(np.float64)
        left[:, 0] += left.sum(axis=1) == 0
        jog = 1 + 2.0 ** rng.uniform(-40, 0, (lanes, 1)) * rng.uniform(-1, 1, left.shape)
        other = rng.integers(0, 9, left.shape) + (np.arange(2 * n) == 0)
        left, right = shares(left), shares(left * jog if regime == "near" else other)
    return Cases({"a": left, "b": right, "theta": theta}, {}, regime)


def valid_lines(cases: Cases) -> Mask:
    """(lane,): histograms of total 1 up to rounding; between parallel lines disjoint, on one line equal."""
    a, b = cases["a"], cases["b"]
    one = np.abs(a.sum(axis=1) - 1) <= a.shape[1] * cases.u
    right = {
        "parallel": (a * b == 0).all(axis=1) & (cases["theta"] != 0),
        "coincident": (a == b).all(axis=1) & (cases["theta"] == 0),
    }.get(cases.regime, np.ones(cases.lanes, dtype=bool))
    return np.asarray(one & comparable(a, b, cases.u) & right)


def settle_lines(cases: Cases) -> Cases:
    """Histograms brought back to total 1."""
    with np.errstate(invalid="ignore"):
        return cases.with_arrays(a=shares(cases["a"]), b=shares(cases["b"]))


LINES_DOMAIN = Domain(
    MappingProxyType({"n": (1, 8)}),
    ("parallel", "coincident", "histograms", "near"),
    draw_lines,
    MappingProxyType({"a": Axes(("point",), "fixed"), "b": Axes(("point",), "fixed"), "theta": Axes((), "real")}),
    valid=valid_lines,
    settle=settle_lines,
)
"""Two histograms on common points: parallel lines, one line, and any others."""
