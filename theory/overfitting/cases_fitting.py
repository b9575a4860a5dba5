"""Designs and targets for least squares: named regimes drawn a whole batch at a time.

x (lane, n, d), y (lane, n). A design has full column rank where nothing else is said, and so much of it that rounding
cannot take it away.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Shape
from theory.overfitting.bounds_fitting import solvable
from theory.overfitting.data import diabetes

Rng = np.random.Generator
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

TINY, HUGE = 2.0**-30, 2.0**30
"""Units of the regimes tiny-scale and huge-scale."""

FAR = 2.0**3
"""How far from 0 the columns of the regime offset are, in deviations."""

DESIGNS = (
    "generic",
    "integers",
    "single-column",
    "square",
    "intercept",
    "polynomial",
    "duplicate-rows",
    "zero-row",
    "leverage-one",
    "orthogonal",
    "offset",
    "column-scales",
    "near-collinear",
    "tiny-scale",
    "huge-scale",
)
"""Normal · small whole numbers · d = 1 · n = d · a column of ones · powers of a node · every row twice · a row of zeros
· a column that one row has to itself · orthogonal columns · columns far from 0 · columns in units of 2^±5 · two columns
alike but for 1/16 · all numbers in units of 2^-30 or 2^30."""

TARGETS = ("exact-fit", "zero-target", "constant-target")
"""y = Xw to the bit · y = 0 · y the same in all rows."""


def sizes_in(shape: Shape, regime: str) -> tuple[int, int]:
    """Rows and columns of a regime: at least as many rows as columns."""
    d = 1 if regime == "single-column" else shape["d"]
    n = d if regime == "square" else max(shape["n"], d)
    return (n + 1, d) if regime == "zero-row" else (n, d)


def design(rng: Rng, regime: str, lanes: int, n: int, d: int) -> Floats:
    """Designs (lane, n, d) of the flavours in `DESIGNS`; any other name is generic."""
    x = rng.standard_normal((lanes, n, d))
    if regime in ("integers", "exact-fit"):
        x = rng.integers(-4, 5, (lanes, n, d)).astype(np.float64)
    if regime == "intercept":
        x[..., 0] = 1
    if regime == "polynomial":
        nodes = np.sort(rng.uniform(-1, 1, (lanes, n)), axis=1)
        x = nodes[..., None] ** np.arange(d)
    if regime == "duplicate-rows":
        x[:, n - n // 2 :] = x[:, : n // 2]
    if regime == "zero-row":
        x[:, -1] = 0
    if regime == "leverage-one":
        x[..., -1] = 0
        x[:, 0, -1] = 1
    if regime == "orthogonal":
        x = np.zeros((lanes, n, d))
        owner = rng.permuted(np.arange(n) % d, axis=0)
        x[:, np.arange(n), owner] = rng.choice([-1.0, 1.0], (lanes, n))
    if regime == "offset":
        x = x + FAR
    if regime == "column-scales":
        x = x * np.exp2(rng.integers(-5, 6, (lanes, 1, d)))
    if regime == "near-collinear" and d > 1:
        x[..., -1] = x[..., 0] + x[..., -1] / 16
    return x


def target(rng: Rng, regime: str, x: Floats) -> Floats:
    """Targets (lane, n) of the flavours in `TARGETS`; any other name has a signal and noise."""
    lanes, n, d = x.shape
    w = rng.integers(-4, 5, (lanes, d)).astype(np.float64)
    signal = np.einsum("lnd,ld->ln", x, w)
    if regime == "exact-fit":
        return np.asarray(signal)
    if regime == "zero-target":
        return np.zeros((lanes, n))
    if regime == "constant-target":
        return np.repeat(rng.integers(1, 9, (lanes, 1)).astype(np.float64), n, axis=1)
    if regime == "integers":
        return rng.integers(-9, 10, (lanes, n)).astype(np.float64)
    return np.asarray(signal * rng.choice([0.0, 1.0], (lanes, 1)) + rng.standard_normal((lanes, n)))


def scaled(regime: str) -> float:
    """The unit of a regime's numbers."""
    return TINY if regime == "tiny-scale" else HUGE if regime == "huge-scale" else 1.0


def draw_fits(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A design of full column rank and a target; see `DESIGNS` and `TARGETS`."""
    n, d = sizes_in(shape, regime)
    x = design(rng, regime, lanes, n, d)
    return Cases({"x": x * scaled(regime), "y": target(rng, regime, x) * scaled(regime)}, {}, regime)


def valid_fits(cases: Cases) -> Mask:
    """See `bounds_fitting.solvable`."""
    return solvable(cases["x"], cases.u)


def real_fits(columns: int, rows: int = 442) -> Callable[[], Cases]:
    """The diabetes study's first rows and columns."""

    def load() -> Cases:
        x, y = diabetes()
        return Cases({"x": x[None, :rows, :columns], "y": y[None, :rows]})

    return load


FIT_AXES = MappingProxyType({"x": Axes(("n", "d"), "real"), "y": Axes(("n",), "real")})
FITS = Domain(
    MappingProxyType({"n": (1, 10), "d": (1, 4)}),
    (*DESIGNS, *TARGETS),
    draw_fits,
    FIT_AXES,
    valid=valid_fits,
    real=MappingProxyType({"diabetes": real_fits(6)}),
)
"""Designs of full column rank and targets."""


def with_penalty(rng: Rng, lanes: int, regime: str) -> Floats:
    """Penalties (lane,): 0, tiny, huge, or of the size of the design's squares."""
    if regime.startswith("ols"):
        return np.zeros(lanes)
    exponent = -10 if "small" in regime else 10 if "large" in regime else 0
    return np.asarray(rng.integers(1, 17, lanes) / 4 * 2.0**exponent)
