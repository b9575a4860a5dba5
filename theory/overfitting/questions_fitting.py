"""What the cross-cutting claims ask of least squares: each bound is twice that of the claim about the operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, changed, put, set_to
from theory.core.domain import Array, Cases, Domain, Shape
from theory.overfitting import bounds_questions as off
from theory.overfitting.cases_fitting import FITS, Rng
from theory.overfitting.claims_bases import NODES
from theory.overfitting.claims_double_descent import RISKS
from theory.overfitting.claims_dropout import SHAKEN, dropout_bound, noise_bound
from theory.overfitting.claims_early_stopping import DESCENTS, Walk
from theory.overfitting.claims_left_out import LEFT_OUT_DOMAIN, left_out_bounds
from theory.overfitting.claims_leverage import HAT_DOMAIN
from theory.overfitting.claims_minimum_norm import ANY_RANK, CURVES, points
from theory.overfitting.claims_optimism import CRITERIA, NOISY, PREDICTIONS, decomposition_bounds
from theory.overfitting.claims_samples import DROPOUTS, PROBLEMS
from theory.overfitting.refusals_fitting import (
    NO_REPETITIONS,
    WRONG_KEEP,
    WRONG_MEAN,
    WRONG_NOISE,
    WRONG_PENALTY,
    WRONG_RANK,
    WRONG_RATE,
    WRONG_W,
    WRONG_X,
    WRONG_Y,
    alone,
)

Order = NDArray[np.intp]
Measured = Callable[[Cases], Bound]


def _only(domain: Domain, *regimes: str) -> Domain:
    return replace(domain, regimes=regimes, real={})


def _few(domain: Domain) -> Domain:
    """With a handful of repetitions: here nothing is counted."""

    def draw(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
        return domain.draw(rng, shape, regime, lanes).with_settings(repetitions=3)

    return replace(domain, draw=draw)


def _shuffled(*names: str) -> Callable[[Cases, Order], Cases]:
    return lambda cases, order: cases.with_arrays(**{name: cases[name][:, order] for name in names})


def _twice(bound: Measured) -> Callable[[Answer, Cases], Bound]:
    """A bound of each lane for two computed answers, with as many axes as it needs."""

    def doubled(answer: Answer, cases: Cases) -> Bound:
        return bound(cases).scaled(2.0, "· 2")

    return doubled


def _repeated(values: Array) -> Array:
    return np.repeat(values, 2, axis=-1)


def _diagonal(answer: Answer) -> Array:
    return np.asarray(np.diagonal(answer["hat"], axis1=1, axis2=2))


def _row_sums(answer: Answer) -> Array:
    return np.asarray(answer["hat"].sum(axis=2))


def _walked(name: str, method: Callable[[Walk], Bound]) -> Output:
    """The path, or its rss, of descent or of the filter."""

    def bound(answer: Answer, cases: Cases) -> Bound:
        walk = Walk.of(cases)
        moved = method(walk)
        return (walk.squares(moved) if name == "rss" else off.like(moved, 1)).scaled(2.0, "· 2")

    return Output(name, bound=bound)


def _out(name: str, bound: Measured, *, by_sample: bool = False) -> Output:
    return Output(name, bound=_twice(bound), by_sample=by_sample)


def _part(index: int, bounds: Callable[[Cases], tuple[Bound, ...]]) -> Measured:
    return lambda cases: bounds(cases)[index]


SOME_FITS = _only(FITS, "generic", "integers", "duplicate-rows")
SOME_DESCENTS = _only(DESCENTS, "middle: generic", "fast: wide")

FITTING_QUESTIONS: tuple[Question, ...] = (
    Question(
        "polynomial_design",
        _only(NODES, "monomial", "chebyshev", "legendre"),
        (Output("x", lambda answer: np.swapaxes(answer["x"], 1, 2), _twice(off.basis), by_sample=True),),
        floats=("x",),
        permuted=_shuffled("t"),
        rows="t",
        refusals=(
            Refusal("NaN in t", put("t", np.nan), "t must be finite"),
            Refusal("a node beyond 1", put("t", 2.0), "t must lie in [-1, 1]"),
            Refusal("no nodes", changed("t", lambda t: t[:, :0]), "t must not be empty"),
            Refusal("a degree below 0", set_to(degree=-1), "degree must be at least 0"),
            Refusal("an unknown basis", set_to(basis="hermite"), "basis must be one of"),
        ),
    ),
    Question(
        "least_squares",
        SOME_FITS,
        (
            _out("coef", off.coef),
            _out("fitted", off.fitted, by_sample=True),
            _out("rss", off.square),
            _out("leverage", off.leverage, by_sample=True),
        ),
        floats=("coef", "fitted", "rss", "leverage"),
        permuted=_shuffled("x", "y"),
        rows="x",
        refusals=(*WRONG_X, *WRONG_Y, *WRONG_RANK),
    ),
    Question(
        "nested_errors",
        SOME_FITS,
        (_out("rss", lambda cases: off.square(cases, 1)), _out("gain", lambda cases: off.square(cases, 1))),
        floats=("rss", "gain"),
        permuted=_shuffled("x", "y"),
        rows="x",
        refusals=(*WRONG_X, *WRONG_Y, *WRONG_RANK),
    ),
    Question(
        "minimum_norm",
        _only(ANY_RANK, "generic", "wide", "equal-columns"),
        (_out("coef", off.coef),),
        floats=("coef",),
        permuted=_shuffled("x", "y"),
        rows="x",
        refusals=(*WRONG_X, *WRONG_Y),
    ),
    Question(
        "pseudo_inverse",
        _only(ANY_RANK, "generic", "wide", "equal-columns"),
        (_out("inverse", off.inverse, by_sample=True),),
        floats=("inverse",),
        permuted=_shuffled("x"),
        rows="x",
        refusals=WRONG_X,
    ),
    Question(
        "hat_matrix",
        _only(HAT_DOMAIN, "ols: generic", "ridge: generic", "wide"),
        (
            Output("hat", _diagonal, _twice(off.hat_row), by_sample=True),
            Output("hat", _row_sums, _twice(off.hat_row), by_sample=True),
            _out("df", lambda cases: off.hat(cases).scaled(min(cases["x"].shape[1:]), "min(n, d)")),
        ),
        floats=("hat", "df"),
        permuted=_shuffled("x"),
        rows="x",
        refusals=(*WRONG_X, *WRONG_PENALTY),
    ),
    Question(
        "leave_one_out",
        _only(LEFT_OUT_DOMAIN, "ols: generic", "ridge-intercept: generic"),
        (
            _out("residual", _part(0, left_out_bounds), by_sample=True),
            _out("press", _part(1, left_out_bounds)),
            _out("gcv", _part(2, left_out_bounds)),
        ),
        floats=("residual", "press", "gcv"),
        permuted=_shuffled("x", "y"),
        rows="x",
        refusals=(
            *WRONG_X,
            *WRONG_Y,
            *WRONG_PENALTY,
            Refusal("a row of leverage 1", alone, "row 0 of problem 0 has leverage 1"),
        ),
    ),
    Question(
        "optimism",
        _only(NOISY, "generic", "integers"),
        tuple(_out(name, off.expected) for name in ("training", "in_sample", "optimism")),
        floats=("training", "in_sample", "optimism"),
        permuted=_shuffled("x", "mean"),
        rows="x",
        refusals=(*WRONG_X, *WRONG_MEAN, *WRONG_NOISE),
    ),
    Question(
        "criteria",
        _only(CRITERIA, "generic", "no-parameters"),
        (_out("cp", off.cp), _out("aic", off.price), _out("bic", off.price)),
        floats=("cp", "aic", "bic"),
        refusals=(
            Refusal("a perfect fit", put("rss", 0.0), "rss must be positive"),
            Refusal("a negative rss", put("rss", -1.0), "rss must be positive"),
            Refusal("NaN as rss", put("rss", np.nan), "rss must be finite"),
            Refusal("half a parameter", put("parameters", 0.5), "parameters must be whole numbers"),
            Refusal("less than no parameter", put("parameters", -1.0), "parameters must be non-negative"),
            Refusal("no rows", set_to(n=0), "n must be at least 1"),
            *WRONG_NOISE,
        ),
    ),
    Question(
        "bias_variance",
        _only(PREDICTIONS, "generic", "far", "one-fit"),
        tuple(_out(name, _part(i, decomposition_bounds)) for i, name in enumerate(("bias", "variance", "error"))),
        floats=("bias", "variance", "error"),
        permuted=_shuffled("predictions"),
        rows="predictions",
        refusals=(
            Refusal("NaN as prediction", put("predictions", np.nan), "predictions must be finite"),
            Refusal("no predictions", changed("predictions", lambda f: f[:, :0]), "predictions must not be empty"),
            Refusal("NaN as truth", put("truth", np.nan), "truth must be finite"),
            Refusal(
                "a truth of another length", changed("truth", lambda f: np.repeat(f, 2, 1)), "truth must have shape"
            ),
            *WRONG_NOISE,
        ),
    ),
    Question(
        "monte_carlo",
        _few(_only(PROBLEMS, "generic", "no-noise")),
        (),
        floats=("predictions",),
        refusals=(*WRONG_X, *WRONG_MEAN, *WRONG_NOISE, *WRONG_RANK, NO_REPETITIONS),
    ),
    Question(
        "learning_curve",
        _only(CURVES, "generic", "integers"),
        (
            _out("training", lambda cases: points(cases).training_off),
            _out("test", lambda cases: points(cases).test_off),
        ),
        floats=("training", "test"),
        refusals=(
            *WRONG_X,
            *WRONG_Y,
            Refusal("NaN in test_x", put("test_x", np.nan), "test_x must be finite"),
            Refusal("NaN in test_y", put("test_y", np.nan), "test_y must be finite"),
            Refusal(
                "a test column too many", changed("test_x", lambda x: np.repeat(x, 2, 2)), "test_x must have shape"
            ),
            Refusal("size 0", put("sizes", 0.0), "sizes must be whole numbers of at least 1"),
            Refusal("half a row", put("sizes", 1.5), "sizes must be whole numbers of at least 1"),
            Refusal("more rows than there are", put("sizes", 99.0), "sizes must be at most the number of rows"),
        ),
    ),
    Question(
        "gradient_descent",
        SOME_DESCENTS,
        (_walked("path", Walk.descended), _walked("rss", Walk.descended)),
        floats=("path", "rss"),
        permuted=_shuffled("x", "y"),
        rows="x",
        refusals=(*WRONG_X, *WRONG_Y, *WRONG_RATE),
    ),
    Question(
        "spectral_filter",
        SOME_DESCENTS,
        (_walked("path", Walk.filtered), _walked("rss", Walk.filtered)),
        floats=("path", "rss"),
        permuted=_shuffled("x", "y"),
        rows="x",
        refusals=(*WRONG_X, *WRONG_Y, *WRONG_RATE),
    ),
    Question(
        "dropout_objective",
        _only(SHAKEN, "generic", "integers"),
        (_out("value", dropout_bound),),
        floats=("value",),
        permuted=_shuffled("x", "y"),
        rows="x",
        refusals=(*WRONG_X, *WRONG_Y, *WRONG_W, *WRONG_KEEP),
    ),
    Question(
        "noise_objective",
        _only(SHAKEN, "generic", "integers"),
        (_out("value", noise_bound),),
        floats=("value",),
        permuted=_shuffled("x", "y"),
        rows="x",
        refusals=(
            *WRONG_X,
            *WRONG_Y,
            *WRONG_W,
            Refusal("a negative variance", put("variance", -1.0), "variance must be non-negative"),
            Refusal("NaN as variance", put("variance", np.nan), "variance must be finite"),
        ),
    ),
    Question(
        "dropout",
        _few(_only(DROPOUTS, "generic", "half")),
        (),
        floats=("samples",),
        refusals=(*WRONG_X, *WRONG_KEEP, NO_REPETITIONS),
    ),
    Question(
        "minimum_norm_risk",
        RISKS,
        (_out("variance", off.risk), _out("bias", off.risk)),
        floats=("variance", "bias"),
        refusals=(
            Refusal("no rows", put("rows", 0.0), "rows must be whole numbers of at least 1"),
            Refusal("half a column", put("columns", 1.5), "columns must be whole numbers of at least 1"),
            Refusal("a negative norm", put("norm", -1.0), "norm must be non-negative"),
            *WRONG_NOISE,
        ),
    ),
)
