"""What the cross-cutting claims ask of mixtures of coins and of multinomials.

A row without tosses has likelihood 1 and still adds its responsibilities to the weights: it is padding only where they
are not learned. Of a path the first step is compared, since later ones multiply what rounding did to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, changed, put, set_to
from theory.core.domain import Array, Cases, Domain, Shape
from theory.em import oracle_counts as oracle
from theory.em.cases_counts import COINS, MULTINOMIALS, Rng
from theory.em.claims_counts import likelihood_bound
from theory.em.claims_rate import RATES, rate_bound

Order = NDArray[np.intp]
PADDING = 2
"""Rows without tosses that are added."""


def _only(domain: Domain, *regimes: str) -> Domain:
    return replace(domain, regimes=regimes)


def _with_steps(domain: Domain) -> Domain:
    def draw(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
        return domain.draw(rng, shape, regime, lanes).with_settings(steps=shape["steps"])

    return replace(domain, shapes={**domain.shapes, "steps": (1, 3)}, draw=draw, countdown={"steps": 1})


def _shuffled(*names: str) -> Callable[[Cases, Order], Cases]:
    return lambda cases, order: cases.with_arrays(**{name: cases[name][:, order] for name in names})


def _padded(cases: Cases) -> Cases:
    """Rows without tosses at the end, unless they would count in the weights."""
    if cases.settings.get("learn_weights", 0):
        return cases
    more = {name: np.pad(cases[name], ((0, 0), (0, PADDING))) for name in ("heads", "tosses")}
    return cases.with_arrays(**more)


def _first(name: str) -> Callable[[Answer], Array]:
    """A path's start and what the first step makes of it."""
    return lambda answer: answer[name][:, :2]


def _resp(answer: Answer) -> Array:
    """Responsibilities with the rows last: (lane, k, m)."""
    return np.asarray(answer["resp"].swapaxes(1, 2))


def _resp_bound(answer: Answer, cases: Cases) -> Bound:
    """Twice that of EM-13."""
    size = oracle.sizes_of(cases)
    r = np.exp(size.log_resp).swapaxes(1, 2)
    return absolute(2 * size.resp[:, None, None] * r + 2 * oracle.tiny(cases), "2ρ r + 2η")


def _weight_bound(answer: Answer, cases: Cases) -> Bound:
    """Twice that of EM-13: weights are at most 1."""
    size = oracle.sizes_of(cases)
    return absolute(2 * _like(size.weight, answer["pi"]) + 2 * oracle.tiny(cases), "2[ρ + γ(M+K+6)] + 2η")


def _share_bound(name: str) -> Callable[[Answer, Cases], Bound]:
    """Twice that of EM-13: new probabilities are at most 1."""

    def bound(answer: Answer, cases: Cases) -> Bound:
        size = oracle.sizes_of(cases)
        with np.errstate(over="ignore"):
            sums = np.exp(size.log_sums).sum(axis=2)  # (lane, k)
        least = np.where(sums > 0, sums, np.inf).min(axis=1)
        total = np.asarray(cases["tosses" if name == "theta" else "counts"]).reshape(cases.lanes, -1).sum(axis=1)
        lost = 4 * oracle.tiny(cases) * total / least
        return absolute(_like(2 * size.share + lost, answer[name]), "2[2ρ + γ(2M+V+6)] + 4η Σn ∕ Σrn")

    return bound


def _like(values: Array, answer: Array) -> Array:
    """One value a lane, with as many axes as the answer."""
    return np.asarray(values.reshape(-1, *[1] * (answer.ndim - 1)))


def _likelihood_bound(answer: Answer, cases: Cases) -> Bound:
    """Twice that of EM-13, of the padded problem."""
    size = oracle.sizes_of(_padded(cases) if "tosses" in cases.arrays else cases)
    value = answer["log_likelihood"].reshape(cases.lanes, -1)[:, 0]
    m, k = size.log_resp.shape[1:]
    return likelihood_bound(size, value, m, k, cases.u).scaled(2.0, "· 2")


def _start_likelihood(answer: Answer) -> Array:
    return answer["log_likelihood"][:, 0]


def _rate_bound(answer: Answer, cases: Cases) -> Bound:
    """Twice that of EM-14, of the padded problem."""
    return rate_bound(_padded(cases), 2.0)


def _impossible_coins(cases: Cases) -> Cases:
    ones = np.ones_like(cases["tosses"])
    return cases.with_arrays(heads=ones, tosses=ones, theta=np.zeros_like(cases["theta"]))


def _impossible_counts(cases: Cases) -> Cases:
    counts = np.concatenate([cases["counts"], np.ones_like(cases["counts"][..., :1])], axis=-1)
    beta = np.concatenate([cases["beta"], np.zeros_like(cases["beta"][..., :1])], axis=-1)
    return cases.with_arrays(counts=counts, beta=beta)


def _doubled(name: str) -> Refusal:
    return Refusal(f"{name} that sums to 2", changed(name, lambda x: 2 * x), f"{name} must sum to 1")


