"""EM-04: one EM step gains twice: the bound that the M-step raises, and the divergence that the next guess closes."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import SMALLEST_NORMAL, U64, Bound, absolute, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal
from theory.em.bounds_mixture import Guess, askable, guess, sizes, softmax_rows, weighted
from theory.em.cases_paths import PATHS
from theory.em.claims_monotone import inside, path_of, steady
from theory.em.oracle_mixture import Mixture

Floats = NDArray[np.float64]


def asked_along(answer: Answer, cases: Cases, walked: Mixture, operation: str, **more: Floats) -> dict[str, Floats]:
    """What `operation` says at every entry of a path (lane, entry, …): lanes and entries are asked as one batch."""
    lanes, entries = walked.pi.shape[:2]
    repeated = np.repeat(np.arange(lanes), entries)
    kind = str(cases.settings["covariance"])
    given = {"pi": walked.pi, "mu": walked.mu, kind: walked.covariances, **more}
    flat = {name: value.reshape(lanes * entries, *value.shape[2:]) for name, value in given.items()}
    told = answer.again(operation, cases.take(repeated).with_arrays(**flat))
    return {name: value.reshape(lanes, entries, *value.shape[1:]) for name, value in told.items()}


def divergence(q: Floats, r: Floats, known: Guess, dtype: str) -> Floats:
    """Σ_k q log(q ∕ r) of rows (…, n, k), 0 log 0 = 0; by the oracle's log r where r underflowed, as it should."""
    tiny = SMALLEST_NORMAL[dtype]
    log_r = known.joint - known.value[..., None]
    lost = (r < tiny) & (log_r < np.log(2 * tiny))
    terms = q * (np.log(q) - np.where(lost, log_r, np.log(r)))
    return np.asarray(np.where(q == 0, 0.0, terms).sum(axis=-1))


@np.errstate(all="ignore")  # a subject may answer anything: what is no number is refuted
def check_increment(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """ℓ(θ') − ℓ(θ) = [Q(θ'|θ) − Q(θ|θ)] + Σ w KL(r(θ)‖r(θ')), from the subject's path, elbo and responsibilities.

    With q = r̂(θ), Q(θ'|θ) − Q(θ|θ) = elbo(θ', q) − elbo(θ, q), and exactly ℓ(θ') − elbo(θ', q) = KL(q‖r(θ')). Each
    elbo errs by Σ q T + (k + 8) u Σ q (|l| + |log q|), ℓ by its drift, log r̂ by δ (`guess`), and KL(q‖r(θ)) ≤ Σ q δ
    takes the place of 0; rows of q sum to 1 up to (2k + 8) u, which multiplies |ℓ|; sums over rows add γ(n + 2).
    A row's KL is ≥ −|log(Σ q ∕ Σ r)| (Gibbs), two such defects. ΔQ is compared with float64 too, the elbo of the path
    with the one asked for.
    """
    walked, kind, weight = path_of(answer), str(cases.settings["covariance"]), cases["sample_weight"]
    n, k = cases["x"].shape[1], cases["pi"].shape[1]
    good = inside(walked, cases)
    judged = good[:, :-1] & good[:, 1:]
    safe = steady(walked, good)
    before, after = Mixture(*(p[:, :-1] for p in safe)), Mixture(*(p[:, 1:] for p in safe))
    resp = asked_along(answer, cases, safe, "mixture_e_step")["resp"]
    q, r = askable(resp[:, :-1], cases.u), resp[:, 1:]
    low = asked_along(answer, cases, before, "mixture_elbo", q=q)["elbo"]
    high = asked_along(answer, cases, after, "mixture_elbo", q=q)["elbo"]
    x, rows = cases["x"][:, None], weight[:, None]
    known, later = (guess(x, part, kind, cases.u) for part in (before, after))
    u = cases.u + U64
    size = sizes(q, known) + sizes(q, later)
    apart = divergence(q, r, later, cases.dtype)
    each = known.drift + later.drift + (3 * k + 16) * u * size
    each = each + weighted(q, known.T + later.T + known.error + later.error)
    bound = _summed(rows, each, "Σ w [drift + Σ q (T + δ) + (3k+16) u Σ q (|l| + |log q|)]")
    bound = bound + rounding(n + 2, u, "γ(n+2) Σ w (…)", (rows * size).sum(axis=-1))
    gained = _dot(rows, high - low)
    moved = _dot(rows, weighted(q, later.joint - known.joint))
    risen = answer["log_likelihood"][:, 1:] - answer["log_likelihood"][:, :-1]
    row = rounding(4 * k + 16, u, "γ(4k+16) (1 + |KL|)", 1 + np.abs(apart))
    gaps = (
        equal("Σ r = 1", resp.sum(axis=-1), np.ones(resp.shape[:-1]), softmax_rows(k, cases.u), good[..., None]),
        equal("ℓ(θ′) − ℓ(θ) = ΔQ + Σ w KL", risen, gained + _dot(rows, apart), bound, judged),
        at_most("Q(θ|θ) − Q(θ′|θ)", -gained, np.zeros_like(gained), bound, judged),
        equal("elbo(θ′, r) − elbo(θ, r) = Q(θ′|θ) − Q(θ|θ)", gained, moved, bound, judged),
        at_most("−KL(r(θ)‖r(θ′))", -apart, np.zeros_like(apart), row, judged[..., None]),
    )
    if "elbo" not in answer:
        return gaps
    return (*gaps, equal("elbo of the path = elbo(θ′, r)", answer["elbo"], _dot(rows, high), bound, judged))


def _dot(rows: Floats, values: Floats) -> Floats:
    """Σ_n w_n values (lane, step, n), rows of weight 0 left out."""
    return np.asarray(np.where(rows > 0, rows * values, 0.0).sum(axis=-1))


def _summed(rows: Floats, each: Floats, words: str) -> Bound:
    return absolute((rows * each).sum(axis=-1), words)


EM_04 = Claim(
    id="EM-04",
    version=1,
    title="The two gains of an EM step",
    sentence="What one EM step adds to the log-likelihood is what the M-step adds to the expected complete "
    "log-likelihood plus the Kullback–Leibler divergence of the old responsibilities from the new ones; neither is "
    "negative.",
    latex=r"\ell(\theta')-\ell(\theta)=\bigl[Q(\theta'\mid\theta)-Q(\theta\mid\theta)\bigr]"
    r"+\sum_n w_n\,\mathrm{KL}\bigl(r_n(\theta)\,\|\,r_n(\theta')\bigr)",
    source=(("dempster1977", "section 3"), ("wu1983", "section 2"), ("bishop2006", "section 9.4")),
    kind="identity",
    asks="mixture_fit",
    also=("mixture_e_step", "mixture_elbo"),
    check=check_increment,
    domain=replace(PATHS, shapes=MappingProxyType({**PATHS.shapes, "steps": (1, 3)})),
    needs=("pi", "mu", "covariances", "log_likelihood"),
    parents=("EM-06",),
    lanes=32,
)
