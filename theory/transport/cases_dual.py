"""Problems for duality: plans with potentials, systems of linear inequalities, plans to be repaired, second histograms.

See `cases_linear` for the letters. What a regime is known to satisfy travels with the problem (a plan, a solution, a
refuting vector), so that checks need not guess it.
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from theory.core.bound import UNIT_ROUNDOFF
from theory.core.domain import Array, Axes, Cases, Domain, Shape
from theory.transport.cases_linear import (
    AXES,
    REAL_NUMBERS,
    SHAPES,
    WHOLE,
    Floats,
    Mask,
    Rng,
    comparable,
    draw_programme,
    exactly_solvable,
    histograms,
    in_use,
    real_weights,
    valid,
    whole_costs,
)
from theory.transport.oracle_linear import proved_optimum, random_vertex, transformed

PAIRS = ("couplings", "vertices", "tight", "broken-plan", "broken-potentials", "real-numbers", "broken-real-numbers")
"""Regimes for a plan with potentials: feasible ones, then those with one mistake, in whole numbers and in floats."""

PLAN_AXES = MappingProxyType(
    {**AXES, "plan": Axes(("n", "m"), "weight"), "f": Axes(("n",), "real"), "g": Axes(("m",), "real")}
)


def draw_pair(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """a, b, C with a plan and potentials f, g: the plan comes first and its marginals are a and b."""
    n, m = shape["n"], shape["m"]
    if regime.endswith("real-numbers"):
        plan, C, f = rng.random((lanes, n, m)), rng.standard_normal((lanes, n, m)), rng.standard_normal((lanes, n))
        room = rng.random((lanes, m)) * (rng.random((lanes, m)) < 0.5)
    else:
        plan, C, f = (rng.integers(*ends, size).astype(np.float64) for ends, size in (
            ((0, 5), (lanes, n, m)), ((-5, 21), (lanes, n, m)), ((-20, 21), (lanes, n))))  # fmt: skip
        plan = plan * rng.integers(0, 2, plan.shape)
        if regime == "couplings":
            plan[np.indices((n, m)).max(axis=0) >= in_use(lanes, n, m)[:, None, None]] = 0
        plan[:, 0, 0] += plan.sum(axis=(1, 2)) == 0
        room = np.floor(3 * rng.random((lanes, m))) * (regime != "tight")
    if regime == "vertices":
        plan = random_vertex(rng, *histograms(rng, "integers", lanes, n, m))
    a, b, g = plan.sum(axis=2), plan.sum(axis=1), transformed(f, C) - room
    if regime.startswith("broken") and regime != "broken-potentials":
        plan = _broken(rng, plan)
    if regime.startswith("broken") and regime != "broken-plan":
        g = transformed(f, C) + (np.arange(m) == rng.integers(0, m, (lanes, 1)))
    return Cases({"a": a, "b": b, "C": C, "plan": plan, "f": f, "g": g}, {}, regime)


def _broken(rng: Rng, plan: Floats) -> Floats:
    """A plan with a unit too much in one cell, or one moved along a row or a column, or a cycle that goes below 0."""
    lanes, n, m = plan.shape
    lane, kind = np.arange(lanes), np.arange(lanes) % 4
    (i, k), (j, q) = rng.integers(0, n, (2, lanes)), rng.integers(0, m, (2, lanes))
    broken = plan.copy()
    np.add.at(broken, (lane, i, j), 1.0)
    np.add.at(broken, (lane, i, q), np.where((kind == 1) | (kind == 3), -1.0, 0.0))
    np.add.at(broken, (lane, k, j), np.where((kind == 2) | (kind == 3), -1.0, 0.0))
    np.add.at(broken, (lane, k, q), np.where(kind == 3, 1.0, 0.0))
    return broken


def valid_pair(cases: Cases) -> Mask:
    """(lane,): as `valid`, and everything is finite."""
    rest = np.concatenate([cases[name].reshape(cases.lanes, -1) for name in ("plan", "f", "g")], axis=1)
    return np.asarray(valid(cases) & np.isfinite(rest).all(axis=1))


def draw_system(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A (lane, k, n), b (lane, k), whole, with a solution x0 ≥ 0 or a refuting y0 where the regime knows one, else 0.

    "transport": A holds the sums over rows and columns of a 2 × 2 plan, b its marginals, totals equal or not. "level":
    such a plan, and a budget: ⟨C, P⟩ + slack is W, or 1 less, which (f, g, −1) refutes.
    """
    if regime in ("transport", "level"):
        return _transport_system(rng, regime, lanes)
    k, n = shape["k"], shape["n"]
    A = rng.integers(-3, 4, (lanes, k, n))
    b = rng.integers(-6, 7, (lanes, k))
    x0, y0 = rng.integers(0, 4, (lanes, n)), np.zeros((lanes, k), dtype=np.int64)
    if regime == "zero-row":
        A[np.arange(lanes), rng.integers(0, k, lanes)] = 0
    if regime == "zero-column":
        A[np.arange(lanes), :, rng.integers(0, n, lanes)] = 0
    if regime in ("feasible", "zero-column"):
        b = np.einsum("lkn,ln->lk", A, x0)
    if regime == "homogeneous":
        b, x0 = np.zeros_like(b), np.zeros_like(x0)
    return Cases({"A": A, "b": b, "x0": x0, "y0": y0}, {}, regime)


