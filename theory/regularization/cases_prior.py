"""A Gaussian prior, and balls for coefficients: regimes drawn a whole batch at a time.

x (lane, n, p), y (lane, n); noise_variance and prior_variance (lane,), or radius (lane,).
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Shape
from theory.regularization.bounds_ridge import well_posed
from theory.regularization.cases_ridge import AXES, Rng, design, penalty_for, target
from theory.regularization.data import offered

Floats = NDArray[np.float64]

PRIOR_REGIMES = (
    "generic",
    "integers",
    "equal-variances",
    "collinear",
    "duplicates",
    "zero-column",
    "wide",
    "zero-target",
    "tiny-scale",
    "huge-scale",
    "single-sample",
)
"""As the flavours of ridge; σ² = τ², where confusing the two shows nothing."""


def draw_prior(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Data with a noise variance and a prior variance whose quotient is the λ of a ridge problem."""
    x = design(rng, 1 if regime == "single-sample" else shape["n"], shape["p"], regime, lanes)
    noise = 10 ** rng.uniform(-2, 2, lanes)
    prior = noise / penalty_for(rng, x, "generic", -4.0)
    if regime == "integers":
        noise, prior = rng.integers(1, 9, lanes) / 4, rng.integers(1, 9, lanes) / 4
    if regime == "equal-variances":
        prior = noise.copy()
    arrays = {"x": x, "y": target(rng, x, regime), "noise_variance": noise, "prior_variance": prior}
    return Cases(arrays, {}, regime)


def valid_prior(cases: Cases) -> NDArray[np.bool_]:
    """Positive variances: (lane,)."""
    return np.asarray((cases["noise_variance"] > 0) & (cases["prior_variance"] > 0))


def as_penalty(cases: Cases) -> Cases:
    """The ridge problem with λ = σ² ∕ τ²."""
    arrays = {"x": cases["x"], "y": cases["y"], "penalty": cases["noise_variance"] / cases["prior_variance"]}
    return replace(cases, arrays=arrays, settings={"intercept": 0, "solver": "svd"})


def _real_prior(x: Floats, y: Floats) -> Cases:
    noise = np.array([float(y.var())])
    arrays = {"x": x[None], "y": (y - y.mean())[None], "noise_variance": noise, "prior_variance": noise / 4}
    return Cases(arrays, {}, "real")


WEIGHT = Axes((), "weight")
PRIORS = Domain(
    {"n": (1, 10), "p": (1, 4)},
    PRIOR_REGIMES,
    draw_prior,
    {"x": AXES["x"], "y": AXES["y"], "noise_variance": WEIGHT, "prior_variance": WEIGHT},
    valid=valid_prior,
    real=offered(_real_prior, "diabetes"),
)
"""Linear regressions with Gaussian noise and a Gaussian prior."""

BALL_SHARES = MappingProxyType({"inside": (1.05, 4.0), "on-the-edge": (1.0, 1.0), "far-outside": (1e-4, 0.05)})
"""Radius ÷ length of the least-norm solution."""

BALL_REGIMES = (
    "outside",
    *BALL_SHARES,
    "integers",
    "collinear",
    "duplicates",
    "zero-column",
    "orthogonal",
    "wide",
    "wide-inside",
    "duplicates-inside",
    "zero-target",
    "tiny-scale",
    "huge-scale",
    "single-sample",
)
"""Where the least-norm solution lies; the flavours of ridge, outside where nothing is said."""


def draw_ball(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Data with the radius of a ball, relative to the length of the least-norm solution."""
    flavour = regime.removesuffix("-inside")
    x = design(rng, 1 if flavour == "single-sample" else shape["n"], shape["p"], flavour, lanes)
    y = target(rng, x, flavour)
    least = np.einsum("lpn,ln->lp", np.linalg.pinv(x), y)
    length = np.linalg.norm(least, axis=1)
    place = "inside" if regime.endswith("inside") else regime
    radius = np.where(length > 0, length, 1.0) * rng.uniform(*BALL_SHARES.get(place, (0.05, 0.95)), lanes)
    return Cases({"x": x, "y": y, "radius": radius}, {}, regime)


def valid_ball(cases: Cases) -> NDArray[np.bool_]:
    """A positive radius, and singular values that are clearly there or clearly not: (lane,)."""
    free = replace(cases, arrays={"x": cases["x"], "y": cases["y"], "penalty": np.zeros(cases.lanes)}, settings={})
    return np.asarray((cases["radius"] > 0) & well_posed(free))


def _real_ball(x: Floats, y: Floats) -> Cases:
    centred = y - y.mean()
    length = float(np.linalg.norm(np.linalg.lstsq(x, centred, rcond=None)[0]))
    arrays = {"x": np.repeat(x[None], 2, axis=0), "y": np.repeat(centred[None], 2, axis=0)}
    return Cases({**arrays, "radius": length * np.array([0.2, 2.0])}, {}, "real")


BALLS = Domain(
    {"n": (1, 10), "p": (1, 4)},
    BALL_REGIMES,
    draw_ball,
    {"x": AXES["x"], "y": AXES["y"], "radius": WEIGHT},
    valid=valid_ball,
    real=offered(_real_ball, "diabetes"),
)
"""Least squares within a ball."""
