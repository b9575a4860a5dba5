"""What the cross-cutting claims ask of AdaBoost.

A whole trajectory is not determined by its case: near-ties between stumps are broken by rounding. On dyadic weights
every sum of the first round is exact in any order, so the first round is, bit for bit, in every dtype.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from theory.adaboost.cases import DYADIC_DOMAIN, MEDIAN_DOMAIN, RESAMPLING_DOMAIN, draw_real, draw_samme
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, changed, put
from theory.core.domain import Array, Cases, Domain, Shape

PADDED_ROWS = 3


WRONG_X = (
    Refusal("NaN in X", put("X", np.nan), "X must be finite"),
    Refusal("infinity in X", put("X", np.inf), "X must be finite"),
    Refusal("whole numbers for X", changed("X", lambda X: X.astype(np.int64)), "X must be float"),
    Refusal("X without columns", changed("X", lambda X: X[:, :, :0]), "X must not be empty"),
    Refusal("a label too few", changed("y", lambda y: np.concatenate([y, y], axis=1)), "y must have shape"),
)
WRONG_W = (
    Refusal("NaN among the weights", put("w", np.nan), "sample_weight must be finite"),
    Refusal("a negative weight", put("w", -1.0), "sample_weight must be non-negative"),
    Refusal("only zero weights", changed("w", np.zeros_like), "sample_weight must have a positive sum"),
)


def _first(name: str) -> Callable[[Answer], Array]:
    """The first round of an answer (lane, rounds, ...)."""
    return lambda answer: answer[name][:, 0]


def _error(answer: Answer) -> Array:
    return answer["errors"][:, :1]


FIRST_ROUND = (
    Output("weights", _first("weights"), by_sample=True),
    Output("errors", _error),
)
"""D_1 and the least error are determined; which of several equally good stumps is chosen is not."""


def _permuted(cases: Cases, order: NDArray[np.intp]) -> Cases:
    return cases.with_arrays(X=cases["X"][:, order], y=cases["y"][:, order], w=cases["w"][:, order])


def _padded(cases: Cases) -> Cases:
    """Rows of weight zero at the end: copies of the first row with its label and with others."""
    X = np.concatenate([cases["X"], np.repeat(cases["X"][:, :1], PADDED_ROWS, axis=1)], axis=1)
    y = np.concatenate([cases["y"], np.repeat(cases["y"][:, -1:], PADDED_ROWS, axis=1)], axis=1)
    w = np.concatenate([cases["w"], np.zeros((cases.lanes, PADDED_ROWS))], axis=1)
    return cases.with_arrays(X=X, y=y, w=w)


def _dyadic_samme(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    return draw_samme(rng, {**shape, "classes": 3}, regime, lanes)


def _targets(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    """Whole targets, so that the first regression stump is exact too."""
    cases = DYADIC_DOMAIN.draw(rng, shape, regime, lanes)
    y = rng.integers(-3, 4, cases["y"].shape).astype(np.float64)
    return cases.with_arrays(y=y).with_settings(loss="linear")


def _domain(draw: Callable[[np.random.Generator, Shape, str, int], Cases]) -> Domain:
    return Domain(DYADIC_DOMAIN.shapes, DYADIC_DOMAIN.regimes, draw, DYADIC_DOMAIN.axes, {}, DYADIC_DOMAIN.valid)


QUESTIONS = (
    Question(
        "fit_discrete",
        DYADIC_DOMAIN,
        FIRST_ROUND,
        floats=("weights", "errors", "alphas", "staged", "decision"),
        permuted=_permuted,
        rows="X",
        padded=_padded,
        refusals=(*WRONG_X, Refusal("a label 0", put("y", 0.0), "y must be one of"), *WRONG_W),
    ),
    Question(
        "fit_samme",
        _domain(_dyadic_samme),
        FIRST_ROUND,
        floats=("weights", "errors", "alphas", "scores"),
        permuted=_permuted,
        rows="X",
        padded=_padded,
        refusals=(*WRONG_X, Refusal("a class too high", put("y", 3.0), "y must"), *WRONG_W),
    ),
    Question(
        "fit_real",
        _domain(draw_real),
        (Output("weights", _first("weights"), by_sample=True),),
        floats=("weights", "cell_scores", "normalisers", "staged"),
        permuted=_permuted,
        rows="X",
        padded=_padded,
        refusals=(*WRONG_X, *WRONG_W),
    ),
    Question(
        "fit_r2",
        _domain(_targets),
        (Output("weights", _first("weights"), by_sample=True),),
        floats=("weights", "predictions", "mean_losses", "betas", "staged"),
        permuted=_permuted,
        rows="X",
        padded=_padded,
        refusals=(*WRONG_X, Refusal("NaN among the targets", put("y", np.nan), "y must be finite"), *WRONG_W),
    ),
    Question(
        "weighted_median",
        MEDIAN_DOMAIN,
        (Output("median"),),
        floats=("median",),
        refusals=(
            Refusal("NaN among the values", put("values", np.nan), "values must be finite"),
            Refusal("a negative weight", put("weights", -1.0), "weights must be non-negative"),
            Refusal("only zero weights", changed("weights", np.zeros_like), "weights must have a positive sum"),
        ),
    ),
    Question(
        "resample",
        RESAMPLING_DOMAIN,
        (),
        refusals=(
            Refusal("NaN in D", put("D", np.nan), "D must be finite"),
            Refusal("a negative probability", put("D", -1.0), "D must be non-negative"),
            Refusal("a D of zeros", changed("D", np.zeros_like), "D must have a positive sum"),
        ),
    ),
)
