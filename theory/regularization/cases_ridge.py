"""Ridge problems: named regimes drawn a whole batch at a time.

x (lane, n, p), y (lane, n), penalty (lane,) or penalties (lane, l). A regime is a flavour of the data with a solver and
with an intercept or without, since each of them can go wrong by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Setting, Shape
from theory.regularization.bounds_ridge import well_posed
from theory.regularization.data import offered

Rng = np.random.Generator
Floats = NDArray[np.float64]
Settings = Mapping[str, Setting]
FAR = 256
"""How far the columns of the regime `offset` lie from 0, in their own spreads."""

FREE = ("no-penalty", "least-norm", "least-norm-wide")
"""Flavours with λ = 0."""


def _orthogonal(rng: Rng, n: int, p: int, lanes: int) -> Floats:
    """Columns of a Hadamard matrix of the next power of two rows: XᵀX = rows · I."""
    from scipy.linalg import hadamard

    rows = 1 << max(n, p, 2).bit_length()
    table = hadamard(rows).astype(np.float64)
    columns = np.stack([rng.permutation(np.arange(1, rows))[:p] for _ in range(lanes)])
    return np.asarray(table[:, columns].transpose(1, 0, 2))


def design(rng: Rng, n: int, p: int, flavour: str, lanes: int) -> Floats:
    """Features (lane, n, p) of a flavour; `wide` turns the shape round."""
    if flavour in ("wide", "least-norm-wide"):
        n, p = (p, n + p) if flavour == "wide" else (max(1, p - 1), p + 1)
    if flavour == "orthogonal":
        return _orthogonal(rng, n, p, lanes)
    if flavour == "no-penalty":
        n += p + 2
    x = rng.normal(size=(lanes, n, p))
    if flavour in ("integers", "duplicates", "zero-column", "constant-column", "least-norm"):
        x = rng.integers(-4, 5, (lanes, n, p)).astype(np.float64)
    if flavour == "least-norm":
        x = np.concatenate([x + 0.0, x[..., -1:]], axis=2)
    if flavour == "collinear" and p > 1:
        x[..., -1] = x[..., 0] + 1e-4 * rng.normal(size=(lanes, n))
    if flavour == "duplicates" and p > 1:
        x[..., -1] = x[..., 0]
    if flavour == "zero-column":
        x[..., -1] = 0
    if flavour == "constant-column":
        x[..., -1] = 3
    if flavour == "offset":
        x = x + FAR * rng.normal(size=(lanes, 1, p))
    scale = {"tiny-scale": 2.0**-30, "huge-scale": 2.0**30}.get(flavour, 1.0)
    return np.asarray(x * scale)


def target(rng: Rng, x: Floats, flavour: str) -> Floats:
    """Answers (lane, n): a linear function of x and noise; whole numbers where the flavour's features are."""
    lanes, n, p = x.shape
    if flavour == "zero-target":
        return np.zeros((lanes, n))
    if flavour in ("integers", "duplicates", "orthogonal"):
        return rng.integers(-8, 9, (lanes, n)).astype(np.float64)
    signal = np.einsum("lnp,lp->ln", x / np.maximum(np.abs(x).max(axis=(1, 2), keepdims=True), 1e-300),
                       rng.normal(size=(lanes, p)))  # fmt: skip
    return np.asarray(signal + rng.normal(size=(lanes, n)) + (FAR if flavour == "offset" else 0))


def strength(x: Floats) -> Floats:
    """Mean squared entry of x less its column means, times n; 1 where x is constant: the scale of λ, (lane,)."""
    size = ((x - x.mean(axis=1, keepdims=True)) ** 2).sum(axis=1).mean(axis=1)
    return np.asarray(np.where(size > 0, size, np.maximum((x**2).sum(axis=1).mean(axis=1), 2.0**-60)))


def penalty_for(rng: Rng, x: Floats, flavour: str, low: float = -5.0, high: float = 3.0) -> Floats:
    """λ (lane,) between 10^low and 10^high times the scale of XᵀX; a multiple of 1∕8 for whole numbers."""
    if flavour in FREE:
        return np.zeros(len(x))
    if flavour == "integers":
        return rng.integers(1, 65, len(x)) / 8
    return np.asarray(strength(x) * 10 ** rng.uniform(low, high, len(x)))


