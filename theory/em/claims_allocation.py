"""Claims about latent Dirichlet allocation: a bound on the evidence, EM-18, and its best updates, EM-29 and EM-32."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, absolute, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.em.bounds_allocation import beta_loss, elbo_bound, gamma_loss, phi_error, phi_loss, underflow
from theory.em.cases_allocation import ALLOCATIONS, DYADIC, ENUMERABLE, inside
from theory.em.claims_newton import NEWTON_CLAIMS
from theory.em.claims_variational import VARIATIONAL_CLAIMS
from theory.em.oracle_allocation import Balls, Corpus, balls, evidence, fall, rows_of, shares, summed, texts, topics_of

Floats = NDArray[np.float64]
LANES = 16
"""Problems a call: the bound is evaluated in balls."""


def _corpora(cases: Cases) -> list[Corpus]:
    return [
        Corpus(balls(cases["alpha"][lane]), topics_of(cases["beta"][lane]), texts(cases, lane))
        for lane in range(cases.lanes)
    ]


def _gammas(gamma: Array) -> list[Balls]:
    return [balls(row) for row in gamma]


def check_bound(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The elbo against its formula in balls and, never above it, against log p(w) by enumeration.

    Rounding: `elbo_bound`; rows of phi whose sum is 1 + O(k u) are in it. For one topic q is the posterior as soon as
    γ = α + N, and the bound is the evidence; the rounding of that γ is of second order. The oracle's log p is that of
    a sum of positive terms, γ(5n + k^n).
    """
    k, n = cases["alpha"].shape[1], cases["words"].shape[2]
    bound = elbo_bound(cases, cases["gamma"], cases["phi"])
    told = [
        [
            float(corpus.document(d, balls(gamma), rows).mid())
            for d, (gamma, rows) in enumerate(zip(cases["gamma"][lane], rows_of(corpus.words, phi, divided=False),
                                                  strict=True))
        ]
        for lane, (corpus, phi) in enumerate(zip(_corpora(cases), cases["phi"], strict=True))
    ]  # fmt: skip
    log_p = evidence(cases["alpha"], cases["beta"], cases["words"], cases["lengths"])
    own = rounding(5 * n + k**n, U64, "γ(5n + kⁿ)(1 + |log p|) of the oracle", 1 + np.abs(log_p))
    gaps = [
        equal("elbo = its formula", answer["elbo"], np.array(told), bound),
        at_most("elbo ≤ log p(w | α, β)", answer["elbo"], log_p, bound + own),
    ]
    if k == 1:
        best = cases.with_arrays(
            gamma=cases["alpha"][:, None] + cases["lengths"][..., None],
            phi=inside(cases["words"], cases["lengths"])[..., None].astype(np.float64),
        ).rounded()
        tight = answer.again("lda_elbo", best)["elbo"]
        gaps.append(equal("one topic: elbo = log p", tight, log_p, elbo_bound(best, best["gamma"], best["phi"]) + own))
    return tuple(gaps)


