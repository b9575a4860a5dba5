"""M-steps and first steps of EM: named regimes drawn a whole batch at a time.

A regime is the shape of the covariance and, after a dash, a flavour. Responsibilities are drawn where only the M-step
is asked for, and come from a start where EM is. Cases at which a covariance becomes singular are left to EM-34.
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from theory.core.domain import Array, Cases, Domain, Shape
from theory.em.bounds_steps import start_of, steady, well_defined
from theory.em.cases_mixture import AXES, draw_mixture, settled, shape_of, valid
from theory.em.data import Floats, offered
from theory.em.oracle_mixture import Mixture
from theory.em.oracle_steps import responsibilities
from theory.em.port import COVARIANCES

Rng = np.random.Generator

STEP_FLAVOURS = ("one-hot", "offset", "weighted", "tiny-scale", "rare", "duplicates")
"""Hard responsibilities and whole data · a mean 2^6, 2^10 or 2^14 deviations from 0 · sample weights, some 0 ·
data of 2^-10 · a component with a share of 2^-20 · equal rows."""


def flavour_of(regime: str) -> str:
    """The flavour of a regime; "" for the plain one."""
    return regime.partition("-")[2]


def draw_step(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Rows and responsibilities that need not be anybody's posterior; flavours are said at `STEP_FLAVOURS`."""
    n, d, k = shape["n"], shape["d"], shape["k"]
    flavour = flavour_of(regime)
    x, weight = rng.standard_normal((lanes, n, d)), np.ones((lanes, n))
    resp = rng.dirichlet(np.full(k, 0.7), (lanes, n))
    if flavour == "one-hot":
        x = rng.integers(-8, 9, (lanes, n, d)).astype(np.float64)
        resp = np.eye(k)[rng.integers(0, k, (lanes, n))]
    if flavour == "offset":
        x = x + 2.0 ** rng.choice([6, 10, 14], (lanes, 1, 1))
    if flavour == "weighted":
        weight = np.where(rng.random((lanes, n)) < 0.5, rng.integers(0, 4, (lanes, n)), rng.exponential(1, (lanes, n)))
    if flavour == "tiny-scale":
        x = x * 2.0**-10
    if flavour == "rare" and k > 1:
        last = resp[..., -1:] * 2.0**-20
        resp = np.concatenate([resp[..., :-1] / resp[..., :-1].sum(axis=2, keepdims=True) * (1 - last), last], axis=2)
    if flavour == "duplicates":
        x = x[:, rng.integers(0, (n + 1) // 2, n)]
    return Cases({"x": x, "sample_weight": weight, "resp": resp}, {"covariance": shape_of(regime)}, regime)


def defined_step(cases: Cases) -> Array:
    """Responsibilities that are distributions and leave no component without a share or a regular covariance."""
    kind = str(cases.settings["covariance"])
    return np.asarray(valid(cases) & well_defined(cases["x"], cases["sample_weight"], cases["resp"], kind, cases.u))


def with_responsibilities(table: Floats) -> Cases:
    """A whole table as one lane, shared out softly among three components around its first, middle and last rows."""
    n = len(table)
    scale = table.std(axis=0)
    centres = table[[0, n // 2, n - 1]]
    start = Mixture(np.full((1, 3), 1 / 3), centres[None] / scale, np.ones((1, 3)))
    resp = responsibilities(table[None] / scale, start, "spherical")
    return Cases({"x": table[None], "sample_weight": np.ones((1, n)), "resp": resp}, {"covariance": "full"})


STEP_REGIMES = (
    *COVARIANCES,
    *(f"{kind}-{flavour}" for flavour in ("one-hot", "offset", "weighted") for kind in COVARIANCES),
    *(f"full-{flavour}" for flavour in ("tiny-scale", "rare", "duplicates")),
)
STEP_DOMAIN = Domain(
    MappingProxyType({"n": (2, 12), "d": (1, 3), "k": (1, 3)}),
    STEP_REGIMES,
    draw_step,
    AXES,
    valid=defined_step,
    real=offered(with_responsibilities),
    settle=settled,
)
"""Responsibilities for an M-step."""

RIDGES = MappingProxyType({"": 2.0**-4, "slight": 2.0**-20, "heavy": 4.0})
"""Flavour → ridge."""

PATH_SHAPES = MappingProxyType({"n": (8, 20), "d": (1, 3), "k": (1, 3)})


def draw_path(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Starts for a few steps of EM, at overlapping components; flavours are those of `cases_mixture`."""
    cases = draw_mixture(rng, shape, regime, lanes)
    return cases.with_settings(steps=int(rng.integers(1, 4)))


def steady_path(cases: Cases) -> Array:
    """Starts with a distribution of weights from which EM meets no singular covariance."""
    return np.asarray(valid(cases) & steady(cases))


def started(table: Floats) -> Cases:
    """A whole table as one lane, three components around its first, middle and last rows with the variances of all."""
    n, _ = table.shape
    spread = np.repeat(table.var(axis=0)[None], 3, axis=0)
    arrays = {
        "x": table,
        "sample_weight": np.ones(n),
        "pi": np.full(3, 1 / 3),
        "mu": table[[0, n // 2, n - 1]],
        "diag": spread,
    }
    return Cases({name: array[None] for name, array in arrays.items()}, {"covariance": "diag", "steps": 5})


PATH_FLAVOURS = ("full-weighted", "tied-weighted", "full-offset", "diag-tiny-scale", "spherical-duplicates")
PATH_DOMAIN = Domain(
    PATH_SHAPES,
    (*COVARIANCES, *PATH_FLAVOURS),
    draw_path,
    AXES,
    {"steps": 1},
    valid=steady_path,
    real=offered(started),
    settle=settled,
)
"""Starts for EM."""


def with_both(cases: Cases) -> Cases:
    """A start together with its responsibilities, for an M-step and for EM."""
    kind = str(cases.settings["covariance"])
    return cases.with_arrays(resp=responsibilities(cases["x"], start_of(cases), kind)).with_settings(steps=1)


def draw_repeated(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Whole sample weights with the total 2n in every lane, some 0; a start and its responsibilities."""
    n = shape["n"]
    weight = rng.multinomial(2 * n, np.full(n, 1 / n), lanes).astype(np.float64)
    return with_both(draw_mixture(rng, shape, regime, lanes).with_arrays(sample_weight=weight))


def draw_ridge(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A ridge, a start and its responsibilities; the ridges are those of `RIDGES`."""
    cases = with_both(draw_mixture(rng, shape, shape_of(regime), lanes))
    return cases.with_settings(ridge=RIDGES[flavour_of(regime)])


def steady_step(cases: Cases) -> Array:
    """A start and responsibilities that both give a regular step."""
    return np.asarray(defined_step(cases) & steady(cases))


def whole_weights(cases: Cases) -> Array:
    """The same, with sample weights that are whole numbers."""
    weight = cases["sample_weight"]
    return np.asarray(steady_step(cases) & (weight == np.round(weight)).all(axis=1))


REPEAT_DOMAIN = Domain(
    PATH_SHAPES, (*COVARIANCES, "full-offset", "tied-rare"), draw_repeated, AXES, valid=whole_weights, settle=settled
)
"""Whole sample weights."""

RIDGE_DOMAIN = Domain(
    PATH_SHAPES,
    (*COVARIANCES, *(f"{kind}-{flavour}" for kind in COVARIANCES for flavour in ("slight", "heavy"))),
    draw_ridge,
    AXES,
    valid=steady_step,
    settle=settled,
)
"""Ridges."""
