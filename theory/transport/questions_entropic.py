"""What the cross-cutting claims ask of entropic transport.

With tol 0 the sweeps are counted, so every answer is a function of the case, up to rounding. Two computations of k
sweeps put each potential within ε h a half step of the true one, so they differ by at most 4k ε h; a plan then by a
factor e^{8kh} and its own rounding, a value by 8k ε h and its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute, rounding
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, changed, put, set_to
from theory.core.domain import Array, Cases, Domain, Shape
from theory.transport.bounds_entropic import Rounding, growth, rounding_of, value_error
from theory.transport.cases_clouds import DIVERGENCE_DOMAIN, draw_clouds, power_cost
from theory.transport.cases_entropic import CONTRACTION_DOMAIN, PLAIN, SINKHORN_DOMAIN, Rng, draw_problem
from theory.transport.oracle_entropic import Floats, soft_transform, sweeps_of, transposed

PADDED = 2
"""Rows and columns of weight 0 that are added."""
DEAR = 2.0**60
"""What padded cells cost, up to sign: nothing that is computed may depend on it, not even a scale."""

USUAL = (PLAIN, "generic", "integers", "ties", "zero-weights", "shifted", "one-row", "one-column")
CLOUDS = (PLAIN, "generic", "integers", "same", "zero-weights", "one-row", "one-column")


def _draw_problem(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    return draw_problem(rng, shape, regime, lanes).with_settings(tol=0.0)


def _draw_clouds(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    return draw_clouds(rng, shape, regime, lanes).with_settings(tol=0.0)


PROBLEMS = Domain(
    MappingProxyType({"n": (1, 5), "m": (1, 5), "sweeps": (1, 5)}),
    USUAL,
    _draw_problem,
    SINKHORN_DOMAIN.axes,
    SINKHORN_DOMAIN.countdown,
    SINKHORN_DOMAIN.valid,
)
PAIRS_OF_CLOUDS = replace(
    DIVERGENCE_DOMAIN,
    shapes=MappingProxyType({"n": (1, 5), "m": (1, 5), "d": (1, 2), "sweeps": (1, 5)}),
    regimes=CLOUDS,
    draw=_draw_clouds,
    real=MappingProxyType({}),
)

Errors = tuple[Rounding, float, float]


def _errors(a: Floats, b: Floats, C: Floats, cases: Cases) -> Errors:
    """Rounding at the true iterates, ε, and how many half steps' errors lie between two computations: 4k."""
    eps, sweeps = float(cases.settings["eps"]), cases.integer("sweeps")
    f, g = sweeps_of(a, b, C, eps, sweeps)
    return rounding_of(f, g, a, b, C, eps, cases), eps, 4.0 * sweeps


def _of_problem(cases: Cases) -> Errors:
    return _errors(cases["a"], cases["b"], cases["C"], cases)


def _potential(answer: Answer, cases: Cases) -> Bound:
    found, eps, steps = _of_problem(cases)
    return absolute((2 * eps * steps * found.step)[:, None], "8k ε h")


def _relative(cases: Cases) -> Floats:
    """Relative difference of two computed plans, entry by entry or in sums: (lane,)."""
    found, _, steps = _of_problem(cases)
    return growth(2 * steps * found.step) + 2 * found.total


def _plan(name: str) -> Callable[[Answer, Cases], Bound]:
    """For a plan with its rows last; the same for all rows, which may come in another order."""

    def bound(answer: Answer, cases: Cases) -> Bound:
        tiny = _of_problem(cases)[0].tiny
        P = transposed(np.abs(answer[name])).max(axis=2, keepdims=True)
        return absolute(_relative(cases)[:, None, None] * P + tiny, "(e^{8kh} − 1 + 2e) max_i P_ij")

    return bound


def _sum_of_plan(answer: Answer, cases: Cases) -> Bound:
    return absolute(2 * _relative(cases), "2(e^{8kh} − 1 + 2e)")


def _transport(answer: Answer, cases: Cases) -> Bound:
    return absolute(2 * _relative(cases) * np.abs(cases["C"]).max(axis=(1, 2)), "2(e^{8kh} − 1 + 2e) max|C|")


def _value_of(a: Floats, b: Floats, C: Floats, cases: Cases) -> Floats:
    found, eps, steps = _errors(a, b, C, cases)
    return 2 * value_error(found, a.shape[1] + b.shape[1], eps, cases).value + 2 * eps * steps * found.step


def _value(answer: Answer, cases: Cases) -> Bound:
    return absolute(_value_of(cases["a"], cases["b"], cases["C"], cases), "8k ε h + 2ε(e + (N+4)us)")


def _rows_last(name: str) -> Callable[[Answer], Array]:
    return lambda answer: transposed(answer[name])


