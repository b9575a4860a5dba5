"""Designs on which the lasso is a threshold, and data whose λ_max is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Shape
from theory.regularization.cases_lasso import LASSO, largest_penalty, penalised

Rng = np.random.Generator
Floats = NDArray[np.float64]
EIGHTH = 8.0
HADAMARD: Mapping[str, tuple[int, str, str]] = MappingProxyType(
    {
        "cd": (0, "cd", "generic"),
        "cd-intercept": (1, "cd", "generic"),
        "cd-ties": (0, "cd", "ties"),
        "cd-none": (0, "cd", "none"),
        "fista": (0, "fista", "generic"),
        "fista-intercept": (1, "fista", "generic"),
        "fista-ties": (0, "fista", "ties"),
    }
)
"""Intercept, solver, and the penalty: any · equal to one |x_jᵀy| ∕ n · above all of them."""


def hadamard(order: int) -> Floats:
    """Sylvester's matrix of ±1 with orthogonal columns, order a power of two."""
    matrix = np.ones((1, 1))
    while len(matrix) < order:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix


def draw_hadamard(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Columns of Hadamard matrices in any order and sign, y and the penalty in eighths; XᵀX = nI.

    With an intercept the constant column is left out, so that every column has mean 0 already.
    """
    intercept, solver, flavour = HADAMARD[regime]
    n = 2 ** shape["log_n"]
    p = min(shape["p"], n - intercept)
    picks = rng.random((lanes, n - intercept)).argsort(axis=1)[:, :p] + intercept
    x = hadamard(n).T[picks].transpose(0, 2, 1) * rng.choice([-1.0, 1.0], (lanes, 1, p))
    y = rng.integers(-16, 17, (lanes, n)) / EIGHTH
    top = largest_penalty(x, y, False)
    penalty = rng.integers(1, 9, lanes) / EIGHTH
    if flavour == "ties":
        some = np.abs(np.einsum("lnp,ln->lp", x, y)[:, 0]) / n
        penalty = np.where(some > 0, some, penalty)
    elif flavour == "none":
        penalty = top + rng.integers(0, 2, lanes) / EIGHTH + (top == 0)
    return Cases({"x": x, "y": y, "penalty": penalty}, {"intercept": intercept, "solver": solver}, regime)


def valid_hadamard(cases: Cases) -> NDArray[np.bool_]:
    """XᵀX = nI, columns of mean 0 with an intercept, data in eighths and a penalty above 0: (lane,)."""
    x, n = cases["x"], cases["x"].shape[1]
    gram = np.einsum("lni,lnj->lij", x, x)
    good = (gram == n * np.eye(x.shape[2])).all(axis=(1, 2)) & (n & (n - 1) == 0)
    grid = (EIGHTH * cases["y"] % 1 == 0).all(axis=1) & (EIGHTH * n * cases["penalty"] % 1 == 0)
    centred = (x.sum(axis=1) == 0).all(axis=1) | (cases.integer("intercept") == 0)
    return np.asarray(good & grid & centred & (cases["penalty"] > 0))


ORTHONORMAL = Domain(
    {"log_n": (1, 3), "p": (1, 4)},
    tuple(HADAMARD),
    draw_hadamard,
    {"x": Axes(("n", "p")), "y": Axes(("n",), "real"), "penalty": Axes((), "weight")},
    valid=valid_hadamard,
)
"""Designs with XᵀX = nI in which every number of the solution is a float."""


def _draw_any(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Features and answers with the settings intercept and solver."""
    cases = LASSO.draw(rng, shape, regime, lanes)
    return Cases({"x": cases["x"], "y": cases["y"]}, cases.settings, regime)


UNPENALISED = Domain(
    LASSO.shapes,
    tuple(name for name in penalised() if not name.startswith("above")),
    _draw_any,
    {"x": Axes(("n", "p"), "real"), "y": Axes(("n",), "real")},
)
"""Data whose λ_max is asked for."""
