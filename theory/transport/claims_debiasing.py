"""OT-16: the Sinkhorn divergence, which takes the entropic bias off."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, Bound, absolute
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal
from theory.transport.bounds_entropic import (
    rounding_of,
    spread,
    value_error,
    way_from_error,
    weighted_osc,
    worst_marginal_error,
)
from theory.transport.cases_clouds import DIVERGENCE_DOMAIN, power_cost
from theory.transport.oracle_entropic import Floats, Optimum, certified_cost, entropy, optimum


@dataclass(frozen=True)
class Solve:
    """One of the three transports: its certified optimum, what its value may lose and by how much it may round.

    short: ‖P1 − a‖₁ osc C, how far below OT_ε an unconverged dual value may be. slack: rounding, both ways. promised:
    the largest marginal error after that many sweeps, total: e, its rounding. osc: the oscillation of f* where there
    is weight, way: how far from it that of the subject's f may be.
    """

    best: Optimum
    cost: Floats
    independent: Floats
    wide: Floats
    short: Floats
    slack: Floats
    promised: Floats
    total: Floats
    osc: Floats
    way: Floats


def solve(x: Floats, a: Floats, y: Floats, b: Floats, answer: Answer, cases: Cases) -> Solve:
    """The transport of (x, a) to (y, b) under |x − y|^p.

    slack: `value_error`, and the cost that the subject computed, which errs relatively by (d + 8)u: differences are
    rounded once and squared, d of them added, then one power; OT_ε moves by no more than the cost does.
    """
    eps, p = float(cases.settings["eps"]), float(cases.settings["p"])
    C = power_cost(x, y, p)
    best = optimum(a, b, C, eps)
    found = rounding_of(best.f, best.g, a, b, C, eps, cases)
    wide = spread(C, a, b)
    priced = (x.shape[2] + 8) * (cases.u + U64) * np.abs(C).max(axis=(1, 2))
    slack = value_error(found, a.shape[1] + b.shape[1], eps, cases).value + priced
    short = (answer["marginal_error"] + found.total) * wide
    independent = (a[:, :, None] * b[:, None, :] * C).sum(axis=(1, 2))
    rate = worst_marginal_error(a, b, C, eps, cases.integer("sweeps"))
    promised = np.maximum(rate, float(cases.settings["tol"]))
    way = eps * way_from_error(answer["marginal_error"] + found.total, a, C, b, eps, found) + priced
    return Solve(best, C, independent, wide, short, slack, promised, found.total, weighted_osc(best.f, a), way)


@np.errstate(all="ignore")
def check_divergence(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """S = OT(a,b) − ½ OT(a,a) − ½ OT(b,b): its three values, its sign, and where it lies between W and an MMD.

    Dual values are at most OT_ε and at least OT_ε − short, so S lies in
    [S* − short_ab, S* + ½ short_aa + ½ short_bb].
    """
    x, a, y, b = (cases[name] for name in ("x", "a", "y", "b"))
    ab, aa, bb = (solve(*pair, answer, cases) for pair in ((x, a, y, b), (x, a, x, a), (y, b, y, b)))
    S = answer["divergence"]
    slack = absolute(ab.slack + aa.slack / 2 + bb.slack / 2, "ε(e + (N+4)us) + (d+8)u max C, three times")
    below = slack + absolute(ab.short, "‖P1 − a‖₁ osc C")
    above = slack + absolute((aa.short + bb.short) / 2, "‖P1 − a‖₁ osc C")
    debiased = answer["ab"] - answer["aa"] / 2 - answer["bb"] / 2
    promised = np.max([part.promised for part in (ab, aa, bb)], axis=0)
    sums = absolute(2 * np.max([part.total for part in (ab, aa, bb)], axis=0), "2e")
    return (
        equal("S = ab − ½aa − ½bb", S, debiased, slack),
        *(gap for name, part in (("ab", ab), ("aa", aa), ("bb", bb)) for gap in _value(name, part, answer)),
        at_most("marginal error after k sweeps", answer["marginal_error"], promised, sums),
        at_most("0 ≤ S", np.zeros_like(S), S, below),
        equal("S = 0 for equal measures", S, np.zeros_like(S), below + above, same_measure(x, a, y, b)),
        *_limits(S, (ab, aa, bb), cases, below, above),
        _symmetric(answer, cases, ab, below + above),
        *_range_of_potentials(answer, (ab, aa, bb)),
    )


def _value(name: str, part: Solve, answer: Answer) -> tuple[Gap, ...]:
    slack = absolute(part.slack, "ε(e + (N+4)us) + (d+8)u max C")
    return (
        at_most(f"{name} ≤ OT_ε", answer[name], part.best.high, slack),
        at_most(f"OT_ε ≤ {name} + error", part.best.low, answer[name], slack + absolute(part.short, "error osc C")),
    )


def _limits(S: Floats, parts: tuple[Solve, Solve, Solve], cases: Cases, below: Bound, above: Bound) -> tuple[Gap, ...]:
    """How far S is, at every ε, from its limits W at ε → 0 and ⟨a, Cb⟩ − ½⟨a, Ca⟩ − ½⟨b, Cb⟩ at ε → ∞.

    ⟨ab^T, C⟩ ≥ OT_ε ≥ −ε log ⟨ab^T, e^{−C/ε}⟩ ≥ ⟨ab^T, C⟩ − (osc C)²/8ε: the infimum over all plans of total 1 is the
    second, and Hoeffding's lemma gives the third. And W ≤ OT_ε(a, b) ≤ W + ε min H, 0 ≤ OT_ε(a, a) ≤ ε H(a), from the
    plans P° and diag(a).
    """
    ab, aa, bb = parts
    a, b, eps = cases["a"], cases["b"], float(cases.settings["eps"])
    energy = ab.independent - aa.independent / 2 - bb.independent / 2
    low, high = certified_cost(a, b, ab.cost)
    heat = [part.wide**2 / (8 * eps) for part in parts]
    Ha, Hb = entropy(a), entropy(b)
    return (
        at_most("MMD − osc²/8ε ≤ S", energy - heat[0], S, below),
        at_most("S ≤ MMD + osc²/8ε", S, energy + heat[1] / 2 + heat[2] / 2, above),
        at_most("W − ½ε(H(a) + H(b)) ≤ S", low - eps * (Ha + Hb) / 2, S, below),
        at_most("S ≤ W + ε min H", S, high + eps * np.minimum(Ha, Hb), above),
    )


def _symmetric(answer: Answer, cases: Cases, ab: Solve, bound: Bound) -> Gap:
    """S(b, a): the same three optima, approached from the other side, so the marginal error may be another."""
    swapped = {"x": cases["y"], "a": cases["b"], "y": cases["x"], "b": cases["a"]}
    other = answer.again("divergence", replace(cases, arrays=swapped))
    further = absolute(2 * other["marginal_error"] * ab.wide, "2 ‖P1 − b‖₁ osc C")
    both = Bound(2 * bound.value, f"2 ({bound.terms})") + further
    return equal("S(a, b) = S(b, a)", answer["divergence"], other["divergence"], both)


def _range_of_potentials(answer: Answer, parts: tuple[Solve, Solve, Solve]) -> tuple[Gap, ...]:
    """Where there is weight, osc f ≤ osc C: |f_i − f_k| ≤ max_j |C_ij − C_kj| for a soft transform, which errs by ε h.

    Near the optimum osc f is that of f*, see `way_from_error`. Rows of weight 0 are padding, and do not count.
    """
    widest = np.max([part.wide for part in parts], axis=0)
    slack = np.max([2 * part.slack for part in parts], axis=0)
    best = np.max([part.osc for part in parts], axis=0)
    way = np.max([part.way for part in parts], axis=0)
    return (
        at_most("osc f ≤ osc C", answer["osc"], widest, absolute(slack, "2(ε(e + (N+4)us) + (d+8)u max C)")),
        equal("osc f = osc f*", answer["osc"], best, absolute(way, "ε way + (d+8)u max C")),
    )


def same_measure(x: Floats, a: Floats, y: Floats, b: Floats) -> NDArray[np.bool_]:
    """(lane,): whether the two lists of points with weights are equal up to order."""
    if x.shape != y.shape:
        return np.zeros(len(x), dtype=bool)
    left, right = (np.concatenate([p, w[:, :, None]], axis=2) for p, w in ((x, a), (y, b)))
    return np.array([np.array_equal(_sorted(p), _sorted(q)) for p, q in zip(left, right, strict=True)])


def _sorted(rows: Floats) -> Floats:
    return rows[np.lexsort(rows.T)]


OT_16 = Claim(
    id="OT-16",
    version=1,
    title="The Sinkhorn divergence",
    sentence="For the cost |x − y|^p with 0 < p ≤ 2 the Sinkhorn divergence is not negative, zero for equal measures "
    "and symmetric, and lies as near to the transport cost and to a maximum mean discrepancy as its temperature says.",
    latex=r"S_\varepsilon(a,b)=\mathrm{OT}_\varepsilon(a,b)-\tfrac12\mathrm{OT}_\varepsilon(a,a)"
    r"-\tfrac12\mathrm{OT}_\varepsilon(b,b)\ge 0,\qquad S_0=W,\qquad "
    r"S_\infty=\langle a,Cb\rangle-\tfrac12\langle a,Ca\rangle-\tfrac12\langle b,Cb\rangle",
    source=(("feydy2019", "Theorem 1"), ("genevay2018", "Theorem 1"), ("schoenberg1938", "range of p")),
    kind="inequality",
    asks="divergence",
    check=check_divergence,
    domain=DIVERGENCE_DOMAIN,
    needs=("divergence", "ab", "aa", "bb", "marginal_error", "osc"),
    parents=("OT-13", "OT-15"),
    lanes=24,
)
