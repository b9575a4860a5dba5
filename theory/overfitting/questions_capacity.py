"""What the cross-cutting claims ask of generalisation bounds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, changed, put, set_to
from theory.core.domain import Cases
from theory.overfitting import claims_deviation as deviation
from theory.overfitting.cases_capacity import CONFIDENCES, GROWTH, LINEAR, POINT_SETS, RISKS, SUMS, TAILS

BoundOf = Callable[[Answer, Cases], Bound]


def _twice(bound: Callable[[Cases], Bound]) -> BoundOf:
    """How far two correct answers may be apart that are each within this bound of the truth."""
    return lambda answer, cases: bound(cases).scaled(2.0, "· 2")


def _four_times(bound: Callable[[Cases], Bound]) -> BoundOf:
    return lambda answer, cases: bound(cases).scaled(4.0, "· 4")


def _reordered(name: str) -> Callable[[Cases, NDArray[np.intp]], Cases]:
    return lambda cases, order: cases.with_arrays(**{name: cases[name][:, order]})


def _given_twice(cases: Cases) -> Cases:
    """The same points, the first two of them twice, which changes no subset."""
    points = cases["points"]
    times = np.where(np.arange(points.shape[1]) < 2, 2, 1)
    return cases.with_arrays(points=np.repeat(points, times, axis=1))


UNKNOWN = Refusal("an unknown family", set_to(family="spheres"), "family must be one of")
NO_NUMBER = (
    Refusal("a negative number of points", put("n", -1.0), "n must be whole numbers of at least 0"),
    Refusal("half a point", put("n", 0.5), "n must be whole numbers"),
    Refusal("NaN points", put("n", np.nan), "n must be finite"),
)
NO_CONFIDENCE = (
    Refusal("delta 0", put("delta", 0.0), "delta must be positive"),
    Refusal("delta 1", put("delta", 1.0), "delta must be below 1"),
    Refusal("NaN in delta", put("delta", np.nan), "delta must be finite"),
    Refusal("no rows", set_to(n=0), "n must be at least 1"),
)

CAPACITY_QUESTIONS: tuple[Question, ...] = (
    Question(
        "hoeffding",
        TAILS,
        (Output("bound", bound=_twice(deviation.hoeffding_bound)),),
        floats=("bound", "rows"),
        refusals=(
            Refusal("epsilon 0", put("epsilon", 0.0), "epsilon must be positive"),
            Refusal("infinite epsilon", put("epsilon", np.inf), "epsilon must be finite"),
            Refusal("no hypotheses", put("hypotheses", 0.0), "hypotheses must be whole numbers of at least 1"),
            Refusal("half a hypothesis", put("hypotheses", 1.5), "hypotheses must be whole numbers"),
            *NO_CONFIDENCE,
        ),
    ),
    Question(
        "growth",
        GROWTH,
        (Output("count"), Output("dimension")),
        refusals=(UNKNOWN, *NO_NUMBER),
    ),
    Question(
        "dichotomies",
        POINT_SETS,
        (Output("count"),),
        permuted=_reordered("points"),
        rows="points",
        padded=_given_twice,
        refusals=(
            UNKNOWN,
            Refusal("NaN in points", put("points", np.nan), "points must be finite"),
            Refusal("no points", changed("points", lambda p: p[:, :0]), "points must not be empty"),
            Refusal("too many points", changed("points", lambda p: np.repeat(p, 9, axis=1)), "at most 8"),
            Refusal("three coordinates", changed("points", lambda p: np.repeat(p, 3, axis=2)), "points must have"),
        ),
    ),
    Question(
        "sauer",
        SUMS,
        (Output("bound"),),
        refusals=(
            *NO_NUMBER,
            Refusal("a negative dimension", put("dimension", -1.0), "dimension must be whole numbers of at least 0"),
        ),
    ),
    Question(
        "vc_bound",
        CONFIDENCES,
        (Output("bound", bound=_twice(deviation.vc_bound)),),
        floats=("bound",),
        refusals=(
            Refusal("half a dimension", put("dimension", 0.5), "dimension must be whole numbers"),
            Refusal("a negative dimension", put("dimension", -1.0), "dimension must be whole numbers of at least 0"),
            *NO_CONFIDENCE,
        ),
    ),
    Question(
        "rademacher",
        LINEAR,
        (
            Output("complexity", bound=_twice(deviation.complexity_bound)),
            Output("upper", bound=_twice(deviation.upper_bound)),
            Output("range", bound=_four_times(deviation.complexity_bound)),
        ),
        floats=("complexity", "upper", "sampled", "range"),
        permuted=_reordered("x"),
        rows="x",
        refusals=(
            Refusal("another norm", set_to(norm="linf"), "norm must be one of"),
            Refusal("NaN in x", put("x", np.nan), "x must be finite"),
            Refusal("radius 0", put("radius", 0.0), "radius must be positive"),
            Refusal("two radii a lane", changed("radius", lambda r: np.stack([r, r], 1)), "radius must have shape"),
            Refusal("too many rows", changed("x", lambda x: np.repeat(x, 13, axis=1)), "x must have at most 12 rows"),
            Refusal("no draws", set_to(draws=0), "draws must be at least 1"),
        ),
    ),
    Question(
        "empirical_risk",
        RISKS,
        (
            Output("chosen"),
            Output("training", bound=_twice(deviation.training_bound)),
            Output("risk", bound=_twice(deviation.training_bound)),
        ),
        floats=("training", "risk"),
        permuted=_reordered("sample"),
        rows="sample",
        refusals=(
            Refusal("NaN in losses", put("losses", np.nan), "losses must be finite"),
            Refusal("a negative weight", put("weights", -1.0), "weights must be non-negative"),
            Refusal("weights that sum to 2", changed("weights", lambda w: 2 * w), "weights must sum to 1"),
            Refusal("a weight too many", changed("weights", lambda w: np.repeat(w, 2, 1)), "weights must have shape"),
            Refusal("no such point", changed("sample", lambda s: s + 1000), "sample must hold indices"),
            Refusal("no sample", changed("sample", lambda s: s[:, :0]), "sample must not be empty"),
        ),
    ),
)  # fmt: skip
