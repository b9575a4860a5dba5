"""What the cross-cutting claims ask of ridge regression: twice its claims' bounds, since two answers meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute, rounding
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, changed, put, set_to
from theory.core.domain import Array, Cases, Domain
from theory.regularization import bounds_ridge as bounds
from theory.regularization.cases_conventions import CONVERSIONS
from theory.regularization.cases_prior import BALLS, PRIORS, as_penalty
from theory.regularization.cases_ridge import RIDGE
from theory.regularization.cases_ridge_path import PATHS, SMOOTHERS, as_ridge, by_path, with_answers

Floats = NDArray[np.float64]
Order = NDArray[np.intp]


def _only(domain: Domain, *regimes: str) -> Domain:
    return replace(domain, regimes=regimes, real={})


def _shuffled(*names: str) -> Callable[[Cases, Order], Cases]:
    return lambda cases, order: cases.with_arrays(**{name: cases[name][:, order] for name in names})


def _twice(bound: Bound) -> Bound:
    return bound.scaled(2.0, "· 2")


def _coef(answer: Answer, cases: Cases) -> Bound:
    return _twice(bounds.coef_bound(bounds.sizes_of(cases), answer["coef"]))


def _intercept(answer: Answer, cases: Cases) -> Bound:
    return _twice(bounds.intercept_bound(bounds.sizes_of(cases), answer["coef"]))


def _fitted(answer: Answer, cases: Cases) -> Bound:
    """Permuted rows have permuted bounds: the largest of a lane serves all."""
    bound = _twice(bounds.fitted_bound(bounds.sizes_of(cases), answer["coef"]))
    return absolute(bound.value.max(axis=1, keepdims=True), bound.terms)


def _df(answer: Answer, cases: Cases) -> Bound:
    return absolute(2 * bounds.sizes_of(cases).df(), "2 (Σ sup |∂df∕∂d| δ + 2pΔG∕floor + pg)")


def _along(measure: Callable[[bounds.Sizes, Floats], Floats], words: str) -> Callable[[Answer, Cases], Bound]:
    """Twice a bound at every penalty of a path, (lane, l, …)."""

    def bound(answer: Answer, cases: Cases) -> Bound:
        one = as_ridge(cases)
        size = bounds.sizes_of(one, "any")
        return absolute(2 * by_path(measure(size, answer["coef"].reshape(one.lanes, -1)), cases), f"2 ({words})")

    return bound


def _path_intercept(size: bounds.Sizes, coef: Floats) -> Floats:
    return bounds.intercept_bound(size, coef).value


def _leverages(answer: Answer) -> Array:
    return np.asarray(np.diagonal(answer["hat"], axis1=1, axis2=2))


def _smoother(cases: Cases) -> bounds.Sizes:
    plain = replace(cases, settings={"intercept": 0})
    return bounds.sizes_of(with_answers(plain, np.zeros(cases["x"].shape[:2])), "any")


def _leverage_bound(answer: Answer, cases: Cases) -> Bound:
    return absolute(2 * _smoother(cases).hat()[:, None], "2 (2δ steep + steep² ΔG + g)")


def _trace_bound(answer: Answer, cases: Cases) -> Bound:
    return absolute(2 * _smoother(cases).df(), "2 (Σ sup |∂df∕∂d| δ + 2pΔG∕floor + pg)")


def _posterior(cases: Cases) -> bounds.Sizes:
    return bounds.sizes_of(as_penalty(cases), "any")


def _mean_bound(answer: Answer, cases: Cases) -> Bound:
    return _twice(bounds.coef_bound(_posterior(cases), answer["coef"]))


def _covariance_bound(answer: Answer, cases: Cases) -> Bound:
    size = 2 * cases["noise_variance"] * _posterior(cases).inverse()
    return absolute(size[:, None, None], "2σ² [(2δ steep + g) ∕ floor + ΔG ∕ floor²]")


def _penalty_bound(answer: Answer, cases: Cases) -> Bound:
    return rounding(4, cases.u, "γ(4) λ", answer["penalty"])


def _apart(answer: Answer, cases: Cases) -> tuple[Floats, Floats, bounds.Sizes]:
    """How far two solutions within a ball may be apart, ‖e‖, and sizes.

    With Gβ + μβ = Xᵀy + e for both and equal lengths, ‖β − β'‖ (σ² + (μ + μ')∕2) ≤ ‖e − e'‖; lengths that differ by 2gt
    move β by (d₁² + μ) ∕ floor times as much.
    """
    arrays = {"x": cases["x"], "y": cases["y"], "penalty": answer["penalty"]}
    size = bounds.sizes_of(replace(cases, arrays=arrays, settings={}))
    rest = bounds.residual_bound(size, answer["coef"]).value
    floor = size.floor(size.unit * size.frobenius)
    edge = 2 * size.unit * cases["radius"] * (size.frobenius**2 + answer["penalty"])
    return np.asarray((2 * rest + edge) / floor), rest, size


def _ball_bound(answer: Answer, cases: Cases) -> Bound:
    return absolute(2 * _apart(answer, cases)[0][:, None], "2 (2‖e‖ + 2gt (‖X‖² + μ)) ∕ floor")


def _multiplier_bound(answer: Answer, cases: Cases) -> Bound:
    away, rest, size = _apart(answer, cases)
    top = size.frobenius**2 + answer["penalty"]
    return absolute((top * away + 2 * rest) / cases["radius"], "((‖X‖² + μ) ‖Δβ‖ + 2‖e‖) ∕ t")


def _value_bound(answer: Answer, cases: Cases) -> Bound:
    return rounding(4, cases.u, "γ(4) λ", answer["value"])


def _dependent(cases: Cases) -> Cases:
    twice = cases.with_arrays(x=np.repeat(cases["x"], 2, axis=2), penalty=np.zeros(cases.lanes))
    return twice.with_settings(solver="cholesky")


def _no_rows(cases: Cases) -> Cases:
    return cases.with_arrays(**{name: cases[name][:, :0] for name in ("x", "y") if name in cases.arrays})


WRONG_FEATURES = (
    Refusal("NaN in x", put("x", np.nan), "x must be finite"),
    Refusal("no samples", _no_rows, "x must not be empty"),
    Refusal("no features", changed("x", lambda x: x[:, :, :0]), "x must not be empty"),
)
WRONG_DATA = (
    *WRONG_FEATURES,
    Refusal("infinity in y", put("y", np.inf), "y must be finite"),
    Refusal("an answer too many", changed("y", lambda y: np.repeat(y, 2, axis=1)), "y must have shape"),
)
WRONG_PENALTY = (
    Refusal("a negative penalty", put("penalty", -1.0), "penalty must be"),
    Refusal("NaN as penalty", put("penalty", np.nan), "penalty must be finite"),
)


def _not_positive(name: str) -> tuple[Refusal, ...]:
    return (
        Refusal(f"{name} 0", put(name, 0.0), f"{name} must be positive"),
        Refusal(f"{name} below 0", put(name, -1.0), f"{name} must be positive"),
        Refusal(f"NaN as {name}", put(name, np.nan), f"{name} must be finite"),
    )


RIDGE_QUESTIONS: tuple[Question, ...] = (
    Question(
        "ridge",
        _only(
            RIDGE,
            *("generic-svd", "generic-cholesky", "generic-intercept-svd", "generic-intercept-cholesky"),
            *("integers-svd", "wide-cholesky", "duplicates-svd", "offset-svd", "no-penalty-svd"),
        ),
        (
            Output("coef", bound=_coef),
            Output("intercept", bound=_intercept),
            Output("fitted", bound=_fitted, by_sample=True),
            Output("df", bound=_df),
        ),
        floats=("coef", "intercept", "fitted", "df"),
        permuted=_shuffled("x", "y"),
        rows="x",
        refusals=(
            *WRONG_DATA,
            *WRONG_PENALTY,
            Refusal("an unknown solver", set_to(solver="oracle"), "solver must be one of"),
            Refusal("dependent columns without penalty, by Cholesky", _dependent, "dependent"),
        ),
    ),
    Question(
        "ridge_path",
        _only(PATHS, "generic", "intercept", "integers", "wide", "constant-column", "zero-target"),
        (
            Output("coef", bound=_along(lambda size, coef: size.coef(coef)[:, None], "E")),
            Output("intercept", bound=_along(_path_intercept, "‖x̄‖‖Δβ‖ + γ(n+p+4)(mean|y| + Σ mean|x||β|)")),
            Output("df", bound=_along(lambda size, _: size.df(), "Σ sup |∂df∕∂d| δ + 2pΔG∕floor + pg")),
            Output("rss", bound=_along(lambda size, coef: size.rss(coef), "2‖r‖‖Δr‖ + ‖Δr‖²")),
        ),
        floats=("coef", "intercept", "df", "rss"),
        permuted=_shuffled("x", "y"),
        rows="x",
        refusals=(*WRONG_DATA, *_not_positive("penalties")),
    ),
    Question(
        "hat_matrix",
        _only(SMOOTHERS, "generic-svd", "integers-svd", "wide-svd", "duplicates-svd", "zero-column-svd"),
        (Output("hat", _leverages, _leverage_bound, by_sample=True), Output("df", bound=_trace_bound)),
        floats=("hat", "df"),
        permuted=_shuffled("x"),
        rows="x",
        refusals=(*WRONG_FEATURES, *_not_positive("penalty")),
    ),
    Question(
        "map_gaussian",
        _only(PRIORS, "generic", "integers", "wide", "duplicates", "zero-target"),
        (
            Output("coef", bound=_mean_bound),
            Output("covariance", bound=_covariance_bound),
            Output("penalty", bound=_penalty_bound),
        ),
        floats=("coef", "covariance", "penalty"),
        permuted=_shuffled("x", "y"),
        rows="x",
        refusals=(*WRONG_DATA, *_not_positive("noise_variance"), *_not_positive("prior_variance")),
    ),
    Question(
        "constrained_l2",
        _only(BALLS, "outside", "inside", "integers", "wide", "duplicates"),
        (Output("coef", bound=_ball_bound), Output("penalty", bound=_multiplier_bound)),
        floats=("coef", "penalty"),
        permuted=_shuffled("x", "y"),
        rows="x",
        refusals=(*WRONG_DATA, *_not_positive("radius")),
    ),
    Question(
        "convert",
        CONVERSIONS,
        (Output("value", bound=_value_bound),),
        floats=("value",),
        refusals=(
            Refusal("a negative penalty", put("value", -1.0), "value must be non-negative"),
            Refusal("NaN as penalty", put("value", np.nan), "value must be finite"),
            Refusal("an unknown convention", set_to(source="thirds"), "source must be one of"),
            Refusal("another unknown convention", set_to(target="thirds"), "target must be one of"),
            Refusal("no samples", set_to(n=0), "n must be at least 1"),
        ),
    ),
)
