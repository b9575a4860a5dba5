"""The claim about the whole of variational EM: EM-31, its bound never falls."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, Bound, absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal
from theory.em.bounds_allocation import alpha_bound_error, elbo_bound, entry_size, sweep_loss, underflow
from theory.em.cases_allocation import FITS
from theory.em.oracle_allocation import Corpus, balls, fall, mean_logs, rows_of, summed, texts, topics_of
from theory.em.oracle_variational import Entry, fitted_path, middle, middles, radii, radius, topics_step

Floats = NDArray[np.float64]
LANES = 8
"""Problems a call: every entry of every path is evaluated in balls."""
NOTHING = absolute(0.0, "0 (exact)")


def check_sweeps(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Coordinate ascent in gamma and phi: the bound after each sweep, decided in balls at the gamma and phi there.

    They are those of a run of so many sweeps. An update is the maximiser up to rounding, which enters by its square
    (`sweep_loss`); what is reported rounds by `elbo_bound`, and by γ(8v) N for rows of beta that do not sum to 1.
    """
    ends = [answer.again("lda_e_step", cases.with_settings(sweeps=s + 1)) for s in range(cases.integer("sweeps"))]
    path = np.zeros((cases.lanes, cases["lengths"].shape[1], len(ends)))
    falls = np.zeros((cases.lanes, len(ends) - 1))
    for lane in range(cases.lanes):
        words = texts(cases, lane)
        corpus = Corpus(balls(cases["alpha"][lane]), topics_of(cases["beta"][lane], divided=True), words)
        states = []
        for end in ends:
            rows = rows_of(words, end["phi"][lane])
            states.append([corpus.document(d, balls(end["gamma"][lane, d]), rows[d]) for d in range(len(words))])
        path[lane] = np.array([[float(value.mid()) for value in state] for state in states]).T
        falls[lane] = [fall(summed(a), summed(b)) for a, b in itertools.pairwise(states)]
    sizes = [elbo_bound(cases, end["gamma"], end["phi"]) for end in ends]
    rows_off = rounding(8 * cases["beta"].shape[2], cases.u, "γ(8v) N", cases["lengths"])
    bound = Bound(np.stack([size.value + rows_off.value for size in sizes], axis=2), sizes[0].terms + " + γ(8v) N")
    loss = sweep_loss(cases)
    told = np.stack([end["elbo"] for end in ends], axis=2)
    return (
        equal("elbo after so many sweeps = the bound there", told, path, bound),
        equal("elbos after each sweep = the bound there", ends[-1]["elbos"], path, bound),
        at_most("the bound falls from sweep to sweep by", falls, 0.0, Bound(loss.value[:, None], loss.terms)),
    )


class _Path(NamedTuple):
    """What the oracle says of a fit.

    elbo (lane, entry): bounds, and how far rounding may move them; topics (lane, step, k, v): after each step, and how
    far; falls (lane, step): how far the exact bound falls, and what rounding may lose.
    """

    elbo: Floats
    elbo_width: Floats
    topics: Floats
    topics_width: Floats
    falls: Floats
    losses: Floats


