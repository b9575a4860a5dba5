"""What the cross-cutting claims ask of the linear programme.

Everything is asked in whole numbers, so that determined answers agree bit for bit. A plan and its potentials are not
determined by the problem; their cost is. What is padded has weight 0; it is dear, or a copy of the last point, so that
it holds no potential down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, rounding
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, changed, put, set_to
from theory.core.domain import Array, Cases, Domain, Shape
from theory.transport.cases_dual import PAIR, REPAIR, SYSTEM
from theory.transport.cases_linear import WHOLE_PROGRAMME, Rng
from theory.transport.cases_metric import COMMON_SUPPORT, DISTANCE, TRANSFORM
from theory.transport.cases_points import POINTS

Order = NDArray[np.intp]
PADDING = 2
"""Rows and columns of weight 0 that are added."""

DEAR = 2.0**100
"""What every padded cell costs: nothing that is computed may depend on it, not even a scale."""


def _only(domain: Domain, *regimes: str) -> Domain:
    return replace(domain, regimes=regimes, real={})


def _longer(values: Array, axis: int, fill: float) -> Array:
    """`PADDING` entries more at the end of an axis."""
    width = [(0, 0)] * values.ndim
    width[axis] = (0, PADDING)
    return np.pad(values, width, constant_values=fill)


def _padded(cases: Cases, **fills: float) -> Cases:
    """Weight 0 at the end of both sides; the fills say with which value other arrays grow, see `LAYOUT`."""
    grown = {}
    for name, fill in {"a": 0.0, "b": 0.0, "C": DEAR, **fills}.items():
        value = cases[name]
        for axis in LAYOUT[name]:
            value = _longer(value, axis, fill)
        grown[name] = value
    return cases.with_arrays(**grown)


LAYOUT = MappingProxyType({"a": (1,), "b": (1,), "f": (1,), "g": (1,), "C": (1, 2), "plan": (1, 2)})
"""The axes of each array that run over sources or targets."""


def _shuffled(axes: dict[str, tuple[int, ...]]) -> Callable[[Cases, Order], Cases]:
    """Shuffle these axes of these arrays."""

    def shuffle(cases: Cases, order: Order) -> Cases:
        moved = {name: cases[name] for name in axes}
        for name, places in axes.items():
            for axis in places:
                moved[name] = np.take(moved[name], order, axis=axis)
        return cases.with_arrays(**moved)

    return shuffle


def _with_copies(cases: Cases) -> Cases:
    """The last source and the last target twice more, with weight 0."""
    n, m = cases["C"].shape[1:]
    rows, columns = (np.minimum(np.arange(size + PADDING), size - 1) for size in (n, m))
    return _padded(cases, plan=0.0).with_arrays(C=cases["C"][:, rows][:, :, columns], f=cases["f"][:, rows])


def _longer_system(cases: Cases) -> Cases:
    """The same system with equations 0 = 0 and unknowns that occur nowhere."""
    A = _longer(_longer(cases["A"], 1, 0), 2, 0)
    b, y0 = (_longer(cases[name], 1, 0) for name in ("b", "y0"))
    return cases.with_arrays(A=A, b=b, y0=y0, x0=_longer(cases["x0"], 1, 0))


def _draw_function(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A function f on points with distances D."""
    cases = DISTANCE.draw(rng, shape, regime, lanes)
    return replace(cases, arrays={"f": cases["f"], "D": cases["C"]})


FUNCTIONS = Domain(DISTANCE.shapes, ("metric", "zero-distances", "not-a-metric"), _draw_function)


def _isolated(D: Array) -> Array:
    """Distances with points added that are dear to reach and to leave."""
    n = D.shape[1]
    grown = _longer(_longer(D, 1, DEAR), 2, DEAR)
    grown[:, np.arange(n, n + PADDING), np.arange(n, n + PADDING)] = 0
    return grown


def _by_source(name: str) -> Callable[[Answer], Array]:
    """A matrix (lane, n, m) with the sources on its last axis."""
    return lambda answer: answer[name].transpose(0, 2, 1)


def _sums(answer: Answer) -> Array:
    """Lengths of the shortest paths into each point, added up."""
    return np.asarray(answer["closure"].sum(axis=1))


