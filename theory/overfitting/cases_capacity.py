"""Generalisation bounds and what they count: named regimes drawn a whole batch at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Shape
from theory.overfitting.oracle_capacity import LINE
from theory.overfitting.port import FAMILIES

Rng = np.random.Generator
Mask = NDArray[np.bool_]

MOST = {"rectangles": 6, "sines": 6}
"""Most points for which the growth function is found by trying; 7 for other families."""


def draw_tails(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A number of rows, a distance in twentieths, a number of hypotheses, a confidence."""
    twentieths = rng.integers(1, 21, lanes)
    hypotheses = 2 ** rng.integers(0, {"one": 1, "few": 5, "many": 24}[regime], lanes)
    arrays = {
        "twentieths": twentieths,
        "epsilon": twentieths / 20,
        "hypotheses": hypotheses,
        "delta": 2.0 ** -rng.integers(1, 30, lanes),
    }
    return Cases(arrays, {"n": shape["n"]}, regime)


def draw_family(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A family and numbers of points."""
    return Cases({"n": rng.integers(0, MOST.get(regime, 7) + 1, lanes)}, {"family": regime}, regime)


def has_few(cases: Cases) -> Mask:
    """So few points that all can be tried."""
    return np.asarray((cases["n"] >= 0) & (cases["n"] <= MOST.get(str(cases.settings["family"]), 7)))


def draw_planar(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Points of a small grid, which often coincide or are collinear; `spread-…`: of a large one, where they are not."""
    family = regime.removeprefix("spread-")
    most = 50 if regime.startswith("spread-") else 2
    axes = 1 if family in LINE else 2
    points = rng.integers(-most, most + 1, (lanes, shape["n"], axes)).astype(np.float64)
    return Cases({"points": points}, {"family": family}, regime)


def is_whole(cases: Cases) -> Mask:
    """Whole coordinates, so that areas are exact."""
    return np.asarray((cases["points"] == np.round(cases["points"])).all(axis=(1, 2)))


def draw_sums(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Numbers of points and VC dimensions; of a shattered lane the dimension is no less."""
    n, dimension = rng.integers(0, 41, lanes), rng.integers(0, 9, lanes)
    if regime == "shattered":
        dimension = dimension + n
    if regime == "no-points":
        n = np.zeros_like(n)
    return Cases({"n": n, "dimension": dimension}, {}, regime)


def draw_confidence(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A number of rows, VC dimensions and confidences; `far`: where (2n)^d is beyond every float."""
    far = regime == "far"
    dimension = rng.integers(0, 400 if far else 12, lanes)
    n = 1000 * shape["n"] if far else shape["n"]
    return Cases({"dimension": dimension, "delta": 2.0 ** -rng.integers(1, 40, lanes)}, {"n": n}, regime)


def draw_linear(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Rows of a linear class and the radius of its ball."""
    norm = regime.split("-")[0]
    n, d = shape["n"], 1 if regime.endswith("line") else shape["d"]
    x = rng.normal(size=(lanes, n, d))
    if regime.endswith("orthogonal"):
        n = d = max(n, 2) if n <= 6 else 6
        x = np.tile(np.eye(n), (lanes, 1, 1)) * rng.integers(1, 5, (lanes, 1, 1))
    if regime.endswith("equal"):
        x = np.repeat(x[:, :1], n, axis=1)
    return Cases({"x": x, "radius": 2.0 ** rng.integers(-3, 4, lanes)}, {"norm": norm, "draws": 64}, regime)


def draw_risks(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Hypotheses on a finite domain: losses in quarters, weights in sixteenths, a sample with repetitions."""
    m, q, n = shape["m"], shape["q"], shape["n"]
    losses = rng.integers(0, 5, (lanes, m, q)) / 4
    if regime == "zero-one":
        losses = np.round(losses)
    if regime == "equal-hypotheses":
        losses = np.repeat(losses[:, :1], m, axis=1)
    share = rng.multinomial(16, np.ones(q) / q, size=lanes) / 16
    if regime == "impossible-point":
        share = np.eye(q)[rng.integers(0, q, lanes)]
    return Cases({"sample": rng.integers(0, q, (lanes, n)), "losses": losses, "weights": share}, {}, regime)


def is_distribution(cases: Cases) -> Mask:
    """Weights sum to 1, and samples are points of the domain."""
    weights, sample = cases["weights"], cases["sample"]
    fair = (weights >= 0).all(axis=1) & (weights.sum(axis=1) == 1)
    return np.asarray(fair & ((sample >= 0) & (sample < weights.shape[1])).all(axis=1))


TAILS = Domain(shapes={"n": (1, 39)}, regimes=("one", "few", "many"), draw=draw_tails)
GROWTH = Domain(shapes={}, regimes=FAMILIES, draw=draw_family, axes={"n": Axes((), "integer")}, valid=has_few)
POINT_SETS = Domain(
    shapes={"n": (1, 6)},
    regimes=(*FAMILIES[:-1], "spread-half-planes", "spread-rectangles", "spread-convex-sets"),
    draw=draw_planar,
    valid=is_whole,
    axes={"points": Axes(("n",), "integer", 1)},
)
SUMS = Domain(
    shapes={},
    regimes=("generic", "shattered", "no-points"),
    draw=draw_sums,
    axes={"n": Axes((), "integer"), "dimension": Axes((), "integer")},
    valid=lambda cases: np.asarray((cases["n"] >= 0) & (cases["n"] <= 40) & (cases["dimension"] >= 0)),
)
CONFIDENCES = Domain(shapes={"n": (1, 200)}, regimes=("generic", "far"), draw=draw_confidence)
LINEAR = Domain(
    shapes={"n": (1, 8), "d": (1, 4)},
    regimes=(
        "l2-generic",
        "l1-generic",
        "l1-line",
        "l2-line",
        "l2-orthogonal",
        "l1-orthogonal",
        "l2-equal",
        "l1-equal",
    ),
    draw=draw_linear,
    axes={"x": Axes(("n", "d"), "real", 1), "radius": Axes((), "fixed")},
)
RISKS = Domain(
    shapes={"m": (1, 4), "q": (1, 3), "n": (1, 3)},
    regimes=("generic", "zero-one", "equal-hypotheses", "impossible-point"),
    draw=draw_risks,
    valid=is_distribution,
    axes={"losses": Axes(("m",), "fixed", 1), "sample": Axes(("n",), "fixed", 1)},
)
