"""What the cross-cutting claims ask of Gaussian mixtures.

Padding are rows of weight 0 whose content is large and finite. Of a fit only the first step is determined within a
bound that can be stated; starts, searches and samples are determined by their seed alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import SMALLEST_NORMAL, Bound, absolute, rounding
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, Spoil, changed, put, set_to
from theory.core.domain import Array, Cases, Shape
from theory.em.bounds_mixture import guess, sizes, weighted
from theory.em.bounds_steps import moved, start_of, step_bound
from theory.em.cases_mixture import MIXTURES, draw_mixture
from theory.em.cases_start import SAMPLE_DOMAIN, SEARCH_DOMAIN, START_DOMAIN
from theory.em.cases_steps import PATH_DOMAIN, STEP_DOMAIN
from theory.em.oracle_steps import responsibilities

PADDING = 2
GARBAGE = 2.0**100
"""Content of padding: its square is no number in float32."""

ROWS = ("x", "sample_weight", "resp", "q")


def _permuted(cases: Cases, order: NDArray[np.intp]) -> Cases:
    return cases.with_arrays(**{name: cases[name][:, order] for name in ROWS if name in cases.arrays})


def _padded(cases: Cases) -> Cases:
    """Rows of weight 0 at the end: garbage for x, any distribution for responsibilities."""
    lanes, _, d = cases["x"].shape
    rows: dict[str, Array] = {"x": np.full((lanes, PADDING, d), GARBAGE), "sample_weight": np.zeros((lanes, PADDING))}
    if "resp" in cases.arrays:
        k = cases["resp"].shape[2]
        rows["resp"] = np.broadcast_to(np.eye(k)[0], (lanes, PADDING, k))
    return cases.with_arrays(**{name: np.concatenate([cases[name], row], axis=1) for name, row in rows.items()})


def _more_rows(cases: Cases) -> Cases:
    """Other rows at the end, which the answers for the rows before them do not notice."""
    extra = {name: cases[name][:, :PADDING] for name in ROWS if name in cases.arrays}
    return cases.with_arrays(**{name: np.concatenate([cases[name], row], axis=1) for name, row in extra.items()})


def _rows_last(name: str) -> Callable[[Answer], Array]:
    """An answer (lane, n, k) with its rows in the last axis."""
    return lambda answer: answer[name].swapaxes(1, 2)


def _joint(answer: Answer, cases: Cases) -> Bound:
    return absolute(2 * guess(cases["x"], start_of(cases), _kind(cases), cases.u).T.swapaxes(1, 2), "2T")


def _resp(answer: Answer, cases: Cases) -> Bound:
    known = guess(cases["x"], start_of(cases), _kind(cases), cases.u)
    value = 2 * known.resp * known.error + SMALLEST_NORMAL[cases.dtype]
    return absolute(value.swapaxes(1, 2), "2 r δ")


def _log_rows(answer: Answer, cases: Cases) -> Bound:
    return absolute(2 * guess(cases["x"], start_of(cases), _kind(cases), cases.u).drift, "2t")


def _elbo(answer: Answer, cases: Cases) -> Bound:
    known, q = guess(cases["x"], start_of(cases), _kind(cases), cases.u), cases["q"]
    rounded = rounding(4 * (q.shape[2] + 3), cases.u, "γ(4(k+3))(1 + Σq(|l| + |log q|))", sizes(q, known))
    return absolute(2 * weighted(q, known.T), "2 Σ q T") + rounded


def _kind(cases: Cases) -> str:
    return str(cases.settings["covariance"])


def _m_step(part: int) -> Callable[[Answer, Cases], Bound]:
    def bound(answer: Answer, cases: Cases) -> Bound:
        long = _padded(cases)
        kind = _kind(cases)
        return step_bound(long["x"], long["sample_weight"], long["resp"], kind, cases.u).doubled()[part]

    return bound


def _first_step(part: int) -> Callable[[Answer, Cases], Bound]:
    def bound(answer: Answer, cases: Cases) -> Bound:
        x, weight, kind, start = cases["x"], cases["sample_weight"], _kind(cases), start_of(cases)
        resp, error = responsibilities(x, start, kind), moved(x, weight, start, kind, cases.u)
        none = np.zeros((cases.lanes, PADDING))
        long = [np.concatenate([part, np.repeat(part[:, :1], PADDING, axis=1)], axis=1) for part in (x, resp)]
        padded = np.concatenate([weight, none], axis=1)
        return step_bound(long[0], padded, long[1], kind, cases.u, error).doubled()[part]

    return bound


def _at_start(answer: Answer, cases: Cases) -> Bound:
    known, weight = guess(cases["x"], start_of(cases), _kind(cases), cases.u), cases["sample_weight"]
    total = (weight * np.abs(known.value)).sum(axis=1)
    summed = rounding(4 * (weight.shape[1] + PADDING), cases.u, "γ(4n) Σ w |log p|", total)
    return absolute(2 * (weight * known.drift).sum(axis=1), "2 Σ w t") + summed


def _after_one(name: str) -> Callable[[Answer], Array]:
    return lambda answer: answer[name][:, 1]


def with_guess(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    """A mixture and a distribution q over its components for each row, some of them certain."""
    cases = draw_mixture(rng, shape, regime, lanes)
    k = shape["k"]
    q = rng.dirichlet(np.full(k, 0.5), (lanes, shape["n"]))
    return cases.with_arrays(q=np.where(rng.random((lanes, shape["n"], 1)) < 0.25, np.eye(k)[0], q))


ALIVE = tuple(regime for regime in MIXTURES.regimes if not regime.endswith("-dead"))
GUESSES = replace(MIXTURES, draw=with_guess, regimes=ALIVE)
STEPS, PATHS, SEARCHES = (replace(domain, real={}) for domain in (STEP_DOMAIN, PATH_DOMAIN, SEARCH_DOMAIN))
"""Without the tables: what is asked here does not depend on where the numbers come from."""


def _twisted(cases: Cases) -> Cases:
    """The first covariance no longer symmetric; a problem of another shape becomes one of full covariances."""
    full = _full(cases)
    full[:, 0, 0, -1] += 1.0
    return _with_full(cases, full)


def _indefinite(cases: Cases) -> Cases:
    full = _full(cases)
    full[:, 0] = -full[:, 0]
    return _with_full(cases, full)


def _full(cases: Cases) -> Array:
    """Unit covariances (lane, k, 2, 2)."""
    lanes, k, _ = cases["mu"].shape
    return np.broadcast_to(np.eye(2), (lanes, k, 2, 2)).copy()


def _with_full(cases: Cases, full: Array) -> Cases:
    """The same problem in two dimensions, with these covariances."""
    told = {name: np.repeat(cases[name][..., :1], 2, axis=-1) for name in ("x", "mu") if name in cases.arrays}
    return cases.with_arrays(**told, full=full).with_settings(covariance="full")


def _negative_variance(cases: Cases) -> Cases:
    lanes, k, d = cases["mu"].shape
    return cases.with_arrays(diag=np.full((lanes, k, d), -1.0)).with_settings(covariance="diag")


def _longer(name: str) -> Spoil:
    """An array with its last axis twice."""
    return changed(name, lambda values: np.concatenate([values, values], axis=-1))


WRONG_X = (
    Refusal("NaN in x", put("x", np.nan), "x must be finite"),
    Refusal("infinity in x", put("x", np.inf), "x must be finite"),
    Refusal("whole numbers for x", changed("x", lambda x: x.astype(np.int64)), "x must be float"),
    Refusal("x of one row without its axis", changed("x", lambda x: x[:, 0, 0]), "x must have shape"),
    Refusal("x without rows", changed("x", lambda x: x[:, :0]), "x must not be empty"),
)
WRONG_WEIGHT = (
    Refusal("NaN among the sample weights", put("sample_weight", np.nan), "sample_weight must be finite"),
    Refusal("a negative sample weight", put("sample_weight", -1.0), "sample_weight must be non-negative"),
    Refusal("only zero sample weights", changed("sample_weight", np.zeros_like), "sample_weight must have a positive"),
    Refusal("twice as many sample weights as rows", _longer("sample_weight"), "sample_weight must have shape"),
)
WRONG_MIXTURE = (
    Refusal("weights of sum 2", changed("pi", lambda pi: 2 * pi), "pi must sum to 1"),
    Refusal("NaN in pi", put("pi", np.nan), "pi must be finite"),
    Refusal("a negative weight", put("pi", -1.0), "pi must be non-negative"),
    Refusal("NaN in mu", put("mu", np.nan), "mu must be finite"),
    Refusal("a covariance that is not symmetric", _twisted, "symmetric"),
    Refusal("a covariance that is not positive definite", _indefinite, "positive definite"),
    Refusal("a negative variance", _negative_variance, "diag must be positive"),
)
OTHER_DIMENSION = (Refusal("means of another dimension", _longer("mu"), "mu"),)
WRONG_KIND = (Refusal("an unknown shape of covariance", set_to(covariance="round"), "covariance must be one of"),)
WRONG_RIDGE = (Refusal("a negative ridge", set_to(ridge=-1.0), "ridge must be non-negative"),)
WRONG_METHOD = (
    Refusal("an unknown method", set_to(method="forgy"), "method must be one of"),
    Refusal("no components", set_to(components=0), "components must be at least 1"),
    Refusal("more components than rows", set_to(components=1000), "components must be at most the number of rows"),
)
WRONG_SHARES = (
    Refusal("NaN among the responsibilities", put("resp", np.nan), "resp must be finite"),
    Refusal("responsibilities of sum 2", changed("resp", lambda resp: 2 * resp), "resp must sum to 1"),
)


def _identical(cases: Cases) -> Cases:
    """All rows equal, and no ridge."""
    return cases.with_arrays(x=np.repeat(cases["x"][:, :1], cases["x"].shape[1], axis=1)).with_settings(ridge=0.0)


COLLAPSE = tuple(Refusal("a fit to equal rows", _identical, word) for word in ("component", "ridge"))
PARAMETERS = ("pi", "mu", "covariances")

MIXTURE_QUESTIONS: tuple[Question, ...] = (
    Question(
        "mixture_e_step",
        MIXTURES,
        (
            Output("log_joint", _rows_last("log_joint"), _joint, by_sample=True),
            Output("resp", _rows_last("resp"), _resp, by_sample=True),
            Output("log_likelihood", None, _log_rows, by_sample=True),
        ),
        floats=("log_joint", "resp", "log_likelihood"),
        permuted=_permuted,
        rows="x",
        padded=_more_rows,
        refusals=(*WRONG_X, *WRONG_MIXTURE, *OTHER_DIMENSION, *WRONG_KIND),
    ),
    Question(
        "mixture_m_step",
        STEPS,
        tuple(Output(name, None, _m_step(part)) for part, name in enumerate(PARAMETERS)),
        floats=PARAMETERS,
        permuted=_permuted,
        rows="x",
        padded=_padded,
        refusals=(*WRONG_X, *WRONG_WEIGHT, *WRONG_SHARES, *WRONG_KIND, *WRONG_RIDGE),
    ),
    Question(
        "mixture_elbo",
        GUESSES,
        (
            Output("elbo", None, _elbo, by_sample=True),
            Output("log_likelihood", None, _log_rows, by_sample=True),
        ),
        floats=("elbo", "log_likelihood"),
        permuted=_permuted,
        rows="x",
        padded=_more_rows,
        refusals=(
            *WRONG_X,
            *WRONG_MIXTURE,
            *OTHER_DIMENSION,
            *WRONG_KIND,
            Refusal("NaN in q", put("q", np.nan), "q must be finite"),
            Refusal("a q of sum 2", changed("q", lambda q: 2 * q), "q must sum to 1"),
        ),
    ),
    Question(
        "mixture_fit",
        PATHS,
        (
            *(Output(name, _after_one(name), _first_step(part)) for part, name in enumerate(PARAMETERS)),
            Output("log_likelihood", lambda answer: answer["log_likelihood"][:, 0], _at_start),
        ),
        floats=(*PARAMETERS, "log_likelihood", "elbo"),
        permuted=_permuted,
        rows="x",
        padded=_padded,
        refusals=(
            *WRONG_X,
            *WRONG_WEIGHT,
            *WRONG_MIXTURE,
            *OTHER_DIMENSION,
            *WRONG_KIND,
            *WRONG_RIDGE,
            *COLLAPSE,
        ),
    ),
    Question("mixture_start", START_DOMAIN, (), refusals=(*WRONG_X, *WRONG_METHOD)),
    Question(
        "mixture_search",
        SEARCHES,
        (),
        floats=(*PARAMETERS, "log_likelihoods", "log_likelihood"),
        refusals=(
            *WRONG_X,
            *WRONG_METHOD,
            *WRONG_KIND,
            *WRONG_RIDGE,
            Refusal("no restarts", set_to(restarts=0), "restarts must be at least 1"),
            *COLLAPSE,
        ),
    ),
    Question(
        "mixture_sample",
        SAMPLE_DOMAIN,
        (),
        floats=("x",),
        refusals=(
            *WRONG_MIXTURE,
            *WRONG_KIND,
            Refusal("a negative count", set_to(count=-1), "count must be at least"),
        ),
    ),
)
