"""Gaussians by covariances and by factors, and weighted point clouds with their moments. Whole numbers throughout."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Shape
from theory.transport.cases_closed import LEVEL, comparable, levelled, line_weights

Rng = np.random.Generator
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

COVARIANCES = ("planar", "generic", "singular", "diagonal", "equal", "commuting", "huge-scale", "tiny-scale")
SCALES = MappingProxyType({"huge-scale": 2.0**30, "tiny-scale": 2.0**-30})
SHAPES = MappingProxyType({"d": (1, 4)})


def factors(rng: Rng, regime: str, lanes: int, d: int, r: int) -> Floats:
    """Whole factors A (lane, d, r), so that A Aᵀ is exact: of any rank, of rank at most d − 1, or diagonal."""
    A = rng.integers(-3, 4, (lanes, d, r)).astype(np.float64)
    if regime == "singular":
        A[:, :, -1] = 0
    if regime == "diagonal":
        A = A * np.eye(d, r)
    return np.asarray(A * SCALES.get(regime, 1.0))


def gram(A: Floats) -> Floats:
    """A Aᵀ: (lane, d, d)."""
    return np.asarray(A @ A.transpose(0, 2, 1))


def draw_covariances(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Means m1, m2 (lane, d) and covariances S1, S2 (lane, d, d); "commuting": S2 = S1² + 2 S1."""
    d = 2 if regime == "planar" else shape["d"]
    A1, A2 = (factors(rng, regime, lanes, d, d) for _ in range(2))
    if regime == "singular":
        A2 = np.where((np.arange(lanes) % 2 == 0)[:, None, None], A2, factors(rng, "generic", lanes, d, d))
    m1, m2 = (rng.integers(-3, 4, (lanes, d)) * SCALES.get(regime, 1.0) for _ in range(2))
    S1, S2 = gram(A1), gram(A2)
    if regime == "equal":
        S2 = S1.copy()
    if regime == "commuting":
        S2 = S1 @ S1 + 2 * S1
    return Cases({"m1": m1, "S1": S1, "m2": m2, "S2": S2}, {}, regime)


def valid_covariances(cases: Cases) -> Mask:
    """(lane,): symmetric and positive semi-definite up to the rounding of the eigenvalues."""
    good = np.isfinite(cases["m1"]).all(axis=1) & np.isfinite(cases["m2"]).all(axis=1)
    for S in (cases["S1"], cases["S2"]):
        values = np.linalg.eigvalsh(S)
        size = np.abs(values).max(axis=1)
        good &= (S.transpose(0, 2, 1) == S).all(axis=(1, 2)) & (values[:, 0] >= -4 * S.shape[1] * cases.u * size)
    return np.asarray(good)


COVARIANCE_DOMAIN = Domain(
    SHAPES,
    COVARIANCES,
    draw_covariances,
    MappingProxyType(
        {
            "m1": Axes(("d",), "real"),
            "m2": Axes(("d",), "real"),
            "S1": Axes(("d", "d"), "real"),
            "S2": Axes(("d", "d"), "real"),
        }
    ),
    valid=valid_covariances,
)
"""Two Gaussians by means and covariances."""


