"""What the cross-cutting claims ask of weight decay: twice the running bounds of the claims."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from theory.core.bound import Bound
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, changed, put, set_to
from theory.core.domain import Cases, Shape
from theory.regularization.bounds_decay import path_bound
from theory.regularization.cases_decay import SGD, Rng, draw_adam, draw_sgd
from theory.regularization.port import OPTIMIZERS


def draw_any(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """One optimizer a regime, with momentum where it has some."""
    if regime.startswith("adam"):
        cases = draw_adam(rng, shape, "any-rate", lanes)
    else:
        cases = draw_sgd(rng, shape, "momentum", lanes)
    return replace(cases, regime=regime).with_settings(optimizer=regime)


def _path_bound(answer: Answer, cases: Cases) -> Bound:
    return path_bound(cases).scaled(2.0, "· 2")


DECAY_QUESTIONS: tuple[Question, ...] = (
    Question(
        "optimize",
        replace(SGD, regimes=OPTIMIZERS, draw=draw_any, shapes={"p": (1, 3), "steps": (1, 6)}),
        (Output("path", bound=_path_bound),),
        floats=("path",),
        refusals=(
            Refusal("NaN in w", put("w", np.nan), "w must be finite"),
            Refusal("infinity in the gradient", put("gradient", np.inf), "gradient must be finite"),
            Refusal(
                "a gradient too wide", changed("gradient", lambda g: np.repeat(g, 2, axis=2)), "gradient must have"
            ),
            Refusal("no weights", changed("w", lambda w: w[:, :0]), "w must not be empty"),
            Refusal("an unknown optimizer", set_to(optimizer="rmsprop"), "optimizer must be one of"),
            Refusal("a negative rate", set_to(rate=-0.1), "rate must be non-negative"),
            Refusal("a negative decay", set_to(decay=-0.1), "decay must be non-negative"),
        ),
    ),
)