def _transport_system(rng: Rng, regime: str, lanes: int) -> Cases:
    """See `draw_system`."""
    sums = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]])
    a, b = histograms(rng, "integers", lanes, 2, 2)
    C = whole_costs(rng, "integers", lanes, 2, 2)
    best = proved_optimum(a, b, C)
    A = np.broadcast_to(sums, (lanes, 4, 4))
    right, x0 = np.concatenate([a, b], axis=1), best.plan.reshape(lanes, 4)
    less = (np.arange(lanes) % 2)[:, None]
    if regime == "transport":
        y0 = less * np.sign(less - 0.5) * np.array([1, 1, -1, -1])
        right = right + less * np.array([1, 0, 0, 0])
        return Cases(_whole(A=A, b=right, x0=x0 * (1 - less), y0=y0), {}, regime)
    A = np.concatenate([A, C.reshape(lanes, 1, 4)], axis=1)
    A = np.concatenate([A, np.broadcast_to(np.eye(5)[:, 4:], (lanes, 5, 1))], axis=2)
    right = np.concatenate([right, best.cost[:, None] - less], axis=1)
    x0 = np.concatenate([x0, np.zeros((lanes, 1))], axis=1)
    y0 = np.concatenate([best.f, best.g, -np.ones((lanes, 1))], axis=1)
    return Cases(_whole(A=A, b=right, x0=x0 * (1 - less), y0=y0 * less), {}, regime)


def _whole(**arrays: Floats) -> dict[str, Array]:
    return {name: np.rint(value).astype(np.int64) for name, value in arrays.items()}