def regimes(*flavours: str, solvers: tuple[str, ...] = ("svd", "cholesky")) -> dict[str, Settings]:
    """Every flavour with each solver, the intercept on for every other one: {"generic-svd": {…}, …}."""
    return {
        f"{flavour}-{solver}": {"solver": solver, "intercept": int((i + j) % 2 == 1 or flavour in CENTRED)}
        for i, flavour in enumerate(flavours)
        for j, solver in enumerate(solvers)
    }


CENTRED = ("constant-column", "offset")
"""Flavours that are of interest with an intercept."""

PLAIN = ("generic", "integers", "collinear", "duplicates", "zero-column", "constant-column", "offset", "wide")
EXTREME = ("zero-target", "tiny-scale", "huge-scale", "single-sample", "no-penalty")

RIDGE_REGIMES: Mapping[str, Settings] = MappingProxyType(
    {
        **regimes(*PLAIN, *EXTREME),
        "generic-intercept-svd": {"solver": "svd", "intercept": 1},
        "generic-intercept-cholesky": {"solver": "cholesky", "intercept": 1},
        "least-norm-svd": {"solver": "svd", "intercept": 0},
        "least-norm-intercept-svd": {"solver": "svd", "intercept": 1},
        "least-norm-wide-svd": {"solver": "svd", "intercept": 0},
    }
)
"""Gaussian · whole numbers, λ a multiple of 1∕8 · two columns 1e-4 apart · two equal columns · a column of zeros · a
constant column · columns far from 0 · more features than samples · y = 0 · features of size 2^-30 · of size 2^30 · one
sample · λ = 0 with independent columns · λ = 0 with dependent ones, or with more features than samples."""


def flavour_of(regime: str) -> str:
    """The flavour in a regime's name: "zero-column-svd" → "zero-column"."""
    name = regime.removesuffix("-svd").removesuffix("-cholesky")
    return name.removesuffix("-intercept")


def draw_ridge(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Problems with their penalties; what differs between regimes is said at `RIDGE_REGIMES`."""
    flavour = flavour_of(regime)
    x = design(rng, 1 if flavour == "single-sample" else shape["n"], shape["p"], flavour, lanes)
    arrays = {"x": x, "y": target(rng, x, flavour), "penalty": penalty_for(rng, x, flavour)}
    return Cases(arrays, RIDGE_REGIMES.get(regime, {}), regime)


AXES = MappingProxyType({"x": Axes(("n", "p"), "real"), "y": Axes(("n",), "real"), "penalty": Axes((), "weight")})


def several(solver: str, intercept: int) -> Callable[[Floats, Floats], Cases]:
    """A real table with three penalties, 10⁻³, 10⁻¹ and 10 times the scale of XᵀX."""

    def make(x: Floats, y: Floats) -> Cases:
        penalty = strength(x[None]) * 10.0 ** np.array([-3.0, -1.0, 1.0])
        arrays = {"x": np.repeat(x[None], 3, axis=0), "y": np.repeat(y[None], 3, axis=0), "penalty": penalty}
        return Cases(arrays, {"solver": solver, "intercept": intercept}, "real")

    return make


REAL = MappingProxyType(
    {**offered(several("svd", 1), "diabetes"), **offered(several("cholesky", 1), "diabetes-measured")}
)

RIDGE = Domain({"n": (1, 12), "p": (1, 4)}, tuple(RIDGE_REGIMES), draw_ridge, AXES, valid=well_posed, real=REAL)
"""Ridge regressions by both solvers, with an intercept and without."""


def penalised(cases: Cases) -> NDArray[np.bool_]:
    """`well_posed` with λ > 0: (lane,)."""
    return np.asarray(well_posed(cases) & (cases["penalty"] > 0))


def without_intercept(domain: Domain, *flavours: str, solvers: tuple[str, ...] = ("svd", "cholesky")) -> Domain:
    """A domain of these flavours without an intercept, each with every solver."""
    table = {name: {**settings, "intercept": 0} for name, settings in regimes(*flavours, solvers=solvers).items()}

    def draw(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
        return replace(domain.draw(rng, shape, regime, lanes), settings=table[regime])

    return replace(domain, regimes=tuple(table), draw=draw, real={})
