"""Kernel logistic regression: named regimes drawn a whole batch at a time."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array, Axes, Cases, Domain, Shape
from theory.kernel_machines.cases_svm import from_table, gaussian, labels, linear
from theory.kernel_machines.data import offered

Rng = np.random.Generator
Floats = NDArray[np.float64]

FLAVOURS = ("integers", "rbf", "ties", "opposite-duplicates", "one-of-each", "same-place", "light", "heavy", "reals")
"""Whole points and the linear kernel · normal points and a Gaussian one · entries −1 … 1 · points twice with both
labels · one point of the one label · all points at 0 · a small penalty · a large one · normal points, linear."""


def points(rng: Rng, lanes: int, n: int, d: int, flavour: str) -> Floats:
    """Points (lane, n, d) of a flavour."""
    if flavour in ("rbf", "reals"):
        return np.asarray(rng.standard_normal((lanes, n, d)))
    far = 1 if flavour == "ties" else 3
    x = rng.integers(-far, far + 1, (lanes, n, d)).astype(np.float64)
    if flavour == "opposite-duplicates":
        x[:, n // 2 : 2 * (n // 2)] = x[:, : n // 2]
    return np.asarray(0.0 * x if flavour == "same-place" else x)


def penalties(rng: Rng, lanes: int, flavour: str) -> Floats:
    """λ (lane,): powers of two, 2^−8 … 2^−4 for `light` and 2^4 … 2^8 for `heavy`; any for `reals`."""
    if flavour == "reals":
        return np.asarray(10.0 ** rng.uniform(-2, 1, lanes))
    low, high = {"light": (-8, -3), "heavy": (4, 9)}.get(flavour, (-3, 3))
    return np.asarray(2.0 ** rng.integers(low, high, lanes))


def draw_logistic(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """x, y and penalty."""
    n = shape["n"] + shape["n"] % 2 if regime == "opposite-duplicates" else shape["n"]
    x, y = points(rng, lanes, n, shape["d"], regime), labels(rng, lanes, n, regime)
    if regime == "opposite-duplicates":
        y[:, n // 2 :] = -y[:, : n // 2]
    return Cases({"x": x, "y": y, "penalty": penalties(rng, lanes, regime)}, {}, regime)


def draw_klr(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """K, y and penalty, to be solved by what the regime's name ends in."""
    flavour, solver = regime.rsplit("-", 1)
    cases = draw_logistic(rng, shape, flavour, lanes)
    arrays = {"K": (gaussian if flavour == "rbf" else linear)(cases["x"], cases["x"])}
    arrays |= {"y": cases["y"], "penalty": cases["penalty"]}
    return Cases(arrays, {"solver": solver}, regime)


def signs(cases: Cases) -> NDArray[np.bool_]:
    """Labels −1 and 1 and λ > 0: (lane,)."""
    return np.asarray((np.abs(cases["y"]) == 1).all(axis=1) & (cases["penalty"] > 0))


KLR_AXES = MappingProxyType({"K": Axes(("n", "n")), "y": Axes(("n",), "sign"), "penalty": Axes((), "weight")})


def klr_from_table(x: Floats, y: Floats) -> Cases:
    """Every fifth row with the Gaussian kernel of scale √d, λ = 1: one lane."""
    cases = from_table(x, y)
    return Cases({"K": cases["K"], "y": cases["y"], "penalty": np.ones(1)}, {"solver": "newton"})


KLR = Domain(
    {"n": (2, 8), "d": (1, 3)},
    tuple(f"{flavour}-newton" for flavour in FLAVOURS)
    + tuple(f"{flavour}-gradient" for flavour in ("integers", "rbf", "ties", "opposite-duplicates", "heavy")),
    draw_klr,
    KLR_AXES,
    valid=signs,
    real=offered(klr_from_table, "breast-cancer", "digits-3-8"),
)
"""Problems to be solved, with the solver that is asked for."""


