"""Transport problems: named regimes drawn a whole batch at a time.

a (lane, n), b (lane, m): weights with equal totals. C (lane, n, m): costs. Regimes of `WHOLE` hold whole numbers, on
which everything is decided exactly; those of `REAL_NUMBERS` are judged within rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import UNIT_ROUNDOFF
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.transport import data

Rng = np.random.Generator
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

WHOLE = ("assignment", "integers", "zeros", "ties", "negative", "constant", "diracs", "metric", "large")
"""Whole weights and costs: unit weights first, then small histograms, equal costs, one point to many, big numbers."""

REAL_NUMBERS = (
    "generic",
    "zero-weights",
    "points",
    "offset",
    "negative-costs",
    "huge-scale",
    "tiny-scale",
    "heavy-tailed",
    "mass-scale",
)

SQUARE = ("assignment", "metric")
"""Regimes with as many sources as targets."""

SCALES = MappingProxyType({"huge-scale": 2.0**40, "tiny-scale": 2.0**-40})
SHAPES = MappingProxyType({"n": (1, 7), "m": (1, 7)})
AXES = MappingProxyType({"a": Axes(("n",), "weight"), "b": Axes(("m",), "weight"), "C": Axes(("n", "m"), "real")})


def levelled(rng: Rng, a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Whole histograms (lane, n), (lane, m) with equal positive totals: the smaller one gets the rest in one place."""
    a, b, lane = a.copy(), b.copy(), np.arange(len(a))
    rest = a.sum(axis=1) - b.sum(axis=1)
    empty = (a.sum(axis=1) == 0) & (b.sum(axis=1) == 0)
    a[lane, rng.integers(0, a.shape[1], len(a))] += np.maximum(-rest, 0) + empty
    b[lane, rng.integers(0, b.shape[1], len(b))] += np.maximum(rest, 0) + empty
    return a, b


def in_use(lanes: int, n: int, m: int) -> NDArray[np.intp]:
    """How many points have mass: 1 in the first lanes, min(n, m) in the last, so that what is found first is small."""
    return 1 + np.arange(lanes) * min(n, m) // lanes


def one_hot(rng: Rng, lanes: int, n: int) -> Floats:
    """The weight 1 on one of n points, elsewhere 0: (lane, n)."""
    return np.asarray(np.arange(n) == rng.integers(0, n, (lanes, 1)), dtype=np.float64)


def histograms(rng: Rng, regime: str, lanes: int, n: int, m: int) -> tuple[Floats, Floats]:
    """Whole weights a (lane, n), b (lane, m) of a regime, totals equal."""
    if regime == "assignment":
        used = in_use(lanes, n, m)[:, None]
        return (np.arange(n) < used).astype(np.float64), (np.arange(m) < used).astype(np.float64)
    if regime == "ties":  # uniform on both sides, so that partial sums meet again and again
        part = np.gcd(n, m)
        return np.full((lanes, n), m / part), np.full((lanes, m), n / part)
    top = 1000 if regime == "large" else 5
    a, b = (rng.integers(0, top + 1, (lanes, size)).astype(np.float64) for size in (n, m))
    if regime == "zeros":
        a, b = a * rng.integers(0, 2, a.shape), b * rng.integers(0, 2, b.shape)
    if regime == "diracs":
        b = np.where(np.arange(lanes)[:, None] % 2 == 0, b + one_hot(rng, lanes, m), one_hot(rng, lanes, m))
        a = b.sum(axis=1, keepdims=True) * one_hot(rng, lanes, n)
    return levelled(rng, a, b)


def whole_metric(rng: Rng, lanes: int, n: int, *, top: int = 9, symmetric: bool = True) -> Floats:
    """Whole distances (lane, n, n): random lengths 1 … top, then shortest paths through all points in turn."""
    D = rng.integers(1, top + 1, (lanes, n, n)).astype(np.float64)
    D = np.minimum(D, D.transpose(0, 2, 1)) if symmetric else D
    D[:, np.arange(n), np.arange(n)] = 0
    for k in range(n):
        D = np.minimum(D, D[:, :, k, None] + D[:, None, k, :])
    return D


def whole_costs(rng: Rng, regime: str, lanes: int, n: int, m: int) -> Floats:
    """Whole costs (lane, n, m) of a regime."""
    if regime == "metric":
        return whole_metric(rng, lanes, n)
    low, high = {"ties": (0, 2), "negative": (-20, -1), "large": (0, 1000)}.get(regime, (-5, 20))
    C = rng.integers(low, high + 1, (lanes, n, m)).astype(np.float64)
    return np.broadcast_to(C[:, :1, :1], C.shape).copy() if regime == "constant" else C


def real_weights(rng: Rng, regime: str, lanes: int, n: int) -> Floats:
    """Weights (lane, n) with total 1, or 2^±20 in the regime "mass-scale"."""
    w = rng.random((lanes, n)) + 2.0**-10
    if regime == "heavy-tailed":
        w = 2.0 ** rng.uniform(-20, 20, (lanes, n))
    if regime == "zero-weights":
        w = w * rng.integers(0, 2, w.shape)
        w[:, 0] += w.sum(axis=1) == 0
    total = 2.0 ** np.where(np.arange(lanes)[:, None] % 2, 20, -20) if regime == "mass-scale" else 1.0
    return np.asarray(w / w.sum(axis=1, keepdims=True) * total)


