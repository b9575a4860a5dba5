"""Costs between the points of one set: metrics, quasimetrics, costs that are neither, functions, histograms."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np

from theory.core.bound import UNIT_ROUNDOFF
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.transport import data
from theory.transport.cases_linear import (
    LEVEL,
    Floats,
    Mask,
    Rng,
    comparable,
    histograms,
    level,
    one_hot,
    real_weights,
    whole_metric,
)

DISTANCES = ("metric", "line", "discrete", "quasimetric", "not-a-metric", "zero-distances", "real-numbers")
"""Square costs ≥ 0 with a zero diagonal; on a line the triangle inequality is tight."""

METRICS = ("line", "metric", "discrete")
SQUARE_SHAPES = MappingProxyType({"n": (1, 5)})


def diagonal_free(C: Floats) -> Floats:
    """The same costs (lane, n, n) with a zero diagonal."""
    return np.asarray(np.where(np.eye(C.shape[1], dtype=bool), 0.0, C))


def distances(rng: Rng, regime: str, lanes: int, n: int) -> Floats:
    """Costs (lane, n, n) of a regime, whole but for "real-numbers"."""
    if regime == "line":
        x = rng.integers(0, 6, (lanes, n)) + np.arange(n) * 6  # distinct points
        return np.abs(x[:, :, None] - x[:, None, :]).astype(np.float64)
    if regime == "discrete":
        return np.broadcast_to(1 - np.eye(n), (lanes, n, n)).astype(np.float64)
    if regime in ("metric", "quasimetric"):
        return whole_metric(rng, lanes, n, symmetric=regime == "metric")
    if regime == "real-numbers":
        return diagonal_free(rng.exponential(size=(lanes, n, n)))
    if regime == "zero-distances":  # points of a line that may coincide
        x = rng.integers(0, 4, (lanes, n)).astype(np.float64)
        return np.abs(x[:, :, None] - x[:, None, :])
    C = rng.integers(0, 10, (lanes, n, n)).astype(np.float64)
    mirrored = np.triu(C) + np.triu(C, 1).transpose(0, 2, 1)
    return diagonal_free(np.where(np.arange(lanes)[:, None, None] % 2 == 0, mirrored, C))


def lipschitz_function(rng: Rng, D: Floats) -> Floats:
    """A function f (lane, n) with f_i − f_j ≤ D_ij where D keeps the triangle inequality: min_j (h_j + D_ij)."""
    h = rng.integers(-9, 10, D.shape[:2]).astype(np.float64)
    return np.asarray((h[:, None, :] + D).min(axis=2))


def draw_distances(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """C (lane, n, n) and a function f (lane, n) on its points; every fourth f is constant, every fourth 1-Lipschitz."""
    C = distances(rng, regime, lanes, shape["n"])
    f = rng.integers(-9, 10, C.shape[:2]).astype(np.float64)
    if regime == "real-numbers":
        f = rng.standard_normal(f.shape)
    else:
        f[::4] = lipschitz_function(rng, C)[::4]
    f[1::4] = f[1::4, :1]
    return Cases({"f": f, "C": C}, {}, regime)


def draw_transforms(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """f, h (lane, n) with f ≤ h and C (lane, n, m); on metrics n = m, and every other f is 1-Lipschitz."""
    n, m = shape["n"], shape["m"]
    if regime in ("metric", "line"):
        C = distances(rng, regime, lanes, n)
        f = rng.integers(-20, 21, (lanes, n)).astype(np.float64)
        f[::2] = lipschitz_function(rng, C)[::2]
    elif regime in ("integers", "ties"):
        low, high = (0, 2) if regime == "ties" else (-5, 21)
        C = rng.integers(low, high, (lanes, n, m)).astype(np.float64)
        f = rng.integers(-20, 21, (lanes, n)).astype(np.float64)
    else:
        scale = {"huge-scale": 2.0**40, "tiny-scale": 2.0**-40}.get(regime, 1.0)
        C, f = scale * rng.standard_normal((lanes, n, m)), scale * rng.standard_normal((lanes, n))
        return Cases({"f": f, "C": C, "h": f + scale * rng.random(f.shape)}, {}, regime)
    return Cases({"f": f, "C": C, "h": f + rng.integers(0, 4, f.shape)}, {}, regime)


def draw_common_support(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Histograms a, b (lane, n) on the same points with costs D ≥ 0; every third lane has one point on each side."""
    n = shape["n"]
    D = distances(rng, regime, lanes, n)
    if regime == "real-numbers":
        a, b = real_weights(rng, "zero-weights", lanes, n), real_weights(rng, "generic", lanes, n)
        return Cases({"a": a, "b": b, "D": D}, {}, regime)
    a, b = histograms(rng, "zeros", lanes, n, n)
    a[::3], b[::3] = one_hot(rng, len(a[::3]), n), one_hot(rng, len(b[::3]), n)
    return Cases({"a": a, "b": b, "D": D}, {}, regime)


