"""Hidden Markov models with Gaussian emissions: named regimes drawn a whole batch at a time.

pi (lane, s), A (lane, s, s), mu (lane, s, d), covariances under the name of their shape (`diag` (lane, s, d) or `full`
(lane, s, d, d)), x (lane, r, t, d), lengths (lane, r). A regime is the shape and a flavour.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array, Cases, Domain, Shape
from theory.em.cases_markov import BY_SEQUENCE, Floats, Rng, chain, hidden, settled, stochastic
from theory.em.density import as_full, log_joint

KINDS = ("diag", "full")
FLAVOURS = ("plain", "unequal", "unreachable", "left-right", "tiny-scale", "huge-scale", "offset", "one-state")
"""As for symbols, and data and deviations of 2^-10 or 2^10 · means 2^7 deviations from 0."""

REGIMES = tuple(f"{kind}-{flavour}" for kind in KINDS for flavour in (*FLAVOURS, "ridge", "far"))
"""With a ridge of a quarter · with an `outlier` that the check moves away."""

AWAY = 2.0**6
"""How many deviations an outlier is moved: its density, about exp(-2^11), is below the smallest float."""
STEPS = 10
"""Steps of EM that the likelihood is followed for."""

NARROWEST = 2.0**-9
"""Variance, as a share of the squared spread of the data, below which a state counts as collapsing.

With an outlier, whose spread is AWAY², the 2^-11th part of it.
"""

RARE = 2.0**-6
"""Expected count below which a state that is visited at all counts as dying."""


def kind_of(cases: Cases) -> str:
    """The shape of covariance of a case."""
    return str(cases.settings["covariance"])


def draw_emissions(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A chain with Gaussian emissions two deviations apart, and sequences near it."""
    kind, _, flavour = regime.partition("-")
    s = 1 if flavour == "one-state" else shape["s"]
    r, t, d = shape["r"], shape["t"], shape["d"]
    scale = {"tiny-scale": 2.0**-10, "huge-scale": 2.0**10}.get(flavour, 1.0)
    pi, A = chain(rng, lanes, s, flavour)
    mu = scale * (2 * rng.standard_normal((lanes, s, d)) + 2.0**7 * (flavour == "offset"))
    full = rng.standard_normal((lanes, s, d, d))
    full = scale**2 * (np.eye(d) + full @ full.swapaxes(-1, -2) / (2 * d))
    full = (full + full.swapaxes(-1, -2)) / 2
    lengths = rng.integers(1, t + 1, (lanes, r)) if flavour == "unequal" else rng.integers(t - 1, t + 1, (lanes, r))
    lengths[:, 0] = t
    states = hidden(rng, pi, A, t, r)
    x = mu[np.arange(lanes)[:, None, None], states] + 1.5 * scale * rng.standard_normal((lanes, r, t, d))
    arrays: dict[str, Array] = {"x": x, "pi": pi, "A": A, "mu": mu, "lengths": lengths}
    arrays[kind] = full if kind == "full" else np.diagonal(full, axis1=-2, axis2=-1).copy()
    return Cases(arrays, {"covariance": kind, "ridge": scale**2 / 4 if flavour == "ridge" else 0.0}, regime)


def outlier(cases: Cases) -> Cases:
    """The same sequences with the first point of the first moved away from everything."""
    x, kind = cases["x"].copy(), kind_of(cases)
    deviation = np.sqrt(as_full(cases[kind], kind, *cases["mu"].shape[1:]).max(axis=(1, 2, 3)))
    x[:, 0, 0, 0] += AWAY * deviation
    return cases.with_arrays(x=x).rounded()