def _quotient(answer: Answer, cases: Cases) -> Bound:
    L = answer["constant"]
    return rounding(2, cases.u, "γ(2) L", np.where(np.isfinite(L), L, 0.0))


def _repaired(answer: Answer, cases: Cases) -> Bound:
    """Sums of n and m terms in any order, on both sides: twice γ(4N+8) T, see OT-23."""
    T = cases["a"].sum(axis=1)[:, None, None]
    return rounding(8 * sum(cases["C"].shape[1:]) + 16, cases.u, "2γ(4N+8) T", T)


def _cost_of_repaired(answer: Answer, cases: Cases) -> Bound:
    """See `_repaired`: each cell errs by that, times its cost."""
    (n, m), T = cases["C"].shape[1:], cases["a"].sum(axis=1)
    size = T * np.maximum(DEAR, np.abs(cases["C"]).max(axis=(1, 2)))
    return rounding(8 * (n + m) + 16, cases.u, "2γ(4N+8) N T S", (n + m) * size)


WRONG_WEIGHTS = (
    Refusal("a negative weight", put("a", -1.0), "a must be non-negative"),
    Refusal("NaN among the weights", put("b", np.nan), "b must be finite"),
    Refusal("only zero weights", changed("a", np.zeros_like), "a must have a positive sum"),
    Refusal("totals that differ", changed("a", lambda a: 2 * a), "equal totals"),
    Refusal("a weight too many", changed("a", lambda a: np.concatenate([a, 0 * a[:, :1]], axis=1)),
            "a must have shape"),
)  # fmt: skip
WRONG_COST = (
    Refusal("NaN in C", put("C", np.nan), "C must be finite"),
    Refusal("infinity in C", put("C", np.inf), "C must be finite"),
    Refusal("C without columns", changed("C", lambda C: C[:, :, :0]), "C must not be empty"),
)


def _wrong_distances(name: str) -> tuple[Refusal, ...]:
    return (
        Refusal(f"NaN in {name}", put(name, np.nan), f"{name} must be finite"),
        Refusal(f"a negative {name}", changed(name, lambda D: D - 1), f"{name} must be non-negative"),
        Refusal(f"{name} without zero diagonal", changed(name, lambda D: D + 1), f"{name} must have a zero diagonal"),
        Refusal(f"{name} not square", changed(name, lambda D: np.repeat(D, 2, axis=1)), f"{name} must be square"),
    )


