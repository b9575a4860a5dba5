"""Popular false statements about EM for mixtures. Each check states the myth as if it were true."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, Bound, absolute, rounding
from theory.core.claim import Answer, Myth
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.core.gap import Gap, at_most, equal
from theory.em.bounds_mixture import guess
from theory.em.cases_mixture import AXES, settled
from theory.em.cases_paths import CLIMB, PATHS, climbed, draw_paths, valid_paths
from theory.em.claims_monotone import path_of
from theory.em.oracle_mixture import Mixture

Rng = np.random.Generator
Floats = NDArray[np.float64]

LONG = 50
"""Steps after which EM counts as finished, what its last step gained being as much as each of as many more might."""

WRONG_STEPS = 3
"""Steps of the wrong M-step that must all raise the likelihood before the myth about it speaks."""

RIDGE = 2.0**-20
"""What is added to each variance in the myth about any implementation: about a library's default of 1e−6."""


def summed(cases: Cases, now: Mixture, kind: str) -> tuple[Floats, Bound]:
    """Log-likelihood (lane, …) of mixtures (lane, …) in float64, and the error of a subject's."""
    shape = (len(now.pi), *[1] * (now.pi.ndim - 2))
    x = cases["x"].reshape(*shape, *cases["x"].shape[1:])
    weight = cases["sample_weight"].reshape(*shape, -1)
    known = guess(x, now, kind, cases.u)
    drift = absolute((weight * known.drift).sum(axis=-1), "Σ w drift")
    size = (weight * np.abs(known.value)).sum(axis=-1)
    n = x.shape[-2]
    return (weight * known.value).sum(axis=-1), drift + rounding(n + 2, cases.u + U64, "γ(n+2) Σ w |ℓ|", size)