def _gradient(name: str, axis: int) -> Callable[[Answer], Array]:
    """A gradient without its free constant: its average over the plan is 0."""

    def read(answer: Answer) -> Array:
        w = answer["plan"].sum(axis=axis)
        mean = (w * answer[name]).sum(axis=1, keepdims=True) / w.sum(axis=1, keepdims=True)
        return np.asarray(answer[name] - mean)

    return read


def _gradient_bound(answer: Answer, cases: Cases) -> Bound:
    """Potentials and their averages differ by 8k ε h each, averages over plans by their relative error more.

    Autograd may add −ε e^{(f − Tg)/ε}, T the soft transform, which moves by that factor times the potentials' error.
    """
    found, eps, steps = _of_problem(cases)
    move = 2 * eps * steps * found.step
    lag = np.exp(np.abs(answer["f"] - soft_transform(answer["g"], cases["b"], cases["C"], eps)).max(axis=1) / eps)
    mean = 2 * eps * found.size * _relative(cases)
    return absolute((2 * move * (1 + lag) + mean)[:, None], "16k ε h (1 + e^{(f − Tg)/ε}) + 2 ε s (e^{8kh} − 1 + 2e)")


def _kernel(factor: float, words: str) -> Callable[[Answer, Cases], Bound]:
    """Roundings of exponents of the size max|C|/ε + max|u| + max|v|."""

    def bound(answer: Answer, cases: Cases) -> Bound:
        C, u, v = cases["C"], cases["u"], cases["v"]
        size = np.abs(C).max(axis=(1, 2)) / float(cases.settings["eps"])
        size = size + np.abs(u).max(axis=1) + np.abs(v).max(axis=1) + C.shape[2]
        return rounding(factor, cases.u, words, size)

    return bound


EXPONENT = _kernel(64, "γ(64) (max|C|/ε + |u| + |v| + m)")
"""As in OT-14: four times h = 7(…) u on each side, for a distance of two products; less for the others."""


def _clouds(cases: Cases) -> dict[str, tuple[Floats, Floats, Floats]]:
    """The three problems of a divergence: (a, b, C) by name."""
    p = float(cases.settings["p"])
    at = {"a": (cases["x"], cases["a"]), "b": (cases["y"], cases["b"])}
    pairs = {name: (at[name[0]], at[name[1]]) for name in ("ab", "aa", "bb")}
    return {name: (w, v, power_cost(x, y, p)) for name, ((x, w), (y, v)) in pairs.items()}


def _cloud_value(name: str, cases: Cases) -> Floats:
    """As `_value`, and the error of the cost: (d + 8)u, twice."""
    a, b, C = _clouds(cases)[name]
    priced = 4 * cases.integer("sweeps") * (cases["x"].shape[2] + 8) * cases.u * np.abs(C).max(axis=(1, 2))
    return np.asarray(_value_of(a, b, C, cases) + priced)


def _cloud(name: str) -> Callable[[Answer, Cases], Bound]:
    return lambda answer, cases: absolute(_cloud_value(name, cases), "8k ε h + 2ε(e + (N+4)us) + 4k(d+8)u max C")


def _debiased(answer: Answer, cases: Cases) -> Bound:
    total = sum(_cloud_value(name, cases) for name in ("ab", "aa", "bb"))
    return absolute(2 * np.asarray(total), "2 Σ (8k ε h + 2ε(e + (N+4)us) + 4k(d+8)u max C)")


def _cloud_error(answer: Answer, cases: Cases) -> Bound:
    """A marginal error moves with the plan, that is with potentials and costs over ε."""
    eps = float(cases.settings["eps"])
    worst = np.max([growth(4 * _cloud_value(name, cases) / eps) for name in ("ab", "aa", "bb")], axis=0)
    return absolute(worst, "e^{4 (8k h + …)} − 1")


def _permuted(*rows: str) -> Callable[[Cases, NDArray[np.intp]], Cases]:
    return lambda cases, order: cases.with_arrays(**{name: cases[name][:, order] for name in rows})


def _more(w: Floats) -> Floats:
    return np.pad(w, ((0, 0), (0, PADDED)))


def _padded_problem(cases: Cases) -> Cases:
    """Rows and columns of weight 0 at the end, by far cheaper and dearer than all others."""
    C = cases["C"]
    wider = np.pad(C, ((0, 0), (0, PADDED), (0, PADDED)), constant_values=DEAR)
    wider[:, -1], wider[:, :, -1] = -wider[:, -1], -wider[:, :, -1]
    return cases.with_arrays(a=_more(cases["a"]), b=_more(cases["b"]), C=wider)