def draw_three(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Three histograms a, b, c (lane, n) with one total under a metric C; "diracs": single points of a line."""
    n = shape["n"]
    C = distances(rng, "line" if regime == "diracs" else regime, lanes, n)
    if regime == "diracs":
        a, b, c = (one_hot(rng, lanes, n) for _ in range(3))
    else:
        a, b = histograms(rng, "zeros", lanes, n, n)
        c = np.take_along_axis(b, rng.permuted(np.broadcast_to(np.arange(n), b.shape), axis=1), axis=1)
    return Cases({"a": a, "b": b, "c": c, "C": C}, {}, regime)


def draw_two(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """The first two histograms of `draw_three`."""
    cases = draw_three(rng, shape, regime, lanes)
    return replace(cases, arrays={name: cases[name] for name in ("a", "b", "C")})


def digits_on_the_grid() -> Cases:
    """Pairs of digits and the city-block distance of the grid, as a problem for one potential."""
    cases = data.digits_cityblock()
    return replace(cases, arrays={"a": cases["a"], "b": cases["b"], "D": cases["C"]})


def is_distance(C: Floats) -> Mask:
    """(lane,): square, finite, ≥ 0, zero on the diagonal."""
    if C.shape[1] != C.shape[2]:
        return np.zeros(len(C), dtype=bool)
    free = np.asarray((np.einsum("lii->li", C) == 0).all(axis=1))
    return np.asarray(free & (np.isfinite(C) & (C >= 0)).all(axis=(1, 2)))


def triangle(C: Floats) -> Mask:
    """(lane,): C_ik ≤ C_ij + C_jk for all i, j, k, as computed in float64."""
    return np.asarray((C[:, :, None, :] <= C[:, :, :, None] + C[:, None, :, :]).all(axis=(1, 2, 3)))


def is_true_metric(C: Floats) -> Mask:
    """(lane,): a distance in the sense of `is_distance`, symmetric, positive off the diagonal, triangle inequality."""
    if C.shape[1] != C.shape[2]:
        return np.zeros(len(C), dtype=bool)
    apart = (C + np.eye(C.shape[1]) > 0).all(axis=(1, 2))
    same = (C.transpose(0, 2, 1) == C).all(axis=(1, 2))
    return np.asarray(is_distance(C) & apart & same & triangle(C))


def valid_distances(cases: Cases) -> Mask:
    """(lane,): costs that are distances, and a finite f."""
    good = is_distance(cases["C"]) & np.isfinite(cases["f"]).all(axis=1)
    return np.asarray(good & (cases["f"].shape[1] == cases["C"].shape[1]))


def valid_transforms(cases: Cases) -> Mask:
    """(lane,): finite, f ≤ h; a metric in the regimes of that name."""
    f, h, C = cases["f"], cases["h"], cases["C"]
    good = np.isfinite(C).all(axis=(1, 2)) & np.isfinite(f).all(axis=1) & np.isfinite(h).all(axis=1)
    good = good & (f <= h).all(axis=1)
    return np.asarray(good & is_true_metric(C) if cases.regime in ("metric", "line") else good)


def valid_common_support(cases: Cases) -> Mask:
    """(lane,): comparable histograms and distances."""
    return np.asarray(is_distance(cases["D"]) & comparable(cases["a"], cases["b"], cases.u))


def level_and_whole(cases: Cases, names: tuple[str, ...], power: int) -> Mask:
    """(lane,): whole histograms with one positive total, whole metric C; no value under C^power is too long."""
    parts, C = [cases[name] for name in names], cases["C"].reshape(cases.lanes, -1)
    total = parts[0].sum(axis=1)
    level = np.logical_and.reduce([(part.sum(axis=1) == total) & (part >= 0).all(axis=1) for part in parts])
    whole = (np.concatenate([*parts, C], axis=1) % 1 == 0).all(axis=1)
    room = total * np.maximum(1, C.max(axis=1, initial=0)) ** power <= 1 / UNIT_ROUNDOFF[cases.dtype]
    return np.asarray(is_true_metric(cases["C"]) & level & whole & room & (total > 0))


def valid_three(cases: Cases) -> Mask:
    """(lane,): see `level_and_whole`, for a, b, c under the squared metric."""
    return level_and_whole(cases, ("a", "b", "c"), 2)


def valid_two_on_metric(cases: Cases) -> Mask:
    """(lane,): see `level_and_whole`, for a and b."""
    return level_and_whole(cases, ("a", "b"), 1)


DISTANCE = Domain(
    MappingProxyType({"n": (1, 7)}),
    DISTANCES,
    draw_distances,
    MappingProxyType({"f": Axes(("n",), "real"), "C": Axes(("n", "n"), "real")}),
    valid=valid_distances,
)
TRANSFORM = Domain(
    MappingProxyType({"n": (1, 7), "m": (1, 7)}),
    ("integers", "ties", "metric", "line", "generic", "huge-scale", "tiny-scale"),
    draw_transforms,
    MappingProxyType({"f": Axes(("n",), "real"), "h": Axes(("n",), "real"), "C": Axes(("n", "m"), "real")}),
    valid=valid_transforms,
)
COMMON_SUPPORT = Domain(
    SQUARE_SHAPES,
    DISTANCES,
    draw_common_support,
    MappingProxyType({"a": Axes(("n",), "weight"), "b": Axes(("n",), "weight"), "D": Axes(("n", "n"), "real")}),
    valid=valid_common_support,
    settle=LEVEL,
    real=MappingProxyType({"digits-cityblock": digits_on_the_grid}),
)
THREE = Domain(
    SQUARE_SHAPES,
    ("diracs", *METRICS),
    draw_three,
    MappingProxyType({name: Axes(("n",), "weight") for name in ("a", "b", "c")} | {"C": Axes(("n", "n"), "real")}),
    valid=valid_three,
    settle=level("a", "b", "c"),
)
TWO_ON_METRIC = Domain(
    SQUARE_SHAPES,
    ("diracs", *METRICS),
    draw_two,
    MappingProxyType({name: Axes(("n",), "weight") for name in ("a", "b")} | {"C": Axes(("n", "n"), "real")}),
    valid=valid_two_on_metric,
    settle=LEVEL,
    real=data.REAL_METRIC,
)
