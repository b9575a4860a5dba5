"""EM-03: the likelihood never falls, decided in ball arithmetic at every step of every path."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, absolute, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.em.balls_mixture import log_likelihood, precision, weighted_rows
from theory.em.bounds_mixture import allowance, guess
from theory.em.cases_paths import LEAST_COUNT, PATHS, WORST_STRAIN, counts, strain
from theory.em.density import as_full
from theory.em.oracle_mixture import Mixture

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

BITS = (200, 400, 800)
"""Precisions of the balls, each tried where the one before could not decide."""


def path_of(answer: Answer) -> Mixture:
    """The parameters along a path: pi (lane, steps+1, k), …."""
    return Mixture(answer["pi"], answer["mu"], answer["covariances"])


def inside(walked: Mixture, cases: Cases) -> Mask:
    """(lane, steps+1): entries of a path up to which every N_k ≥ 1 and no covariance is too flat."""
    kind = str(cases.settings["covariance"])
    worst = strain(walked.covariances, kind, cases["x"], walked.pi.shape[-1])
    finite = np.isfinite(walked.mu).all(axis=(-2, -1)) & (walked.pi >= 0).all(axis=-1)
    good = finite & (worst <= WORST_STRAIN[cases.dtype])
    good[:, 1:] &= counts(walked.pi[:, 1:], cases["sample_weight"][:, None]).min(axis=-1) >= LEAST_COUNT
    return np.logical_and.accumulate(good, axis=1)


def steady(walked: Mixture, good: Mask) -> Mixture:
    """The path with the start in place of every entry outside the domain, so that all of it can be evaluated."""

    def filled(values: Floats) -> Floats:
        return np.where(good.reshape(*good.shape, *[1] * (values.ndim - 2)), values, values[:, :1])

    return Mixture(*(filled(part) for part in walked))


def decided(cases: Cases, walked: Mixture, good: Mask, allowed: Floats) -> tuple[Floats, Floats]:
    """Exact log-likelihoods (lane, steps+1) as floats, and what each step lost, ℓ_t − ℓ_{t+1}, (lane, steps).

    Each difference is the upper end of a ball; a ball that straddles what is allowed is evaluated more precisely.
    Entries outside the domain are 0.
    """
    values, falls = np.zeros(good.shape), np.zeros(allowed.shape)
    for lane in range(cases.lanes):
        for bits in BITS:
            with precision(bits):
                exact = _along(cases, walked, lane, int(good[lane].sum()))
                drops = [before - after for before, after in itertools.pairwise(exact)]
                if not any(drop.overlaps(_ball(limit)) for drop, limit in zip(drops, allowed[lane], strict=False)):
                    break
        values[lane, : len(exact)] = [float(value.mid()) for value in exact]
        falls[lane, : len(drops)] = [float(drop.upper()) for drop in drops]
    return values, falls


def _ball(limit: float) -> Any:
    from flint import arb

    return arb(float(limit))


def _along(cases: Cases, walked: Mixture, lane: int, entries: int) -> list[Any]:
    """The log-likelihoods of the first entries of one lane's path, as balls."""
    kind = str(cases.settings["covariance"])
    rows = weighted_rows(cases["x"][lane], cases["sample_weight"][lane])
    pi, mu, covariances = (part[lane] for part in walked)
    return [log_likelihood(rows, pi[t], mu[t], covariances[t], kind) for t in range(entries)]


@np.errstate(all="ignore")  # a subject may answer anything: what is no number is refuted
def check_rise(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """ℓ(θ_t) ≤ ℓ(θ_{t+1}) for the very floats that the subject returned, in balls; `allowance` says what rounding took.

    What the subject reports differs from the ball by its E-step's drift, by n + 2 roundings of the sum, and, since
    here π is divided by its exact sum, by the defect of π, 8 k u a row. The start is the one that was given, up to
    that defect and to an inversion and back of Σ, 8 d² κ u.
    """
    walked, kind, weight = path_of(answer), str(cases.settings["covariance"]), cases["sample_weight"]
    n, k = cases["x"].shape[1], cases["pi"].shape[1]
    good = inside(walked, cases)
    judged = good[:, :-1] & good[:, 1:]
    safe = steady(walked, good)
    x, rows = cases["x"][:, None], weight[:, None]
    before = Mixture(*(part[:, :-1] for part in safe))
    allowed = allowance(x, rows, before, kind, cases.u, cases.dtype)
    values, falls = decided(cases, walked, good, allowed)
    known = guess(x, safe, kind, cases.u)
    size = (rows * np.abs(known.value)).sum(axis=-1)
    drift = (rows * (known.drift + 8 * k * (cases.u + U64))).sum(axis=-1)
    bound = absolute(drift, "Σ w (log Σ r e^T + (9k+8) u (1+|ℓ|))") + rounding(n + 2, cases.u, "γ(n+2) Σ w |ℓ|", size)
    finite = np.isfinite(walked.pi).all(axis=2) & np.isfinite(answer["log_likelihood"])
    finite[:, 1:] |= ~good[:, :-1]
    return (
        exactly("parameters and likelihood are finite", finite, np.ones_like(finite)),
        at_most("ℓ(θ) − ℓ(θ′)", falls, np.zeros_like(falls), absolute(allowed, "Σ N (p² + d e²/2 + s²)"), judged),
        equal("log-likelihood of the path", answer["log_likelihood"], values, bound, good),
        *_started(answer, cases.rounded()),
    )


def _started(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The first entry of the path is the start, up to a normalised π and an inversion of Σ and back."""
    kind = str(cases.settings["covariance"])
    k, d = cases["mu"].shape[1:]
    values = np.linalg.eigvalsh(as_full(cases[kind], kind, k, d))
    worst = (values[..., -1] ** 2 / values[..., 0]).max(axis=1)  # κ ‖Σ‖
    pi, mu, covariances = (part[:, 0] for part in path_of(answer))
    inverted = rounding(8 * d**2, cases.u, "γ(8 d²) κ |Σ|", worst.reshape(-1, *[1] * (covariances.ndim - 1)))
    return (
        equal("π at the start", pi, cases["pi"], rounding(9 * k + 2, cases.u, "γ(9k+2) π", cases["pi"])),
        exactly("μ at the start", mu, cases["mu"]),
        equal("Σ at the start", covariances, cases[kind], inverted),
    )


EM_03 = Claim(
    id="EM-03",
    version=1,
    title="The likelihood never falls",
    sentence="No step of EM lowers the log-likelihood of a Gaussian mixture, whatever the shape of its covariances and "
    "the weights of the rows: decided in ball arithmetic for the very parameters that were returned, up to the "
    "second-order effect of their rounding.",
    latex=r"\ell(\theta_{t+1})\ge\ell(\theta_t),\qquad \ell(\theta)=\sum_n w_n\log\sum_k\pi_k\,"
    r"\mathcal N(x_n;\mu_k,\Sigma_k)",
    source=(("dempster1977", "Theorem 1"), ("wu1983", "section 2")),
    kind="monotone",
    asks="mixture_fit",
    check=check_rise,
    domain=PATHS,
    needs=("pi", "mu", "covariances", "log_likelihood"),
    parents=("EM-04",),
    lanes=12,
)