def draw_repair(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A problem with any plan ≥ 0 and any potential f, from which an interval around W is to be made."""
    problem = "generic" if regime != "whole" else "integers"
    cases = draw_programme(rng, shape, "zero-weights" if regime == "zero-weights" else problem, lanes)
    a, b, C = cases["a"], cases["b"], cases["C"]
    product = a[:, :, None] * b[:, None, :] / a.sum(axis=1)[:, None, None]
    plan = product * rng.random(C.shape) * 2.0 ** rng.uniform(-3, 3, (lanes, 1, 1))
    if regime == "vertex":
        plan = random_vertex(rng, a, b)
    if regime == "whole":
        plan = rng.integers(0, 4, C.shape).astype(np.float64)
    if regime == "nothing":
        plan = np.zeros(C.shape)
    if regime == "short-rows":
        plan = product * rng.integers(0, 2, (lanes, C.shape[1], 1))
    f = rng.standard_normal(a.shape) * np.abs(C).max(axis=(1, 2))[:, None]
    return cases.with_arrays(plan=plan, f=np.rint(f) if regime == "whole" else f)


def draw_two(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A problem and a second pair of histograms a2, b2 under the same costs, with a share t (lane,) of the first."""
    cases = draw_programme(rng, shape, regime, lanes)
    (n, m), whole_numbers = cases["C"].shape[1:], regime in WHOLE
    if whole_numbers:
        a2, b2 = histograms(rng, "zeros" if regime == "assignment" else regime, lanes, n, m)
    else:
        a2, b2 = (real_weights(rng, regime, lanes, size) for size in (n, m))
    return cases.with_arrays(a2=a2, b2=b2, t=np.ones(lanes) if whole_numbers else rng.random(lanes))


def mixture(cases: Cases) -> Cases:
    """The problem of the mixed histograms: a + a2 and b + b2 in whole numbers, else t a + (1 − t) a2."""
    t = cases["t"][:, None]
    rest = np.where(t == 1, 1.0, 1 - t)
    mixed = cases.with_arrays(a=t * cases["a"] + rest * cases["a2"], b=t * cases["b"] + rest * cases["b2"])
    return mixed.rounded()


def valid_two(cases: Cases) -> Mask:
    """(lane,): both problems are valid; whole ones are exactly solvable, and so is their sum."""
    second = cases.with_arrays(a=cases["a2"], b=cases["b2"])
    good = valid(cases) & comparable(cases["a2"], cases["b2"], cases.u) & (cases["t"] >= 0) & (cases["t"] <= 1)
    whole_numbers = exactly_solvable(cases) & exactly_solvable(second) & exactly_solvable(mixture(cases))
    return np.asarray(good & ((cases["t"] < 1) | whole_numbers))


def valid_system(cases: Cases) -> Mask:
    """(lane,): small whole numbers."""
    return np.asarray((np.abs(cases["A"]) <= 2**10).all(axis=(1, 2)) & (np.abs(cases["b"]) <= 2**10).all(axis=1))


def valid_repair(cases: Cases) -> Mask:
    """(lane,): as `valid`, with a finite plan ≥ 0 and a finite potential."""
    P, f = cases["plan"], cases["f"]
    good = (np.isfinite(P) & (P >= 0)).all(axis=(1, 2)) & np.isfinite(f).all(axis=1)
    return np.asarray(valid(cases) & good)


def exact_pair(cases: Cases) -> Mask:
    """(lane,): plan, potentials and data are whole, and no partial sum is too long for the significand."""
    parts = [cases[name].reshape(cases.lanes, -1) for name in ("a", "b", "C", "plan", "f", "g")]
    size = [np.abs(part).max(axis=1, initial=1) for part in parts]
    mass = np.abs(parts[3]).sum(axis=1) + size[0] * parts[0].shape[1] + size[1] * parts[1].shape[1]
    room = 2 * mass * (size[2] + size[4] + size[5]) <= 1 / UNIT_ROUNDOFF[cases.dtype]
    return np.asarray(room & (np.concatenate(parts, axis=1) % 1 == 0).all(axis=1))


PAIR = Domain(SHAPES, PAIRS, draw_pair, PLAN_AXES, valid=valid_pair)
SYSTEM = Domain(
    MappingProxyType({"k": (1, 4), "n": (1, 6)}),
    ("feasible", "generic", "zero-row", "zero-column", "homogeneous", "transport", "level"),
    draw_system,
    MappingProxyType({"A": Axes(("k", "n"), "real"), "b": Axes(("k",), "real"), "x0": Axes(("n",), "integer"),
                      "y0": Axes(("k",), "real")}),
    valid=valid_system,
)  # fmt: skip
REPAIR = Domain(
    SHAPES,
    ("whole", "generic", "zero-weights", "vertex", "nothing", "short-rows"),
    draw_repair,
    MappingProxyType({**AXES, "plan": Axes(("n", "m"), "weight"), "f": Axes(("n",), "real")}),
    valid=valid_repair,
)
TWO = Domain(
    SHAPES,
    (*WHOLE, *REAL_NUMBERS),
    draw_two,
    MappingProxyType({**AXES, "a2": Axes(("n",), "weight"), "b2": Axes(("m",), "weight"), "t": Axes((), "fixed")}),
    valid=valid_two,
)
