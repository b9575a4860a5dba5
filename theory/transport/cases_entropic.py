"""Problems for entropic transport: named regimes drawn a whole batch at a time, and bundled data.

Weights are whole multiples of 2^−20 with total exactly 1, so that totals are exact in every dtype and order of sums.
ε is shared by a batch; it is a small number of bits times the size of the regime's costs.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Shape
from theory.transport import data
from theory.transport.oracle_entropic import Floats

Rng = np.random.Generator

GRAIN = 2.0**-20
"""Every weight is a multiple of it."""

PLAIN = "two-by-two"
"""Two points on each side, weights in quarters, whole costs 0 … 3: first, so that what fails there is easy to read.
Dropping a point changes the totals, so the shrinker cannot make a problem smaller than it was drawn."""

COSTS = ("generic", "integers", "ties", "squares", "shifted", "tiny-scale", "huge-scale")
WEIGHTS = ("zero-weights", "near-uniform", "heavy-tailed", "diracs")
TEMPERATURES = ("small-eps", "cold", "large-eps")
SIZES = ("one-row", "one-column")
UNCONVERGED = (PLAIN, *COSTS, *WEIGHTS, *TEMPERATURES, *SIZES)
CONVERGED = ("interrupted", "converged", "converged-64", "converged-cold")
"""Regimes with tol > 0: stopped too early, guaranteed to converge by Sinkhorn's rate, the same to 2^−34, and cold."""

FLOAT64_ONLY = ("converged-64",)
SCALES = MappingProxyType({"integers": 16.0, "squares": 4.0, "tiny-scale": 2.0**-40, "huge-scale": 2.0**40})
SWEEPS = MappingProxyType({"interrupted": 2, "converged": 400, "converged-64": 400, "converged-cold": 400})
TOL = MappingProxyType(
    {"interrupted": 2.0**-8, "converged": 2.0**-10, "converged-64": 2.0**-34, "converged-cold": 2.0**-10}
)
RATIOS = MappingProxyType(
    {
        PLAIN: (0.5, 1.0),
        "small-eps": (2.0**-12, 3 * 2.0**-12),
        "cold": (0.03125, 0.0234375, 2.0**-8, 3 * 2.0**-10),
        "large-eps": (24.0, 2.0**10),
        "converged": (0.125, 0.375, 0.5, 1.0),
        "converged-64": (0.125, 0.375, 0.5, 1.0),
        "converged-cold": (0.03125, 0.0234375, 2.0**-8, 3 * 2.0**-10),
    }
)
USUAL_RATIOS = (0.046875, 0.125, 0.3125, 0.5, 1.0, 3.0)
MOST_EXPONENT = 2.0**14
"""Largest max|C|/ε at which float32 exponents still have a correct digit after the decimal point."""


def grains(raw: Floats) -> Floats:
    """Weights (lane, n) ≥ 0 made multiples of `GRAIN` with total exactly 1; what is left over goes to the largest."""
    counts = np.floor(raw / raw.sum(axis=1, keepdims=True) / GRAIN)
    counts[np.arange(len(raw)), raw.argmax(axis=1)] += 1 / GRAIN - counts.sum(axis=1)
    return np.asarray(counts * GRAIN)


def weights(rng: Rng, regime: str, lanes: int, n: int) -> Floats:
    """Weights (lane, n) of a regime, total 1."""
    shape = (lanes, n)
    if regime == PLAIN:
        first = rng.integers(1, 4, lanes) / 4
        return np.stack([first, 1 - first], axis=1)
    if regime in ("integers", "ties"):
        raw = rng.integers(1, 6, shape).astype(np.float64)
    elif regime == "zero-weights":
        raw = rng.integers(0, 3, shape).astype(np.float64)
        raw[np.arange(lanes), rng.integers(0, n, lanes)] += 1
    elif regime == "near-uniform":
        raw = 1 + 2.0**-10 * rng.standard_normal(shape)
    elif regime == "heavy-tailed":
        raw = 2.0 ** rng.uniform(-12, 0, shape)
    elif regime == "diracs":
        raw = np.eye(n)[rng.integers(0, n, lanes)]
    else:
        raw = rng.uniform(0.05, 1, shape)
    return grains(raw)


