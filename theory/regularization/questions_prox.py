"""What the cross-cutting claims ask of proximal operators and projections."""

from __future__ import annotations

import numpy as np

from theory.core.bound import Bound
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, changed, put, set_to
from theory.core.domain import Array, Cases
from theory.regularization.cases_prox import PROJECTED, PROX
from theory.regularization.claims_prox import projection_error, prox_error


def _prox_bound(answer: Answer, cases: Cases) -> Bound:
    return prox_error(cases, cases["v"]).scaled(2.0, "· 2")


def _projection_bound(answer: Answer, cases: Cases) -> Bound:
    return projection_error(cases, cases["v"]).scaled(2.0, "· 2")


def without_rows(array: Array) -> Array:
    """Nothing along the first axis after the lane."""
    return np.asarray(array[:, :0])


def negative(name: str) -> Refusal:
    """A value below 0 where none may be."""
    return Refusal(f"a negative {name}", put(name, -1.0), f"{name} must be non-negative")


def undefined(name: str) -> Refusal:
    """A value that is no number."""
    return Refusal(f"NaN in {name}", put(name, np.nan), f"{name} must be finite")


def not_positive(name: str) -> Refusal:
    """A 0 where a value must be above."""
    return Refusal(f"{name} of 0", put(name, 0.0), f"{name} must be positive")


WRONG_NORM = Refusal("an unknown norm", set_to(norm="l3"), "norm must be one of")

PROX_QUESTIONS: tuple[Question, ...] = (
    Question(
        "prox",
        PROX,
        (Output("value", bound=_prox_bound),),
        floats=("value",),
        refusals=(
            undefined("v"),
            negative("step"),
            undefined("step"),
            negative("ridge"),
            WRONG_NORM,
            Refusal("no entries", changed("v", without_rows), "v must not be empty"),
        ),
    ),
    Question(
        "project",
        PROJECTED,
        (Output("value", bound=_projection_bound),),
        floats=("value",),
        refusals=(
            undefined("v"),
            negative("radius"),
            undefined("radius"),
            WRONG_NORM,
            Refusal("no entries", changed("v", without_rows), "v must not be empty"),
        ),
    ),
)