def draw_rising(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """The same for several steps of EM; a ridge is not maximum likelihood, so there is none."""
    return draw_emissions(rng, shape, regime, lanes).with_settings(steps=STEPS, ridge=0.0)


def log_densities(cases: Cases) -> Floats:
    """Log N(x_rt; μ_s, Σ_s) in float64: (lane, r, t, s)."""
    lanes, r, t, d = cases["x"].shape
    s, kind = cases["mu"].shape[1], kind_of(cases)
    full = as_full(cases[kind], kind, s, d)
    return log_joint(cases["x"].reshape(lanes, -1, d), np.ones((lanes, s)), cases["mu"], full).reshape(lanes, r, t, s)


def posterior(pi: Floats, A: Floats, b: Floats, lengths: NDArray[Any]) -> tuple[Floats, Floats]:
    """γ (lane, r, t, s) and Σ ξ (lane, s, s) by the scaled recursion in float64: to see where EM goes, not to judge."""
    t = b.shape[2]
    inside = (np.arange(t) < lengths[..., None])[..., None]  # (lane, r, t, 1)
    b = np.where(inside, b, 1.0)
    ahead: list[Floats] = []
    for step in range(t):
        now = (np.einsum("lrs,lsk->lrk", ahead[-1], A) if step else pi[:, None]) * b[:, :, step]
        ahead.append(now / now.sum(axis=-1, keepdims=True))
    back, gammas, moves = np.ones_like(ahead[0]), [], np.zeros_like(A)
    for step in range(t - 1, -1, -1):
        gamma = ahead[step] * back
        gammas.append(np.where(inside[:, :, step], gamma / gamma.sum(axis=-1, keepdims=True), 0.0))
        if step:
            pair = ahead[step - 1][..., :, None] * A[:, None] * (b[:, :, step] * back)[..., None, :]
            pair = pair / pair.sum(axis=(-1, -2), keepdims=True)
            moves += np.where(inside[:, :, step, :, None], pair, 0.0).sum(axis=1)
            back = np.where(inside[:, :, step], np.einsum("lsk,lrk->lrs", A, b[:, :, step] * back), back)
            back = back / back.max(axis=-1, keepdims=True)
    return np.stack(gammas[::-1], axis=2), moves


def stepped(cases: Cases) -> tuple[Cases, Floats]:
    """The parameters after a step of EM in float64, and how often each state was visited (lane, s)."""
    log_b = log_densities(cases)
    b = np.exp(log_b - log_b.max(axis=-1, keepdims=True))
    gamma, moves = posterior(cases["pi"], cases["A"], b, cases["lengths"])
    count = gamma.sum(axis=(1, 2))
    weight = gamma / np.where(count > 0, count, 1.0)[:, None, None]
    dead = count[..., None] == 0
    mu = np.where(dead, cases["mu"], np.einsum("lrts,lrtd->lsd", weight, cases["x"]))
    away = cases["x"][:, :, :, None] - mu[:, None, None]
    full = np.einsum("lrts,lrtsd,lrtse->lsde", weight, away, away)
    full = full + float(cases.settings.get("ridge", 0.0)) * np.eye(mu.shape[-1])
    total = moves.sum(axis=-1, keepdims=True)
    kind = kind_of(cases)
    found = full if kind == "full" else np.diagonal(full, axis1=-2, axis2=-1)
    old = cases[kind]
    arrays = {
        "pi": gamma[:, :, 0].mean(axis=1),
        "A": np.where(total > 0, moves / np.where(total > 0, total, 1.0), cases["A"]),
        "mu": mu,
        kind: np.where(dead[..., None] if kind == "full" else dead, old, found),
    }
    return cases.with_arrays(**arrays), count


def valid_emissions(cases: Cases) -> NDArray[np.bool_]:
    """Distributions, and no state that collapses or dies before the last step: (lane,).

    A state that collapses has no largest likelihood, and is an error: that is another claim's.
    """
    good = lasting(cases, NARROWEST)
    return good & lasting(outlier(cases), NARROWEST * 2.0**-11) if cases.regime.endswith("far") else good


def lasting(cases: Cases, narrowest: float) -> NDArray[np.bool_]:
    """As `valid_emissions`, for the points as they are and a least share of their squared spread: (lane,)."""
    good = stochastic(cases) & (cases["lengths"] <= cases["x"].shape[2]).all(axis=1)
    s, d = cases["mu"].shape[1:]
    inside = np.arange(cases["x"].shape[2]) < cases["lengths"][..., None]
    centre = cases["x"].mean(axis=(1, 2), keepdims=True)
    spread = np.where(inside[..., None], (cases["x"] - centre) ** 2, 0.0).sum(axis=-1).max(axis=(1, 2))
    elsewhere = ~np.eye(s, dtype=bool)
    reached = (cases["pi"] > 0) | ((cases["A"] > 0) & elsewhere).any(axis=1)
    with np.errstate(all="ignore"):
        for step in range(1 + int(cases.settings.get("steps", 1))):
            values = np.linalg.eigvalsh(as_full(np.nan_to_num(cases[kind_of(cases)]), kind_of(cases), s, d))
            good &= (values.min(axis=(1, 2)) >= narrowest * spread) & (spread > 0)
            if not good.any() or step == int(cases.settings.get("steps", 1)):
                break
            cases, count = stepped(cases)
            good &= np.where(reached, count >= RARE, count == 0).all(axis=1)
    return np.asarray(good)


VISITED = Domain(
    {"r": (2, 3), "t": (3, 4), "s": (1, 2), "d": (1, 2)},
    REGIMES,
    draw_emissions,
    BY_SEQUENCE,
    valid=valid_emissions,
    settle=settled,
)
"""Short enough for all paths, long enough for every covariance."""

LEARNING = Domain(
    {"r": (2, 3), "t": (8, 10), "s": (1, 2), "d": (1, 2)},
    tuple(f"{kind}-{flavour}" for kind in KINDS for flavour in FLAVOURS),
    draw_rising,
    BY_SEQUENCE,
    MappingProxyType({"steps": 1}),
    valid=valid_emissions,
    settle=settled,
)
"""Sequences long enough for several steps without a collapse."""
