"""OT-31: the gradient of a transport cost is its dual potentials and its plan, without differentiating the solver."""

from __future__ import annotations

import numpy as np

from theory.core.bound import U64, Bound, absolute, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal
from theory.transport.bounds_entropic import (
    Rounding,
    growth,
    rounding_of,
    spread,
    still_to_go,
    value_error,
    worst_marginal_error,
)
from theory.transport.cases_entropic import GRADIENT_DOMAIN
from theory.transport.oracle_entropic import Floats, Optimum, certified_cost, optimum, osc, soft_transform

STEP = 2.0**-4
"""How far a measure is moved towards each of its points, and the size of a change of the cost relative to osc C."""


@np.errstate(all="ignore")
def check_gradients(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """∂_a = f and ∂_b = g up to a constant, ∂_C = P, and these are sub- and supergradients of the true value.

    OT_ε is convex in a, in b, and concave in C, so OT(a') ≥ OT(a) + ⟨f, a' − a⟩, and so on, at any distance: no step
    has to be small. Both sides are certified by the oracle; a' goes from a towards each point in turn, which notices
    any wrong gradient, since ⟨h, e_k − a⟩ > 0 for some k unless h is constant where a has weight.
    """
    if float(cases.settings["eps"]) == 0:
        return _linear(answer, cases)
    return _entropic(answer, cases)


def moved(w: Floats) -> Floats:
    """Each of the measures (1 − t) w + t e_k: (lane, n, n), k second."""
    return np.asarray((1 - STEP) * w[:, None, :] + STEP * np.eye(w.shape[1]))


def turned(C: Floats) -> Floats:
    """Costs of which one row is changed by ±STEP osc C, every other entry half as much the other way: (lane, 2n, ·)."""
    n, m = C.shape[1:]
    row = np.eye(n)[:, :, None] * np.where(np.arange(m) % 2, -0.5, 1.0)
    return np.asarray(C[:, None] + turn(C)[:, None, None, None] * np.concatenate([row, -row]))


def turn(C: Floats) -> Floats:
    """Size of the changes of the cost: STEP osc C, or STEP where all costs are equal: (lane,)."""
    return np.asarray(STEP * np.where(osc(C) > 0, osc(C), 1.0))


def neighbours(a: Floats, b: Floats, C: Floats) -> tuple[Floats, Floats, Floats]:
    """All (a', b, C), then (a, b', C), then (a, b, C') that are compared with (a, b, C): (lane, change, ·) each."""
    n, m = C.shape[1:]
    other = turned(C)

    def same(x: Floats, times: int) -> Floats:
        return np.repeat(x[:, None], times, axis=1)

    A = np.concatenate([moved(a), same(a, m + 2 * n)], axis=1)
    B = np.concatenate([same(b, n), moved(b), same(b, 2 * n)], axis=1)
    return A, B, np.concatenate([same(C, n + m), other], axis=1)


def slopes(answer: Answer, cases: Cases) -> Floats:
    """⟨∂, change⟩ for every neighbour: (lane, change)."""
    a, b, C = cases["a"], cases["b"], cases["C"]
    return np.concatenate(
        [
            np.einsum("li,lki->lk", answer["grad_a"], moved(a) - a[:, None]),
            np.einsum("lj,lkj->lk", answer["grad_b"], moved(b) - b[:, None]),
            np.einsum("lij,lkij->lk", answer["grad_C"], turned(C) - C[:, None]),
        ],
        axis=1,
    )


def tangents(
    answer: Answer, cases: Cases, here: tuple[Floats, Floats], there: tuple[Floats, Floats], bound: Bound
) -> tuple[Gap, ...]:
    """The tangent inequalities; here (lane,) and there (lane · change,) are certified (low, high) of the values."""
    slope = slopes(answer, cases)
    low, high = (side.reshape(slope.shape) for side in there)
    measures = np.arange(slope.shape[1])[None] < sum(cases["C"].shape[1:])
    column = Bound(bound.value[:, None], bound.terms)
    return (
        at_most("OT(a) + ⟨∂, a' − a⟩ ≤ OT(a')", here[0][:, None] + slope, high, column, measures),
        at_most("OT(C') ≤ OT(C) + ⟨∂, C' − C⟩", low, here[1][:, None] + slope, column, ~measures),
    )


def flat(A: Floats, B: Floats, C: Floats) -> tuple[Floats, Floats, Floats]:
    """Neighbours as lanes of their own."""
    return A.reshape(-1, A.shape[2]), B.reshape(-1, B.shape[2]), C.reshape(-1, *C.shape[2:])


def up_to_constant(label: str, gradient: Floats, potential: Floats, w: Floats, bound: Bound) -> Gap:
    """A gradient by weights of a fixed total is known up to a constant: both sides with ⟨·, w⟩ = 0."""
    left, right = (x - (x * w).sum(axis=1, keepdims=True) for x in (gradient, potential))
    return equal(label, left, right, Bound(bound.value[:, None], bound.terms))


def _linear(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """ε = 0: any optimal potentials and plan will do, so the gradients are compared with those that are reported.

    A potential is a sum of at most n + m costs along a path, and a value one of products with weights of total 1, so
    each errs by γ(n + m) max|C'|; a tangent joins two values, a slope and the oracle's, centring takes off an average.
    """
    a, b, C = cases["a"], cases["b"], cases["C"]
    N = sum(C.shape[1:])
    largest = np.abs(C).max(axis=(1, 2)) + turn(C)
    bound = rounding(8 * N, cases.u + U64, "γ(8(n + m)) max|C'|", largest)
    share = rounding(8 * N, cases.u + U64, "γ(8(n + m))")
    low, high = certified_cost(a, b, C)
    return (
        up_to_constant("∂_a = f", answer["grad_a"], answer["f"], a, bound),
        up_to_constant("∂_b = g", answer["grad_b"], answer["g"], b, bound),
        equal("∂_C = P", answer["grad_C"], answer["plan"], share),
        at_most("W ≤ value", low, answer["value"], bound),
        at_most("value ≤ W", answer["value"], high, bound),
        *tangents(answer, cases, (low, high), certified_cost(*flat(*neighbours(a, b, C))), bound),
    )


def _entropic(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """ε > 0: compared with the optimum f*, g*, P* of the oracle, as near as the reported plan has come to it.

    With way ≥ osc(f − f*)/ε where a has weight (`still_to_go`) and lag = osc(f − T g)/ε over all rows, T the soft
    transform, osc(f − f*) ≤ ε (way + lag) over all rows, osc(g − g*) ≤ ε way, |log(P/P*)| ≤ 2 way. Autograd may give
    f − ε e^{(f − Tg)/ε}, the derivative at fixed potentials, which is a constant and ε(e^{lag} − 1) away from f.
    """
    a, b, C, eps = cases["a"], cases["b"], cases["C"], float(cases.settings["eps"])
    P = answer["plan"]
    best = optimum(a, b, C, eps)
    found = rounding_of(best.f, best.g, a, b, C, eps, cases)
    way = still_to_go(P.sum(axis=2), a, C, eps, found) + still_to_go(best.plan.sum(axis=2), a, C, eps, found)
    lag = osc(answer["f"] - soft_transform(answer["g"], b, C, eps)) / eps + 4 * found.step
    near = absolute(2 * eps * (way + lag + growth(lag) + found.step), "2ε (way + lag + (e^{lag} − 1) + h)")
    share = growth(2 * way)
    plan = absolute(share[:, None, None] * best.plan + found.tiny, "(e^{2 way} − 1) P*")
    heads = near + absolute(share * turn(C), "(e^{2 way} − 1) |C' − C|")
    slack = value_error(found, sum(C.shape[1:]), eps, cases)
    around = optimum(*flat(*neighbours(a, b, C)), eps)
    return (
        up_to_constant("∂_a = f*", answer["grad_a"], best.f, a, near),
        up_to_constant("∂_b = g*", answer["grad_b"], best.g, b, near),
        equal("∂_C = P*", answer["grad_C"], best.plan, plan),
        *_value(answer, cases, best, found, slack),
        *tangents(answer, cases, (best.low, best.high), (around.low, around.high), heads + slack),
    )


def _value(answer: Answer, cases: Cases, best: Optimum, found: Rounding, slack: Bound) -> tuple[Gap, ...]:
    """The value is OT_ε less at most ‖P1 − a‖₁ osc C, and that error is no more than the rate of Sinkhorn allows."""
    a, b, C, eps = cases["a"], cases["b"], cases["C"], float(cases.settings["eps"])
    error = np.abs(answer["plan"].sum(axis=2) - a).sum(axis=1)
    below = slack + absolute((error + found.total) * spread(C, a, b), "(‖P1 − a‖₁ + e) osc C")
    rate = worst_marginal_error(a, b, C, eps, cases.integer("sweeps"))
    promised = np.maximum(rate, float(cases.settings["tol"]))
    sums = absolute(2 * found.total, "2e")
    return (
        at_most("value ≤ OT_ε", answer["value"], best.high, slack),
        at_most("OT_ε ≤ value + error", best.low, answer["value"], below),
        equal("marginal error", answer["marginal_error"], error, sums),
        at_most("marginal error after k sweeps", error, promised, sums),
    )


OT_31 = Claim(
    id="OT-31",
    version=1,
    title="The envelope theorem",
    sentence="The derivatives of a transport cost by the two measures are its optimal potentials, up to constants, "
    "and its derivative by the cost is the optimal plan, with entropy and without.",
    latex=r"\nabla_a\mathrm{OT}_\varepsilon=f^\star,\qquad \nabla_b\mathrm{OT}_\varepsilon=g^\star,\qquad "
    r"\nabla_C\mathrm{OT}_\varepsilon=P^\star,\qquad "
    r"\mathrm{OT}_\varepsilon(a')\ge\mathrm{OT}_\varepsilon(a)+\langle f^\star,a'-a\rangle",
    source=(("peyre2019", "sections 4.4 and 9.1"), ("feydy2019", "section 2")),
    kind="inequality",
    asks="gradients",
    check=check_gradients,
    domain=GRADIENT_DOMAIN,
    needs=("grad_a", "grad_b", "grad_C", "value", "f", "g", "plan", "marginal_error"),
    parents=("OT-12", "OT-13"),
    lanes=16,
)
