"""Mixtures to be fitted: rows, sample weights and a start from which no component collapses in the steps asked for.

A regime is the shape of the covariance and, after a dash, a flavour. Scales are 10^U(−3, 0) everywhere, so that what
is silently added to a variance shows.
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Cases, Domain, Shape
from theory.em.cases_mixture import AXES, settled, shape_of, valid
from theory.em.data import offered
from theory.em.density import as_full, log_joint
from theory.em.oracle_mixture import Mixture, path
from theory.em.port import COVARIANCES

Rng = np.random.Generator
Floats = NDArray[np.float64]

FLAVOURS = ("summit", "weighted", "duplicates", "far", "offset", "twins", "apart")
"""A start close to a maximum · sample weights, some 0 · equal rows · one row 2^5 deviations away · a mean 2^8
deviations from 0 · two equal components · components 2^4 deviations from each other. Without a flavour every component
is, where that can be had, the likeliest one of d + 2 rows, so that even a wrong guess does not empty it at once."""

REGIMES = (*COVARIANCES, *(f"{kind}-{flavour}" for flavour in FLAVOURS for kind in ("full", "diag")), "tied-summit",
           "spherical-summit", "spherical-weighted", "tied-far")  # fmt: skip

CLIMB = 60
"""Steps of the theory's own EM that lead to a start of the flavour `summit`."""

SPARE = 3
"""Problems drawn for each lane; those whose components stay roundest are kept."""

WORST_STRAIN = MappingProxyType({"float64": 2.0**30, "float32": 2.0**14})
"""Ratio of the rows' extent², or of λ_max, to λ_min above which a path has left the domain: a component collapses."""

LEAST_COUNT = 1.0
"""Sum of a component's responsibilities below which a path has left the domain."""

CLEAR = 2.0
"""How far from that edge the theory's own path must stay for a case to be asked: in counts, and squared in strain."""


