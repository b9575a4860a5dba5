"""What the cross-cutting claims ask of folds and neighbours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, changed, put, set_to
from theory.core.domain import Cases
from theory.overfitting.cases_resampling import FOLDS, LABELS, VALIDATED, VOTES
from theory.overfitting.claims_resampling import refits

UNSHUFFLED = replace(LABELS, regimes=("generic", "sorted", "one-label", "rare-label"))
"""What no seed decides: a shuffle of one lane is another than that of the same lane in a batch."""


def _prediction_bound(answer: Answer, cases: Cases) -> Bound:
    return refits(cases).bound.scaled(2.0, "· 2")


def _error_bound(answer: Answer, cases: Cases) -> Bound:
    """Both errors lie within the predictions' bound of the exact one: see OV-22, doubled."""
    told = refits(cases)
    left = np.abs(cases["y"] - told.prediction)
    off = told.bound.value
    n = left.shape[1]
    value = 2 * (2 * left * off + off**2).mean(axis=1) + 2 * (n + 4) * cases.u * (left**2).mean(axis=1)
    return absolute(value, "2 mean(2|left| e + e²) + 2(n+4)u error")


def _queries(cases: Cases, order: NDArray[np.intp]) -> Cases:
    return cases.with_arrays(query=cases["query"][:, order])


FEW_FOLDS = Refusal("one fold", set_to(k=1), "k must be at least 2")
MANY_FOLDS = Refusal("more folds than rows", set_to(k=1000), "k must be at most the number of rows")

RESAMPLING_QUESTIONS: tuple[Question, ...] = (
    Question("kfold", FOLDS, ()),
    Question(
        "stratified_kfold",
        UNSHUFFLED,
        (Output("test"), Output("train"), Output("fold")),
        refusals=(FEW_FOLDS, MANY_FOLDS, Refusal("NaN in y", put("y", np.nan), "y must be finite")),
    ),
    Question(
        "cross_validate",
        VALIDATED,
        (Output("prediction", bound=_prediction_bound), Output("error", bound=_error_bound)),
        floats=("prediction", "error"),
        refusals=(
            FEW_FOLDS,
            MANY_FOLDS,
            Refusal("a negative penalty", put("penalty", -1.0), "penalty must be non-negative"),
            Refusal("NaN in x", put("x", np.nan), "x must be finite"),
            Refusal("infinity in y", put("y", np.inf), "y must be finite"),
            Refusal("a target too many", changed("y", lambda y: np.repeat(y, 2, axis=1)), "y must have shape"),
            Refusal("no rows", changed("x", lambda x: x[:, :0]), "x must not be empty"),
        ),
    ),
    Question(
        "nearest_neighbours",
        VOTES,
        (Output("label", by_sample=True), Output("nearest", by_sample=True)),
        permuted=_queries,
        rows="query",
        refusals=(
            Refusal("NaN in x", put("x", np.nan), "x must be finite"),
            Refusal("infinity in query", put("query", np.inf), "query must be finite"),
            Refusal("a label too many", changed("y", lambda y: np.repeat(y, 2, axis=1)), "y must have shape"),
            Refusal("another dimension", changed("query", lambda q: np.repeat(q, 2, axis=2)), "query must have shape"),
            Refusal("no neighbour", set_to(neighbours=0), "neighbours must be at least 1"),
            Refusal("more neighbours than rows", set_to(neighbours=1000), "neighbours must be at most"),
            Refusal("no rows", changed("x", lambda x: x[:, :0]), "x must not be empty"),
        ),
    ),
)