LINEAR_QUESTIONS: tuple[Question, ...] = (
    Question(
        "cost",
        _only(POINTS, "lattice sqeuclidean", "lattice euclidean", "lattice cityblock", "lattice discrete"),
        (Output("C", _by_source("C"), by_sample=True),),
        floats=("C",),
        permuted=_shuffled({"x": (1,)}),
        rows="x",
        padded=lambda cases: cases.with_arrays(x=_longer(cases["x"], 1, 7.0), y=_longer(cases["y"], 1, 0.0)),
        refusals=(
            Refusal("NaN in x", put("x", np.nan), "x must be finite"),
            Refusal("infinity in y", put("y", np.inf), "y must be finite"),
            Refusal("points of another dimension", changed("y", lambda y: np.repeat(y, 2, axis=2)),
                    "y must have shape"),
            Refusal("no points", changed("x", lambda x: x[:, :0]), "x must not be empty"),
            Refusal("an unknown metric", set_to(metric="taxi"), "metric must be one of"),
            Refusal("an exponent below 1", set_to(metric="minkowski", p=0.5), "p must be at least 1"),
        ),
    ),
    Question(
        "metric",
        _only(DISTANCE, "metric", "line", "quasimetric", "not-a-metric", "zero-distances"),
        (Output("closure", _sums, by_sample=True), Output("is_metric")),
        floats=("closure",),
        permuted=_shuffled({"C": (1, 2), "f": (1,)}),
        rows="f",
        refusals=_wrong_distances("C"),
    ),
    Question(
        "solve",
        _only(WHOLE_PROGRAMME, *WHOLE_PROGRAMME.regimes),
        (Output("cost"),),
        floats=("plan", "cost", "f", "g"),
        permuted=_shuffled({"a": (1,), "C": (1,)}),
        rows="a",
        padded=_padded,
        refusals=(*WRONG_WEIGHTS, *WRONG_COST),
    ),
    Question(
        "certify",
        _only(PAIR, "couplings", "vertices", "tight", "broken-plan", "broken-potentials"),
        tuple(Output(name) for name in ("primal", "dual", "gap", "primal_ok", "dual_ok")),
        floats=("primal", "dual", "gap"),
        permuted=_shuffled({"a": (1,), "plan": (1,), "C": (1,), "f": (1,)}),
        rows="a",
        padded=lambda cases: _padded(cases, plan=0.0, f=-7.0, g=5.0),
        refusals=(
            *WRONG_WEIGHTS,
            *WRONG_COST,
            Refusal("NaN in the plan", put("plan", np.nan), "plan must be finite"),
            Refusal("a row of the plan too many", changed("plan", lambda P: np.repeat(P, 2, axis=1)),
                    "plan must have shape"),
            Refusal("infinity among the potentials", put("f", np.inf), "f must be finite"),
            Refusal("a potential too many", changed("g", lambda g: np.repeat(g, 2, axis=1)), "g must have shape"),
        ),
    ),
    Question(
        "c_transform",
        _only(TRANSFORM, "integers", "ties", "metric"),
        (Output("c"), Output("cc", by_sample=True), Output("ccc")),
        floats=("c", "cc", "ccc"),
        permuted=_shuffled({"f": (1,), "h": (1,), "C": (1,)}),
        rows="f",
        refusals=(
            *WRONG_COST,
            Refusal("NaN in f", put("f", np.nan), "f must be finite"),
            Refusal("a potential too many", changed("f", lambda f: np.repeat(f, 2, axis=1)), "f must have shape"),
        ),
    ),
    Question(
        "lipschitz",
        FUNCTIONS,
        (Output("constant", bound=_quotient),),
        floats=("constant",),
        permuted=_shuffled({"f": (1,), "D": (1, 2)}),
        rows="f",
        refusals=(
            *_wrong_distances("D"),
            Refusal("NaN in f", put("f", np.nan), "f must be finite"),
            Refusal("a value too many", changed("f", lambda f: np.repeat(f, 2, axis=1)), "f must have shape"),
        ),
    ),
    Question(
        "single_potential",
        _only(COMMON_SUPPORT, "metric", "line", "quasimetric", "not-a-metric", "zero-distances"),
        (Output("value"),),
        floats=("f", "value"),
        permuted=_shuffled({"a": (1,), "b": (1,), "D": (1, 2)}),
        rows="a",
        padded=lambda cases: cases.with_arrays(
            a=_longer(cases["a"], 1, 0.0), b=_longer(cases["b"], 1, 0.0), D=_isolated(cases["D"])
        ),
        refusals=(*WRONG_WEIGHTS, *_wrong_distances("D")),
    ),
    Question(
        "farkas",
        _only(SYSTEM, *SYSTEM.regimes),
        (Output("feasible"),),
        permuted=_shuffled({"A": (1,), "b": (1,), "y0": (1,)}),
        rows="b",
        padded=_longer_system,
        refusals=(
            Refusal("a fraction in A", put("A", 0.5), "A must hold whole numbers"),
            Refusal("NaN in b", put("b", np.nan), "b must be finite"),
            Refusal("an equation too many", changed("b", lambda b: np.repeat(b, 2, axis=1)), "b must have shape"),
        ),
    ),
    Question(
        "interval",
        _only(REPAIR, "whole"),
        (
            Output("low"),
            Output("high", bound=_cost_of_repaired),
            Output("rounded", _by_source("rounded"), _repaired, by_sample=True),
        ),
        floats=("low", "high", "rounded"),
        permuted=_shuffled({"a": (1,), "plan": (1,), "C": (1,), "f": (1,)}),
        rows="a",
        padded=_with_copies,
        refusals=(
            *WRONG_WEIGHTS,
            *WRONG_COST,
            Refusal("a negative plan", put("plan", -1.0), "plan must be non-negative"),
            Refusal("NaN in f", put("f", np.nan), "f must be finite"),
        ),
    ),
)  # fmt: skip
