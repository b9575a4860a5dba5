"""Problems for boosting: named regimes drawn a whole batch at a time, and bundled data.

X: (lane, n, d), y: (lane, n) in {−1, +1} (a class for SAMME, a real number for R2), w: (lane, n) example weights.
Everything but `adjacent-64` and `extreme-weights` survives rounding to float32.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.adaboost import data
from theory.core.domain import Axes, Cases, Domain, Shape

Rng = np.random.Generator

SHAPES = MappingProxyType({"n": (1, 40), "d": (1, 4), "rounds": (1, 8)})
AXES = MappingProxyType({"X": Axes(("n", "d"), "real"), "y": Axes(("n",), "sign"), "w": Axes(("n",), "weight")})
COUNTDOWN = MappingProxyType({"rounds": 1})

DATA = (
    "generic",
    "integers",
    "ties",
    "duplicates",
    "constant-feature",
    "adjacent",
    "adjacent-64",
    "huge-scale",
    "tiny-scale",
    "single-sample",
)
"""Regimes of X that any task can use."""

WEIGHTS = ("heavy-tailed", "extreme-weights", "zero-weights")
LABELS = ("one-class", "separable", "xor", "tied-votes")
REWEIGHTING = DATA + WEIGHTS + LABELS
DISCRETE = (*REWEIGHTING, "resampled", "resampled-separable")
LEAST_ROWS = MappingProxyType({"tied-votes": 3, "xor": 4, "resampled-separable": 10, "few-draws": 32})
ROUNDS = MappingProxyType({"tied-votes": 2, "resampled-separable": 8})
FLOAT64_ONLY = ("extreme-weights",)


def features(rng: Rng, regime: str, lanes: int, n: int, d: int) -> NDArray[np.float64]:
    """X (lane, n, d) of a regime; regimes about weights or labels get normal features."""
    shape = (lanes, n, d)
    if regime == "xor":
        return np.broadcast_to(_xor_features(n)[:, np.arange(d) % 2], shape).copy()
    if regime == "tied-votes":
        return np.broadcast_to(np.arange(n)[:, None], shape).astype(np.float64)
    if regime in ("integers", "dyadic"):
        return rng.integers(-2, 3, shape).astype(np.float64)
    if regime == "ties":
        return np.asarray(rng.integers(0, 3, shape) / 2, dtype=np.float64)
    if regime.startswith("adjacent"):
        step = 2.0 ** (-52 if regime == "adjacent-64" else -23)
        return np.asarray(1 + rng.integers(0, 4, shape) * step, dtype=np.float64)
    X = rng.standard_normal(shape)
    if regime == "duplicates":
        return np.take_along_axis(X, rng.integers(0, max(1, n // 2), (lanes, n, 1)), axis=1)
    if regime == "constant-feature":
        X[:, :, 0] = 1.0
    return np.asarray(X * {"huge-scale": 2.0**100, "tiny-scale": 2.0**-100}.get(regime, 1.0))


def weights(rng: Rng, regime: str, lanes: int, n: int) -> NDArray[np.float64]:
    """W (lane, n) of a regime: equal in every other lane where the regime is not about weights."""
    shape = (lanes, n)
    if regime == "integers":
        return rng.integers(1, 10, shape).astype(np.float64)
    if regime == "dyadic":
        return _dyadic(rng.integers(1, 10, shape))
    if regime in ("heavy-tailed", "extreme-weights"):
        span = 10 if regime == "heavy-tailed" else 40
        return np.asarray(2.0 ** rng.uniform(-span, span, shape))
    if regime == "zero-weights":
        w = rng.integers(0, 3, shape).astype(np.float64)
        w[:, 0] += w.sum(axis=1) == 0
        return w
    if regime == "xor":
        return np.broadcast_to(np.arange(n) < 4 * (2 ** int(np.log2(n // 4)) if n >= 4 else 1), shape).astype(
            np.float64
        )
    if regime == "tied-votes":
        return _tied(rng, lanes, n)
    if regime == "ties":
        return np.ones(shape)
    return np.where(np.arange(lanes)[:, None] % 2 == 0, 1.0, rng.uniform(0.1, 1.0, shape))


def signs(rng: Rng, regime: str, X: NDArray[np.float64]) -> NDArray[np.int64]:
    """Y (lane, n) ∈ {−1, +1} of a regime: coins, one class, a threshold on the first feature, or exclusive or."""
    lanes, n = X.shape[:2]
    if regime == "one-class":
        return np.repeat(2 * rng.integers(0, 2, (lanes, 1)) - 1, n, axis=1)
    if regime in ("separable", "resampled-separable"):
        return np.where(X[:, :, 0] > rng.uniform(-1, 1, (lanes, 1)), 1, -1)
    if regime == "tied-votes":
        return np.asarray((1 - 2 * (np.arange(n) % 2)) * rng.choice([-1, 1], (lanes, 1)))
    if regime == "xor":
        corners = _xor_features(n)
        return np.broadcast_to(np.where(corners[:, 0] == corners[:, 1], 1, -1), (lanes, n)).astype(np.int64)
    return 2 * rng.integers(0, 2, (lanes, n)) - 1


def _xor_features(n: int) -> NDArray[np.float64]:
    """The corners of the unit square in turn: (n, 2)."""
    return np.stack([np.arange(n) % 2, np.arange(n) // 2 % 2], axis=1).astype(np.float64)


def _tied(rng: Rng, lanes: int, n: int) -> NDArray[np.float64]:
    """Weights on three points of alternating label for which two rounds vote alike and F = 0 somewhere.

    With ε_1 = 1/q the first point has weight 1/q, the second 2(1/q)(1−1/q), so that it weighs 1/q in round 2.
    """
    q = rng.integers(4, 12, (lanes, 1))
    w = np.concatenate([q, 2 * (q - 1), (q - 1) * (q - 2), np.zeros((lanes, n - 3), dtype=np.int64)], axis=1)
    return w.astype(np.float64)


def _dyadic(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Whole weights whose sum is a power of two, so that w/Σw and all its partial sums are exact in every dtype."""
    total = counts.sum(axis=1)
    counts[:, -1] += 2 ** np.ceil(np.log2(total)).astype(np.int64) - total
    return counts.astype(np.float64)


