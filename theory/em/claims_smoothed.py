"""Claims about smoothed latent Dirichlet allocation, EM-35 and EM-36: topics have a posterior too."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, Bound, absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, at_most, equal
from theory.em.bounds_allocation import constant_size, entry_size, means_size
from theory.em.cases_smoothed import SMOOTHED
from theory.em.oracle_allocation import smoothed_evidence
from theory.em.oracle_variational import Entry, middle, middles, radii, radius, smoothed_path

Floats = NDArray[np.float64]
LANES = 8
"""Problems a call: every path is followed in balls."""
ENUMERATED = 6
"""Most words of a corpus whose assignments are enumerated."""


def check_bounded(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The bound against log p(w | α, η) by enumeration, and its rise.

    How far rounding may move a bound is told by the same steps in balls, see `check_steps`. For one topic phi = 1, so
    after the first step q is the posterior and the bound is the evidence. The oracle's log p is that of positive terms,
    γ(8rn + k^rn).
    """
    bound = enclosed(cases).elbos.bound
    _, r, n = cases["words"].shape
    k, steps = cases["alpha"].shape[1], cases.integer("steps")
    told = answer["elbos"]
    pair = Bound(bound.value[:, 1:] + bound.value[:, :-1], f"2 ({bound.terms})")
    gaps = [
        equal("elbo is the last of elbos", answer["elbo"], told[:, -1], absolute(0.0, "0 (exact)")),
        at_most("the bound falls from λ to λ by", told[:, :-1] - told[:, 1:], 0.0, pair),
    ]
    if r * n <= ENUMERATED:
        v = cases["topics"].shape[2]
        log_p = smoothed_evidence(cases["alpha"], cases["eta"], v, cases["words"], cases["lengths"])
        ways = rounding(8 * r * n + k ** (r * n), U64, "γ(8rn + k^rn)(1 + |log p|)", 1 + np.abs(log_p))
        whole = bound + Bound(ways.value[:, None], ways.terms)
        gaps.append(at_most("elbo ≤ log p(w | α, η)", told, log_p[:, None], whole))
        if k == 1:
            gaps.append(equal("one topic: elbo = log p", told, log_p[:, None], whole, np.arange(steps + 1) > 0))
    return tuple(gaps)


def check_steps(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The path against the same algorithm in balls.

    The balls are widened by the unit roundoff at every update, so their radius bounds what rounding does to the
    parameters; the bound itself rounds by γ(8(n + k + v + 16)) of its terms.
    """
    path = enclosed(cases)
    return (
        equal("the bound at each λ = that of the same steps in balls", answer["elbos"], *path.elbos),
        equal("λ at the end = η + expected counts", answer["topics"], *path.topics),
        equal("γ at the end = α + expected counts", answer["gamma"], *path.gamma),
    )


class Enclosed(NamedTuple):
    """Numbers in balls: their middles, and how far rounding may move them."""

    middles: Floats
    bound: Bound


class Enclosure(NamedTuple):
    """A path in balls: bounds (lane, steps + 1), and at the end λ (lane, k, v) and γ (lane, r, k)."""

    elbos: Enclosed
    topics: Enclosed
    gamma: Enclosed


def enclosed(cases: Cases) -> Enclosure:
    """The same steps in balls."""
    (lanes, r, n), (k, v) = cases["words"].shape, cases["topics"].shape[1:]
    elbos, width = np.zeros((2, lanes, cases.integer("steps") + 1))
    topics, spread = np.zeros((2, lanes, k, v))
    gammas, reach = np.zeros((2, lanes, r, k))
    for lane in range(lanes):
        for t, entry in enumerate(smoothed_path(cases, lane, cases.u)):
            elbos[lane, t], width[lane, t] = middle(entry.elbo), radius(entry.elbo)
            width[lane, t] += gamma(8 * (n + k + v + 16), cases.u) * _size(cases, lane, entry)
            topics[lane], spread[lane] = middles(entry.topics), radii(entry.topics)
            gammas[lane], reach[lane] = middles(entry.gamma), radii(entry.gamma)
    words = "radius in balls widened by u"
    return Enclosure(
        Enclosed(elbos, absolute(width, f"{words} + γ(8(n + k + v + 16)) (1 + Σ|terms|)")),
        Enclosed(topics, absolute(spread + gamma(2, U64) * np.abs(topics), words)),
        Enclosed(gammas, absolute(reach + gamma(2, U64) * np.abs(gammas), words)),
    )


def _size(cases: Cases, lane: int, entry: Entry) -> float:
    """1 + Σ of the absolute values of all terms of the bound of one corpus."""
    topics, eta = middles(entry.topics), np.full((1, 1), cases["eta"][lane])
    documents = entry_size(cases, lane, cases["alpha"][lane], np.exp(_mean_logs(topics)), entry)
    sizes = (
        constant_size(topics)
        + constant_size(eta * np.ones_like(topics))
        + ((topics + eta) * means_size(topics)).sum(axis=1)
    )
    return float(documents + sizes.sum())


def _mean_logs(topics: Array) -> Floats:
    from scipy.special import digamma

    return np.asarray(digamma(topics) - digamma(topics.sum(axis=-1, keepdims=True)))


SMOOTHED_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="EM-35",
        version=1,
        title="The bound of the smoothed model is below its evidence, and never falls",
        sentence="With topics drawn from Dirichlet(η), the bound is never above log p(w | α, η), topics integrated "
        "out, and rises from step to step; for one topic it touches.",
        latex=r"\mathcal L(\gamma,\phi,\lambda;\alpha,\eta)\le\log p(w\mid\alpha,\eta)",
        source=(("blei2003", "section 5.4"),),
        kind="inequality",
        asks="lda_smoothed",
        check=check_bounded,
        domain=SMOOTHED,
        needs=("elbos", "elbo"),
        parents=("EM-31",),
        lanes=LANES,
        slack_reason="the bound is below the evidence by far more than rounding, except for one topic",
    ),
    Claim(
        id="EM-36",
        version=1,
        title="A step of the smoothed model adds expected counts to η",
        sentence="Phi and gamma are updated in turn, so many sweeps, and then λ is η plus the counts that phi expects.",
        latex=r"\phi_{dnk}\propto e^{\psi(\gamma_{dk})+\psi(\lambda_{kw})-\psi(\sum_v\lambda_{kv})},\quad"
        r"\lambda_{kv}=\eta+\sum_{d,n}\phi_{dnk}[w_{dn}=v]",
        source=(("blei2003", "section 5.4"),),
        kind="identity",
        asks="lda_smoothed",
        check=check_steps,
        domain=SMOOTHED,
        needs=("elbos", "topics", "gamma"),
        parents=("EM-35",),
        lanes=LANES,
    ),
)
