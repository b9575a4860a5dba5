"""Points for kernels, and scores for losses: named regimes drawn a whole batch at a time.

z (lane, m, d) and x (lane, n, d), z first, so that the array whose rows are the gram's columns is the first; score
(lane, n). Values of gamma and zeta are dyadic, so that they are the same number in every dtype.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Setting, Shape
from theory.kernel_machines.data import offered

Rng = np.random.Generator
Floats = NDArray[np.float64]
FAR = 2.0**20
"""An offset at which multiples of 1∕8 still fit in float32."""

FARTHER = 2.0**30
"""An offset at which they fit in float64, but their squares do not."""

POLYNOMIAL_REGIMES: Mapping[str, tuple[float, float, str]] = MappingProxyType(
    {
        "inhomogeneous": (1.0, 1.0, "whole"),
        "homogeneous": (1.0, 0.0, "whole"),
        "weighted": (2.0, 3.0, "whole"),
        "halves": (0.5, 0.25, "whole"),
        "zeros": (1.0, 2.0, "zeros"),
        "duplicates": (2.0, 1.0, "duplicates"),
        "reals": (0.5, 2.0, "reals"),
    }
)
"""gamma, zeta and the flavour of the points."""

FLAT_REGIMES: Mapping[str, tuple[str, float, str]] = MappingProxyType(
    {
        "rbf": ("rbf", 0.5, "grid"),
        "rbf-small-gamma": ("rbf", 2.0**-10, "reals"),
        "rbf-large-gamma": ("rbf", 4.0, "grid"),
        "rbf-far": ("rbf", 1.0, "far"),
        "rbf-farther": ("rbf", 1.0, "farther"),
        "rbf-reals": ("rbf", 0.25, "reals"),
        "rbf-duplicates": ("rbf", 1.0, "duplicates"),
        "rbf-zeros": ("rbf", 1.0, "zeros"),
        "rbf-underflow": ("rbf", 1.0, "apart"),
        "laplacian": ("laplacian", 0.5, "grid"),
        "laplacian-far": ("laplacian", 0.25, "far"),
        "laplacian-reals": ("laplacian", 1.0, "reals"),
        "laplacian-duplicates": ("laplacian", 2.0, "duplicates"),
    }
)
"""Kernel, gamma and the flavour of the points, for kernels that only see differences."""

GRAM_REGIMES: Mapping[str, tuple[str, float, float, int, str]] = MappingProxyType(
    {
        "linear": ("linear", 1.0, 0.0, 1, "whole"),
        "linear-duplicates": ("linear", 1.0, 0.0, 1, "duplicates"),
        "polynomial": ("polynomial", 1.0, 1.0, 2, "whole"),
        "polynomial-homogeneous": ("polynomial", 0.5, 0.0, 3, "whole"),
        "polynomial-duplicates": ("polynomial", 1.0, 1.0, 3, "duplicates"),
        "polynomial-reals": ("polynomial", 0.5, 1.0, 2, "reals"),
        "polynomial-negative-zeta": ("polynomial", 1.0, -1.0, 1, "zeros"),
        "rbf": ("rbf", 0.5, 0.0, 1, "reals"),
        "rbf-duplicates": ("rbf", 1.0, 0.0, 1, "duplicates"),
        "rbf-wide": ("rbf", 2.0**-12, 0.0, 1, "reals"),
        "laplacian": ("laplacian", 0.5, 0.0, 1, "reals"),
        "laplacian-duplicates": ("laplacian", 1.0, 0.0, 1, "duplicates"),
        "sigmoid": ("sigmoid", 0.5, 0.25, 1, "reals"),
        "sigmoid-counterexample": ("sigmoid", 1.0, -1.0, 1, "zeros"),
        "sigmoid-whole": ("sigmoid", 0.25, -0.5, 1, "whole"),
    }
)
"""Kernel, gamma, zeta, degree and the flavour of the points. Those of `INDEFINITE` need not be positive."""

INDEFINITE = frozenset({"polynomial-negative-zeta", "sigmoid", "sigmoid-counterexample", "sigmoid-whole"})

SCORE_REGIMES = ("ordinary", "whole", "zeros", "tails", "underflow", "at-one", "tiny", "large")
"""Normal · whole numbers · zeros of both signs · where e^−|s| is near the rounding · where it leaves float32 · beside
1 · down to 2^−120 · up to 1e37."""


def points(rng: Rng, rows: int, d: int, flavour: str, lanes: int) -> Floats:
    """Points (lane, rows, d): whole numbers, multiples of 1∕8, far ones, normal ones, doubled rows, a row of zeros."""
    x = rng.integers(-4, 5, (lanes, rows, d)).astype(np.float64)
    if flavour in ("grid", "far", "farther"):
        x = rng.integers(-16, 17, (lanes, rows, d)) / 8 + {"far": FAR, "farther": FARTHER}.get(flavour, 0.0)
    elif flavour == "reals":
        x = rng.standard_normal((lanes, rows, d))
    elif flavour == "apart":
        x *= 2.0 ** rng.integers(0, 5, (lanes, 1, 1))
    elif flavour == "zeros":
        x[:, 0] = 0.0
    return x


def pair(rng: Rng, shape: Shape, flavour: str, lanes: int) -> dict[str, Floats]:
    """Z (lane, m, d) and x (lane, n, d) of one flavour; duplicates: every x is one of the z."""
    z = points(rng, shape["m"], shape["d"], flavour, lanes)
    x = points(rng, shape["n"], shape["d"], flavour, lanes)
    if flavour == "duplicates":
        chosen = rng.integers(0, shape["m"], (lanes, shape["n"], 1))
        x = np.take_along_axis(z, chosen, axis=1)
    return {"z": z, "x": x}


def draw_polynomial(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """z, x with the settings gamma, zeta, degree; see `POLYNOMIAL_REGIMES`."""
    gamma, zeta, flavour = POLYNOMIAL_REGIMES[regime]
    settings: dict[str, Setting] = {"kernel": "polynomial", "gamma": gamma, "zeta": zeta, "degree": shape["degree"]}
    return Cases(pair(rng, shape, flavour, lanes), settings, regime)


def draw_flat(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """z, x with the settings kernel, gamma, terms; see `FLAT_REGIMES`."""
    kernel, gamma, flavour = FLAT_REGIMES[regime]
    settings = _settings(kernel, gamma) | {"terms": shape["terms"]}
    return Cases(pair(rng, shape, flavour, lanes), settings, regime)


def _settings(kernel: str, gamma: float, zeta: float = 0.0, degree: int = 1) -> dict[str, Setting]:
    return {"kernel": kernel, "gamma": gamma, "zeta": zeta, "degree": degree}


def draw_gram(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """One set of points as z and as x, see `GRAM_REGIMES`; with duplicates the last row is the first."""
    kernel, gamma, zeta, degree, flavour = GRAM_REGIMES[regime]
    x = points(rng, shape["n"], shape["d"], flavour, lanes)
    if flavour == "duplicates":
        x[:, -1] = x[:, 0]
    return Cases({"z": x, "x": x.copy()}, _settings(kernel, gamma, zeta, degree), regime)


def draw_scores(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Score (lane, n); see `SCORE_REGIMES`."""
    size = (lanes, shape["n"])
    sign = rng.choice([-1.0, 1.0], size)
    score = rng.normal(0, 3, size)
    if regime == "whole":
        score = rng.integers(-5, 6, size).astype(np.float64)
    elif regime == "zeros":
        score = 0.0 * sign
    elif regime == "tails":
        score = sign * rng.uniform(12, 45, size)
    elif regime == "underflow":
        score = sign * rng.uniform(80, 800, size)
    elif regime == "at-one":
        score = 1 + sign * 2.0 ** -rng.integers(1, 53, size)
    elif regime == "tiny":
        score = sign * 2.0 ** -rng.uniform(1, 120, size)
    elif regime == "large":
        score = sign * 10.0 ** rng.uniform(2, 37, size)
    return Cases({"score": score}, {}, regime)


