"""What the cross-cutting claims ask of learning from mistakes. Whole numbers: every answer is exact.

The order of the rows is the order in which they teach, so that rows may not be permuted.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from theory.core.crosscutting import Output, Question, Refusal, changed, put, set_to
from theory.core.domain import Cases
from theory.perceptron.cases_learning import ROWS

SOME_ROWS = replace(ROWS, regimes=("bias", "no-bias", "start", "rates", "contradictions", "eighths"), real={})

WRONG_ROWS = (
    Refusal("NaN in x", put("x", np.nan), "x must be finite"),
    Refusal("an infinite coordinate", put("x", np.inf), "x must be finite"),
    Refusal("no rows", changed("x", lambda x: x[:, :0]), "x must not be empty"),
    Refusal("a label 0", put("y", 0.0), "y must be one of -1, 1"),
    Refusal("a label 2", put("y", 2.0), "y must be one of -1, 1"),
    Refusal("a label too many", changed("y", lambda y: np.repeat(y, 2, axis=1)), "y must have shape"),
)
WRONG_START = (
    Refusal("NaN in w", put("w", np.nan), "w must be finite"),
    Refusal("an infinite bias", put("bias", np.inf), "bias must be finite"),
    Refusal("a weight too many", changed("w", lambda w: np.repeat(w, 2, axis=1)), "w must have shape"),
    Refusal("a rate of 0", set_to(rate=0.0), "rate must be positive"),
    Refusal("a negative rate", set_to(rate=-1.0), "rate must be positive"),
    Refusal("a rate that is not a number", set_to(rate=float("nan")), "rate must be positive"),
    Refusal("no epochs", set_to(epochs=0), "epochs must be at least 1"),
    Refusal("half an intercept", set_to(intercept=0.5), "intercept must be 0 or 1"),
)


def _more_coordinates(cases: Cases) -> Cases:
    """Two coordinates that are 0 on every row: their weights stay 0, and come last."""
    x, w = cases["x"], cases["w"]
    return cases.with_arrays(x=np.pad(x, ((0, 0), (0, 0), (0, 2))), w=np.pad(w, ((0, 0), (0, 2))))


def _exact(*names: str) -> tuple[Output, ...]:
    return tuple(Output(name) for name in names)


LEARNING_QUESTIONS: tuple[Question, ...] = (
    Question(
        "perceptron_fit",
        SOME_ROWS,
        _exact("w", "bias", "mistake", "path_w", "path_bias", "mistakes", "converged"),
        floats=("w", "bias", "path_w", "path_bias"),
        padded=_more_coordinates,
        refusals=(*WRONG_ROWS, *WRONG_START),
    ),
    Question(
        "pocket_fit",
        SOME_ROWS,
        _exact("w", "bias", "errors", "path_w", "path_bias"),
        floats=("w", "bias", "path_w", "path_bias"),
        padded=_more_coordinates,
        refusals=(*WRONG_ROWS, *WRONG_START),
    ),
)