def draw_paths(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Rows of a mixture and a rough start; what differs between regimes is said at `FLAVOURS`."""
    n, d, k, steps = shape["n"], shape["d"], shape["k"], shape["steps"]
    kind, flavour = shape_of(regime), regime.partition("-")[2]
    many = SPARE * lanes
    scale = 10.0 ** rng.uniform(-3, 0, (many, 1, 1))
    centre = 2.0**8 * scale * (flavour == "offset")
    mu = centre + (2.0**4 if flavour == "apart" else 2.0) * scale * rng.standard_normal((many, k, d))
    owner = rng.permuted(np.tile(np.arange(n) % k, (many, 1)), axis=1)
    x = np.take_along_axis(mu, owner[..., None], axis=1) + scale * rng.standard_normal((many, n, d))
    weight = np.ones((many, n))
    if flavour == "weighted":
        weight = rng.integers(0, 4, (many, n)) + np.eye(n)[0]
    if flavour == "duplicates":
        x = x[:, rng.integers(0, n, n)]
    if flavour == "far":
        x[:, :1] += 2.0**5 * scale
    start = _start(rng, x, mu + scale * rng.standard_normal((many, k, d)) / 4, kind, scale)
    if flavour == "twins" and k > 1:
        start.mu[:, -1], start.pi[:, -1] = start.mu[:, 0], start.pi[:, 0]
        start.pi[:] /= start.pi.sum(axis=1, keepdims=True)
        if kind != "tied":
            start.covariances[:, -1] = start.covariances[:, 0]
    cases = Cases({"x": x, "sample_weight": weight, "pi": start.pi, "mu": start.mu, kind: start.covariances},
                  {"covariance": kind, "steps": steps}, regime)  # fmt: skip
    if flavour == "summit":
        cases = climbed(cases, CLIMB)
    rough = _roughness(cases)
    if not flavour:
        rough = rough + np.where(_least_owned(cases) >= d + 2, 0.0, np.inf)
    return cases.take(np.argsort(rough, kind="stable")[:lanes])


def _start(rng: Rng, x: Floats, mu: Floats, kind: str, scale: Floats) -> Mixture:
    """Uneven weights, means close to the components', and variances of one to four times the components'."""
    many, k, d = mu.shape
    pi = 1 + rng.random((many, k))
    count = {"full": (many, k), "tied": (many,), "diag": (many, k, d), "spherical": (many, k)}[kind]
    size = scale.reshape(many, *[1] * (len(count) - 1)) ** 2 * rng.uniform(1, 4, count)
    spread = size[..., None, None] * np.eye(d) if kind in ("full", "tied") else size
    return Mixture(pi / pi.sum(axis=1, keepdims=True), mu.copy(), spread)


def climbed(cases: Cases, steps: int) -> Cases:
    """The same problems with a start that is `steps` EM steps further up; lanes that collapse keep theirs."""
    kind = str(cases.settings["covariance"])
    end = Mixture(*(part[:, -1] for part in path(cases, steps)))
    good = np.isfinite(end.pi).all(axis=1)

    def kept(new: Floats, old: Floats) -> Floats:
        return np.where(good.reshape(-1, *[1] * (old.ndim - 1)), new, old)

    mended = {"pi": kept(end.pi, cases["pi"]), "mu": kept(end.mu, cases["mu"])}
    return cases.with_arrays(**mended, **{kind: kept(end.covariances, cases[kind])})


def strain(covariances: Floats, kind: str, x: Floats, k: int) -> Floats:
    """max(λ_max, extent²) ∕ λ_min of the worst component: (lane, entry); ∞ where Σ is not positive definite.

    covariances (lane, entry, …), x (lane, n, d); the extent is that of the rows along the axis where it is largest.
    """
    full = as_full(covariances, kind, k, x.shape[-1])
    finite = np.asarray(np.isfinite(full).all(axis=(-2, -1)))
    values = np.linalg.eigvalsh(np.where(finite[..., None, None], full, np.eye(x.shape[-1])))
    extent = np.ptp(x, axis=1).max(axis=-1)[:, None, None]  # (lane, 1, 1)
    with np.errstate(all="ignore"):
        ratio = np.maximum(values[..., -1], extent**2) / values[..., 0]
    return np.asarray(np.where(finite & (values[..., 0] > 0), ratio, np.inf).max(axis=-1))


def counts(pi: Floats, weight: Floats) -> Floats:
    """Responsibilities that made a weight, N_k = π_k Σ_n w_n: pi (…, k), weight (…, n)."""
    return np.asarray(pi * weight.sum(axis=-1, keepdims=True))


def _along(cases: Cases) -> tuple[Floats, Floats]:
    """Worst strain (lane,) and least count (lane,) of the theory's own path; ∞ and 0 at a collapse."""
    own = path(cases, cases.integer("steps"))
    kind, k = str(cases.settings["covariance"]), cases["pi"].shape[1]
    worst = strain(own.covariances, kind, cases["x"], k).max(axis=1)
    least = counts(own.pi, cases["sample_weight"][:, None]).min(axis=(1, 2))
    alive = np.isfinite(own.pi).all(axis=(1, 2))
    return np.where(alive, worst, np.inf), np.where(alive, least, 0.0)


def _roughness(cases: Cases) -> Floats:
    """(lane,): how near the theory's own path comes to a collapse."""
    worst, least = _along(cases)
    with np.errstate(all="ignore"):
        return np.asarray(worst / np.minimum(least, CLEAR))


def _least_owned(cases: Cases) -> NDArray[np.intp]:
    """(lane,): of how many rows the component with the fewest is the likeliest, at the start."""
    kind, k = str(cases.settings["covariance"]), cases["pi"].shape[1]
    full = as_full(cases[kind], kind, *cases["mu"].shape[1:])
    best = log_joint(cases["x"], cases["pi"], cases["mu"], full).argmax(axis=-1)
    return np.asarray((best[..., None] == np.arange(k)).sum(axis=1).min(axis=1))


def valid_paths(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): proper weights, and the theory's own path stays a factor `CLEAR` away from the edge of the domain."""
    good = valid(cases)
    kept = cases.take(good)
    if kept.lanes:
        worst, least = _along(kept)
        good[good] = (worst * CLEAR**2 <= WORST_STRAIN[cases.dtype]) & (least >= CLEAR * LEAST_COUNT)
    return good


def real_paths(rows: Floats) -> Cases:
    """Bundled rows in units of their deviations, three full components that start at rows far apart in the table."""
    x = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    x, k = x[:, :4], 3
    mu = x[[0, len(x) // 2, len(x) - 1]]
    start = {"pi": np.full((1, k), 1 / k), "mu": mu[None], "full": np.tile(np.eye(x.shape[1]), (1, k, 1, 1))}
    return Cases({"x": x[None], "sample_weight": np.ones((1, len(x))), **start}, {"covariance": "full", "steps": 12})


PATHS = Domain(
    MappingProxyType({"n": (4, 24), "d": (1, 3), "k": (1, 3), "steps": (1, 12)}),
    REGIMES,
    draw_paths,
    AXES,
    countdown=MappingProxyType({"steps": 1}),
    valid=valid_paths,
    real=offered(real_paths),
    settle=settled,
)
"""Starts and step counts from which EM goes its way without a collapse."""
