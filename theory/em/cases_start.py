"""Where EM starts, where it breaks down, and what a mixture draws: regimes drawn a whole batch at a time."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from theory.core.bound import U64
from theory.core.domain import Array, Axes, Cases, Domain, Shape
from theory.em.bounds_steps import condition, start_of
from theory.em.cases_mixture import AXES, covariances, settled, shape_of, simplex, valid
from theory.em.cases_steps import flavour_of
from theory.em.data import Floats, offered
from theory.em.density import as_full
from theory.em.oracle_steps import exact_step, responsibilities
from theory.em.port import COVARIANCES

Rng = np.random.Generator


def draw_needle(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Two components: a needle of deviation 2^-8 … 2^-20 on the first row, and a broad one; rows at least 1 apart."""
    n, d, kind = shape["n"], shape["d"], shape_of(regime)
    x = rng.integers(-4, 5, (lanes, n, d)).astype(np.float64)
    x[:, 1:, 0] = x[:, :1, 0] + rng.integers(1, 5, (lanes, n - 1))
    spread = covariances(rng, kind, lanes, 2, d, 4.0, 4.0)
    needle = 4.0 ** -rng.integers(8, 21, lanes)
    shaped = {"full": needle[:, None, None] * np.eye(d), "diag": np.repeat(needle[:, None], d, axis=1)}
    spread[:, 0] = shaped.get(kind, needle)
    mu = np.stack([x[:, 0], rng.standard_normal((lanes, d))], axis=1)
    return Cases({"x": x, "pi": simplex(rng, lanes, 2), "mu": mu, kind: spread}, {"covariance": kind}, regime)


def sharp(cases: Cases) -> Array:
    """A round needle of at most 2^-8 on the first row, from which the other rows are at least 1 away."""
    full = as_full(cases[str(cases.settings["covariance"])], str(cases.settings["covariance"]), *cases["mu"].shape[1:])
    x, d = cases["x"], cases["x"].shape[2]
    if cases["mu"].shape[1] != 2:
        return np.zeros(cases.lanes, dtype=bool)
    round_ = (full[:, 0] == full[:, 0, :1, :1] * np.eye(d)).all(axis=(1, 2)) & (full[:, 0, 0, 0] <= 2.0**-16)
    apart = (((x[:, 1:] - x[:, :1]) ** 2).sum(axis=2) >= 1).all(axis=1)
    least, _ = condition(full)
    there = (cases["mu"][:, 0] == x[:, 0]).all(axis=1) & (cases["pi"] > 0).all(axis=1)
    return np.asarray(valid(cases) & round_ & apart & there & (least > 0).all(axis=1))


NEEDLE_DOMAIN = Domain(
    MappingProxyType({"n": (2, 8), "d": (1, 3)}),
    ("spherical", "diag", "full"),
    draw_needle,
    MappingProxyType({name: Axes(axes.names) for name, axes in AXES.items()}),
    valid=sharp,
)
"""A component that shrinks on to a row."""

COLLAPSES = {
    "identical": COVARIANCES,
    "one-point": ("full", "diag", "spherical"),
    "few": ("full", "tied"),
    "constant": ("full", "tied", "diag"),
}
"""Flavour → shapes of covariance that become singular: all rows equal · one row left to a component, the others 64
deviations away · fewer rows than d + 1 · a coordinate that does not vary."""


