"""Soft-margin machines: named regimes drawn a whole batch at a time.

Points are small whole numbers with the linear kernel and C is a power of two where nothing else is said, so that the
kernel matrix is exact in every dtype and the optimum is rational.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array, Axes, Cases, Domain, Shape
from theory.kernel_machines.data import offered

Rng = np.random.Generator
Floats = NDArray[np.float64]

EXACT_REGIMES = ("integers", "ties", "opposite-duplicates", "no-free", "one-of-each", "hard", "offset", "same-place")
"""Entries −4 … 4 · entries −1 … 1 · every point twice with both labels · C so small that every multiplier may be at it
· one point of the one label · C in the thousands · points far from 0 · all points at 0."""

REGIMES = (*EXACT_REGIMES, "rbf", "reals", "scales")
"""The above · Gaussian kernel of normal points · normal points and any C · columns of scales 2^−4 to 2^4."""

SEPARATED = ("integers", "ties", "opposite-duplicates", "no-free", "one-of-each", "offset", "rbf", "reals")
"""Regimes whose C is moderate."""


def labels(rng: Rng, lanes: int, n: int, regime: str) -> Floats:
    """Labels −1 and 1 (lane, n), both occurring; one positive point for `one-of-each`, balanced for `no-free`."""
    positive = rng.integers(1, n, lanes)
    if regime == "one-of-each":
        positive[:] = 1
    elif regime == "no-free":
        positive[:] = n // 2
    y = np.where(np.arange(n) < positive[:, None], 1.0, -1.0)
    if regime == "one-of-each":
        y *= rng.choice([-1.0, 1.0], (lanes, 1))
    return np.asarray(rng.permuted(y, axis=1))


def points(rng: Rng, lanes: int, n: int, d: int, regime: str) -> Floats:
    """Points (lane, n, d) of a regime."""
    if regime in ("rbf", "reals"):
        return np.asarray(rng.standard_normal((lanes, n, d)))
    low, high = (-1, 2) if regime == "ties" else (-4, 5)
    x = rng.integers(low, high, (lanes, n, d)).astype(np.float64)
    if regime == "opposite-duplicates":
        x[:, n // 2 : 2 * (n // 2)] = x[:, : n // 2]
    elif regime == "offset":
        x += 64.0
    elif regime == "same-place":
        x[:] = 0.0
    elif regime == "scales":
        x *= 2.0 ** rng.integers(-4, 5, (lanes, 1, d))
    return x


def costs(rng: Rng, lanes: int, regime: str) -> Floats:
    """C (lane,) of a regime."""
    if regime == "reals":
        return np.asarray(10.0 ** rng.uniform(-2, 1, lanes))
    low, high = {"no-free": (-10, -6), "hard": (8, 11), "offset": (-14, -9)}.get(regime, (-5, 4))
    return np.asarray(2.0 ** rng.integers(low, high, lanes))


def linear(x: Array, z: Array) -> Floats:
    """The linear kernel x·z (lane, n, m)."""
    return np.asarray(np.einsum("lnd,lmd->lnm", x, z))


def gaussian(x: Array, z: Array) -> Floats:
    """The kernel exp(−‖x − z‖² ∕ 2) (lane, n, m)."""
    return np.asarray(np.exp(-((x[:, :, None] - z[:, None]) ** 2).sum(axis=3) / 2))


def draw_svm(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """K, y and C, with x where the kernel is linear."""
    n, d = shape["n"], shape["d"]
    n = n + n % 2 if regime in ("no-free", "opposite-duplicates") else n
    x = points(rng, lanes, n, d, regime)
    y = labels(rng, lanes, n, regime)
    if regime == "opposite-duplicates":
        y[:, n // 2 :] = -y[:, : n // 2]
    k = (gaussian if regime == "rbf" else linear)(x, x)
    return Cases({"K": k, "y": y, "C": costs(rng, lanes, regime)}, {}, regime)


def both_labels(cases: Cases) -> NDArray[np.bool_]:
    """Labels −1 and 1 that both occur, and C > 0: (lane,)."""
    y = cases["y"]
    signs = (np.abs(y) == 1).all(axis=1) & (y.max(axis=1) == 1) & (y.min(axis=1) == -1)
    return np.asarray(signs & (cases["C"] > 0))


SVM_AXES = MappingProxyType({"K": Axes(("n", "n")), "y": Axes(("n",)), "C": Axes((), "weight")})


def from_table(x: Floats, y: Floats) -> Cases:
    """Every fifth row with the Gaussian kernel of scale √d, C = 1: one lane."""
    x, y = x[::5], y[::5]
    k = gaussian(x[None] / np.sqrt(x.shape[1]), x[None] / np.sqrt(x.shape[1]))
    return Cases({"K": k, "y": y[None], "C": np.ones(1)})


FITS = Domain(
    {"n": (2, 8), "d": (1, 3)},
    REGIMES,
    draw_svm,
    SVM_AXES,
    valid=both_labels,
    real=offered(from_table, "breast-cancer", "digits-3-8"),
)
"""Machines to be fitted."""

EXACT = Domain({"n": (2, 5), "d": (1, 3)}, EXACT_REGIMES, draw_svm, SVM_AXES, valid=both_labels)
"""Machines so small that every active set can be tried, with whole numbers in K."""

TRACES = Domain(
    {**FITS.shapes, "steps": (1, 12)},
    REGIMES,
    lambda rng, shape, regime, lanes: draw_svm(rng, shape, regime, lanes).with_settings(steps=shape["steps"]),
    SVM_AXES,
    countdown={"steps": 1},
    valid=both_labels,
)
"""Machines with a number of steps."""


def draw_objective(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """K, y, C with any multipliers in [0, C], some of them at an end, and any bias."""
    cases = draw_svm(rng, shape, regime, lanes)
    n = cases["y"].shape[1]
    share = np.clip(rng.integers(-4, 21, (lanes, n)), 0, 16) / 16
    bias = rng.integers(-64, 65, lanes) / 32
    if regime in ("reals", "rbf"):
        share, bias = np.clip(rng.uniform(-0.2, 1.2, (lanes, n)), 0, 1), rng.standard_normal(lanes)
    return cases.with_arrays(alpha=share * cases["C"][:, None], bias=bias)


def in_the_box(cases: Cases) -> NDArray[np.bool_]:
    """Both labels, and multipliers in [0, C]: (lane,)."""
    alpha = cases["alpha"]
    return np.asarray(both_labels(cases) & ((alpha >= 0) & (alpha <= cases["C"][:, None])).all(axis=1))


def objective_from_table(x: Floats, y: Floats) -> Cases:
    """A table with every third multiplier 1, every third ½, the others 0."""
    cases = from_table(x, y)
    return cases.with_arrays(alpha=np.arange(cases["y"].shape[1])[None] % 3 / 2.0, bias=np.full(1, 0.25))


OBJECTIVES = Domain(
    FITS.shapes,
    REGIMES,
    draw_objective,
    {**SVM_AXES, "alpha": Axes(("n",), "real"), "bias": Axes((), "real")},
    valid=in_the_box,
    real=offered(objective_from_table, "breast-cancer", "digits-3-8"),
)
"""Machines with given multipliers and bias."""

EXAMPLE = "example"
"""X = {0, 1, 3} with labels −, +, +: every bias between 1 − 3C and 1 − C is optimal."""


def draw_bias(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A machine, or the example with C a small power of two."""
    if regime != EXAMPLE:
        return draw_svm(rng, shape, regime, lanes)
    x = np.tile(np.array([[0.0], [1.0], [3.0]]), (lanes, 1, 1))
    y = np.tile(np.array([-1.0, 1.0, 1.0]), (lanes, 1))
    return Cases({"K": linear(x, x), "y": y, "C": 2.0 ** rng.integers(-9, -2, lanes)}, {}, regime)


