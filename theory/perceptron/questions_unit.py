"""What the cross-cutting claims ask of one threshold unit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, rounding
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, changed, put
from theory.core.domain import Cases
from theory.perceptron.cases_unit import BIASED, PLANES, UNITS
from theory.perceptron.claims_unit import plane_bound

WHOLE = replace(UNITS, regimes=("integers", "ties", "zeros"))
"""Sums of whole numbers, which no order of summation changes."""


def _reordered(cases: Cases, order: NDArray[np.intp]) -> Cases:
    return cases.with_arrays(x=cases["x"][:, order])


def _distance_bound(answer: Answer, cases: Cases) -> Bound:
    return plane_bound(cases, answer["distance"]).scaled(2.0, "· 2")


def _nearest_bound(answer: Answer, cases: Cases) -> Bound:
    n = 2 * cases["w"].shape[1] + 12
    return rounding(n, cases.u, "γ(2d+12) |p|", answer["nearest"]).scaled(2.0, "· 2")


def _wrong(offset: str) -> tuple[Refusal, ...]:
    return (
        Refusal("NaN in x", put("x", np.nan), "x must be finite"),
        Refusal("infinity in w", put("w", np.inf), "w must be finite"),
        Refusal(f"NaN in {offset}", put(offset, np.nan), f"{offset} must be finite"),
        Refusal("a weight too many", changed("w", lambda w: np.repeat(w, 2, axis=1)), "w must have shape"),
        Refusal("no rows", changed("x", lambda x: x[:, :0]), "x must not be empty"),
        Refusal(f"two {offset}s a lane", changed(offset, lambda b: np.stack([b, b], axis=1)), f"{offset} must have"),
    )


UNIT_QUESTIONS: tuple[Question, ...] = (
    Question(
        "threshold_unit",
        WHOLE,
        (Output("bias"), Output("dot", by_sample=True), Output("by_threshold", by_sample=True),
         Output("by_bias", by_sample=True)),
        floats=("bias", "dot"),
        permuted=_reordered,
        rows="x",
        refusals=_wrong("threshold"),
    ),
    Question(
        "augment",
        BIASED,
        (Output("w"), Output("activation", by_sample=True)),
        floats=("x", "w", "activation"),
        permuted=_reordered,
        rows="x",
        refusals=_wrong("bias"),
    ),
    Question(
        "hyperplane",
        PLANES,
        (Output("distance", bound=_distance_bound), Output("nearest", bound=_nearest_bound)),
        floats=("distance", "nearest"),
        refusals=(
            Refusal("NaN in w", put("w", np.nan), "w must be finite"),
            Refusal("infinity in bias", put("bias", np.inf), "bias must be finite"),
            Refusal("no direction", changed("w", np.zeros_like), "w must not be all zeros"),
            Refusal("no weights", changed("w", lambda w: w[:, :0]), "w must not be empty"),
        ),
    ),
)  # fmt: skip
