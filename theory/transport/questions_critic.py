"""What the cross-cutting claims ask of critics.

A trained critic is not determined by its case: rounding grows from step to step. It is only asked to be deterministic,
to keep its dtype, and to refuse bad input.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute, gamma, rounding
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, changed, put, set_to
from theory.core.domain import Cases
from theory.transport.cases_critic import (
    CLIP_DOMAIN,
    CRITIC_DOMAIN,
    KERNEL_DOMAIN,
    PENALTY_DOMAIN,
    SPECTRAL_DOMAIN,
    TRAINING_DOMAIN,
)
from theory.transport.oracle_critic import (
    NETWORK,
    Floats,
    Reading,
    evaluate,
    norm_error,
    penalty_error,
    product_of_norms,
    read,
)

PADDED_ROWS = 3

SAMPLE_REFUSALS = (
    Refusal("NaN in x", put("x", np.nan), "x must be finite"),
    Refusal("infinity in y", put("y", np.inf), "y must be finite"),
    Refusal("y of another dimension", changed("y", lambda y: np.concatenate([y, y], axis=2)), "y must have shape"),
    Refusal("NaN among the weights", put("a", np.nan), "a must be finite"),
    Refusal("a negative weight", put("b", -1.0), "b must be non-negative"),
    Refusal("only zero weights", changed("a", np.zeros_like), "a must have a positive sum"),
    Refusal("unequal totals", changed("b", lambda b: 2 * b), "equal totals"),
    Refusal("a weight too many", changed("a", lambda a: np.concatenate([a, a], axis=1)), "a must have shape"),
)
"""Of operations that are given two weighted samples."""


def _activation(cases: Cases) -> str:
    return str(cases.settings["activation"])


def _values(points: str) -> Output:
    """F at x or at y: twice the running error of a forward pass."""

    def bound(answer: Answer, cases: Cases) -> Bound:
        error = evaluate(cases.arrays, cases[points], _activation(cases), cases.u).error
        return absolute(2 * error, "2 Σ_layers γ(k+2) Π|W| (|h| + |b|)")

    return Output(f"values_{points}", bound=bound, by_sample=points == "x")


def _reading(cases: Cases) -> Reading:
    fx, fy = (evaluate(cases.arrays, cases[points], _activation(cases), cases.u) for points in ("x", "y"))
    return read(fx, fy, cases["a"], cases["b"], cases.u)


def _reading_bound(answer: Answer, cases: Cases) -> Bound:
    return absolute(2 * _reading(cases).error, "2 E_reading")


def _lipschitz_bound(answer: Answer, cases: Cases) -> Bound:
    return absolute(2 * product_of_norms(cases.arrays, cases.u).error, "2 Σ_l γ(8(o+1)(i+1)) ‖W_l‖_F Π‖W‖")


def _lower_bound_bound(answer: Answer, cases: Cases) -> Bound:
    """A quotient: the error of its parts over the denominator, and γ(4) of itself."""
    L, value = answer["lipschitz"], answer["lower_bound"]
    parts = 2 * _reading(cases).error + 2 * product_of_norms(cases.arrays, cases.u).error * value
    error = np.divide(parts, L, out=np.zeros_like(L), where=L > 0) + gamma(4, cases.u) * value
    return absolute(error, "2 (E_reading + δL · bound) ÷ L")


def _permuted(cases: Cases, order: NDArray[np.intp]) -> Cases:
    return cases.with_arrays(x=cases["x"][:, order], a=cases["a"][:, order])


def _padded(cases: Cases) -> Cases:
    """Points of weight 0 at the end of both samples, away from all others."""
    arrays = {}
    for points, weights in (("x", "a"), ("y", "b")):
        far = np.full((cases.lanes, PADDED_ROWS, cases[points].shape[2]), 4.0)
        arrays[points] = np.concatenate([cases[points], far], axis=1)
        arrays[weights] = np.concatenate([cases[weights], np.zeros((cases.lanes, PADDED_ROWS))], axis=1)
    return cases.with_arrays(**arrays)


def _flat(kernel: Floats) -> Floats:
    return kernel.reshape(len(kernel), kernel.shape[1], -1)


def _kernel_bound(answer: Answer, cases: Cases) -> Bound:
    taps = np.sqrt(np.prod(cases["kernel"].shape[3:]))
    return absolute(2 * taps * norm_error(_flat(cases["kernel"]), cases.u), "2 √(kh kw) γ(8(o+1)(q+1)) ‖K‖_F")


def _sigma_bound(answer: Answer, cases: Cases) -> Bound:
    return absolute(2 * norm_error(cases["W"], cases.u), "2 γ(8(o+1)(i+1)) ‖W‖_F")


def _normalised_bound(answer: Answer, cases: Cases) -> Bound:
    """|W|/σ times the relative error of σ, and γ(2)."""
    W, sigma = cases["W"], answer["sigma"]
    relative = 2 * norm_error(W, cases.u) / sigma + gamma(2, cases.u)
    return absolute((relative / sigma)[:, None, None] * np.abs(W), "(2 γ(8(o+1)(i+1)) ‖W‖_F ÷ σ + γ(2)) |W| ÷ σ")


def _penalty_bounds(answer: Answer, cases: Cases) -> tuple[Floats, Floats]:
    return penalty_error(cases["w"], cases["y"], float(cases.settings["lam"]), cases.u)


CRITIC_QUESTIONS: tuple[Question, ...] = (
    Question(
        "critic",
        CRITIC_DOMAIN,
        (
            _values("x"),
            _values("y"),
            Output("reading", bound=_reading_bound),
            Output("lipschitz", bound=_lipschitz_bound),
            Output("lower_bound", bound=_lower_bound_bound),
        ),
        floats=("values_x", "values_y", "reading", "lipschitz", "lower_bound"),
        permuted=_permuted,
        rows="x",
        padded=_padded,
        refusals=(
            *SAMPLE_REFUSALS,
            *(Refusal(f"NaN in {name}", put(name, np.nan), f"{name} must be finite") for name in NETWORK),
            Refusal("a bias too many", changed("b1", lambda b: np.concatenate([b, b], axis=1)), "b1 must have shape"),
            Refusal("two outputs", changed("W3", lambda W: np.concatenate([W, W], axis=1)), "W3 must have shape"),
            Refusal("an unknown activation", set_to(activation="gelu"), "activation must be one of"),
        ),
    ),
    Question(
        "clip",
        CLIP_DOMAIN,
        (Output("clipped"), Output("bound", bound=lambda answer, cases: rounding(8, cases.u, "γ(8)", answer["bound"]))),
        floats=("clipped", "bound"),
        refusals=(
            Refusal("NaN in W", put("W", np.nan), "W must be finite"),
            Refusal("c = 0", set_to(c=0.0), "c must be positive"),
            Refusal("a negative c", set_to(c=-0.5), "c must be positive"),
            Refusal("c = NaN", set_to(c=np.nan), "c must be positive"),
            Refusal("W without columns", changed("W", lambda W: W[:, :, :0]), "W must not be empty"),
        ),
    ),
    Question(
        "spectral",
        replace(SPECTRAL_DOMAIN, shapes={**SPECTRAL_DOMAIN.shapes, "iterations": (0, 0)}, countdown={}),
        (Output("sigma", bound=_sigma_bound), Output("normalised", bound=_normalised_bound)),
        floats=("sigma", "normalised"),
        refusals=(
            Refusal("NaN in W", put("W", np.nan), "W must be finite"),
            Refusal("W = 0", changed("W", np.zeros_like), "W must not be zero"),
            Refusal("−1 iterations", set_to(iterations=-1), "iterations must be at least 0"),
        ),
    ),
    Question(
        "conv_norm",
        KERNEL_DOMAIN,
        (Output("bound", bound=_kernel_bound),),
        floats=("bound",),
        refusals=(
            Refusal("NaN in the kernel", put("kernel", np.nan), "kernel must be finite"),
            Refusal("a kernel without taps", changed("kernel", lambda K: K[..., :0]), "kernel must not be empty"),
        ),
    ),
    Question(
        "penalty",
        PENALTY_DOMAIN,
        (
            Output("gap", bound=lambda a, c: absolute(2 * _penalty_bounds(a, c)[0], "2 γ(d+4) Σ|w y|")),
            Output("penalty", bound=lambda a, c: absolute(2 * _penalty_bounds(a, c)[1], "4 λ |‖w‖ − 1| e")),
        ),
        floats=("gap", "penalty", "objective"),
        refusals=(
            Refusal("NaN in w", put("w", np.nan), "w must be finite"),
            Refusal("infinity in y", put("y", np.inf), "y must be finite"),
            Refusal("λ = 0", set_to(lam=0.0), "lam must be positive"),
            Refusal("a negative λ", set_to(lam=-10.0), "lam must be positive"),
            Refusal("w of another length", changed("w", lambda w: np.concatenate([w, w], axis=1)), "w must have shape"),
        ),
    ),
    Question(
        "train",
        replace(TRAINING_DOMAIN, shapes={**TRAINING_DOMAIN.shapes, "steps": (1, 3)}),
        (),
        floats=("reading", "lipschitz", "lower_bound", *NETWORK),
        refusals=(
            *SAMPLE_REFUSALS,
            Refusal("an unknown kind", set_to(kind="wgan"), "kind must be one of"),
            Refusal("no steps", set_to(steps=0), "steps must be at least 1"),
        ),
    ),
)