def draw_factors(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Means and factors A1, A2 (lane, d, r); "turned": A2 = A1 with its columns permuted and some signs changed."""
    d, r = shape["d"], 2 if regime == "planar" else shape["r"]
    A1, A2 = (factors(rng, regime, lanes, d, r) for _ in range(2))
    if regime == "turned":
        A2 = A1[:, :, ::-1] * rng.choice([-1.0, 1.0], (lanes, 1, r))
    m1, m2 = (rng.integers(-3, 4, (lanes, d)) * SCALES.get(regime, 1.0) for _ in range(2))
    return Cases({"m1": m1, "A1": A1, "m2": m2, "A2": A2}, {}, regime)


def valid_factors(cases: Cases) -> Mask:
    """(lane,): finite entries."""
    return np.asarray(
        np.all([np.isfinite(cases[name]).reshape(cases.lanes, -1).all(axis=1) for name in cases.arrays], 0)
    )


FACTOR_DOMAIN = Domain(
    MappingProxyType({"d": (1, 4), "r": (1, 4)}),
    ("planar", "generic", "singular", "diagonal", "turned", "huge-scale", "tiny-scale"),
    draw_factors,
    MappingProxyType(
        {
            "m1": Axes(("d",), "real"),
            "m2": Axes(("d",), "real"),
            "A1": Axes(("d", "r"), "real"),
            "A2": Axes(("d", "r"), "real"),
        }
    ),
    valid=valid_factors,
)
"""Two Gaussians by means and factors of their covariances."""


def draw_moments(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Weighted points x (lane, n, d), y (lane, m, d); "affine": y = T x + c of the same weights, T ⪰ 0 whole."""
    n, m, d = shape["n"], shape["n"] if regime == "affine" else shape["m"], shape["d"]
    x, y = (rng.integers(-5, 6, (lanes, size, d)).astype(np.float64) for size in (n, m))
    a, b = line_weights(rng, regime, lanes, n, m)
    T, c = np.zeros((lanes, d, d)), np.zeros((lanes, d))
    if regime == "generic":
        x, y = (rng.standard_normal(points.shape) for points in (x, y))
    if regime == "offset":
        x, y = x + 1000, y + rng.integers(-1000, 1000, (lanes, 1, d))
    if regime == "affine":
        T = gram(rng.integers(-1, 2, (lanes, d, d)).astype(np.float64))
        c = rng.integers(-5, 6, (lanes, d)).astype(np.float64)
        a, _ = levelled(*(rng.integers(0, 6, (lanes, n)).astype(np.float64) for _ in range(2)))
        y, b = x @ T + c[:, None], a.copy()
    return Cases({"x": x, "a": a, "y": y, "b": b, "T": T, "c": c}, {}, regime)


def valid_moments(cases: Cases) -> Mask:
    """(lane,): finite points, comparable weights; an affine image is one, with T ⪰ 0."""
    x, y, T, c = (cases[name] for name in ("x", "y", "T", "c"))
    good = np.isfinite(x).all(axis=(1, 2)) & np.isfinite(y).all(axis=(1, 2))
    good &= comparable(cases["a"], cases["b"], cases.u)
    if cases.regime != "affine":
        return np.asarray(good)
    if x.shape != y.shape:
        return np.zeros(cases.lanes, dtype=bool)
    image = (y == x @ T + c[:, None]).all(axis=(1, 2)) & (cases["a"] == cases["b"]).all(axis=1)
    return np.asarray(good & image & (T.transpose(0, 2, 1) == T).all(axis=(1, 2)))


def settle_moments(cases: Cases) -> Cases:
    """Equal totals again, or the image of the points that are left; an image without points is left as it is."""
    x, y = cases["x"], cases["y"]
    if cases.regime != "affine":
        return LEVEL(cases)
    if x.shape[1] > y.shape[1]:
        return cases
    return cases.with_arrays(y=x @ cases["T"] + cases["c"][:, None], b=cases["a"].copy())


MOMENT_DOMAIN = Domain(
    MappingProxyType({"n": (1, 7), "m": (1, 7), "d": (1, 3)}),
    ("affine", "integers", "equal-weights", "generic", "zero-weights", "offset"),
    draw_moments,
    MappingProxyType(
        {
            "x": Axes(("n", "d"), "real"),
            "a": Axes(("n",), "weight"),
            "y": Axes(("m", "d"), "real"),
            "b": Axes(("m",), "weight"),
            "T": Axes(("d", "d"), "fixed"),
            "c": Axes(("d",), "fixed"),
        }
    ),
    valid=valid_moments,
    settle=settle_moments,
)
"""Two weighted point clouds."""