def draw_rows(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Whole numbers on a line, and two starts at two of them each: mu and other (lane, 2, 1); one variance for both."""
    n = shape["n"]
    x = rng.integers(0, 8, (lanes, n, 1)).astype(np.float64)
    starts = rng.permuted(np.tile(np.arange(n), (2 * lanes, 1)), axis=1)[:, :2].reshape(2, lanes, 2)
    mu, other = (np.take_along_axis(x, start[..., None], axis=1) for start in starts)
    half, quarter = np.full((lanes, 2), 0.5), np.full((lanes, 1, 1), 0.25)
    arrays = {"x": x, "sample_weight": np.ones((lanes, n)), "pi": half, "mu": mu, "tied": quarter, "other": other}
    return Cases(arrays, {"covariance": "tied", "steps": LONG}, regime)


def _valid_rows(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): three different rows, starts at two different rows each, so that the common variance stays positive."""
    x, good = cases["x"][..., 0], np.ones(cases.lanes, dtype=bool)
    for name in ("mu", "other"):
        start = cases[name][..., 0]
        good &= (start[:, 0] != start[:, 1]) & (start[..., None] == x[:, None]).any(axis=2).all(axis=1)
    return np.asarray(good & ((np.diff(np.sort(x, axis=1), axis=1) > 0).sum(axis=1) >= 2))


def check_any_start(answer: Answer, cases: Cases) -> Gap:
    """The end from one start is as high as the end from another, up to rounding and `LONG` more steps like the last."""
    other = answer.again("mixture_fit", cases.with_arrays(mu=cases["other"]))
    here, there = answer["log_likelihood"], other["log_likelihood"]
    bound = absolute(LONG * np.abs(here[:, -1] - here[:, -2]), "50 times the last gain")
    for one in (answer, other):
        bound = bound + summed(cases, Mixture(*(part[:, -1] for part in path_of(one))), "tied")[1]
    return at_most("ℓ at the end from another start", there[:, -1], here[:, -1], bound)


def check_rising_is_right(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Steps that never lower the likelihood, here about the old mean, three of them, are M-steps: their Σ is EM's.

    Σ about the old mean is Σ' + (μ' − μ)(μ' − μ)ᵀ. A rounding bound of γ(n + 10) |Σ| is all the myth would need.
    """
    now, rising, pairs = Mixture(cases["pi"], cases["mu"], cases["full"]), np.ones(cases.lanes, dtype=bool), []
    before, error = summed(cases, now, "full")
    for number in range(WRONG_STEPS):
        given = cases.with_arrays(pi=now.pi, mu=now.mu, full=now.covariances)
        told = answer if number == 0 else answer.again("mixture_fit", given)
        right = Mixture(*(part[:, 1] for part in path_of(told)))
        moved = right.mu - now.mu
        now = right._replace(covariances=right.covariances + moved[..., :, None] * moved[..., None, :])
        pairs.append((now.covariances, right.covariances))
        after, further = summed(cases, now, "full")
        rising &= before - after <= error.value + further.value
        before, error = after, further
    where, n = rising[:, None, None, None], cases["x"].shape[1]
    return tuple(
        equal("Σ about the old mean", wrong, right, rounding(n + 10, cases.u, "γ(n+10) |Σ|", right), where)
        for wrong, right in pairs
    )


def draw_summits(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A start close to a maximum of the likelihood, and a ridge that its steps add to each variance."""
    cases = climbed(draw_paths(rng, {**shape, "steps": 1}, regime, lanes), CLIMB)
    return cases.with_settings(ridge=RIDGE)


def check_any_implementation(answer: Answer, cases: Cases) -> Gap:
    """The log-likelihood never falls, up to the float error of its two values, whatever was added to a variance."""
    kind, value = str(cases.settings["covariance"]), answer["log_likelihood"]
    _, error = summed(cases, path_of(answer), kind)
    bound = absolute(error.value[:, :-1] + error.value[:, 1:], error.terms)
    return at_most("ℓ(θ) ≤ ℓ(θ′)", value[:, :-1], value[:, 1:], bound)


MIXTURE_MYTHS: tuple[Myth, ...] = (
    Myth(
        id="EM-M1",
        title="EM finds the global maximum",
        sentence="EM ends at the highest likelihood, wherever it starts.",
        truth="It climbs to a stationary point (EM-03, EM-05), and where there are several the start decides which. "
        "Hence restarts, of which the best is kept (EM-22).",
        source=(("wu1983", "section 2"), ("mclachlan2000", "section 2.12")),
        asks="mixture_fit",
        check=check_any_start,
        domain=Domain(
            MappingProxyType({"n": (4, 6)}),
            ("whole-numbers",),
            draw_rows,
            MappingProxyType({"x": Axes(("n", "d"), "real"), "sample_weight": Axes(("n",))}),
            valid=_valid_rows,
        ),
        smallest="rows 0, 1, 1, 4 with one variance: from means 0 and 1 EM ends at −7.298, from 0 and 4 at −4.342",
        lanes=32,
    ),
    Myth(
        id="EM-M2",
        title="A rising likelihood proves the step right",
        sentence="An implementation whose likelihood never falls computes the M-step correctly.",
        truth="Any step that raises Q raises the likelihood. A covariance about the old mean does, and so do weights "
        "that are never updated: both are generalised EM, slower and not what the formula says (EM-05, EM-06).",
        source=(("dempster1977", "section 3"), ("neal1998", "section 2")),
        asks="mixture_fit",
        check=check_rising_is_right,
        domain=replace(
            PATHS,
            shapes=MappingProxyType({"n": (4, 12), "d": (1, 2), "k": (1, 2)}),
            regimes=("full",),
            draw=lambda rng, shape, regime, lanes: draw_paths(rng, {**shape, "steps": 1}, regime, lanes),
            countdown=MappingProxyType({}),
            real=MappingProxyType({}),
        ),
        smallest="rows 0, 0, 0, 1 and one component at 0: Σ about the old mean is 1/4, about the new one 3/16",
        lanes=32,
    ),
    Myth(
        id="EM-M3",
        title="Every EM implementation is monotone",
        sentence="Whatever an implementation adds to the covariances, its likelihood never falls.",
        truth="A ridge makes the M-step maximise something else. Close to a maximum the likelihood then falls, and the "
        "ridge is on by default in some libraries; without one it never falls (EM-03).",
        source=(("dempster1977", "section 3"), ("bishop2006", "section 9.2")),
        asks="mixture_fit",
        check=check_any_implementation,
        domain=Domain(
            MappingProxyType({"n": (2, 12), "d": (1, 2), "k": (1, 2)}),
            ("full", "diag", "spherical", "tied"),
            draw_summits,
            AXES,
            valid=valid_paths,
            settle=settled,
        ),
        smallest="rows ±2^−10, one component of mean 0 and variance 2^−20: a ridge of 2^−20 costs log 2 − 1/2 nats",
        lanes=32,
    ),
)
