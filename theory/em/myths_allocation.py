"""A popular false statement about latent Dirichlet allocation. Its check states the myth as if it were true."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np

from theory.core.bound import U64, Bound, rounding
from theory.core.claim import Answer, Myth
from theory.core.domain import Cases, Shape
from theory.core.gap import Gap, equal
from theory.em.bounds_allocation import elbo_bound
from theory.em.cases_allocation import ENUMERABLE, Rng, settled
from theory.em.oracle_allocation import evidence

SWEEPS = 60
"""Sweeps after which a document of a few words moves no more."""


def draw_word(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Documents of whole alpha and topics in tenths; the first lane is one word, two topics of 9:1 and 1:9."""
    r, n, k, v = (shape[name] for name in ("r", "n", "k", "v"))
    beta = rng.integers(1, 10, (lanes, k, v)).astype(np.float64)
    if (k, v) == (2, 2):
        beta[0] = ((9, 1), (1, 9))
    arrays = {
        "alpha": rng.integers(1, 3, (lanes, k)).astype(np.float64),
        "beta": beta,
        "words": rng.integers(0, v, (lanes, r, n)),
        "lengths": np.full((lanes, r), n),
    }
    return settled(Cases(arrays, {"sweeps": SWEEPS}, regime))


def check_tight(answer: Answer, cases: Cases) -> Gap:
    """After 60 sweeps elbo = log p(w), up to the rounding of both."""
    log_p = evidence(cases["alpha"], cases["beta"], cases["words"], cases["lengths"])
    n, k = cases["words"].shape[2], cases["alpha"].shape[1]
    bound = elbo_bound(cases, answer["gamma"], answer["phi"])
    own = rounding(5 * n + k**n, U64, "γ(5n + kⁿ)(1 + |log p|)", 1 + np.abs(log_p))
    return equal("elbo at convergence = log p(w)", answer["elbo"], log_p, bound + Bound(own.value, own.terms))


ALLOCATION_MYTHS: tuple[Myth, ...] = (
    Myth(
        id="EM-M6",
        title="At convergence the bound is the likelihood",
        sentence="Once variational EM has converged, its bound equals log p(w).",
        truth="Only for one topic. The posterior of θ and z is no product, and the best product of two distributions "
        "leaves a divergence from it that no number of sweeps closes (EM-18).",
        source=(("blei2003", "section 5.2"),),
        asks="lda_e_step",
        check=check_tight,
        domain=replace(
            ENUMERABLE,
            shapes=MappingProxyType({"r": (1, 1), "n": (1, 2), "k": (1, 2), "v": (1, 2)}),
            regimes=("whole-numbers",),
            draw=draw_word,
        ),
        smallest="one word that is certain, vocabulary of one, two topics, α = (1, 1): bound −0.242, log p = 0",
        lanes=32,
    ),
)