def check_updates(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Each update is the closed form, and the bound, in balls, is neither below that before it nor below the best one.

    The bound is stationary at the best phi, gamma and beta, so rounding enters by its square: see `phi_loss`,
    `gamma_loss`, `beta_loss`. Rows of phi and beta are divided by their sums exactly. The closed forms themselves are
    met to first order: φ to δ φ, γ to γ(n + k + 2).
    """
    corpora, every = _corpora(cases), range(cases.lanes)
    phi = answer["phi"]
    gamma = answer.again("lda_gamma", cases)["gamma"]
    beta = answer.again("lda_beta", cases)["beta"]
    best_phi, best_gamma = np.zeros_like(cases["phi"]), np.zeros_like(cases["gamma"])
    mass = np.zeros_like(cases["alpha"])
    falls = np.zeros((cases.lanes, 3, 2))  # (lane, update, from before or from the best)
    for lane, corpus in zip(every, corpora, strict=True):
        old, given = _gammas(cases["gamma"][lane]), rows_of(corpus.words, cases["phi"][lane], divided=False)
        best = corpus.best_rows(old)
        for d, rows in enumerate(best):
            for place, row in enumerate(rows):
                best_phi[lane, d, place] = [float(share.mid()) for share in row]
        whole = rows_of(corpus.words, cases["phi"][lane])
        now = corpus.bound(old, rows_of(corpus.words, phi[lane]))
        falls[lane, 0] = fall(corpus.bound(old, whole), now), fall(corpus.bound(old, best), now)
        right = corpus.best_gamma(given)
        best_gamma[lane] = [[float(value.mid()) for value in row] for row in right]
        before, now = corpus.bound(old, given), corpus.bound(_gammas(gamma[lane]), given)
        falls[lane, 1] = fall(before, now), fall(corpus.bound(right, given), now)
        counts = corpus.counts(given)
        mass[lane] = [float(summed(row).mid()) for row in counts]
        ideal = [shares(row) if summed(row) != 0 else old_row for row, old_row in zip(counts, corpus.beta, strict=True)]
        now, top, was = (
            Corpus(corpus.alpha, topics, corpus.words).bound(old, given)
            for topics in (topics_of(beta[lane], divided=True), ideal, [shares(row) for row in corpus.beta])
        )
        falls[lane, 2] = fall(was, now), fall(top, now)
    losses = phi_loss(cases, cases["gamma"], best_phi), gamma_loss(cases, best_gamma), beta_loss(cases, mass)
    close = absolute(phi_error(cases, cases["gamma"], best_phi) * best_phi + underflow(cases), "δ φ")
    sums = rounding(cases["words"].shape[2] + 2, cases.u, "γ(n + 2) γ", best_gamma)
    return (
        equal("phi ∝ β exp ψ(γ)", phi, best_phi, close),
        equal("gamma = α + Σ φ", gamma, best_gamma, sums),
        *(
            at_most(f"bound {word} − bound after the {name}-update", falls[:, place, side], np.zeros(cases.lanes), loss)
            for place, (name, loss) in enumerate(zip(("phi", "gamma", "beta"), losses, strict=True))
            for side, word in enumerate(("before", "at the best"))
        ),
    )


def check_counts(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """β_kv = c_kv ∕ Σ_v c_kv with c_kv = Σ φ [w = v]: phi in eighths, so counts are exact and the division rounds.

    Once, or twice by a reciprocal: γ(2); not at all where the total is a power of two. A topic without words keeps
    its row to the bit. Rows sum to 1 up to γ(v + 2).
    """
    v = cases["beta"].shape[2]
    here = inside(cases["words"], cases["lengths"])
    one_hot = np.where(here, cases["words"], -1)[..., None] == np.arange(v)
    counts = np.einsum("lrnk,lrnv->lkv", cases["phi"], one_hot.astype(np.float64))
    total = counts.sum(axis=2, keepdims=True)
    share = np.where(total > 0, counts / np.where(total > 0, total, 1.0), cases["beta"])
    clean = (np.frexp(total)[0] == np.ldexp(1.0, -1)) | (total == 0)
    used = total[..., 0] > 0
    return (
        exactly("beta = c ∕ Σ c, exact where Σ c is a power of two or 0", answer["beta"], share, clean),
        equal("beta = c ∕ Σ c", answer["beta"], share, rounding(3, cases.u, "γ(3) β", share)),
        equal("Σ_v beta = 1", answer["beta"].sum(axis=2), 1.0, rounding(v + 2, cases.u, "γ(v + 2)"), used),
    )


ALLOCATION_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="EM-18",
        version=1,
        title="The bound of latent Dirichlet allocation is below the evidence",
        sentence="For any gamma and phi, Blei, Ng & Jordan's bound is its formula and never above log p(w), summed "
        "over all assignments of topics; for one topic it touches.",
        latex=r"\mathcal L(\gamma,\phi;\alpha,\beta)\le\log\sum_{z\in\{1..K\}^N}\prod_n\beta_{z_nw_n}\,"
        r"\frac{\Gamma(\alpha_0)}{\Gamma(\alpha_0+N)}\prod_k\frac{\Gamma(\alpha_k+c_k(z))}{\Gamma(\alpha_k)}",
        source=(("blei2003", "section 5 and appendix A.3"),),
        kind="inequality",
        asks="lda_elbo",
        check=check_bound,
        domain=ENUMERABLE,
        needs=("elbo",),
        parents=("EM-01",),
        lanes=LANES,
    ),
    Claim(
        id="EM-29",
        version=1,
        title="Each update of the variational parameters and of the topics is the best one",
        sentence="The phi-, gamma- and beta-update each maximise the bound with the other two held, so none lowers it.",
        latex=r"\phi_{nk}\propto\beta_{kw_n}e^{\Psi(\gamma_k)},\quad\gamma=\alpha+\sum_n\phi_n,\quad"
        r"\beta_{kv}\propto\sum_{d,n}\phi_{dnk}[w_{dn}=v]",
        source=(("blei2003", "section 5, equations 6, 7 and 9"),),
        kind="monotone",
        asks="lda_phi",
        check=check_updates,
        domain=ALLOCATIONS,
        also=("lda_gamma", "lda_beta"),
        needs=("phi",),
        parents=("EM-18",),
        lanes=LANES,
    ),
    Claim(
        id="EM-32",
        version=1,
        title="Topics are normalised expected counts",
        sentence="Where phi is in eighths, each topic is an exact count of its words divided by its total; a topic "
        "without words keeps its row.",
        latex=r"\beta_{kv}=\sum_{d,n}\phi_{dnk}[w_{dn}=v]\Big/\sum_{d,n}\phi_{dnk}",
        source=(("blei2003", "section 5.3, equation 9"),),
        kind="identity",
        asks="lda_beta",
        check=check_counts,
        domain=DYADIC,
        needs=("beta",),
        parents=("EM-29",),
    ),
    *NEWTON_CLAIMS,
    *VARIATIONAL_CLAIMS,
)
