"""What the cross-cutting claims ask of biases in layers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, changed, put, set_to
from theory.core.domain import Cases
from theory.perceptron import bounds_layers as bounds
from theory.perceptron import claims_layers as layers
from theory.perceptron import claims_outputs as outputs
from theory.perceptron.cases_layers import KINKS, LAYER, NETWORK, NORMALISED, OUTPUT

Order = NDArray[np.intp]
BoundOf = Callable[[Answer, Cases], Bound]


def _twice(bound: Callable[[Cases], Bound]) -> BoundOf:
    """How far two correct answers may be apart that are each within this bound of the truth."""
    return lambda answer, cases: bound(cases).scaled(2.0, "· 2")


def _rows(*names: str) -> Callable[[Cases, Order], Cases]:
    return lambda cases, order: cases.with_arrays(**{name: cases[name][:, order] for name in names})


def _last(name: str) -> Callable[[Answer], NDArray[np.float64]]:
    """The answer with its rows on the last axis."""
    return lambda answer: np.moveaxis(answer[name], 1, -1)


def _layer_bound(answer: Answer, cases: Cases) -> Bound:
    bound = layers.output_bound(cases, layers.layer_output(cases)[1])
    return Bound(2 * np.moveaxis(bound.value, 1, -1), f"2 · {bound.terms}")


def _normal_bound(answer: Answer, cases: Cases) -> Bound:
    bound = bounds.output_bound(_normal(cases), cases)
    return Bound(2 * np.moveaxis(bound.value, 1, -1), f"2 · {bound.terms}")


def _normal(cases: Cases) -> bounds.Normal:
    return bounds.training(cases) if cases.integer("training") else bounds.evaluation(cases)


def _normal_gradient(cases: Cases) -> Bound:
    """That of BP-12, or of BP-20."""
    normal = _normal(cases)
    if cases.integer("training"):
        return bounds.gradient_bound(normal, cases)
    ratio = cases["scale"] / normal.root
    size = np.abs(ratio) * np.abs(cases["gradient"]).sum(axis=1)
    return layers.sum_bound(cases).scaled(ratio, "|γ|∕s") + absolute(8 * cases.u * size, "8u γ∕s Σ|g|")


def _folded(part: str) -> Callable[[Cases], Bound]:
    def bound(cases: Cases) -> Bound:
        ratio = np.abs(cases["scale"]) / _normal(cases).root
        if part == "weight":
            return absolute(8 * cases.u * ratio[..., None] * np.abs(cases["weight"]), "8u γ∕s |W|")
        size = ratio * (np.abs(cases["bias"]) + np.abs(cases["running_mean"])) + np.abs(cases["shift"])
        return absolute(8 * cases.u * size, "8u(γ∕s (|b| + |m|) + |β|)")

    return bound


def _each(moved: bool = False) -> Callable[[Cases], Bound]:
    def bound(cases: Cases) -> Bound:
        one = outputs.output_bound(cases, moved)
        return absolute(one.value[:, None], one.terms)

    return bound


WRONG_LAYER = (
    Refusal("NaN in x", put("x", np.nan), "x must be finite"),
    Refusal("infinity in weight", put("weight", np.inf), "weight must be finite"),
    Refusal("NaN in bias", put("bias", np.nan), "bias must be finite"),
    Refusal("NaN in gradient", put("gradient", np.nan), "gradient must be finite"),
    Refusal("an input too many", changed("x", lambda x: np.repeat(x, 2, axis=2)), "weight must take"),
    Refusal("an output too many", changed("bias", lambda b: np.repeat(b, 2, axis=1)), "bias must have shape"),
    Refusal("another batch", changed("gradient", lambda g: np.repeat(g, 2, axis=1)), "gradient must have shape"),
    Refusal("no rows", changed("x", lambda x: x[:, :0]), "x must not be empty"),
)


def _one_row(cases: Cases) -> Cases:
    return _rows("x", "gradient")(cases.with_settings(training=1), np.array([0]))


def _in_evaluation(name: str, value: float) -> Callable[[Cases], Cases]:
    return lambda cases: put(name, value)(cases.with_settings(training=0))


LAYERS_QUESTIONS: tuple[Question, ...] = (
    Question(
        "layer",
        LAYER,
        (Output("output", _last("output"), _layer_bound, by_sample=True),
         Output("bias_gradient", bound=_twice(layers.sum_bound))),
        floats=("output", "bias_gradient"),
        permuted=_rows("x", "gradient"),
        rows="x",
        refusals=(*WRONG_LAYER, Refusal("an unknown layer", set_to(layer="conv3d"), "layer must be one of")),
    ),
    Question(
        "relu_network",
        NETWORK,
        (Output("output", by_sample=True), Output("active", _last("active"), by_sample=True)),
        floats=("output",),
        permuted=_rows("x"),
        rows="x",
        refusals=(
            Refusal("NaN in x", put("x", np.nan), "x must be finite"),
            Refusal("infinity in output_w", put("output_w", np.inf), "output_w must be finite"),
            Refusal("an input too many", changed("x", lambda x: np.repeat(x, 2, axis=2)), "hidden_w must have shape"),
            Refusal("no rows", changed("x", lambda x: x[:, :0]), "x must not be empty"),
        ),
    ),
    Question(
        "kinks",
        KINKS,
        (Output("kinks", bound=_twice(outputs.kink_bound)),),
        floats=("kinks",),
        refusals=(
            Refusal("NaN in bias", put("bias", np.nan), "bias must be finite"),
            Refusal("a unit without a kink", put("w", 0.0), "w must not be 0"),
            Refusal("a bias too many", changed("bias", lambda b: np.repeat(b, 2, axis=1)), "bias must have shape"),
            Refusal("no units", changed("w", lambda w: w[:, :0]), "w must not be empty"),
        ),
    ),
    Question(
        "normalised",
        NORMALISED,
        (Output("output", _last("output"), _normal_bound, by_sample=True),
         Output("bias_gradient", bound=_twice(_normal_gradient)),
         Output("folded_weight", bound=_twice(_folded("weight"))),
         Output("folded_bias", bound=_twice(_folded("bias")))),
        floats=("output", "bias_gradient", "folded_weight", "folded_bias"),
        permuted=_rows("x", "gradient"),
        rows="x",
        refusals=(
            *WRONG_LAYER,
            Refusal("NaN in scale", put("scale", np.nan), "scale must be finite"),
            Refusal("a shift too many", changed("shift", lambda s: np.repeat(s, 2, axis=1)), "shift must have shape"),
            Refusal("epsilon 0", set_to(epsilon=0.0), "epsilon must be positive"),
            Refusal("a batch of one", _one_row, "at least 2 rows"),
            Refusal("a negative variance", _in_evaluation("running_var", -1.0), "running_var must be non-negative"),
            Refusal("NaN in running_mean", _in_evaluation("running_mean", np.nan), "running_mean must be finite"),
        ),
    ),
    Question(
        "initial_output",
        OUTPUT,
        (Output("bias", bound=_twice(_each())), Output("loss", bound=_twice(outputs.output_bound)),
         Output("gradient", bound=_twice(_each())),
         Output("shifted_loss", bound=_twice(lambda cases: outputs.output_bound(cases, moved=True)))),
        floats=("bias", "loss", "gradient", "shifted_loss"),
        refusals=(
            Refusal("a class that never occurs", put("counts", 0.0), "whole numbers of at least 1"),
            Refusal("half a label", put("counts", 1.5), "whole numbers of at least 1"),
            Refusal("NaN in counts", put("counts", np.nan), "counts must be finite"),
            Refusal("infinity in shift", put("shift", np.inf), "shift must be finite"),
            Refusal("a shift too many", changed("shift", lambda s: np.repeat(s, 3, axis=1)), "shift must have shape"),
            Refusal("an unknown output", set_to(output="tanh"), "output must be one of"),
        ),
    ),
)  # fmt: skip
