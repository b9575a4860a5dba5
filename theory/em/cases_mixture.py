"""Gaussian mixtures: named regimes drawn a whole batch at a time.

x (lane, n, d), sample_weight (lane, n), pi (lane, k), mu (lane, k, d) and the covariances under the name of their
shape; the setting `covariance` is that name. A regime is the name of the shape and, after a dash, a flavour.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import UNIT_ROUNDOFF
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.em.port import COVARIANCES

Rng = np.random.Generator
Floats = NDArray[np.float64]

SHAPES = MappingProxyType({"n": (1, 12), "d": (1, 3), "k": (1, 3)})
AXES = MappingProxyType(
    {
        "x": Axes(("n", "d"), "real"),
        "sample_weight": Axes(("n",), "weight"),
        "resp": Axes(("n", "k"), "weight"),
        "q": Axes(("n", "k"), "weight"),
        "pi": Axes(("k",), "weight"),
        "mu": Axes(("k", "d"), "real"),
        "full": Axes(("k", "d", "d")),
        "tied": Axes(("d", "d")),
        "diag": Axes(("k", "d")),
        "spherical": Axes(("k",)),
    }
)
FLAVOURS = ("far", "rare", "dead", "twins", "duplicates", "tiny-scale", "huge-scale", "offset", "ill", "weighted")
"""Points 2^10 deviations away · a weight down to 2^-40 · a weight of 0 · two equal components · equal rows · data and
deviations of 2^-10 or 2^10 · a mean 2^10 deviations from 0 · a condition number up to 2^10 · sample weights, some 0."""

REGIMES = (*COVARIANCES, *(f"full-{flavour}" for flavour in FLAVOURS), "diag-tiny-scale", "spherical-far", "tied-rare")


def shape_of(regime: str) -> str:
    """The shape of covariance that a regime is about."""
    return regime.partition("-")[0]


def covariances(rng: Rng, kind: str, lanes: int, k: int, d: int, scale: float, condition: float) -> Floats:
    """Random variances (lane, …) of one shape: scale² times eigenvalues in [1/condition, 1], symmetric to the bit."""
    count = {"full": (lanes, k), "tied": (lanes,), "diag": (lanes, k), "spherical": (lanes, k)}[kind]
    if kind == "spherical":
        return np.asarray(scale**2 * condition ** -rng.random(count))
    values = condition ** -rng.random((*count, d))
    if kind == "diag":
        return np.asarray(scale**2 * values)
    turn, _ = np.linalg.qr(rng.standard_normal((*count, d, d)))
    made = (turn * values[..., None, :]) @ turn.swapaxes(-1, -2)
    return np.asarray(scale**2 * (made + made.swapaxes(-1, -2)) / 2)


def simplex(rng: Rng, *shape: int) -> Floats:
    """Probabilities along the last axis, Dirichlet(1), that sum to 1 up to rounding."""
    return np.asarray(rng.dirichlet(np.ones(shape[-1]), size=shape[:-1]))


def draw_mixture(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A mixture and rows near its components; what differs between regimes is said at `FLAVOURS`."""
    n, d, k = shape["n"], shape["d"], shape["k"]
    kind, flavour = shape_of(regime), regime.partition("-")[2]
    scale = {"tiny-scale": 2.0**-10, "huge-scale": 2.0**10}.get(flavour, 1.0)
    spread = covariances(rng, kind, lanes, k, d, scale, 2.0 ** (10 if flavour == "ill" else 4))
    centre = 2.0**10 * scale * (flavour == "offset")
    mu = centre + 2 * scale * rng.standard_normal((lanes, k, d))
    owner = rng.integers(0, k, (lanes, n))
    x = np.take_along_axis(mu, owner[..., None], axis=1) + scale * rng.standard_normal((lanes, n, d))
    pi, weight = simplex(rng, lanes, k), np.ones((lanes, n))
    if flavour == "far":
        x[:, :1] += 2.0**10 * scale * rng.choice([-1.0, 1.0], (lanes, 1, d))
    if flavour == "duplicates":
        x = x[:, rng.integers(0, (n + 1) // 2, n)]
    if flavour == "weighted":
        weight = rng.integers(0, 4, (lanes, n)).astype(np.float64)
        weight[:, 0] += 1
    if k > 1:
        if flavour == "rare":
            pi = rescaled(pi, 2.0 ** -rng.integers(10, 41, lanes))
        if flavour == "dead":
            pi = rescaled(pi, np.zeros(lanes))
        if flavour == "twins":
            mu[:, -1], pi[:, -1], spread[:, -1] = mu[:, 0], pi[:, 0], spread[:, 0]
            pi = pi / pi.sum(axis=1, keepdims=True)
    arrays = {"x": x, "sample_weight": weight, "pi": pi, "mu": mu, kind: spread}
    return Cases(arrays, {"covariance": kind}, regime)


def rescaled(pi: Floats, last: NDArray[Any]) -> Floats:
    """The same weights (lane, k) with the last one set to `last` (lane,) and the others summing to the rest."""
    others = pi[:, :-1] / pi[:, :-1].sum(axis=1, keepdims=True)
    return np.concatenate([others * (1 - last[:, None]), last[:, None]], axis=1)


def settled(cases: Cases) -> Cases:
    """Weights of components, responsibilities and guesses rescaled to sum to 1, after dropping a component."""
    mended = {}
    for name in ("pi", "resp", "q"):
        if name in cases.arrays:
            total = cases[name].sum(axis=-1, keepdims=True)
            mended[name] = cases[name] / np.where(total > 0, total, 1.0)
    return cases.with_arrays(**mended)


def valid(cases: Cases) -> NDArray[np.bool_]:
    """Weights, responsibilities and guesses that are distributions, and some row with a weight: (lane,)."""
    good = cases["sample_weight"].sum(axis=1) > 0 if "sample_weight" in cases.arrays else np.ones(cases.lanes, bool)
    for name in ("pi", "resp", "q"):
        if name in cases.arrays:
            off = np.abs(cases[name].sum(axis=-1) - 1).reshape(cases.lanes, -1).max(axis=1)
            good = good & (off <= 8 * cases[name].shape[-1] * max(cases.u, UNIT_ROUNDOFF["float64"]))
    return np.asarray(good)


MIXTURES = Domain(SHAPES, REGIMES, draw_mixture, AXES, valid=valid, settle=settled)
"""Mixtures with the rows that they are asked about."""
