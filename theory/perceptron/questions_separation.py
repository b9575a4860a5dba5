"""What the cross-cutting claims ask of separation. A proof is not unique: of it only the verdict is determined.

Proofs are whole numbers, and may be answered as such: they have no dtype to keep.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.crosscutting import Output, Question, Refusal, changed, put, set_to
from theory.core.domain import Cases, Shape
from theory.perceptron.cases_separation import POINTS, POSITIONS
from theory.perceptron.cases_tables import CENSUS, TABLES, draw_tables
from theory.perceptron.questions_learning import WRONG_ROWS

Order = NDArray[np.intp]
Rng = np.random.Generator


def _shuffled(*names: str) -> Callable[[Cases, Order], Cases]:
    return lambda cases, order: cases.with_arrays(**{name: cases[name][:, order] for name in names})


def _draw_with_bias(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Tables for a unit with a bias, on inputs 0 and 1."""
    return draw_tables(rng, shape, regime, lanes).with_settings(inputs="01", intercept=1)


HALF_INTERCEPT = Refusal("half an intercept", set_to(intercept=0.5), "intercept must be 0 or 1")
OTHER_INPUTS = Refusal("inputs of another kind", set_to(inputs="bits"), "inputs must be one of 01, signs")
WRONG_TABLES = (
    Refusal("an entry 2", put("table", 2.0), "table must be one of 0, 1"),
    Refusal("NaN in a table", put("table", np.nan), "table must be finite"),
    Refusal("three rows", changed("table", lambda t: np.repeat(t[:, :1], 3, axis=1)), "table must have 2^k rows"),
)

SEPARATION_QUESTIONS: tuple[Question, ...] = (
    Question(
        "separability",
        replace(POINTS, real={}),
        (Output("separable"),),
        permuted=_shuffled("x", "y"),
        rows="x",
        refusals=(*WRONG_ROWS, HALF_INTERCEPT),
    ),
    Question(
        "boolean_threshold",
        replace(TABLES, draw=_draw_with_bias),
        (Output("threshold"),),
        refusals=(*WRONG_TABLES, OTHER_INPUTS, HALF_INTERCEPT),
    ),
    Question(
        "boolean_network",
        TABLES,
        (Output("output"),),
        floats=("hidden_w", "hidden_bias", "output_w", "output_bias"),
        refusals=WRONG_TABLES,
    ),
    Question("census", replace(CENSUS, regimes=tuple(name for name in CENSUS.regimes if name[0] in "23")), ()),
    Question(
        "dichotomies",
        POSITIONS,
        (Output("count"), Output("general")),
        permuted=_shuffled("x"),
        rows="x",
        refusals=(
            Refusal("NaN in x", put("x", np.nan), "x must be finite"),
            Refusal("half a coordinate", put("x", 0.5), "x must hold whole numbers"),
            Refusal("no points", changed("x", lambda x: x[:, :0]), "x must not be empty"),
            Refusal(
                "a hundred points", changed("x", lambda x: np.repeat(x[:, :1], 100, axis=1)), "x must hold at most"
            ),
            HALF_INTERCEPT,
        ),
    ),
)
