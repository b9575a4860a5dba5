"""A lower bound of log p for every guess about the hidden component, and the guess at which it touches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import SMALLEST_NORMAL, U64, absolute
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal
from theory.em.balls_mixture import exact_bounds, exact_posterior
from theory.em.bounds_mixture import Guess, askable, guess, sizes, softmax_rows, weighted
from theory.em.cases_guesses import GUESSES
from theory.em.cases_mixture import MIXTURES
from theory.em.oracle_mixture import Mixture

Floats = NDArray[np.float64]


def guess_of(cases: Cases) -> Guess:
    """The E-step of some cases in float64, and how far a subject's may be from it."""
    kind = str(cases.settings["covariance"])
    return guess(cases["x"], Mixture(cases["pi"], cases["mu"], cases[kind]), kind, cases.u)


@np.errstate(all="ignore")  # a subject may answer anything: what is no number is refuted
def check_decomposition(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Log p = elbo(q) + KL(q‖posterior) for any q, log p and KL in balls; so elbo(q) ≤ log p (Jensen).

    The elbo errs by Σ q T and by (k + 8) roundings of Σ q (|l| + |log q|), log p by its drift (`guess`); rows of q that
    sum to 1 + ρ move the identity by |ρ| |log p|. Where q meets a component of weight 0 the elbo is −∞.
    """
    known, q = guess_of(cases), cases["q"]
    value, elbo, apart = exact_bounds(cases)
    u, k = cases.u + U64, q.shape[-1]
    missing = np.abs(1 - q.sum(axis=-1)) + k * U64
    drift = absolute(known.drift, "log Σ r e^T + (k+8) u (1+|ℓ|)")
    lost = weighted(q, known.T) + (k + 8) * u * sizes(q, known) + missing * (1 + np.abs(value))
    bound = drift + absolute(lost, "Σ q T + (k+8) u Σ q (|l| + |log q|) + |1 − Σ q| |ℓ|")
    possible = np.isfinite(elbo)
    return (
        equal("log p", answer["log_likelihood"], value, drift),
        equal("elbo = log p − KL(q‖posterior)", answer["elbo"], elbo, bound),
        equal("log p − elbo = KL", _minus(answer["log_likelihood"], answer["elbo"]), apart, bound, possible),
        at_most("elbo ≤ log p", answer["elbo"], answer["log_likelihood"], bound),
    )


def _minus(a: Floats, b: Floats) -> Floats:
    """Entries of a − b, infinite ones left out: they are compared as such."""
    return np.subtract(a, b, out=np.zeros_like(a), where=np.isfinite(a) & np.isfinite(b))


@np.errstate(all="ignore")  # a subject may answer anything: what is no number is refuted
def check_posterior(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """r_nk = π_k N_nk ∕ Σ_j π_j N_nj in balls, relative error δ_nk (`guess`), down to the smallest normal number.

    Rows sum to 1 up to k quotients and k sums, (2k + 8) u: a softmax keeps that however small the densities are,
    exp(l − log Σ exp l) does not. Log-joint densities err by T, log p by its drift.
    """
    known = guess_of(cases)
    joint, value, resp = exact_posterior(cases)
    k = resp.shape[-1]
    tiny = SMALLEST_NORMAL[cases.dtype]
    off = resp * known.error + tiny
    gaps: tuple[Gap, ...] = (
        equal("r = π N ∕ Σ π N", answer["resp"], resp, absolute(off, "r δ, δ = expm1(T + log Σ r e^T + …)")),
        equal("Σ r = 1", answer["resp"].sum(axis=-1), np.ones_like(value), softmax_rows(k, cases.u)),
    )
    if "log_joint" in answer:
        gaps = (*gaps, equal("log π + log N", answer["log_joint"], joint, absolute(known.T, "T")))
    if "log_likelihood" in answer:
        drift = absolute(known.drift, "log Σ r e^T + (k+8) u (1+|ℓ|)")
        gaps = (*gaps, equal("log p", answer["log_likelihood"], value, drift))
    return gaps


@np.errstate(all="ignore")  # a subject may answer anything: what is no number is refuted
def check_touching(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """elbo(r) = log p with the subject's own r, elbo and log p: the bound touches at the posterior.

    log p errs by its drift, the elbo by Σ r T and (k + 8) u Σ r (|l| + |log r|). With r̂ = r (1 + ρ), |ρ| ≤ δ, the gap
    is KL(r̂‖r) ≤ (Σ r̂ − 1) + Σ r δ² by x log x ≤ (x − 1) + (x − 1)², and a defect Σ r̂ − 1 multiplies |log p|: the
    contract is |Σ r̂ − 1| ≤ (2k + 8) u, which keeps that at u |log p| instead of u |log p|².
    Rows that break it are asked about as uniform ones, since an implementation may refuse them.
    """
    known, resp = guess_of(cases), answer["resp"]
    told = answer.again("mixture_elbo", cases.with_arrays(q=askable(resp, cases.u)))
    u, k = cases.u + U64, resp.shape[-1]
    rows = softmax_rows(k, cases.u)
    lost = known.drift + weighted(known.resp, known.T + known.error**2) + (k + 8) * u * sizes(known.resp, known)
    bound = absolute(lost, "drift + Σ r (T + δ²) + (k+8) u Σ r (|l| + |log r|)")
    bound = bound + rows.scaled(1 + np.abs(known.value), "(1 + |log p|)")
    return (
        equal("Σ r = 1", resp.sum(axis=-1), np.ones_like(known.value), rows),
        equal("elbo(r) = log p", told["elbo"], answer["log_likelihood"], bound),
        equal("log p of both", told["log_likelihood"], answer["log_likelihood"], absolute(2 * known.drift, "2 drift")),
    )


EM_01 = Claim(
    id="EM-01",
    version=1,
    title="The evidence lower bound",
    sentence="For every guess q about the hidden component, log p is the lower bound of q plus the Kullback–Leibler "
    "divergence of q from the posterior, so the bound is below log p.",
    latex=r"\log p(x\mid\theta)=\mathcal L(q,\theta)+\mathrm{KL}\bigl(q\,\|\,p(z\mid x,\theta)\bigr),\qquad "
    r"\mathcal L(q,\theta)=\sum_k q_k\bigl(\log p(x,k\mid\theta)-\log q_k\bigr)\le\log p(x\mid\theta)",
    source=(("neal1998", "section 2"), ("bishop2006", "section 9.4")),
    kind="identity",
    asks="mixture_elbo",
    check=check_decomposition,
    domain=GUESSES,
    needs=("elbo", "log_likelihood"),
    lanes=24,
)

EM_07 = Claim(
    id="EM-07",
    version=1,
    title="Responsibilities are the posterior",
    sentence="The responsibility of a component for a row is its posterior probability, to full relative precision "
    "however far the row is from every component, and those of a row sum to 1.",
    latex=r"r_{nk}=p(z_n=k\mid x_n,\theta)="
    r"\frac{\pi_k\,\mathcal N(x_n;\mu_k,\Sigma_k)}{\sum_j\pi_j\,\mathcal N(x_n;\mu_j,\Sigma_j)},"
    r"\qquad\sum_k r_{nk}=1",
    source=(("bishop2006", "section 9.2"), ("mclachlan2000", "chapter 3")),
    kind="identity",
    asks="mixture_e_step",
    check=check_posterior,
    domain=MIXTURES,
    needs=("resp",),
    parents=("EM-01",),
    lanes=24,
)

EM_02 = Claim(
    id="EM-02",
    version=1,
    title="The bound touches after the E-step",
    sentence="With the responsibilities as the guess the lower bound equals log p: the E-step makes it tight.",
    latex=r"\mathcal L\bigl(r(\theta),\theta\bigr)=\log p(x\mid\theta)",
    source=(("neal1998", "section 2"), ("bishop2006", "section 9.4")),
    kind="identity",
    asks="mixture_e_step",
    also=("mixture_elbo",),
    check=check_touching,
    domain=MIXTURES,
    needs=("resp", "log_likelihood"),
    parents=("EM-07",),
)

BOUND_CLAIMS: tuple[Claim, ...] = (EM_01, EM_07, EM_02)
