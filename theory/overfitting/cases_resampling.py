"""Folds, cross-validated designs and neighbours: named regimes drawn a whole batch at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Shape
from theory.overfitting.bounds_fitting import augmented, solvable
from theory.overfitting.data import diabetes

Rng = np.random.Generator
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

FOLD_REGIMES = ("blocks", "shuffled", "remainder", "leave-one-out", "two-folds")
LABEL_REGIMES = ("generic", "shuffled", "sorted", "one-label", "rare-label", "each-its-own")
RIDGE_REGIMES = ("generic", "least-squares", "whole-numbers", "leave-one-out", "constant-column", "few-rows")
POINT_REGIMES = ("whole-numbers", "duplicates", "far-away", "very-far", "tiny", "one-dimension", "one-row")
VOTE_REGIMES = ("whole-numbers", "ties", "all-rows", "negative-labels", "one-neighbour")

FAR = {"far-away": (2.0**20, 2.0**-10), "very-far": (2.0**10, 2.0**-13), "tiny": (0.0, 2.0**-60)}
"""Offset and grid of points: exact in a float64; in float32 the far ones merge, which is for the labels to respect."""


def draw_folds(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Numbers of rows and folds; a lane is a shuffle."""
    n = shape["n"]
    k = min(shape["k"], n)
    if regime == "remainder" and n > 2:
        k = max(k for k in range(2, n) if n % k or k == 2)
    k = {"leave-one-out": n, "two-folds": 2}.get(regime, k)
    settings = {"n": n, "k": k, "shuffle": int(regime in ("shuffled", "remainder"))}
    return Cases({"lanes": np.zeros(lanes)}, settings, regime)


def has_rows_enough(cases: Cases) -> Mask:
    """No fold is empty."""
    return np.full(cases.lanes, cases.integer("k") <= cases.integer("n"))


