"""Popular false statements about entropic transport: OT-M3, OT-M7, OT-M8."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import absolute
from theory.core.claim import Answer, Myth
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.core.gap import Gap, at_most, equal
from theory.transport.bounds_entropic import rounding_of, spread, value_error
from theory.transport.cases_clouds import valid_clouds
from theory.transport.cases_entropic import AXES, PLAIN, Rng, draw_problem, grains, valid
from theory.transport.claims_debiasing import solve
from theory.transport.oracle_entropic import certified_cost, sweeps_of


def draw_line(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A measure with equal weights on 0, 1, 2, … and the same again; cost |x − y|, ε = 1, Sinkhorn run for long."""
    n = shape["n"]
    w = grains(np.ones((lanes, n)))
    place = np.arange(n, dtype=np.float64)
    C = np.broadcast_to(np.abs(place[:, None] - place), (lanes, n, n)).copy()
    return Cases({"a": w, "b": w.copy(), "C": C}, {"eps": 1.0, "sweeps": 64, "tol": 0.0}, regime)


def draw_pair(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A point and two others with equal weights, whole places 0 … 3; cost |x − y|³, ε = 5."""
    arrays = {
        "x": rng.integers(0, 4, (lanes, 1, 1)).astype(np.float64),
        "a": np.ones((lanes, 1)),
        "y": rng.integers(0, 4, (lanes, 2, 1)).astype(np.float64),
        "b": np.full((lanes, 2), 0.5),
    }
    return Cases(arrays, {"p": 3.0, "eps": 5.0, "sweeps": 64, "tol": 0.0}, regime)


def draw_cold(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Two points on each side, whole costs, ε = ¼, few sweeps."""
    return draw_problem(rng, shape, PLAIN, lanes).with_settings(eps=0.25)


def check_own_cost_is_zero(answer: Answer, cases: Cases) -> Gap:
    """The entropic cost of a measure to itself is 0, up to the rounding of a dual value."""
    a, b, C, eps = cases["a"], cases["b"], cases["C"], float(cases.settings["eps"])
    f, g = sweeps_of(a, b, C, eps, cases.integer("sweeps"))
    bound = value_error(rounding_of(f, g, a, b, C, eps, cases), 2 * a.shape[1], eps, cases)
    return equal("OT_ε(a, a)", answer["value"], np.zeros(cases.lanes), bound)


def check_never_negative(answer: Answer, cases: Cases) -> Gap:
    """0 ≤ S, up to rounding and what unconverged dual values may lack, as in OT-16."""
    x, a, y, b = (cases[name] for name in ("x", "a", "y", "b"))
    ab, aa, bb = (solve(*pair, answer, cases) for pair in ((x, a, y, b), (x, a, x, a), (y, b, y, b)))
    bound = absolute(ab.short + ab.slack + aa.slack / 2 + bb.slack / 2, "‖P1 − a‖₁ osc C + rounding")
    return at_most("0 ≤ S", np.zeros(cases.lanes), answer["divergence"], bound)


def check_never_below(answer: Answer, cases: Cases) -> Gap:
    """W ≤ ⟨P, C⟩ after any number of sweeps, up to the rounding of the plan."""
    a, b, C, eps = cases["a"], cases["b"], cases["C"], float(cases.settings["eps"])
    f, g = sweeps_of(a, b, C, eps, cases.integer("sweeps"))
    found = rounding_of(f, g, a, b, C, eps, cases)
    low, _ = certified_cost(a, b, C)
    bound = absolute(found.total * (spread(C, a, b) + np.abs(C).max(axis=(1, 2))), "e (osc C + max|C|)")
    return at_most("W ≤ ⟨P, C⟩", low, answer["transport"], bound)


def _on_a_line(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): the same weights twice, a symmetric cost, zero exactly on the diagonal."""
    C = cases["C"]
    apart = ~np.eye(C.shape[1], dtype=bool)
    kept = ((C > 0) == apart).all(axis=(1, 2)) & (np.swapaxes(C, 1, 2) == C).all(axis=(1, 2))
    return np.asarray(valid(cases) & kept & (cases["a"] == cases["b"]).all(axis=1))


ENTROPIC_MYTHS: tuple[Myth, ...] = (
    Myth(
        id="OT-M3",
        title="The Sinkhorn cost of a measure with itself is zero",
        sentence="Entropic transport of a measure to itself costs nothing, so the Sinkhorn cost is a distance.",
        truth="The entropic plan spreads mass even where none has to move; the Sinkhorn divergence takes that off "
        "(OT-16).",
        source=(("feydy2019", "section 1"), ("genevay2018", "section 1")),
        asks="sinkhorn",
        check=check_own_cost_is_zero,
        domain=Domain(
            MappingProxyType({"n": (1, 3)}),
            ("line",),
            draw_line,
            MappingProxyType({"a": Axes(), "b": Axes(), "C": Axes((), "integer")}),
            MappingProxyType({"sweeps": 1}),
            _on_a_line,
        ),
        smallest="equal weights on 0 and 1, cost |x − y|, ε = 1: OT_ε = −ln((1 + 1/e)/2) = 0.37989",
    ),
    Myth(
        id="OT-M7",
        title="The Sinkhorn divergence is never negative",
        sentence="Whatever the cost, the Sinkhorn divergence of two measures is at least zero.",
        truth="It needs a kernel e^{−c/ε} that is positive definite; |x − y|^p gives one for 0 < p ≤ 2 only.",
        source=(("feydy2019", "Theorem 1"), ("schoenberg1938", "range of p")),
        asks="divergence",
        check=check_never_negative,
        domain=Domain(
            MappingProxyType({}),
            ("line",),
            draw_pair,
            MappingProxyType({"x": Axes((), "integer"), "a": Axes(), "y": Axes((), "integer"), "b": Axes()}),
            MappingProxyType({"sweeps": 1}),
            valid_clouds,
        ),
        smallest="the point 1 against equal weights on 0 and 2, cost |x − y|³, ε = 5: "
        "1 + (5/2) ln((1 + e^{−8/5})/2) = −0.27312",
        lanes=64,
    ),
    Myth(
        id="OT-M8",
        title="The cost of an unconverged plan is an upper bound",
        sentence="The entropic plan is not the cheapest, so its cost never lies below the cost of transport.",
        truth="That holds for a plan with both marginals. Before convergence the row sums are wrong, and the plan may "
        "leave out the expensive moves (OT-15).",
        source=(("altschuler2017", "section 2"),),
        asks="sinkhorn",
        check=check_never_below,
        domain=Domain(
            MappingProxyType({"n": (2, 2), "m": (2, 2), "sweeps": (1, 3)}),
            ("cold",),
            draw_cold,
            MappingProxyType({**AXES, "C": Axes(("n", "m"), "integer")}),
            MappingProxyType({"sweeps": 1}),
            valid,
        ),
        smallest="weights ¼, ¾ against ½, ½, cost 1 between the second points and 0 elsewhere, ε = ¼, one sweep: "
        "⟨P, C⟩ = 0.0487 where W = ¼",
    ),
)