def check_fit(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Variational EM at the alpha and beta of each entry, its E-steps followed in balls: the bound never falls.

    Falls are decided with exact E-steps, so that only steps in beta and alpha can lose something. Beta is the maximiser
    up to rounding, which enters by its square: KL ≤ Σ c (2ρ)² ∕ β with ρ the radius of the same step in balls widened
    by u at every update. Alpha is accepted by comparing two bounds in floating point (`alpha_bound_error`), at a gamma
    that is good to its radius. What is reported is met within radius + γ(8(n + k + v + 16)) of the terms.
    """
    told, learned = _followed(answer, cases), cases.integer("learn_alpha")
    terms = "radius in balls widened by u"
    gaps = [
        equal("elbo = the bound at each entry", answer["elbo"], told.elbo,
              absolute(told.elbo_width, f"{terms} + γ(8(n + k + v + 16)) (1 + Σ|terms|)")),
        equal("beta = normalised expected counts", answer["beta"][:, 1:], told.topics,
              absolute(told.topics_width, terms)),
        at_most("alpha stays positive", np.nextafter(0, 1), answer["alpha"], NOTHING),
        at_most("the bound falls from step to step by", told.falls, 0.0,
                absolute(told.losses, "Σ c (2ρ)²∕β + 2 γ Σ|terms of alpha| where alpha is learned")),
    ]  # fmt: skip
    if not learned:
        gaps.append(equal("alpha is kept", answer["alpha"], cases["alpha"][:, None], NOTHING))
    return (*gaps, *check_sweeps(answer, cases))


def _followed(answer: Answer, cases: Cases) -> _Path:
    alpha, beta = answer["alpha"], answer["beta"]
    lanes, entries, k, v = beta.shape
    told = _Path(*np.zeros((2, lanes, entries)), *np.zeros((2, lanes, entries - 1, k, v)),
                 *np.zeros((2, lanes, entries - 1)))  # fmt: skip
    roundings = gamma(8 * (cases["words"].shape[2] + k + v + 16), cases.u)
    for lane in range(lanes):
        exact = list(fitted_path(cases, lane, alpha[lane], beta[lane], 0.0))
        wide = list(fitted_path(cases, lane, alpha[lane], beta[lane], cases.u))
        for t, entry in enumerate(wide):
            told.elbo[lane, t] = middle(exact[t].elbo)
            size = entry_size(cases, lane, alpha[lane, t], beta[lane, t], exact[t])
            told.elbo_width[lane, t] = 2 * radius(entry.elbo) + roundings * size
            if t + 1 < entries:
                topics = topics_step(entry, cases.u)
                told.topics[lane, t], width = middles(topics), radii(topics)
                told.topics_width[lane, t] = width + gamma(2, U64) * middles(topics) + underflow(cases)
                told.falls[lane, t] = fall(exact[t].elbo, exact[t + 1].elbo)
                told.losses[lane, t] = _beta_loss(cases, entry, middles(topics), width)
                if cases.integer("learn_alpha"):
                    told.losses[lane, t] += _alpha_loss(cases, exact[t], entry, alpha[lane, t : t + 2])
    return told


def _beta_loss(cases: Cases, entry: Entry, topics: Floats, width: Floats) -> float:
    """Σ_k c_k KL(β*_k ‖ β̂_k) ≤ Σ c (2ρ)² ∕ (β − ρ), both in a ball of radius ρ; and what underflows.

    Nothing is known of a topic whose counts underflow, but its c is at most the smallest normal number.
    """
    mass = middles(entry.counts).sum(axis=1, keepdims=True)
    least = np.where(topics > width, topics - width, np.where(topics > 0, width, 1.0))
    each = mass * np.minimum((2 * width) ** 2 / least, 1 / cases.u)
    return float(each.sum() + mass.sum() * topics.size / cases.u * underflow(cases))


def _alpha_loss(cases: Cases, exact: Entry, wide: Entry, alpha: Floats) -> float:
    """Rounding of both bounds that are compared, alpha (2, k), and |Δα| times the radius of Σ_d E log θ."""
    at = middles(exact.gamma)[None]
    rough = sum(float(alpha_bound_error(point[None], at, cases.u).value[0]) for point in alpha)
    off = np.array([[radius(mean) for mean in mean_logs(row)] for row in wide.gamma]).sum(axis=0)
    return rough + float((np.abs(alpha[1] - alpha[0]) * 2 * off).sum())


VARIATIONAL_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="EM-31",
        version=1,
        title="Variational EM never lowers its bound",
        sentence="From sweep to sweep of the E-step and from step to step of the whole algorithm the bound of all "
        "documents never falls, and what is reported is the bound at the parameters that are reported.",
        latex=r"\mathcal L(\gamma_{t+1},\phi_{t+1};\alpha_{t+1},\beta_{t+1})\ge"
        r"\mathcal L(\gamma_t,\phi_t;\alpha_t,\beta_t)",
        source=(("blei2003", "section 5.3"),),
        kind="monotone",
        asks="lda_fit",
        check=check_fit,
        domain=FITS,
        also=("lda_e_step",),
        needs=("alpha", "beta", "elbo"),
        parents=("EM-29", "EM-03"),
        lanes=LANES,
    ),
)