def costs(rng: Rng, regime: str, lanes: int, n: int, m: int) -> Floats:
    """Costs (lane, n, m) of a regime, of the size that `SCALES` says."""
    shape = (lanes, n, m)
    if regime == PLAIN:
        return rng.integers(0, 4, shape).astype(np.float64)
    if regime == "integers":
        return rng.integers(-5, 21, shape).astype(np.float64)
    if regime == "ties":
        return np.asarray(rng.integers(0, 3, shape) / 2, dtype=np.float64)
    if regime == "squares":
        x, y = rng.uniform(-1, 1, (lanes, n, 1, 2)), rng.uniform(-1, 1, (lanes, 1, m, 2))
        return np.asarray(((x - y) ** 2).sum(axis=-1))
    C = rng.uniform(0, 1, shape) * SCALES.get(regime, 1.0)
    return np.asarray(C - 8.0 if regime == "shifted" else C)


def temperature(rng: Rng, regime: str) -> float:
    """ε of a regime."""
    return float(rng.choice(RATIOS.get(regime, USUAL_RATIOS)) * SCALES.get(regime, 1.0))


def sizes(regime: str, shape: Shape) -> tuple[int, int]:
    """Numbers of rows and columns."""
    if regime == PLAIN:
        return 2, 2
    return (1 if regime == "one-row" else shape["n"]), (1 if regime == "one-column" else shape["m"])