def valid_points(cases: Cases) -> NDArray[np.bool_]:
    """Every coordinate is finite: (lane,)."""
    return np.asarray(np.all([np.isfinite(cases[name]).all(axis=(1, 2)) for name in cases.arrays], axis=0))


def valid_gram(cases: Cases) -> NDArray[np.bool_]:
    """Both sets of points are the same one, and finite: (lane,)."""
    return np.asarray(valid_points(cases) & (cases["x"] == cases["z"]).all(axis=(1, 2)))


def valid_scores(cases: Cases) -> NDArray[np.bool_]:
    """Every score is finite in the subject's dtype: (lane,)."""
    return np.asarray(np.isfinite(cases["score"]).all(axis=1))


def _tumours(x: Floats, y: Floats) -> Cases:
    """Sixteen patients against as many others."""
    return Cases({"z": x[None, :16], "x": x[None, 16:32]}, _settings("rbf", 2.0**-5) | {"terms": 8}, "breast-cancer")


_PAIR = {"z": Axes(("m", "d"), "real"), "x": Axes(("n", "d"), "real")}

POLYNOMIAL = Domain(
    {"n": (1, 3), "m": (1, 3), "d": (1, 4), "degree": (1, 4)},
    tuple(POLYNOMIAL_REGIMES),
    draw_polynomial,
    _PAIR,
    {"degree": 1},
    valid_points,
)
"""Points for the polynomial kernel and its features."""

FLAT = Domain(
    {"n": (1, 4), "m": (1, 4), "d": (1, 4), "terms": (1, 12)},
    tuple(FLAT_REGIMES),
    draw_flat,
    _PAIR,
    {"terms": 1},
    valid_points,
    offered(_tumours, "breast-cancer"),
)
"""Points for kernels of differences."""


def _scatter(x: Floats, y: Floats) -> Cases:
    """Twelve handwritten digits, of which some pixels never vary."""
    return Cases({"z": x[None, :12], "x": x[None, :12]}, _settings("rbf", 2.0**-7), "digits-3-8")


GRAM = Domain(
    {"n": (1, 6), "d": (1, 4)},
    tuple(GRAM_REGIMES),
    draw_gram,
    {"z": Axes(("n", "d")), "x": Axes(("n", "d"))},
    valid=valid_gram,
    real=offered(_scatter, "digits-3-8"),
)
"""One set of points, whose gram matrix is square."""

SCORES = Domain({"n": (1, 9)}, SCORE_REGIMES, draw_scores, {"score": Axes(("n",), "real")}, valid=valid_scores)
"""Scores y f."""
