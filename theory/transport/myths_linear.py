"""Popular false statements about the transport cost, each stated as if it were true: OT-M1, OT-M2, OT-M10."""

from __future__ import annotations

import itertools
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import ZERO
from theory.core.claim import Answer, Myth
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.core.gap import Gap, at_most, exactly
from theory.transport.cases_linear import exactly_solvable

Floats = NDArray[np.float64]


def squared_line(lanes: int, n: int) -> Floats:
    """Costs (i − j)² between the points 0, 1, …, n − 1 of a line: (lane, n, n)."""
    x = np.arange(n, dtype=np.float64)
    return np.broadcast_to((x[:, None] - x) ** 2, (lanes, n, n)).copy()


def draw_diracs(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    """Every choice of three points of a line, in order, as histograms a, b, c of one point each."""
    n = shape["n"]
    chosen = np.array(list(itertools.product(range(n), repeat=3)))
    a, b, c = np.eye(n)[chosen.T]
    return Cases({"a": a, "b": b, "c": c, "C": squared_line(len(a), n)}, {}, regime)


def draw_pairs_of_points(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    """Every choice of two points of a line, in order, as histograms a, b; C and D are the same costs."""
    n = shape["n"]
    chosen = np.array(list(itertools.product(range(n), repeat=2)))
    a, b = np.eye(n)[chosen.T]
    return Cases({"a": a, "b": b, "C": squared_line(len(a), n)}, {}, regime)


def draw_subsets(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    """Every two different sets of equally many points of a line as histograms a, b."""
    n = shape["n"]
    sets = np.array(list(itertools.product((1.0, 0.0), repeat=n)))
    pairs = [(a, b) for a in sets for b in sets if a.sum() == b.sum() and (a != b).any()]
    a, b = np.array(pairs or [(np.eye(n)[0], np.eye(n)[0])]).transpose(1, 0, 2)
    return Cases({"a": a, "b": b, "C": squared_line(len(a), n)}, {}, regime)


def check_squared_is_a_metric(answer: Answer, cases: Cases) -> Gap:
    """W_2²(a, c) ≤ W_2²(a, b) + W_2²(b, c)."""
    ac = answer.again("solve", replace(cases, arrays={"a": cases["a"], "b": cases["c"], "C": cases["C"]}))["cost"]
    bc = answer.again("solve", replace(cases, arrays={"a": cases["b"], "b": cases["c"], "C": cases["C"]}))["cost"]
    return at_most("W₂²(a, c) ≤ W₂²(a, b) + W₂²(b, c)", ac, answer["cost"] + bc, ZERO)


def check_one_potential(answer: Answer, cases: Cases) -> Gap:
    """W_C(a, b) = max ⟨f, a − b⟩ over f_i − f_j ≤ C_ij."""
    arrays = {"a": cases["a"], "b": cases["b"], "D": cases["C"]}
    value = answer.again("single_potential", replace(cases, arrays=arrays))["value"]
    return exactly("W = the best single potential", answer["cost"], value)


def check_common_mass(answer: Answer, cases: Cases) -> Gap:
    """W(a, b) = W(a − min(a, b), b − min(a, b))."""
    a, b = cases["a"], cases["b"]
    differ = (a != b).any(axis=1)
    shared = np.minimum(a, b) * differ[:, None]
    apart = answer.again("solve", cases.with_arrays(a=a - shared, b=b - shared))["cost"]
    return exactly("W(a, b) = W(a − common, b − common)", answer["cost"], apart, differ)


FIXED = MappingProxyType({name: Axes() for name in ("a", "b", "c", "C")})

LINEAR_MYTHS: tuple[Myth, ...] = (
    Myth(
        id="OT-M1",
        title="The squared Wasserstein distance is a metric",
        sentence="The optimal cost under the squared distance, W₂², keeps the triangle inequality.",
        truth="Its root W₂ does (OT-08). Squared distances do not even between three points.",
        source=(("villani2009", "Definition 6.1"),),
        asks="solve",
        check=check_squared_is_a_metric,
        domain=Domain(MappingProxyType({"n": (1, 4)}), ("line",), draw_diracs, FIXED, valid=exactly_solvable),
        smallest="unit masses at 0, 1, 2: 4 > 1 + 1",
    ),
    Myth(
        id="OT-M2",
        title="One potential suffices for every cost",
        sentence="The dual needs a single function f with f(x) − f(y) ≤ c(x, y), whatever the cost c is.",
        truth="It then finds the cost along shortest paths (OT-06): the same only under the triangle inequality.",
        source=(("villani2009", "Particular Case 5.16"), ("peyre2019", "Proposition 6.1")),
        asks="solve",
        check=check_one_potential,
        domain=Domain(MappingProxyType({"n": (1, 4)}), ("line",), draw_pairs_of_points, FIXED, valid=exactly_solvable),
        smallest="c = |x − y|² on 0, 1, 2, a unit mass from 0 to 2: 4, but a single potential earns 2",
    ),
    Myth(
        id="OT-M10",
        title="Common mass cancels",
        sentence="Mass that both histograms have at a point stays there, so it may be cancelled first.",
        truth="Only under a metric (OT-06). Under a convex cost a chain of short moves beats one long move.",
        source=(("villani2003", "chapter 1"), ("santambrogio2015", "chapter 3")),
        asks="solve",
        check=check_common_mass,
        domain=Domain(MappingProxyType({"n": (1, 4)}), ("line",), draw_subsets, FIXED, valid=exactly_solvable),
        smallest="c = |x − y|² on 0, 1, 2: (1, 1, 0) → (0, 1, 1) costs 2, and 4 once the common mass is cancelled",
    ),
)