def draw_derivatives(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A problem with any β: sixteenths, with some zeros; times 64 for `far`, so that losses are in the hundreds."""
    flavour = "integers" if regime in ("far", "dual-feasible") else regime
    cases = draw_klr(rng, shape, f"{flavour}-newton", lanes)
    y = cases["y"]
    beta = rng.integers(-16, 17, y.shape) * (4.0 if regime == "far" else 1 / 16)
    if regime in ("rbf", "reals"):
        beta = rng.standard_normal(y.shape)
    elif regime == "dual-feasible":
        beta = y * rng.integers(0, 17, y.shape) / 16 / (2 * cases["penalty"][:, None])
    arrays = {**cases.arrays, "beta": beta}
    return Cases(arrays, {}, regime)


def derivatives_from_table(x: Floats, y: Floats) -> Cases:
    """Every fifth row, β in quarters of either sign."""
    cases = klr_from_table(x, y)
    beta = (np.arange(cases["y"].shape[1])[None] % 5 - 2) / 4
    return Cases({**cases.arrays, "beta": beta})


DERIVATIVES = Domain(
    {"n": (1, 7), "d": (1, 3)},
    ("integers", "rbf", "ties", "opposite-duplicates", "same-place", "light", "heavy", "reals", "far", "dual-feasible"),
    lambda rng, shape, regime, lanes: draw_derivatives(rng, {**shape, "n": max(2, shape["n"])}, regime, lanes),
    {**KLR_AXES, "beta": Axes(("n",), "real")},
    valid=signs,
    real=offered(derivatives_from_table, "breast-cancer"),
)
"""Problems with given coefficients."""


def draw_polynomial(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Whole points and K = (1 + x·z)^degree, with x kept so that features can be made."""
    flavour, solver = regime.rsplit("-", 1)
    flavour = "integers" if flavour in ("homogeneous", "wide") else flavour
    n, d = (3, 2) if regime.startswith("wide") else (shape["n"], shape["d"])
    x = np.clip(points(rng, lanes, n, d, flavour), -2, 2)
    zeta = 0 if regime.startswith("homogeneous") else 1
    k = (zeta + linear(x, x)) ** shape["degree"]
    y = labels(rng, lanes, n, flavour)
    arrays = {"K": k, "y": y, "penalty": penalties(rng, lanes, "integers"), "x": x}
    return Cases(arrays, {"solver": solver, "degree": shape["degree"], "zeta": zeta}, regime)


def polynomial_valid(cases: Cases) -> NDArray[np.bool_]:
    """K is the kernel of x, so that dropping a coordinate of x alone is no smaller case: (lane,)."""
    k = (cases.integer("zeta") + linear(cases["x"], cases["x"])) ** cases.integer("degree")
    return np.asarray(signs(cases) & (k == cases["K"]).all(axis=(1, 2)))


POLYNOMIALS = Domain(
    {"n": (2, 7), "d": (1, 2), "degree": (1, 3)},
    ("integers-newton", "ties-newton", "wide-newton", "homogeneous-newton", "one-of-each-newton", "ties-gradient"),
    draw_polynomial,
    {**KLR_AXES, "x": Axes(("n",))},
    valid=polynomial_valid,
)
"""Polynomial kernels of whole points, whose features are few."""


def logistic_from_table(x: Floats, y: Floats) -> Cases:
    """Every fifth row in quarters, λ = 1: one lane."""
    return Cases({"x": np.round(4 * x[None, ::5]) / 4, "y": y[None, ::5], "penalty": np.ones(1)})


LOGISTICS = Domain(
    {"n": (2, 8), "d": (1, 3)},
    ("integers", "ties", "opposite-duplicates", "one-of-each", "same-place", "light", "heavy"),
    draw_logistic,
    {"x": Axes(("n", "d"), "real"), "y": Axes(("n",), "sign"), "penalty": Axes((), "weight")},
    valid=signs,
    real=offered(logistic_from_table, "breast-cancer"),
)
"""Linear problems, with whole numbers or quarters so that the linear kernel is exact."""


def narrowed(domain: Domain, *regimes: str) -> Domain:
    """A domain with these regimes only, and no real data."""
    return replace(domain, regimes=regimes, real={})


def quiet(values: Array) -> Floats:
    """The values with what is no number as 0, for bounds of a question whose answer may be spoilt."""
    return np.nan_to_num(np.asarray(values, dtype=np.float64))