def draw_labels(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Labels of rows, and folds that should share each of them."""
    n = shape["n"]
    y = rng.integers(0, 4, (lanes, n))
    if regime == "sorted":
        y = np.sort(y, axis=1)
    if regime == "one-label":
        y = np.ones_like(y)
    if regime == "rare-label":
        y = (np.arange(n) == rng.integers(0, n, (lanes, 1))).astype(np.int64)
    if regime == "each-its-own":
        y = rng.permuted(np.tile(np.arange(n), (lanes, 1)), axis=1)
    return Cases({"y": y}, {"k": min(shape["k"], n), "shuffle": int(regime == "shuffled")}, regime)


def draw_validated(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Ridge problems whose every training set has one solution."""
    n, d = max(shape["n"], shape["d"] + 2), shape["d"]
    if regime == "few-rows":
        n = 2
    x, y = rng.normal(size=(lanes, n, d)), rng.normal(size=(lanes, n))
    if regime in ("whole-numbers", "least-squares"):
        x, y = (rng.integers(-5, 6, size).astype(np.float64) for size in (x.shape, y.shape))
    if regime == "constant-column":
        x[..., 0] = 3.0
    penalty = 2.0 ** rng.integers(-4, 5, lanes)
    if regime == "least-squares":
        penalty = np.zeros(lanes)
    k = n if regime == "leave-one-out" else min(shape["k"], n)
    return Cases({"x": x, "y": y, "penalty": penalty}, {"k": k}, regime)


def validated_diabetes() -> Cases:
    """Two windows of the diabetes data: 12 patients, 3 measurements; leave-one-out."""
    x, y = diabetes()
    rows = np.stack([np.arange(12), np.arange(100, 112)])
    return Cases(
        {"x": x[rows][:, :, [2, 3, 8]], "y": y[rows] / 100, "penalty": np.array([0.0, 0.5])}, {"k": 12}, "real"
    )


def training_masks(n: int, k: int) -> Mask:
    """Who trains when folds are blocks in order, larger ones first: (k, n)."""
    fold = np.repeat(np.arange(k), [n // k + (j < n % k) for j in range(k)])
    return np.asarray(fold != np.arange(k)[:, None])


def has_one_solution(cases: Cases) -> Mask:
    """Every training set determines its fit, also after rounding."""
    n, k = cases["x"].shape[1], cases.integer("k")
    if not 2 <= k <= n:
        return np.zeros(cases.lanes, dtype=bool)
    whole = [augmented(cases["x"][:, kept], cases["penalty"], False) for kept in training_masks(n, k)]
    return np.asarray(np.all([solvable(each, cases.u) for each in whole], axis=0))


def draw_points(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Points on a grid with labels that equal points share; the queries are the points themselves."""
    n, d = 1 if regime == "one-row" else shape["n"], 1 if regime == "one-dimension" else shape["d"]
    grid = rng.integers(-8 if regime != "duplicates" else -1, 9 if regime != "duplicates" else 2, (lanes, n, d))
    offset, step = FAR.get(regime, (0.0, 1.0))
    x = offset + step * grid
    y = ((grid * (1 + np.arange(d))).sum(axis=2) % 3).astype(np.int64)
    return Cases({"query": x.copy(), "x": x, "y": y}, {"neighbours": 1}, regime)


def asks_itself(cases: Cases) -> Mask:
    """The queries are the rows, and equal rows have equal labels."""
    x, y = cases["x"], cases["y"]
    if cases["query"].shape != x.shape:
        return np.zeros(cases.lanes, dtype=bool)
    equal = (x[:, :, None] == x[:, None]).all(axis=3)
    agree = (~equal | (y[:, :, None] == y[:, None])).all(axis=(1, 2))
    return np.asarray((cases["query"] == x).all(axis=(1, 2)) & agree)


def draw_votes(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Rows, labels and queries in whole numbers, so that distances are exact."""
    n, d, m = shape["n"], shape["d"], shape["m"]
    x, query = rng.integers(-6, 7, (lanes, n, d)), rng.integers(-6, 7, (lanes, m, d))
    if regime == "ties":
        x = np.sign(x)
    y = rng.integers(-2 if regime == "negative-labels" else 0, 3, (lanes, n))
    few = {"all-rows": n, "one-neighbour": 1}.get(regime, min(shape["neighbours"], n))
    arrays = {"query": query.astype(np.float64), "x": x.astype(np.float64), "y": y}
    return Cases(arrays, {"neighbours": few}, regime)


def is_small(cases: Cases) -> Mask:
    """Whole coordinates whose squares any dtype adds exactly, and no more neighbours than rows."""
    whole = [(cases[name] == np.round(cases[name])).all(axis=(1, 2)) for name in ("x", "query")]
    few = cases.integer("neighbours") <= cases["x"].shape[1]
    return np.asarray(np.logical_and(*whole) & few)


FOLDS = Domain(
    shapes={"n": (2, 24), "k": (2, 8)},
    regimes=FOLD_REGIMES,
    draw=draw_folds,
    countdown={"n": 2, "k": 2},
    valid=has_rows_enough,
)
LABELS = Domain(
    shapes={"n": (2, 24), "k": (2, 6)}, regimes=LABEL_REGIMES, draw=draw_labels, axes={"y": Axes((), "integer")}
)
VALIDATED = Domain(
    shapes={"n": (3, 9), "d": (1, 3), "k": (2, 5)},
    regimes=RIDGE_REGIMES,
    draw=draw_validated,
    valid=has_one_solution,
    axes={"x": Axes(("n", "d"), "real", 1), "y": Axes(("n",), "real"), "penalty": Axes((), "real")},
    real={"diabetes": validated_diabetes},
)
POINTS = Domain(
    shapes={"n": (1, 40), "d": (1, 3)},
    regimes=POINT_REGIMES,
    draw=draw_points,
    valid=asks_itself,
    axes={"x": Axes(("n", "d"), "real", 1), "y": Axes(("n",), "integer"), "query": Axes(("n", "d"), "real", 1)},
)
VOTES = Domain(
    shapes={"n": (1, 9), "d": (1, 3), "m": (1, 3), "neighbours": (1, 7)},
    regimes=VOTE_REGIMES,
    draw=draw_votes,
    valid=is_small,
    axes={
        "x": Axes(("n", "d"), "integer", 1),
        "y": Axes(("n",), "integer"),
        "query": Axes(("m", "d"), "integer", 1),
    },
    countdown={"neighbours": 1},
)