def draw_problem(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Two measures, a cost, ε, and how long Sinkhorn may work."""
    n, m = sizes(regime, shape)
    arrays = {
        "a": weights(rng, regime, lanes, n),
        "b": weights(rng, regime, lanes, m),
        "C": costs(rng, regime, lanes, n, m),
    }
    settings = {
        "eps": temperature(rng, regime),
        "sweeps": SWEEPS.get(regime, shape["sweeps"]),
        "tol": TOL.get(regime, 0.0),
    }
    return Cases(arrays, settings, regime)


def valid(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): weights ≥ 0 of total exactly 1, finite costs that ε does not make too large, a dtype wide enough."""
    good = np.isfinite(cases["C"]).all(axis=(1, 2))
    good &= np.abs(cases["C"]).max(axis=(1, 2)) <= MOST_EXPONENT * float(cases.settings["eps"])
    for name in ("a", "b"):
        good &= (cases[name] >= 0).all(axis=1) & (cases[name].sum(axis=1) == 1)
    return np.asarray(good & (cases.dtype == "float64" or cases.regime not in FLOAT64_ONLY))


def _real(load: Callable[[], Cases], ratio: float, sweeps: int) -> Callable[[], Cases]:
    """Bundled data with total 1, and ε a fraction of the largest cost."""

    def loaded() -> Cases:
        cases = load()
        eps = ratio * 2.0 ** np.round(np.log2(cases["C"].max()))
        arrays = {"a": grains(cases["a"]), "b": grains(cases["b"])}
        return cases.with_arrays(**arrays).with_settings(eps=float(eps), sweeps=sweeps, tol=0.0)

    return loaded


REAL = MappingProxyType({name: _real(load, 2.0**-5, 5) for name, load in data.REAL.items()})
AXES = MappingProxyType({"a": Axes(("n",)), "b": Axes(("m",)), "C": Axes(("n", "m"), "real")})
PROBLEM_SHAPES = MappingProxyType({"n": (1, 8), "m": (1, 8), "sweeps": (1, 12)})

SINKHORN_DOMAIN = Domain(
    PROBLEM_SHAPES,
    (*UNCONVERGED, *CONVERGED),
    draw_problem,
    AXES,
    MappingProxyType({"sweeps": 1}),
    valid,
    REAL,
)
BIAS_DOMAIN = Domain(PROBLEM_SHAPES, UNCONVERGED, draw_problem, AXES, MappingProxyType({"sweeps": 1}), valid, REAL)


def draw_contraction(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A cost, ε and two vectors of logarithms: anywhere, close together, far apart, or where κ is attained."""
    n, m = (2, 2) if regime.startswith("tight") else sizes(regime, shape)
    C = costs(rng, regime, lanes, n, m)
    eps = temperature(rng, regime)
    u, v = (rng.standard_normal((lanes, m)) * {"far": 32.0}.get(regime, 1.0) for _ in range(2))
    if regime == PLAIN:
        u, v = (rng.integers(-3, 4, (lanes, m)).astype(np.float64) for _ in range(2))
    if regime == "close":
        v = u + 2.0**-10 * v
    if regime == "constant":
        v = u + 1.0
    if regime.startswith("tight"):
        step = 2.0 ** (-6 if regime == "tight" else -12)
        middle = (C[:, 0, 0] + C[:, 1, 0] - C[:, 0, 1] - C[:, 1, 1]) / (2 * eps)
        u, v = (np.stack([middle + side * step, np.zeros(lanes)], axis=1) for side in (1, -1))
    return Cases({"C": C, "u": u, "v": v}, {"eps": eps}, regime)


def valid_kernel(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): finite numbers, and exponents that keep a correct digit."""
    good = np.abs(cases["C"]).max(axis=(1, 2)) <= MOST_EXPONENT * float(cases.settings["eps"])
    for name in ("C", "u", "v"):
        good &= np.isfinite(cases[name].reshape(cases.lanes, -1)).all(axis=1)
    return np.asarray(good)


CONTRACTION_DOMAIN = Domain(
    MappingProxyType({"n": (1, 7), "m": (1, 7)}),
    (PLAIN, "tight", "tighter", "close", "far", "constant", *COSTS, *TEMPERATURES, *SIZES),
    draw_contraction,
    MappingProxyType({"C": Axes(("n", "m"), "real"), "u": Axes(("m",), "real"), "v": Axes(("m",), "real")}),
    valid=valid_kernel,
)


GRADIENT_REGIMES = (
    "linear-two-by-two", "linear-generic", "linear-integers", "linear-ties", "linear-zero-weights", "linear-shifted",
    PLAIN, "generic", "integers", "zero-weights", "near-uniform", "squares", "shifted", "early-stop", "unconverged",
    *SIZES,
)  # fmt: skip
"""Those that begin with "linear" have ε = 0."""

WARM_RATIOS = (0.375, 0.5, 1.0, 3.0)
"""ε relative to osc C at which 64 sweeps of Sinkhorn converge whatever the problem."""


def draw_gradients(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Problems whose value is differentiated: the linear programme (ε = 0), or an entropic one that converges."""
    flavour = regime.removeprefix("linear-")
    cases = draw_problem(rng, {**shape, "sweeps": 64}, flavour, lanes)
    warm = float(rng.choice(WARM_RATIOS)) * SCALES.get(flavour, 1.0)
    settings = {
        "eps": 0.0 if flavour != regime else cases.settings["eps"] if regime == PLAIN else warm,
        "sweeps": 2 if regime == "unconverged" else 64,
        "tol": 2.0**-12 if regime == "early-stop" else 0.0,
    }
    return Cases(cases.arrays, settings, regime)


def valid_gradients(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): as `valid`; any finite cost will do for the linear programme."""
    eps = float(cases.settings["eps"])
    return valid(cases if eps > 0 else cases.with_settings(eps=float(np.abs(cases["C"]).max(initial=1.0))))


GRADIENT_DOMAIN = Domain(
    MappingProxyType({"n": (1, 4), "m": (1, 4)}),
    GRADIENT_REGIMES,
    draw_gradients,
    AXES,
    MappingProxyType({"sweeps": 1}),
    valid_gradients,
)