def draw_collapse(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Starts from which the first step makes a covariance singular; a ridge of 2^-4 forbids that."""
    d, kind, flavour = shape["d"], shape_of(regime), flavour_of(regime)
    k = 1 if flavour == "few" else shape["k"]
    d = max(d, 2) if flavour == "few" else d
    n = int(rng.integers(2, d + 1)) if flavour == "few" else shape["n"]
    x, mu = rng.standard_normal((lanes, n, d)), rng.standard_normal((lanes, k, d))
    if flavour == "identical":
        x = np.repeat(x[:, :1], n, axis=1)
    if flavour == "constant":
        x[..., -1] = x[:, :1, -1]
    if flavour == "one-point":
        x[:, 0] += 2.0**6
        mu[:, -1] = x[:, 0]
        k = max(k, 2)
        mu = mu if mu.shape[1] == k else np.concatenate([rng.standard_normal((lanes, 1, d)), mu], axis=1)
    arrays = {
        "x": x,
        "sample_weight": np.ones((lanes, n)),
        "pi": simplex(rng, lanes, k),
        "mu": mu,
        kind: covariances(rng, kind, lanes, k, d, 1.0, 1.0),
    }
    return Cases(arrays, {"covariance": kind, "steps": 2, "ridge": 2.0**-4}, regime)


def collapsing(cases: Cases) -> Array:
    """Whether the first step without a ridge leaves a singular covariance, by exact arithmetic from the posterior."""
    good = valid(cases)
    kind, x, weight = str(cases.settings["covariance"]), cases["x"], cases["sample_weight"]
    resp = responsibilities(x, start_of(cases), kind)
    counted = (weight[..., None] * resp).sum(axis=1)
    good = good & (counted > 0).all(axis=1)
    singular = np.zeros(cases.lanes, dtype=bool)
    for lane in np.flatnonzero(good):
        one = slice(lane, lane + 1)
        step = exact_step(x[one], weight[one], resp[one], kind)
        full = as_full(step.covariances, kind, *step.mu.shape[1:])[0]
        variances = np.diagonal(full, axis1=1, axis2=2)
        root = np.sqrt(np.where(variances > 0, variances, 1.0))
        least, _ = condition(full / (root[:, :, None] * root[:, None]))
        singular[lane] = ((least <= 16 * full.shape[-1] * U64) | (variances == 0).any(axis=1)).any()
    return np.asarray(good & singular)


COLLAPSE_DOMAIN = Domain(
    MappingProxyType({"n": (4, 10), "d": (1, 3), "k": (1, 2)}),
    tuple(f"{kind}-{flavour}" for flavour, kinds in COLLAPSES.items() for kind in kinds),
    draw_collapse,
    AXES,
    {"steps": 1},
    valid=collapsing,
    settle=settled,
)
"""Starts that lead to a singular covariance."""


def draw_starts(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Whole points, so that squared distances are exact; one row is far away, or rows are equal, or all are."""
    n, d = shape["n"], shape["d"]
    method, _, flavour = regime.partition(": ")
    x = rng.integers(-8, 9, (lanes, n, d)).astype(np.float64)
    if flavour == "one far":
        x[:, -1] = 16 * rng.choice([-1.0, 1.0], (lanes, d))
    if flavour == "duplicates":
        x[:, n // 2 :] = x[:, : n - n // 2]
    if flavour == "identical":
        x[:] = x[:, :1]
    return Cases({"x": x}, {"method": method, "components": min(3, n)}, regime)


START_DOMAIN = Domain(
    MappingProxyType({"n": (3, 6), "d": (1, 2)}),
    ("k-means++", "random", "k-means++: duplicates", "k-means++: one far", "k-means++: identical"),
    draw_starts,
    MappingProxyType({"x": Axes(("n", "d"), "real")}),
)
"""Rows to start from."""

SEARCHED = MappingProxyType({"full": 2.0**-6, "tied": 0.0, "diag": 2.0**-6, "spherical": 2.0**-6})
"""Shape of covariance → ridge: the tied covariance needs none, being made from all rows."""


def draw_search(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Rows in as many clusters as components, so that runs end at different maxima."""
    n, d, k = shape["n"], shape["d"], shape["k"]
    centre = 3 * rng.standard_normal((lanes, k, d))
    x = np.take_along_axis(centre, rng.integers(0, k, (lanes, n, 1)), axis=1) + rng.standard_normal((lanes, n, d))
    return Cases({"x": x}, _search(shape_of(regime), flavour_of(regime), k, int(rng.integers(1, 7))), regime)


def _search(kind: str, flavour: str, k: int, steps: int) -> dict[str, int | float | str]:
    return {
        "covariance": kind,
        "components": k,
        "method": flavour or "k-means++",
        "restarts": 4,
        "steps": steps,
        "ridge": SEARCHED[kind],
    }


def searched(table: Floats) -> Cases:
    """A whole table as one lane, in units of its deviations."""
    return Cases({"x": (table / table.std(axis=0))[None]}, _search("full", "", 3, 5))


def enough_rows(cases: Cases) -> Array:
    """More rows than coordinates and components together, which vary in every direction."""
    (_, n, d), k = cases["x"].shape, cases.integer("components")
    centred = cases["x"] - cases["x"].mean(axis=1, keepdims=True)
    least, kappa = condition(np.einsum("lna,lnb->lab", centred, centred) / n)
    return np.asarray((least > 0) & (kappa < 2.0**12) & (n > d + k))


SEARCH_DOMAIN = Domain(
    MappingProxyType({"n": (10, 24), "d": (1, 3), "k": (1, 3)}),
    (*SEARCHED, "tied-random", "full-random"),
    draw_search,
    MappingProxyType({"x": Axes(("n", "d"), "real")}),
    {"components": 1, "restarts": 1, "steps": 1},
    valid=enough_rows,
    real=offered(searched),
)
"""Rows that are searched from several starts."""

DRAWS = 4096
"""Draws from each mixture: at a level of 1e-10 a probability of ½ that is off by 0.055 is seen with power ½."""


def draw_sampled(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Mixtures with unequal weights, eigenvalues of 1/16 … 4 and a mean that may be 2^6 deviations from 0."""
    d, k, kind = shape["d"], shape["k"], shape_of(regime)
    arrays = {
        "pi": rng.dirichlet(np.arange(1.0, k + 1), lanes),
        "mu": 2 * rng.standard_normal((lanes, k, d)) + 2.0**6 * rng.integers(0, 2, (lanes, 1, 1)),
        kind: covariances(rng, kind, lanes, k, d, 2.0, 2.0**6),
    }
    return Cases(arrays, {"covariance": kind, "count": DRAWS}, regime)


SAMPLE_DOMAIN = Domain(
    MappingProxyType({"d": (1, 3), "k": (1, 3)}), COVARIANCES, draw_sampled, AXES, valid=valid, settle=settled
)
"""Mixtures to draw from."""