BIASES = replace(EXACT, regimes=(EXAMPLE, *EXACT_REGIMES), draw=draw_bias)
"""Small machines whose bias may be free."""


def draw_left_out(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A machine with at least two points of either label, the same number of each in every lane."""
    cases = draw_svm(rng, shape, regime, lanes)
    n = cases["y"].shape[1]
    y = np.where(np.arange(n) < n // 2, 1.0, -1.0) * np.ones((lanes, 1))
    return cases.with_arrays(y=rng.permuted(y, axis=1))


def two_of_each(cases: Cases) -> NDArray[np.bool_]:
    """At least two points of either label: (lane,)."""
    positive = (cases["y"] == 1).sum(axis=1)
    return np.asarray(both_labels(cases) & (positive >= 2) & (positive <= cases["y"].shape[1] - 2))


LEFT_OUT = Domain(
    {"n": (4, 8), "d": (1, 2)},
    ("rbf", "integers", "ties", "no-free", "reals"),
    draw_left_out,
    SVM_AXES,
    valid=two_of_each,
)
"""Machines from which one point can be left out."""


def draw_convert(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A value to convert, and a machine to compare the objectives on where it is a C."""
    cases = draw_objective(rng, shape, "reals" if regime.startswith("any") else "integers", lanes)
    to_c = regime.endswith("to-C")
    value = 1 / (2 * cases["C"]) if to_c else cases["C"]
    return replace(cases.with_arrays(value=value), regime=regime).with_settings(target="C" if to_c else "lambda")


CONVERSIONS = Domain(
    FITS.shapes,
    ("C-to-lambda", "to-C", "any-C-to-lambda", "any-to-C"),
    draw_convert,
    {**OBJECTIVES.axes, "value": Axes()},
    valid=in_the_box,
)
"""Penalties to convert in either direction."""