def _padded_clouds(cases: Cases) -> Cases:
    """Points of weight 0 at the end, far from the others."""
    far = float(max(np.abs(cases["x"]).max(), np.abs(cases["y"]).max())) + 1
    x, y = (np.pad(cases[name], ((0, 0), (0, PADDED), (0, 0)), constant_values=far) for name in ("x", "y"))
    return cases.with_arrays(x=x, a=_more(cases["a"]), y=y, b=_more(cases["b"]))


def _weights_refused(name: str) -> tuple[Refusal, ...]:
    return (
        Refusal(f"NaN in {name}", put(name, np.nan), f"{name} must be finite"),
        Refusal(f"a negative weight in {name}", put(name, -0.5), f"{name} must be non-negative"),
        Refusal(f"only zeros in {name}", changed(name, np.zeros_like), f"{name} must have a positive sum"),
        Refusal(f"{name} with twice the total", changed(name, lambda w: 2 * w), "a and b must have equal totals"),
    )


def _twice(w: Array) -> Array:
    return np.concatenate([w, w], axis=1)


EPS = (Refusal("ε = 0", set_to(eps=0.0), "eps must be positive"), Refusal("ε < 0", set_to(eps=-1.0), "eps must be"))
RUN = (
    Refusal("no sweep", set_to(sweeps=0), "must be at least 1"),
    Refusal("a negative tol", set_to(tol=-1.0), "tol must be non-negative"),
)
COST = (
    Refusal("NaN in C", put("C", np.nan), "C must be finite"),
    Refusal("infinity in C", put("C", np.inf), "C must be finite"),
    Refusal("too many weights in a", changed("a", _twice), "padded with weight 0"),
    Refusal("too many weights in b", changed("b", _twice), "padded with weight 0"),
)
NUMBERS = (
    Output("marginal_error", bound=_sum_of_plan),
    Output("transport", bound=_transport),
    Output("value", bound=_value),
)
POTENTIALS = (Output("f", bound=_potential, by_sample=True), Output("g", bound=_potential))

ENTROPIC_QUESTIONS: tuple[Question, ...] = (
    Question(
        "sinkhorn",
        PROBLEMS,
        (*POTENTIALS, Output("plan", _rows_last("plan"), _plan("plan"), by_sample=True), *NUMBERS),
        floats=("f", "g", "plan", "marginal_error", "transport", "value"),
        permuted=_permuted("a", "C"),
        rows="C",
        padded=_padded_problem,
        refusals=(*_weights_refused("a"), *_weights_refused("b"), *COST, *EPS, *RUN),
    ),
    Question(
        "contraction",
        CONTRACTION_DOMAIN,
        tuple(Output(name, bound=EXPONENT) for name in ("factor", "diameter", "before", "after")),
        floats=("factor", "diameter", "before", "after"),
        permuted=_permuted("C"),
        rows="C",
        refusals=(
            *COST[:2],
            Refusal("NaN in u", put("u", np.nan), "u must be finite"),
            Refusal("u too long", changed("u", _twice), "u must"),
            Refusal("v too long", changed("v", _twice), "v must"),
            *EPS,
        ),
    ),
    Question(
        "divergence",
        PAIRS_OF_CLOUDS,
        (
            Output("divergence", bound=_debiased),
            *(Output(name, bound=_cloud(name)) for name in ("ab", "aa", "bb")),
            Output("marginal_error", bound=_cloud_error),
            Output("osc", bound=_debiased),
        ),
        floats=("divergence", "ab", "aa", "bb", "marginal_error", "osc"),
        permuted=_permuted("x", "a"),
        rows="x",
        padded=_padded_clouds,
        refusals=(
            *_weights_refused("a"),
            Refusal("NaN in x", put("x", np.nan), "x must be finite"),
            Refusal("points of another dimension", changed("y", lambda y: np.repeat(y, 2, axis=2)), "y must have"),
            Refusal("p = 0", set_to(p=0.0), "p must be positive"),
            *EPS,
            *RUN,
        ),
    ),
    Question(
        "gradients",
        PROBLEMS,
        (
            Output("grad_a", _gradient("grad_a", 2), _gradient_bound, by_sample=True),
            Output("grad_b", _gradient("grad_b", 1), _gradient_bound),
            Output("grad_C", _rows_last("grad_C"), _plan("grad_C"), by_sample=True),
            NUMBERS[0],
            NUMBERS[2],
        ),
        floats=("grad_a", "grad_b", "grad_C", "value", "f", "g", "plan", "marginal_error"),
        permuted=_permuted("a", "C"),
        rows="C",
        padded=_padded_problem,
        refusals=(*_weights_refused("a"), *_weights_refused("b"), *COST, EPS[1], *RUN),
    ),
)
