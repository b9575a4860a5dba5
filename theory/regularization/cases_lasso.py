"""The lasso and its kin: named regimes drawn a whole batch at a time, each with its solver and its intercept.

Most data are small whole numbers and penalties are sixteenths, so that ties are ties to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array, Axes, Cases, Domain, Shape
from theory.regularization.data import offered

Rng = np.random.Generator
Floats = NDArray[np.float64]
GRID = 16.0
"""Denominator of penalties and radii."""
LEAST = 1 / 64
"""Least share of λ_max that a penalty may be: below, a gap of a few roundings of ‖y‖² is out of reach."""


class Regime(NamedTuple):
    """How data are drawn, and what is asked: whether there is an intercept, and which solver works."""

    flavour: str
    intercept: int = 0
    solver: str = "cd"


REGIMES: Mapping[str, Regime] = MappingProxyType(
    {
        "integers": Regime("integers"),
        "integers-fista": Regime("integers", 0, "fista"),
        "intercept": Regime("integers", 1),
        "intercept-fista": Regime("integers", 1, "fista"),
        "ties": Regime("ties"),
        "ties-fista": Regime("ties", 0, "fista"),
        "duplicates": Regime("duplicates"),
        "duplicates-fista": Regime("duplicates", 1, "fista"),
        "opposite": Regime("opposite"),
        "zero-columns": Regime("zero-columns"),
        "constant-column": Regime("constant-column", 1, "fista"),
        "wide": Regime("wide"),
        "wide-fista": Regime("wide", 0, "fista"),
        "single-sample": Regime("single-sample"),
        "zero-y": Regime("zero-y", 0, "fista"),
        "constant-y": Regime("constant-y", 1),
        "above": Regime("above"),
        "above-fista": Regime("above", 0, "fista"),
        "no-penalty": Regime("no-penalty"),
        "no-penalty-fista": Regime("no-penalty", 1, "fista"),
        "reals": Regime("reals", 1),
        "reals-fista": Regime("reals", 0, "fista"),
        "scales": Regime("scales"),
        "collinear": Regime("collinear"),
        "offset": Regime("offset", 1),
        "tiny": Regime("tiny", 0, "fista"),
    }
)
"""Small whole numbers · entries in {−1, 0, 1} · a column twice, or with its sign turned · a column, its opposite
and nothing else · columns of zeros · a column that is its own mean · n < p · n = 1 · y = 0 · y its own mean · λ ≥
λ_max · λ = 0 · normal numbers · columns of scales 2^−4 to 2^4 · two columns an eighth apart · means of 64 with an
intercept · all data times 2^−20."""


def draw_data(rng: Rng, shape: Shape, flavour: str, lanes: int) -> tuple[Floats, Floats]:
    """Features x (lane, n, p) and answers y (lane, n) of a flavour."""
    n, p = shape["n"], shape["p"]
    n = {"wide": min(n, max(1, p - 1)), "single-sample": 1}.get(flavour, n)
    x = rng.integers(-4, 5, (lanes, n, p)).astype(np.float64)
    y = rng.integers(-6, 7, (lanes, n)).astype(np.float64)
    if flavour == "ties":
        x, y = np.sign(x), np.sign(y) * rng.integers(1, 3, (lanes, n))
    elif flavour == "duplicates":
        x[:, :, -1] = x[:, :, 0] * rng.choice([-1.0, 1.0], (lanes, 1))
    elif flavour == "opposite":
        x[:, :, 1:] = 0.0
        x[:, :, -1] -= x[:, :, 0] * (p > 1)
    elif flavour in ("zero-columns", "constant-column"):
        x[np.arange(lanes), :, rng.integers(0, p, lanes)] = 3.0 if flavour == "constant-column" else 0.0
    elif flavour in ("zero-y", "constant-y"):
        y[:] = 0.0 if flavour == "zero-y" else rng.integers(-6, 7, (lanes, 1))
    elif flavour == "reals":
        x, y = rng.standard_normal(x.shape), rng.standard_normal(y.shape)
    elif flavour == "scales":
        x = x * 2.0 ** rng.integers(-4, 5, (lanes, 1, p))
    elif flavour == "collinear":
        x[:, :, -1] = x[:, :, 0] + rng.integers(-1, 2, (lanes, n)) / 8
    elif flavour == "offset":
        x, y = x + 64.0, y + rng.integers(-64, 65, (lanes, 1))
    elif flavour == "tiny":
        x, y = x * 2.0**-20, y * 2.0**-20
    return x, y


def centred(values: Array, intercept: bool) -> Floats:
    """Values (lane, n, …) less their means over rows where there is an intercept."""
    return np.asarray(values - values.mean(axis=1, keepdims=True) if intercept else values, dtype=np.float64)


def largest_penalty(x: Array, y: Array, intercept: bool) -> Floats:
    """‖Xᵀy‖∞ ∕ n in floats, centred where there is an intercept: (lane,)."""
    slope = np.einsum("lnp,ln->lp", centred(x, intercept), centred(y, intercept))
    return np.asarray(np.abs(slope).max(axis=1) / x.shape[1])


def draw_penalty(rng: Rng, top: Floats, flavour: str) -> Floats:
    """Between λ_max ∕ 20 and 0.9 λ_max in sixteenths, but not 0; λ_max or more for `above`, 0 for `no-penalty`."""
    low, high = (1.0, 2.0) if flavour == "above" else (0.05, 0.9)
    if flavour == "no-penalty":
        return 0 * top
    wanted = top * rng.uniform(low, high, top.shape)
    if flavour == "reals":
        return wanted
    grid = GRID * (2.0**40 if flavour == "tiny" else 1.0)
    return np.asarray(np.maximum(np.ceil(wanted * grid), 1.0) / grid)


def draw_lasso(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """x, y and penalty (lane,) with the settings intercept and solver."""
    flavour, intercept, solver = REGIMES[regime]
    x, y = draw_data(rng, shape, flavour, lanes)
    penalty = draw_penalty(rng, largest_penalty(x, y, bool(intercept)), flavour)
    return Cases({"x": x, "y": y, "penalty": penalty}, {"intercept": intercept, "solver": solver}, regime)


def valid_lasso(cases: Cases) -> NDArray[np.bool_]:
    """A penalty of 0, or not far below λ_max: (lane,)."""
    return np.asarray((cases["penalty"] == 0) | valid_penalised(cases))


def valid_penalised(cases: Cases) -> NDArray[np.bool_]:
    """A penalty above 0 and not far below λ_max: (lane,)."""
    top = largest_penalty(cases["x"], cases["y"], bool(cases.settings.get("intercept", 0)))
    name = "penalties" if "penalties" in cases.arrays else "penalty"
    penalty = cases[name].reshape(cases.lanes, -1).min(axis=1)
    return np.asarray((penalty > 0) & (penalty >= LEAST * top))


def penalised(**wanted: int | str) -> tuple[str, ...]:
    """The regimes that have a penalty, and these other features."""
    return tuple(
        name
        for name, regime in REGIMES.items()
        if regime.flavour != "no-penalty" and all(getattr(regime, key) == value for key, value in wanted.items())
    )


def _real(x: Floats, y: Floats) -> Cases:
    """A table at a fifth of its λ_max, with an intercept."""
    data = {"x": x[None], "y": y[None]}
    penalty = largest_penalty(data["x"], data["y"], True) / 5
    return Cases({**data, "penalty": penalty}, {"intercept": 1, "solver": "cd"})


LASSO_AXES: Mapping[str, Axes] = MappingProxyType(
    {"x": Axes(("n", "p"), "real"), "y": Axes(("n",), "real"), "penalty": Axes((), "weight")}
)

LASSO = Domain(
    {"n": (1, 8), "p": (1, 4)},
    tuple(REGIMES),
    draw_lasso,
    LASSO_AXES,
    valid=valid_lasso,
    real=offered(_real),
)
"""Problems of the lasso."""


def also(domain: Domain, more: Callable[[Rng, Shape, str, Cases], Cases], axes: Mapping[str, Axes]) -> Domain:
    """The same domain with more arrays drawn beside; its bundled data get theirs from a fixed seed."""

    def draw(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
        return more(rng, shape, regime, domain.draw(rng, shape, regime, lanes))

    def with_more(load: Callable[[], Cases]) -> Callable[[], Cases]:
        return lambda: more(np.random.default_rng(0), {}, "real", load())

    real = {name: with_more(load) for name, load in domain.real.items()}
    return replace(domain, draw=draw, axes={**domain.axes, **axes}, real=real)


def _anywhere(rng: Rng, shape: Shape, regime: str, cases: Cases) -> Cases:
    """Any coefficients, some 0, and a share of the l1 part in eighths, most often all of it."""
    lanes, _, p = cases["x"].shape
    coef = rng.integers(-8, 9, (lanes, p)) / 4 * rng.integers(0, 2, (lanes, p))
    ratio = np.where(rng.random(lanes) < 0.5, 1.0, rng.integers(1, 9, lanes) / 8)
    return cases.with_arrays(coef=coef.astype(np.float64), ratio=ratio)


CERTIFIED = also(LASSO, _anywhere, {"coef": Axes(("p",), "real"), "ratio": Axes((), "weight")})
"""Problems of the lasso with coefficients at which the gap is asked too."""


def _mixed(rng: Rng, shape: Shape, regime: str, cases: Cases) -> Cases:
    """A share of the l1 part in eighths, 0 and 1 among them."""
    return cases.with_arrays(ratio=rng.integers(0, 9, cases.lanes) / 8)


ELASTIC = also(LASSO, _mixed, {"ratio": Axes((), "weight")})
"""Problems of the elastic net."""

PATH_LENGTHS = (2, 5)


def _along(rng: Rng, shape: Shape, regime: str, cases: Cases) -> Cases:
    """Penalties (lane, l), descending from a little above λ_max to a twentieth of it."""
    lanes, length = cases.lanes, shape.get("l", 6)
    top = largest_penalty(cases["x"], cases["y"], bool(cases.integer("intercept")))
    share = np.sort(rng.uniform(0.05, 1.1, (lanes, length)), axis=1)[:, ::-1]
    flavour = REGIMES[regime].flavour if regime in REGIMES else "reals"
    grid = GRID * (2.0**40 if flavour == "tiny" else 1.0)
    penalties = top[:, None] * share
    if flavour != "reals":
        whole = np.ceil(penalties * grid)
        steps = np.arange(length, 0, -1)  # no two alike
        penalties = (whole + steps) / grid
    arrays = {name: value for name, value in cases.arrays.items() if name != "penalty"}
    settings = {name: value for name, value in cases.settings.items() if name != "solver"}
    return replace(cases, arrays={**arrays, "penalties": penalties}, settings=settings)


def valid_path(cases: Cases) -> NDArray[np.bool_]:
    """Penalties that fall, the least not far below λ_max: (lane,)."""
    return np.asarray(valid_penalised(cases) & (np.diff(cases["penalties"], axis=1) < 0).all(axis=1))


_PATHS = also(LASSO, _along, {"penalties": Axes(("l",))})
PATHS = replace(
    _PATHS,
    shapes={**LASSO.shapes, "l": PATH_LENGTHS},
    regimes=penalised(solver="cd"),
    axes={name: axes for name, axes in _PATHS.axes.items() if name != "penalty"},
    valid=valid_path,
)
"""Paths of the lasso: x, y, penalties (lane, l), descending."""


def _noisy(rng: Rng, shape: Shape, regime: str, cases: Cases) -> Cases:
    """noise_variance in quarters, and the scale that makes the penalty what it is, in thirty-seconds."""
    n = cases["x"].shape[1]
    variance = rng.integers(1, 9, cases.lanes) / 4
    scale = np.maximum(np.floor(32 * variance / (n * cases["penalty"])), 1.0) / 32
    arrays = {"x": cases["x"], "y": cases["y"], "noise_variance": variance, "scale": scale}
    return replace(cases, arrays=arrays, settings={})


def valid_laplace(cases: Cases) -> NDArray[np.bool_]:
    """Variances and scales above 0, and a penalty that is not far below λ_max: (lane,)."""
    variance, scale = cases["noise_variance"], cases["scale"]
    positive = (variance > 0) & (scale > 0)
    penalty = variance / np.where(positive, cases["x"].shape[1] * scale, 1.0)
    return np.asarray(positive & (penalty >= LEAST * largest_penalty(cases["x"], cases["y"], False)))


_LAPLACE = also(LASSO, _noisy, {"noise_variance": Axes((), "weight"), "scale": Axes((), "weight")})
LAPLACE = replace(
    _LAPLACE,
    regimes=tuple(name for name in penalised(intercept=0, solver="cd") if name != "above"),
    axes={name: axes for name, axes in _LAPLACE.axes.items() if name != "penalty"},
    valid=valid_laplace,
)
"""Gaussian noise and a Laplace prior on each coefficient."""


def _ball(rng: Rng, shape: Shape, regime: str, cases: Cases) -> Cases:
    """A radius in sixteenths, often smaller than the ℓ1 norm of least squares, sometimes larger."""
    lanes = cases.lanes
    size = np.linalg.norm(cases["y"], axis=1) / np.maximum(np.linalg.norm(cases["x"], axis=(1, 2)), GRID**-1)
    radius = np.maximum(np.ceil(GRID * size * rng.choice([0.25, 0.5, 1.0, 8.0], lanes)), 1.0) / GRID
    return cases.with_arrays(radius=radius).with_settings(intercept=0)


def valid_ball(cases: Cases) -> NDArray[np.bool_]:
    """A lasso, and a radius above 0: (lane,)."""
    return np.asarray(valid_penalised(cases) & (cases["radius"] > 0))


BALLS = replace(
    also(LASSO, _ball, {"radius": Axes((), "weight")}),
    regimes=penalised(intercept=0),
    valid=valid_ball,
    real={},
)
"""Least squares within ‖β‖₁ ≤ radius, and a lasso of the same data."""