WRONG_WEIGHTS = (
    _doubled("pi"),
    Refusal("NaN in pi", put("pi", np.nan), "pi must be finite"),
    Refusal("a negative weight", put("pi", -1.0), "pi must be non-negative"),
)
WRONG_COINS = (
    Refusal("more heads than tosses", changed("heads", lambda h: h + 10_000), "heads must not exceed tosses"),
    Refusal("a negative count", put("heads", -1.0), "heads must be non-negative"),
    Refusal("half a head", put("heads", 0.5), "heads must be whole numbers"),
    Refusal("half a toss", put("tosses", 0.5), "tosses must be whole numbers"),
    Refusal("NaN in heads", put("heads", np.nan), "heads must be finite"),
    Refusal("infinitely many tosses", put("tosses", np.inf), "tosses must be finite"),
    Refusal("tosses of another length", changed("tosses", lambda n: np.repeat(n, 2, axis=1)), "tosses must have shape"),
    Refusal("no rows", lambda cases: cases.with_arrays(heads=cases["heads"][:, :0], tosses=cases["tosses"][:, :0]),
            "heads must not be empty"),
    Refusal("theta above 1", put("theta", 1.5), "theta must lie in"),
    Refusal("theta below 0", put("theta", -0.5), "theta must lie in"),
    Refusal("NaN in theta", put("theta", np.nan), "theta must be finite"),
    Refusal("a coin too many", changed("theta", lambda p: np.repeat(p, 2, axis=1)), "theta must have shape"),
    *WRONG_WEIGHTS,
)  # fmt: skip
WRONG_COUNTS = (
    Refusal("a negative count", put("counts", -1.0), "counts must be non-negative"),
    Refusal("half a count", put("counts", 0.5), "counts must be whole numbers"),
    Refusal("NaN in counts", put("counts", np.nan), "counts must be finite"),
    Refusal("no rows", changed("counts", lambda x: x[:, :0]), "counts must not be empty"),
    Refusal("a negative probability", put("beta", -1.0), "beta must be non-negative"),
    Refusal("NaN in beta", put("beta", np.nan), "beta must be finite"),
    Refusal("a category too many", changed("counts", lambda x: np.repeat(x, 2, axis=2)), "beta must have shape"),
    _doubled("beta"),
    *WRONG_WEIGHTS,
    Refusal("counts that nothing explains", _impossible_counts, "probability 0"),
)
NO_STEPS = Refusal("a negative number of steps", set_to(steps=-1), "steps must be at least 0")
IMPOSSIBLE = Refusal("tosses that nothing explains", _impossible_coins, "probability 0")

SOME_COINS = _only(COINS, "fixed-weights", "learned-weights", "unequal", "not-tossed", "borders", "nobody", "rare")
SOME_COUNTS = _only(MULTINOMIALS, "generic", "empty-rows", "unseen", "zeros", "nobody", "rare")

COUNTS_QUESTIONS: tuple[Question, ...] = (
    Question(
        "coin_step",
        SOME_COINS,
        (
            Output("resp", _resp, _resp_bound, by_sample=True),
            Output("pi", bound=_weight_bound),
            Output("theta", bound=_share_bound("theta")),
            Output("log_likelihood", bound=_likelihood_bound),
        ),
        floats=("resp", "pi", "theta", "log_likelihood"),
        permuted=_shuffled("heads", "tosses"),
        rows="heads",
        padded=_padded,
        refusals=(*WRONG_COINS, IMPOSSIBLE),
    ),
    Question(
        "coin_fit",
        _with_steps(SOME_COINS),
        (
            Output("pi", _first("pi"), _weight_bound),
            Output("theta", _first("theta"), _share_bound("theta")),
            Output("log_likelihood", _start_likelihood, _likelihood_bound),
        ),
        floats=("pi", "theta", "log_likelihood"),
        permuted=_shuffled("heads", "tosses"),
        rows="heads",
        padded=_padded,
        refusals=(*WRONG_COINS, IMPOSSIBLE, NO_STEPS),
    ),
    Question(
        "coin_rate",
        _only(RATES, "anywhere", "maximum", "not-tossed", "nobody", "rare"),
        (Output("jacobian", bound=_rate_bound),),
        floats=("jacobian",),
        permuted=_shuffled("heads", "tosses"),
        rows="heads",
        padded=_padded,
        refusals=(*WRONG_COINS, Refusal("a coin that never falls on heads", put("theta", 0.0), "theta must lie in")),
    ),
    Question(
        "multinomial_step",
        SOME_COUNTS,
        (
            Output("resp", _resp, _resp_bound, by_sample=True),
            Output("pi", bound=_weight_bound),
            Output("beta", bound=_share_bound("beta")),
            Output("log_likelihood", bound=_likelihood_bound),
        ),
        floats=("resp", "pi", "beta", "log_likelihood"),
        permuted=_shuffled("counts"),
        rows="counts",
        refusals=WRONG_COUNTS,
    ),
    Question(
        "multinomial_fit",
        _with_steps(SOME_COUNTS),
        (
            Output("pi", _first("pi"), _weight_bound),
            Output("beta", _first("beta"), _share_bound("beta")),
            Output("log_likelihood", _start_likelihood, _likelihood_bound),
        ),
        floats=("pi", "beta", "log_likelihood"),
        permuted=_shuffled("counts"),
        rows="counts",
        refusals=(*WRONG_COUNTS, NO_STEPS),
    ),
)