def draw_discrete(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Two-class problems."""
    n = 1 if regime == "single-sample" else max(shape["n"], LEAST_ROWS.get(regime, 1))
    X = features(rng, regime, lanes, n, shape["d"])
    arrays = {"X": X, "y": signs(rng, regime, X), "w": weights(rng, regime, lanes, n)}
    mode = "resample" if regime.startswith("resampled") else "reweight"
    rounds = ROUNDS.get(regime, shape["rounds"])
    return Cases(arrays, {"rounds": rounds, "mode": mode}, regime)


def draw_samme(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Problems with K = shape["classes"] classes; separable ones cut the first feature into K bands."""
    cases = draw_discrete(rng, shape, regime, lanes)
    K, (n_lanes, n) = shape["classes"], cases["y"].shape
    y = rng.integers(0, K, (n_lanes, n))
    if regime == "one-class":
        y = np.repeat(y[:, :1], n, axis=1)
    if regime == "separable":
        y = np.clip(np.floor(cases["X"][:, :, 0] + K / 2), 0, K - 1).astype(np.int64)
    return replace(cases.with_arrays(y=y), settings={"rounds": shape["rounds"], "n_classes": K})


def draw_real(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Two-class problems for confidence-rated boosting, with or without smoothing."""
    cases = draw_discrete(rng, shape, regime, lanes)
    smoothing = float(rng.choice([0.0, 2.0**-10, 2.0**-4]))
    return replace(cases, settings={"rounds": shape["rounds"], "smoothing": smoothing})


def draw_regression(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Regression problems: noise, a step plus noise, small whole numbers, or 0/1 targets (regime "binary")."""
    cases = draw_discrete(rng, shape, regime, lanes)
    X = cases["X"]
    y = rng.standard_normal(X.shape[:2])
    if regime in ("integers", "ties", "duplicates"):
        y = rng.integers(-3, 4, X.shape[:2]).astype(np.float64)
    if regime == "binary":
        y = rng.integers(0, 2, X.shape[:2]).astype(np.float64)
    if regime == "separable":
        y = np.where(X[:, :, 0] > 0, 1.0, 0.0) + 0.1 * y
    loss = str(rng.choice(["linear", "square", "exponential"]))
    return replace(cases.with_arrays(y=y), settings={"rounds": shape["rounds"], "loss": loss})


def draw_median(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Values (lane, t) and weights (lane, t) for the weighted median."""
    values = features(rng, regime, lanes, shape["t"], 1)[:, :, 0]
    return Cases({"values": values, "weights": weights(rng, regime, lanes, shape["t"])}, {}, regime)


def draw_distribution(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Distributions D (lane, n); "few-draws" asks for as many draws as there are examples, the others for 4,096."""
    n = max(shape["n"], LEAST_ROWS.get(regime, 1))
    D = weights(rng, "zero-weights" if regime == "zero-weights" else "generic", lanes, n)
    if regime == "heavy-tailed":
        D = 2.0 ** rng.uniform(-6, 6, (lanes, n))
    D = np.ones((lanes, n)) if regime == "few-draws" else D
    return Cases({"D": D / D.sum(axis=1, keepdims=True)}, {"draws": n if regime == "few-draws" else 4096}, regime)


def valid(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): finite features, non-negative finite weights with a positive sum, dtype wide enough for the regime."""
    X, w = cases["X"], cases["w"]
    good = np.isfinite(X).all(axis=(1, 2)) & (w >= 0).all(axis=1) & np.isfinite(w).all(axis=1)
    wide = cases.dtype == "float64" or cases.regime not in FLOAT64_ONLY
    return np.asarray(good & (w.sum(axis=1) > 0) & wide)


def positive(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): as `valid`, and no weight is zero."""
    return np.asarray(valid(cases) & (cases["w"] > 0).all(axis=1))


def dyadic(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): whole weights whose sum is a power of two, see `_dyadic`."""
    w = cases["w"]
    mantissa, _ = np.frexp(w.sum(axis=1))
    return np.asarray(valid(cases) & (w == np.round(w)).all(axis=1) & (mantissa == 0.5))


DISCRETE_DOMAIN = Domain(SHAPES, DISCRETE, draw_discrete, AXES, COUNTDOWN, valid, data.TWO_CLASS_DATA)
REWEIGHT_DOMAIN = replace(DISCRETE_DOMAIN, regimes=REWEIGHTING)
DYADIC_DOMAIN = Domain(SHAPES, ("dyadic",), draw_discrete, AXES, COUNTDOWN, dyadic)
SAMME_DOMAIN = Domain(
    MappingProxyType({**SHAPES, "classes": (2, 6)}),
    (*DATA, *WEIGHTS, "one-class", "separable"),
    draw_samme,
    MappingProxyType({**AXES, "y": Axes(("n",), "integer")}),
    COUNTDOWN,
    valid,
    MappingProxyType({"wine": data.wine, "digits": data.digits}),
)
REAL_DOMAIN = Domain(
    SHAPES,
    (*DATA, *WEIGHTS, "one-class", "separable"),
    draw_real,
    AXES,
    COUNTDOWN,
    valid,
    MappingProxyType({"breast_cancer": data.smoothed_breast_cancer}),
)
R2_DOMAIN = Domain(
    SHAPES,
    (*DATA, "binary", "separable", "heavy-tailed"),
    draw_regression,
    MappingProxyType({**AXES, "y": Axes(("n",), "real")}),
    COUNTDOWN,
    positive,
    MappingProxyType({"diabetes": data.diabetes}),
)
MEDIAN_DOMAIN = Domain(
    MappingProxyType({"t": (1, 25)}),
    ("generic", "integers", "ties", "duplicates", "heavy-tailed", "zero-weights", "huge-scale", "tiny-scale"),
    draw_median,
    MappingProxyType({"values": Axes(("t",), "real"), "weights": Axes(("t",), "weight")}),
    valid=lambda cases: np.asarray((cases["weights"].sum(axis=1) > 0) & (cases["weights"] >= 0).all(axis=1)),
)
RESAMPLING_DOMAIN = Domain(
    MappingProxyType({"n": (1, 40)}),
    ("generic", "few-draws", "heavy-tailed", "zero-weights"),
    draw_distribution,
)
