"""What the cross-cutting claims ask of hidden Markov models.

What stands behind a length is garbage: NaN, or a symbol that does not exist. Sequences may come in any order. Two
correct computations may be apart by twice the bound of the claim that an answer is judged by.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute, gamma, rounding
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, changed, put, set_to
from theory.core.domain import Array, Cases, Domain, Shape
from theory.em import bounds_markov as bounds
from theory.em import claims_baum_welch as baum_welch
from theory.em import claims_emission as emission
from theory.em.cases_emission import VISITED, draw_emissions, kind_of, stepped
from theory.em.cases_markov import PATHS, SHORT, TABLE, Rng, draw_sequences
from theory.em.claims_markov import of_evidence, of_posterior
from theory.em.density import mahalanobis

Order = NDArray[np.intp]
PADDING = 2
"""Times that are added behind every sequence."""

NOWHERE = 2**20
"""A symbol that no model has."""


def _behind(name: str, garbage: float) -> Callable[[Cases], Cases]:
    """The same sequences in an array with more times, with garbage at all times behind the lengths."""

    def padded(cases: Cases) -> Cases:
        lengths, array = cases["lengths"], cases[name]
        axis = lengths.ndim
        width = [(0, PADDING if place == axis else 0) for place in range(array.ndim)]
        grown = np.pad(array, width)
        behind = np.arange(grown.shape[axis]) >= lengths[..., None]
        behind = behind.reshape(*behind.shape, *[1] * (grown.ndim - behind.ndim))
        return cases.with_arrays(**{name: np.where(behind, np.asarray(garbage, dtype=array.dtype), grown)})

    return padded


def _shuffled(name: str) -> Callable[[Cases, Order], Cases]:
    """The sequences of each lane in another order."""

    def shuffle(cases: Cases, order: Order) -> Cases:
        return cases.with_arrays(**{name: cases[name][:, order], "lengths": cases["lengths"][:, order]})

    return shuffle


def _narrowed(domain: Domain, *regimes: str) -> Domain:
    return replace(domain, regimes=regimes, real={})


# --- one sequence -------------------------------------------------------------------------------------------------


def _method(cases: Cases) -> str:
    return str(cases.settings["method"])


def _evidence(answer: Answer, cases: Cases) -> Bound:
    return of_evidence(cases, _method(cases)).scaled(2.0, "2")


def _posterior(name: str) -> Output:
    def bound(answer: Answer, cases: Cases) -> Bound:
        return of_posterior(cases, _method(cases), answer[name]).scaled(2.0, "2")

    return Output(name, bound=bound)


def _log_prob(answer: Answer, cases: Cases) -> Bound:
    parts = cases["pi"], cases["A"], cases["b"], cases["lengths"]
    size = 2 + 3 * (cases["lengths"] + 1) * bounds.log_size(*parts)
    return rounding(2, cases.u, "2u (2 + 3(T+1)M)", size)


CHAIN = (
    Refusal("a start that does not sum to 1", changed("pi", lambda v: v / 2), "pi must sum to 1"),
    Refusal("a row of transitions that does not sum to 1", changed("A", lambda v: v / 2), "A must sum to 1"),
    Refusal("a negative start", put("pi", -0.5), "pi must be non-negative"),
    Refusal("NaN among the transitions", put("A", np.nan), "A must be finite"),
    Refusal("transitions of another number of states", changed("A", lambda v: np.full((1, 7, 7), 1 / 7)),
            "A must have shape"),
    Refusal("a length of 0", put("lengths", 0), "lengths must be at least 1"),
    Refusal("a length beyond the times", put("lengths", 99), "lengths must be at most"),
    Refusal("half a time", put("lengths", 0.5), "lengths must be whole numbers"),
    Refusal("a length too many", changed("lengths", lambda v: np.concatenate([v, v])), "lengths must have shape"),
)  # fmt: skip
SEEN = (
    *CHAIN,
    Refusal("a negative likelihood", put("b", -0.5), "b must be non-negative"),
    Refusal("NaN among the likelihoods", put("b", np.nan), "b must be finite"),
    Refusal("an infinite likelihood", put("b", np.inf), "b must be finite"),
    Refusal(
        "likelihoods of another number of states",
        changed("b", lambda v: np.ones((1, v.shape[1], 7))),
        "b must have shape",
    ),
    Refusal("an impossible sequence", changed("b", np.zeros_like), "probability 0"),
)

FORWARD_BACKWARD = Question(
    "forward_backward",
    _narrowed(TABLE, "scaled-plain", "log-plain", "scaled-zeros", "log-left-right", "scaled-unreachable", "log-far"),
    (Output("log_likelihood", bound=_evidence), *map(_posterior, ("gamma", "xi", "alpha", "beta", "scale"))),
    floats=("log_likelihood", "gamma", "xi"),
    padded=_behind("b", np.nan),
    refusals=(*SEEN, Refusal("an unknown method", set_to(method="linear"), "method must be one of")),
)
VITERBI = Question(
    "viterbi",
    _narrowed(PATHS, "plain", "zeros", "left-right", "far"),
    (Output("path"), Output("log_prob", bound=_log_prob)),
    floats=("log_prob",),
    padded=_behind("b", np.nan),
    refusals=SEEN,
)

# --- symbols ------------------------------------------------------------------------------------------------------


def _one_step(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    return draw_sequences(rng, shape, regime, lanes).with_settings(steps=1)


def _entries(answer: Answer, cases: Cases) -> list[Cases]:
    """The sequences under the parameters of each entry of a path of one step; of the question where it is a step."""
    if "steps" not in cases.settings:
        return [cases]
    return [baum_welch.at_entry(answer, cases, entry, ("pi", "A", "B")) for entry in range(2)]


def _symbol_row(name: str) -> Output:
    def bound(answer: Answer, cases: Cases) -> Bound:
        error = 2 * baum_welch.step_error(cases).reshape(-1, *[1] * (answer[name].ndim - 1))
        return absolute(error * answer[name], "2 (2γ-error of ξ + γ(2n+K+4)) of the entry")

    return Output(name, bound=bound)


def _symbol_evidence(answer: Answer, cases: Cases) -> Bound:
    """As EM-16 says, twice; and 2n times what the parameters of a second entry may be apart."""
    own = [2 * baum_welch.evidence_error(now) for now in _entries(answer, cases)]
    apart = 4 * baum_welch.tokens(cases) * baum_welch.step_error(cases)
    value = own[0] if len(own) == 1 else np.stack([own[0], own[1] + apart], axis=1)
    return absolute(value, "2 errors of log p + 4n ε")


SYMBOLS = (
    *CHAIN,
    Refusal("a row of emissions that does not sum to 1", changed("B", lambda v: v / 2), "B must sum to 1"),
    Refusal("a negative emission", put("B", -0.5), "B must be non-negative"),
    Refusal("NaN among the emissions", put("B", np.nan), "B must be finite"),
    Refusal("emissions of another number of states", changed("B", lambda v: np.ones((1, 7, 1))), "B must have shape"),
    Refusal("a symbol beyond the last", put("symbols", NOWHERE), "symbols must lie in 0"),
    Refusal("a negative symbol", put("symbols", -1), "symbols must lie in 0"),
    Refusal("half a symbol", put("symbols", 0.5), "symbols must be whole numbers"),
    Refusal("an impossible sequence", lambda cases: _never_emitted(cases), "probability 0"),
)
STEP_OUTPUTS = (*map(_symbol_row, ("pi", "A", "B")), Output("log_likelihood", bound=_symbol_evidence))


def _never_emitted(cases: Cases) -> Cases:
    """A model that emits one symbol more, and nothing else."""
    B = np.zeros((*cases["B"].shape[:2], cases["B"].shape[2] + 1))
    B[..., -1] = 1
    return cases.with_arrays(B=B)


BAUM_WELCH_STEP = Question(
    "baum_welch_step",
    _narrowed(SHORT, "plain", "zeros", "left-right", "unreachable", "unequal"),
    STEP_OUTPUTS,
    floats=("pi", "A", "B", "log_likelihood"),
    padded=_behind("symbols", NOWHERE),
    permuted=_shuffled("symbols"),
    rows="symbols",
    refusals=SYMBOLS,
)
BAUM_WELCH_FIT = replace(
    BAUM_WELCH_STEP,
    operation="baum_welch_fit",
    domain=replace(BAUM_WELCH_STEP.domain, draw=_one_step),
    refusals=(*SYMBOLS, Refusal("fewer than no steps", set_to(steps=-1), "steps must be at least 0")),
)

# --- Gaussian emissions -------------------------------------------------------------------------------------------


def _one_gaussian_step(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    return draw_emissions(rng, shape, regime, lanes).with_settings(steps=1)


def _drift(cases: Cases) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """ε, D and the range of the data (lane,), as at EM-26: a mean moves by at most D."""
    error, n, x = emission.posterior_error(cases), baum_welch.tokens(cases), cases["x"].reshape(cases.lanes, -1)
    wide = np.ptp(x, axis=1)
    return error, 2 * error * wide + gamma(2 * n + 4, cases.u) * np.abs(x).max(axis=1), wide


def _gaussian_row(name: str) -> Output:
    def bound(answer: Answer, cases: Cases) -> Bound:
        error, drift, wide = _drift(cases)
        n = baum_welch.tokens(cases)
        share = 2 * error + gamma(2 * n + 4, cases.u)
        ridge = cases.u * float(cases.settings["ridge"])
        covariance = (share + gamma(4, cases.u)) * (wide + drift) ** 2 + drift**2 + ridge
        value = 2 * {"mu": drift, "covariances": covariance}.get(name, share)
        value = value.reshape(-1, *[1] * (answer[name].ndim - 1))
        return absolute(value if name in ("mu", "covariances") else value * answer[name], "2 bounds of EM-26")

    return Output(name, bound=bound)


def _gaussian_evidence(answer: Answer, cases: Cases) -> Bound:
    """As EM-26 says, twice; the parameters of a second entry may be apart as there.

    Rows cost 2n ε each way; a covariance off by E (whitened) and a mean off by W deviations move a log-density by
    (m + d) E + √m W, at the parameters that a step in float64 reaches.
    """
    first = 2 * emission.evidence_error(cases)
    if "steps" not in cases.settings:
        return absolute(first, "2 errors of log p")
    after, _ = stepped(cases)
    (error, drift, wide), n, d = _drift(cases), baum_welch.tokens(cases), cases["x"].shape[-1]
    full = emission.full_of(after)
    m, values = mahalanobis(cases["x"].reshape(cases.lanes, -1, d), after["mu"], full)
    least = values.reshape(cases.lanes, -1).min(axis=1)
    E = d * ((2 * error + gamma(2 * n + 8, cases.u)) * (wide + drift) ** 2 + drift**2) / least
    W = np.sqrt(d / least) * drift
    moved = ((m + d) * E[:, None, None] + np.sqrt(m) * W[:, None, None]).max(axis=2).sum(axis=1)
    rows = 2 * n * (2 * error + gamma(2 * n + 4, cases.u))
    second = 2 * emission.evidence_error(after) + 2 * (moved + rows)
    return absolute(np.stack([first, second], axis=1), "2 errors of log p + 2 ((m+d) E + √m W + 2n ε)")


def _covariances(change: Callable[[Array], Array]) -> Callable[[Cases], Cases]:
    return lambda cases: changed(kind_of(cases), change)(cases)


GAUSSIANS = (
    *CHAIN,
    Refusal("NaN in what was seen", put("x", np.nan), "x must be finite"),
    Refusal("NaN among the means", put("mu", np.nan), "mu must be finite"),
    Refusal("means of another number of states", changed("mu", lambda v: np.ones((1, 7, v.shape[2]))),
            "mu must have shape"),
    Refusal("a covariance of zeros", _covariances(np.zeros_like), "singular"),
    Refusal("equal points", lambda cases: changed("x", np.zeros_like)(cases.with_settings(ridge=0.0)), "singular"),
    Refusal("an unknown shape of covariance", set_to(covariance="round"), "covariance must be one of"),
    Refusal("a negative ridge", set_to(ridge=-1.0), "ridge must be non-negative"),
)  # fmt: skip

GAUSSIAN_STEP = Question(
    "gaussian_markov_step",
    _narrowed(VISITED, "diag-plain", "full-plain", "full-unequal", "diag-unreachable", "full-left-right", "diag-ridge"),
    (*map(_gaussian_row, ("pi", "A", "mu", "covariances")), Output("log_likelihood", bound=_gaussian_evidence)),
    floats=("pi", "A", "mu", "covariances", "log_likelihood"),
    padded=_behind("x", np.nan),
    permuted=_shuffled("x"),
    rows="x",
    refusals=GAUSSIANS,
)
GAUSSIAN_FIT = replace(
    GAUSSIAN_STEP,
    operation="gaussian_markov_fit",
    domain=replace(GAUSSIAN_STEP.domain, draw=_one_gaussian_step),
    refusals=(*GAUSSIANS, Refusal("fewer than no steps", set_to(steps=-1), "steps must be at least 0")),
)

MARKOV_QUESTIONS: tuple[Question, ...] = (
    FORWARD_BACKWARD,
    VITERBI,
    BAUM_WELCH_STEP,
    BAUM_WELCH_FIT,
    GAUSSIAN_STEP,
    GAUSSIAN_FIT,
)
