"""What the cross-cutting claims ask of the lasso and its kin; proximal operators are gathered here.

Coefficients are compared where the problem is strictly convex; elsewhere nothing but their objective is determined.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute, gamma, rounding
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, changed, put, set_to
from theory.core.domain import Array, Cases, Domain
from theory.regularization.bounds_lasso import REQUIRED, ROUNDED, slack, suboptimality
from theory.regularization.cases_lasso import BALLS, CERTIFIED, ELASTIC, LAPLACE, LASSO, PATHS, centred
from theory.regularization.cases_threshold import UNPENALISED
from theory.regularization.claims_ball import gap_error, small
from theory.regularization.questions_prox import PROX_QUESTIONS, negative, not_positive, undefined, without_rows

Floats = NDArray[np.float64]
Order = NDArray[np.intp]
WORDS = f"2√(2({REQUIRED} + {ROUNDED}) ∕ μ)"


def _only(domain: Domain, *regimes: str) -> Domain:
    return replace(domain, regimes=regimes, real={})


def _columns_of_zeros(cases: Cases) -> Cases:
    """Two columns more, which correlate with nothing."""
    return cases.with_arrays(x=np.pad(cases["x"], ((0, 0), (0, 0), (0, 2))))


def _shuffled(cases: Cases, order: Order) -> Cases:
    return cases.with_arrays(x=cases["x"][:, order], y=cases["y"][:, order])


def curvature(cases: Cases, l2: Floats) -> Floats:
    """The least eigenvalue of XᵀX ∕ n + λ₂ I, 0 where it is no more than its own rounding: (lane,)."""
    x = centred(cases["x"], bool(cases.settings.get("intercept", 0)))
    n, p = x.shape[1:]
    values = np.linalg.eigvalsh(np.einsum("lni,lnj->lij", x, x) / n)
    noise = gamma(8 * (n + p), cases.u) * (cases["x"] ** 2).sum(axis=(1, 2)) / n
    return np.asarray(np.where(values[:, 0] > noise, values[:, 0] - noise, 0.0) + l2)


def _apart(cases: Cases, coef: Floats, l1: Floats, l2: Floats) -> Floats:
    """How far two solutions may be apart, ½μ‖β − β*‖² ≤ P − P* each: (lane,), infinite where μ = 0."""
    allowed = suboptimality(cases, np.nan_to_num(coef), l1, l2).value
    with np.errstate(divide="ignore", invalid="ignore"):
        far = 2 * np.sqrt(2 * allowed / curvature(cases, l2))
    return np.asarray(np.where(np.isnan(far), np.inf, far))


def _parts(cases: Cases) -> tuple[Floats, Floats]:
    """λρ and λ(1 − ρ); ρ is 1 and λ = σ² ∕ nb where the question says so: (lane,) each."""
    if "scale" in cases.arrays:
        penalty = cases["noise_variance"] / (cases["x"].shape[1] * cases["scale"])
        return penalty, 0 * penalty
    ratio = cases.arrays.get("ratio", np.ones(cases.lanes))
    return cases["penalty"] * ratio, cases["penalty"] * (1 - ratio)


def _coef_bound(answer: Answer, cases: Cases) -> Bound:
    return absolute(_apart(cases, answer["coef"], *_parts(cases))[:, None], WORDS)


def _intercept_bound(answer: Answer, cases: Cases) -> Bound:
    """Coefficients that differ move the intercept by |x̄| as much, and it is rounded itself."""
    return absolute(_moved(cases, _apart(cases, answer["coef"], *_parts(cases)), answer["coef"]), f"|x̄| {WORDS}")


def _moved(cases: Cases, far: Floats, coef: Floats) -> Floats:
    if not cases.integer("intercept"):
        return np.zeros(cases.lanes)
    n, p = cases["x"].shape[1:]
    mean = np.abs(cases["x"]).mean(axis=1)
    size = np.abs(cases["y"]).mean(axis=1) + (mean * np.abs(np.nan_to_num(coef))).sum(axis=1)
    some = mean.any(axis=1)
    reach = np.where(some, np.linalg.norm(mean, axis=1) * np.where(some, far, 0.0), 0.0)
    return np.asarray(reach + 4 * gamma(n + p + 4, cases.u) * size)


def _gap_bound(answer: Answer, cases: Cases) -> Bound:
    """Both lie between 0 and ε, up to their rounding."""
    return suboptimality(cases, np.nan_to_num(answer["coef"]), *_parts(cases))


def _of_path(one: Callable[[Cases, Floats], Floats]) -> Callable[[Answer, Cases], Bound]:
    """A bound of each penalty of a path, (lane, l)."""

    def bound(answer: Answer, cases: Cases) -> Bound:
        each = [
            one(cases.with_arrays(penalty=cases["penalties"][:, k]), answer["coef"][:, k])
            for k in range(cases["penalties"].shape[1])
        ]
        return absolute(np.stack(each, axis=1), WORDS)

    return bound


def _path_coef_bound(answer: Answer, cases: Cases) -> Bound:
    far = _of_path(lambda here, coef: _apart(here, coef, *_parts(here)))(answer, cases)
    return absolute(far.value[..., None], far.terms)


def _slack_bound(name: str) -> Callable[[Answer, Cases], Bound]:
    """Twice that of REG-12."""
    return lambda answer, cases: absolute(
        2 * getattr(slack(cases, cases["coef"], *_parts(cases), cases.u), name), f"twice the rounding of {name}"
    )


def _top_bound(answer: Answer, cases: Cases) -> Bound:
    """Twice that of REG-11."""
    x, y, n = np.abs(cases["x"]), np.abs(cases["y"]), cases["x"].shape[1]
    if cases.integer("intercept"):
        x, y = x + x.mean(axis=1, keepdims=True), y + y.mean(axis=1, keepdims=True)
    size = np.einsum("lnp,ln->lp", x, y).max(axis=1) / n
    return rounding(2 * (2 * n + 6), cases.u, "2γ(2n+6) Σ|x||y| ∕ n", size)


def _ball_gap_bound(answer: Answer, cases: Cases) -> Bound:
    """Both lie between 0 and what REG-16 allows."""
    coef = np.nan_to_num(answer["coef"])
    allowed = small(cases, coef, cases["radius"], np.abs(np.nan_to_num(answer["penalty"])))
    return absolute(2 * (allowed + gap_error(cases, coef, cases["radius"])), "2(2t√(2εL) + 2ε)")


def _ball_coef_bound(answer: Answer, cases: Cases) -> Bound:
    with np.errstate(divide="ignore", invalid="ignore"):
        far = 2 * np.sqrt(2 * _ball_gap_bound(answer, cases).value / curvature(cases, np.zeros(cases.lanes)))
    return absolute(np.where(np.isnan(far), np.inf, far)[:, None], "2√(2 gap ∕ μ)")


def _multiplier_bound(answer: Answer, cases: Cases) -> Bound:
    """Slopes at two solutions: √(2 gap L) each, and their rounding."""
    bend = (cases["x"] ** 2).mean(axis=1).max(axis=1)
    coef = np.nan_to_num(answer["coef"])
    off = gap_error(cases, coef, cases["radius"]) / cases["radius"]
    return absolute(2 * np.sqrt(2 * _ball_gap_bound(answer, cases).value * bend) + 2 * off, "2√(2 gap L)")


def _no_rows(cases: Cases) -> Cases:
    return cases.with_arrays(x=without_rows(cases["x"]), y=without_rows(cases["y"]))


def _longer(coef: Array) -> Array:
    return np.pad(coef, ((0, 0), (0, 1)))


WRONG_DATA = (
    undefined("x"),
    undefined("y"),
    Refusal("an infinite feature", put("x", np.inf), "x must be finite"),
    Refusal("y of another length", changed("y", lambda y: np.repeat(y, 2, axis=1)), "y must have shape"),
    Refusal("no rows", _no_rows, "x must not be empty"),
)
WRONG_PENALTY = (negative("penalty"), undefined("penalty"))
WRONG_SOLVER = Refusal("an unknown solver", set_to(solver="newton"), "solver must be one of")
WRONG_RATIO = (negative("ratio"), Refusal("ratio above 1", put("ratio", 1.5), "ratio must lie in"))

SOME = (
    "integers",
    "integers-fista",
    "intercept",
    "intercept-fista",
    "ties",
    "reals",
    "reals-fista",
    "offset",
    "zero-y",
)
PLAIN = ("integers", "ties", "duplicates", "wide", "zero-columns")

_SOLVED = (
    Output("coef", bound=_coef_bound),
    Output("intercept", bound=_intercept_bound),
    Output("gap", bound=_gap_bound),
)

LASSO_QUESTIONS: tuple[Question, ...] = (
    Question(
        "lasso",
        _only(LASSO, *SOME),
        _SOLVED,
        floats=("coef", "intercept", "gap"),
        permuted=_shuffled,
        rows="x",
        refusals=(*WRONG_DATA, *WRONG_PENALTY, WRONG_SOLVER),
    ),
    Question(
        "elastic_net",
        _only(ELASTIC, *SOME),
        _SOLVED,
        floats=("coef", "intercept", "gap"),
        permuted=_shuffled,
        rows="x",
        refusals=(*WRONG_DATA, *WRONG_PENALTY, *WRONG_RATIO, WRONG_SOLVER),
    ),
    Question(
        "lasso_path",
        _only(PATHS, "integers", "intercept", "ties", "reals"),
        (
            Output("coef", bound=_path_coef_bound),
            Output(
                "intercept", bound=_of_path(lambda here, coef: _moved(here, _apart(here, coef, *_parts(here)), coef))
            ),
            Output(
                "gap",
                bound=_of_path(
                    lambda here, coef: np.asarray(suboptimality(here, np.nan_to_num(coef), *_parts(here)).value)
                ),
            ),
        ),
        floats=("coef", "intercept", "gap"),
        permuted=_shuffled,
        rows="x",
        refusals=(
            *WRONG_DATA,
            negative("penalties"),
            undefined("penalties"),
            Refusal("penalties that rise", changed("penalties", lambda v: v[:, ::-1].copy()), "penalties must descend"),
        ),
    ),
    Question(
        "lambda_max",
        _only(UNPENALISED, "integers", "intercept", "reals", "reals-fista", "offset"),
        (Output("penalty", bound=_top_bound),),
        floats=("penalty",),
        padded=_columns_of_zeros,
        permuted=_shuffled,
        rows="x",
        refusals=WRONG_DATA,
    ),
    Question(
        "duality_gap",
        _only(CERTIFIED, *PLAIN, "reals-fista"),
        (
            Output("primal", bound=_slack_bound("primal")),
            Output("dual", bound=_slack_bound("dual")),
            Output("gap", bound=_slack_bound("gap")),
            Output("theta", bound=_slack_bound("theta"), by_sample=True),
        ),
        floats=("primal", "dual", "gap", "theta"),
        permuted=_shuffled,
        rows="x",
        refusals=(
            *WRONG_DATA,
            *WRONG_PENALTY,
            *WRONG_RATIO,
            undefined("coef"),
            Refusal("a coefficient too many", changed("coef", _longer), "coef must have shape"),
        ),
    ),
    Question(
        "map_laplace",
        _only(LAPLACE, *PLAIN),
        (
            Output("coef", bound=_coef_bound),
            Output("penalty", bound=lambda answer, cases: rounding(6, cases.u, "2γ(3) λ", _parts(cases)[0])),
            Output("gap", bound=_gap_bound),
        ),
        floats=("coef", "penalty", "gap"),
        permuted=_shuffled,
        rows="x",
        refusals=(
            *WRONG_DATA,
            not_positive("noise_variance"),
            not_positive("scale"),
            undefined("noise_variance"),
            undefined("scale"),
        ),
    ),
    Question(
        "constrained_l1",
        _only(BALLS, *PLAIN, "reals-fista"),
        (
            Output("coef", bound=_ball_coef_bound),
            Output("gap", bound=_ball_gap_bound),
            Output("penalty", bound=_multiplier_bound),
        ),
        floats=("coef", "gap", "penalty"),
        permuted=_shuffled,
        rows="x",
        refusals=(*WRONG_DATA, not_positive("radius"), undefined("radius")),
    ),
    *PROX_QUESTIONS,
)