def real_costs(rng: Rng, regime: str, lanes: int, n: int, m: int) -> Floats:
    """Costs (lane, n, m) of a regime: normal, Euclidean distances in the plane, far from 0, or far from 1."""
    if regime == "points":
        x, y = rng.standard_normal((lanes, n, 1, 2)), rng.standard_normal((lanes, 1, m, 2))
        return np.asarray(np.hypot(*np.moveaxis(x - y, -1, 0)))
    C = rng.standard_normal((lanes, n, m)) * SCALES.get(regime, 1.0)
    if regime == "negative-costs":
        return -1 - np.abs(C)
    return np.asarray(C + (1000.0 if regime == "offset" else 0.0))


def draw_programme(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A transport problem a, b, C of any regime."""
    n = shape["n"]
    m = n if regime in SQUARE else shape["m"]
    if regime in WHOLE:
        a, b = histograms(rng, regime, lanes, n, m)
        return Cases({"a": a, "b": b, "C": whole_costs(rng, regime, lanes, n, m)}, {}, regime)
    a, b = (real_weights(rng, regime, lanes, size) for size in (n, m))
    return Cases({"a": a, "b": b, "C": real_costs(rng, regime, lanes, n, m)}, {}, regime)


def whole(cases: Cases, *names: str) -> Mask:
    """(lane,): all entries of the arrays (default: a, b, C) are whole numbers."""
    arrays = [cases[name].reshape(cases.lanes, -1) for name in names or ("a", "b", "C")]
    return np.asarray((np.concatenate(arrays, axis=1) % 1 == 0).all(axis=1))


def comparable(a: Floats, b: Floats, u: float) -> Mask:
    """(lane,): finite weights ≥ 0 with a positive total, the totals equal up to the rounding of the entries."""
    good = [np.isfinite(w).all(axis=1) & (w >= 0).all(axis=1) & (w.sum(axis=1) > 0) for w in (a, b)]
    apart = np.abs(a.sum(axis=1) - b.sum(axis=1))
    same = apart <= (a.shape[1] + b.shape[1]) * u * np.maximum(a.sum(axis=1), b.sum(axis=1))
    return np.asarray(good[0] & good[1] & same)


def exactly_solvable(cases: Cases) -> Mask:
    """(lane,): whole weights with equal totals, whole costs, and no value of a plan too long for the significand."""
    a, b, C = cases["a"], cases["b"], cases["C"]
    size = a.sum(axis=1) * np.maximum(1, np.abs(C).max(axis=(1, 2), initial=0))
    room = size <= 1 / UNIT_ROUNDOFF[cases.dtype]
    return np.asarray(whole(cases) & (a.sum(axis=1) == b.sum(axis=1)) & room & valid(cases))


def valid(cases: Cases) -> Mask:
    """(lane,): comparable weights and finite costs; whole-number regimes stay whole and level."""
    good = comparable(cases["a"], cases["b"], cases.u) & np.isfinite(cases["C"]).all(axis=(1, 2))
    return np.asarray(good)


def level(*names: str) -> Callable[[Cases], Cases]:
    """A `Domain.settle`: weights with less than the largest total get what they lack in their first entry."""

    def settle(cases: Cases) -> Cases:
        totals = {name: cases[name].sum(axis=1) for name in names}
        top = np.max(list(totals.values()), axis=0)
        first = {name: cases[name][:, :1] + (top - total)[:, None] for name, total in totals.items()}
        return cases.with_arrays(**{n: np.concatenate([one, cases[n][:, 1:]], axis=1) for n, one in first.items()})

    return settle


LEVEL = level("a", "b")
PROGRAMME = Domain(SHAPES, (*WHOLE, *REAL_NUMBERS), draw_programme, AXES, valid=valid, real=data.REAL, settle=LEVEL)
"""Any transport problem."""

WHOLE_PROGRAMME = Domain(SHAPES, WHOLE, draw_programme, AXES, valid=exactly_solvable, real=data.REAL, settle=LEVEL)
"""Transport problems in whole numbers."""


def draw_mapped(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A transport problem with a factor s ≥ 0 and a constant k for its costs: (lane,), whole where the data are."""
    cases = draw_programme(rng, shape, regime, lanes)
    if regime in WHOLE:
        s, k = rng.integers(0, 4, lanes).astype(np.float64), rng.integers(-30, 31, lanes).astype(np.float64)
        return cases.with_arrays(s=s, k=k)
    scale = 10.0 ** rng.uniform(-12, 12, lanes)
    return cases.with_arrays(s=scale, k=scale * rng.standard_normal(lanes) * 10.0 ** rng.uniform(-4, 4, lanes))


def valid_mapped(cases: Cases) -> Mask:
    """(lane,): as `valid`; in whole numbers the mapped problem is exactly solvable too."""
    s, k, C = cases["s"], cases["k"], cases["C"]
    mapped = cases.with_arrays(C=s[:, None, None] * C + k[:, None, None])
    below = ~exactly_solvable(cases) | exactly_solvable(mapped)
    return np.asarray(valid(cases) & below & (s >= 0) & np.isfinite(s * 2.0**50) & np.isfinite(k))


MAPPED_PROGRAMME = Domain(
    SHAPES,
    (*(regime for regime in WHOLE if regime != "large"), *REAL_NUMBERS),
    draw_mapped,
    MappingProxyType({**AXES, "s": Axes((), "real"), "k": Axes((), "real")}),
    valid=valid_mapped,
    settle=LEVEL,
)
"""Transport problems with a map of their costs."""
