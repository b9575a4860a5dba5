"""What the cross-cutting claims ask of latent Dirichlet allocation.

Rows are documents. Padding is a document without words, and words out of range behind every length. Bounds are those of
the claims, for two computations; of a fit the first step is compared, since balls are taken up anew at each step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute, gamma, rounding
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, Spoil, changed, put, set_to
from theory.core.domain import Array, Cases, Domain
from theory.em.bounds_allocation import elbo_bound, entry_size, newton_error, phi_error
from theory.em.cases_allocation import ALLOCATIONS, FITS, PRIORS, inside
from theory.em.cases_smoothed import SMOOTHED
from theory.em.claims_smoothed import enclosed
from theory.em.oracle_variational import fitted_path, middles, radii, radius, topics_step

Order = NDArray[np.intp]
PADDING = 2
"""Places behind the longest document that are added."""
BY_DOCUMENT = ("words", "lengths", "gamma", "phi")


def _plain(domain: Domain, *regimes: str, **shapes: tuple[int, int]) -> Domain:
    """A domain without bundled data, in which most problems have three documents or more, so that they can be moved."""
    sizes = {**domain.shapes, "r": (2, 4), **shapes}
    return replace(domain, shapes=sizes, regimes=regimes or domain.regimes, real={})


FEW = _plain(FITS, "generic", "ragged", "one-topic", n=(1, 4), steps=(0, 1), sweeps=(1, 2))
"""Fits so short that balls stay narrow; alpha is kept."""


def _permuted(cases: Cases, order: Order) -> Cases:
    return cases.with_arrays(**{name: cases[name][:, order] for name in BY_DOCUMENT if name in cases.arrays})


def _padded(cases: Cases) -> Cases:
    """A document without words, and words out of range behind every length."""
    arrays = {"lengths": np.pad(cases["lengths"], ((0, 0), (0, 1)))}
    more = ((0, 0), (0, 1), (0, PADDING))
    if "words" in cases.arrays:
        arrays["words"] = np.pad(cases["words"], more, constant_values=10**6)
    if "gamma" in cases.arrays:
        arrays["gamma"] = np.pad(cases["gamma"], ((0, 0), (0, 1), (0, 0)), constant_values=1.0)
    if "phi" in cases.arrays:
        arrays["phi"] = np.pad(cases["phi"], (*more, (0, 0)))
    return cases.with_arrays(**arrays)


def _by_document(name: str) -> Callable[[Answer], Array]:
    """An answer with its documents on the last axis."""
    return lambda answer: np.asarray(np.moveaxis(answer[name], 1, -1))


def _first(name: str, entries: int) -> Callable[[Answer], Array]:
    return lambda answer: np.asarray(answer[name][:, :entries])


def _twice(bound: Bound) -> Bound:
    return Bound(2 * bound.value, f"2 ({bound.terms})")


def _elbo(answer: Answer, cases: Cases) -> Bound:
    return _twice(elbo_bound(cases, cases["gamma"], cases["phi"]))


def _phi(answer: Answer, cases: Cases) -> Bound:
    error = phi_error(cases, cases["gamma"], answer["phi"]) * answer["phi"]
    return absolute(2 * np.moveaxis(error, 1, -1) + np.finfo(cases.dtype).tiny, "2 δ φ")


def _gamma(answer: Answer, cases: Cases) -> Bound:
    told = np.moveaxis(answer["gamma"], 1, -1)
    return rounding(2 * (cases["phi"].shape[2] + PADDING + 2), cases.u, "2 γ(n + 4) γ", told)


def _beta(answer: Answer, cases: Cases) -> Bound:
    r, n = cases["words"].shape[1:]
    return rounding(
        2 * ((r + 1) * (n + PADDING) + cases["beta"].shape[2] + 2), cases.u, "2 γ(rn + v + 2) β", answer["beta"]
    )


def _direction(answer: Answer, cases: Cases) -> Bound:
    if cases["alpha"].shape[1] == 1:
        return absolute(0.0, "0 (one topic: no step)")
    return absolute(2 * newton_error(cases["alpha"], cases["gamma"], cases.u), "2 Δd of the linear-time formula")


def _entry(cases: Cases) -> dict[str, Array]:
    """Radii in balls at the first entry of a fit: gamma (lane, r, k), elbo (lane,), and beta (lane, k, v) after it."""
    (lanes, r, n), (k, v) = cases["words"].shape, cases["beta"].shape[1:]
    told = {"gamma": np.zeros((lanes, r, k)), "elbo": np.zeros(lanes), "beta": np.zeros((lanes, k, v))}
    for lane in range(lanes):
        alpha, beta = cases["alpha"][lane], cases["beta"][lane]
        (entry,) = fitted_path(cases, lane, alpha[None], beta[None], cases.u)
        told["gamma"][lane] = radii(entry.gamma)
        size = entry_size(cases, lane, alpha, beta, entry)
        told["elbo"][lane] = radius(entry.elbo) + gamma(8 * (n + PADDING + k + v + 16), cases.u) * size
        topics = topics_step(entry, cases.u)
        told["beta"][lane] = radii(topics) + 4 * v * cases.u * middles(topics)
    return told


def _enclosed(name: str, shape: Callable[[Array], Array]) -> Callable[[Answer, Cases], Bound]:
    """Two runs that are both in the same balls are two radii apart."""
    return lambda answer, cases: absolute(2 * shape(_entry(cases)[name]), "2 radii in balls widened by u")


def _smoothed_elbos(answer: Answer, cases: Cases) -> Bound:
    return _twice(enclosed(cases).elbos.bound)


def _smoothed_topics(answer: Answer, cases: Cases) -> Bound:
    return _twice(enclosed(cases).topics.bound)


def _alpha_refused(name: str = "alpha") -> tuple[Refusal, ...]:
    return (
        Refusal(f"a zero in {name}", put(name, 0.0), f"{name} must be positive"),
        Refusal(f"a negative {name}", put(name, -1.0), f"{name} must be positive"),
        Refusal(f"NaN in {name}", put(name, np.nan), f"{name} must be finite"),
    )


BETA_REFUSED = (
    Refusal("topics of sum 2", changed("beta", lambda beta: 2 * beta), "beta must sum to 1"),
    Refusal("a negative probability", put("beta", -1.0), "beta must be non-negative"),
    Refusal("NaN in a topic", put("beta", np.nan), "beta must be finite"),
)


def _whole(spoil: Spoil) -> Spoil:
    """Spoil documents that are as long as they can be, so that nothing of it is behind a length."""

    def spoiled(cases: Cases) -> Cases:
        words = np.where(inside(cases["words"], cases["lengths"]), cases["words"], 0)
        return spoil(cases.with_arrays(words=words, lengths=np.full_like(cases["lengths"], words.shape[2])))

    return spoiled


LENGTHS_REFUSED = (
    Refusal("a length above n", changed("lengths", lambda lengths: lengths + 10**3), "lengths must lie in"),
    Refusal("a negative length", changed("lengths", lambda lengths: lengths - 10**3), "lengths must lie in"),
)
WORDS_REFUSED = (
    *LENGTHS_REFUSED,
    Refusal(
        "a word outside the vocabulary", _whole(changed("words", lambda words: words + 10**3)), "words must lie in"
    ),
    Refusal("a negative word", _whole(changed("words", lambda words: words - 10**3)), "words must lie in"),
)
PHI_REFUSED = (
    Refusal("NaN in phi", _whole(put("phi", np.nan)), "phi must be finite"),
    Refusal("a negative phi", _whole(put("phi", -1.0)), "phi must be non-negative"),
)
SWEEPS_REFUSED = (Refusal("no sweeps", set_to(sweeps=0), "sweeps must be at least 1"),)
STEPS_REFUSED = (*SWEEPS_REFUSED, Refusal("negative steps", set_to(steps=-1), "steps must be at least 0"))

ALLOCATION_QUESTIONS: tuple[Question, ...] = (
    Question(
        "lda_elbo", _plain(ALLOCATIONS), (Output("elbo", bound=_elbo, by_sample=True),), ("elbo",), _permuted, "words",
        _padded, (*_alpha_refused(), *_alpha_refused("gamma"), *BETA_REFUSED, *WORDS_REFUSED, *PHI_REFUSED),
    ),
    Question(
        "lda_phi", _plain(ALLOCATIONS), (Output("phi", _by_document("phi"), _phi, by_sample=True),), ("phi",),
        _permuted, "words", _padded, (*_alpha_refused("gamma"), *BETA_REFUSED, *WORDS_REFUSED),
    ),
    Question(
        "lda_gamma", _plain(ALLOCATIONS), (Output("gamma", _by_document("gamma"), _gamma, by_sample=True),),
        ("gamma",), _permuted, "phi", _padded, (*_alpha_refused(), *LENGTHS_REFUSED, *PHI_REFUSED),
    ),
    Question(
        "lda_beta", _plain(ALLOCATIONS), (Output("beta", bound=_beta),), ("beta",), _permuted, "words", _padded,
        (*BETA_REFUSED, *WORDS_REFUSED, *PHI_REFUSED),
    ),
    Question(
        "lda_alpha", _plain(PRIORS), (Output("direction", bound=_direction),), ("direction", "next"), _permuted,
        "gamma", refusals=(*_alpha_refused(), *_alpha_refused("gamma")),
    ),
    Question(
        "lda_e_step", FEW,
        (
            Output("gamma", _by_document("gamma"), _enclosed("gamma", lambda w: w.swapaxes(1, 2)), by_sample=True),
            Output("elbo", bound=_enclosed("elbo", lambda w: w[:, None]), by_sample=True),
        ),
        ("gamma", "phi", "elbo", "elbos"), _permuted, "words", _padded,
        (*_alpha_refused(), *BETA_REFUSED, *WORDS_REFUSED, *SWEEPS_REFUSED),
    ),
    Question(
        "lda_fit", FEW,
        (
            Output("beta", _first("beta", 2), _enclosed("beta", lambda w: w[:, None])),
            Output("elbo", _first("elbo", 1), _enclosed("elbo", lambda w: w[:, None])),
        ),
        ("alpha", "beta", "elbo"), _permuted, "words", _padded,
        (*_alpha_refused(), *BETA_REFUSED, *WORDS_REFUSED, *STEPS_REFUSED),
    ),
    Question(
        "lda_smoothed", _plain(SMOOTHED, "generic", "ragged", "one-topic", "sharp-topics", n=(1, 2)),
        (Output("elbos", bound=_smoothed_elbos), Output("topics", bound=_smoothed_topics)),
        ("topics", "elbos", "elbo"), _permuted, "words", _padded,
        (*_alpha_refused(), *_alpha_refused("eta"), *_alpha_refused("topics"), *WORDS_REFUSED, *STEPS_REFUSED),
    ),
)  # fmt: skip
