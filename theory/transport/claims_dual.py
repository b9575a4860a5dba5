"""Claims about duality: OT-01, OT-02, OT-03, OT-23, and the order of everything that hangs on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, ZERO, Bound, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.transport.cases_dual import PAIR, REPAIR, exact_pair
from theory.transport.cases_linear import PROGRAMME, WHOLE_PROGRAMME
from theory.transport.certificate import (
    WholeProof,
    compare,
    dual_value,
    forest,
    in_rationals,
    lowered,
    own_unit,
    slack,
    transport_cost,
    whole_proof,
)
from theory.transport.claims_farkas import FARKAS
from theory.transport.claims_metric import METRIC_AXIOMS, SUBGRADIENTS, TOTAL_VARIATION
from theory.transport.claims_potential import C_TRANSFORM, LIPSCHITZ, RUBINSTEIN
from theory.transport.oracle_linear import best_permutation, enclosure, largest, reach, rounded_bound, total
from theory.transport.programme import by_highs, by_network_simplex

SECOND_OPINIONS = 3
"""Lanes of a batch that HiGHS solves too."""


@np.errstate(invalid="ignore", over="ignore")
def check_weak_duality(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The gap ⟨P, C⟩ − ⟨f, a⟩ − ⟨g, b⟩ is ⟨P, C − f ⊕ g⟩ where P has the marginals a and b: never negative.

    Sums of nm, n and m products, and marginals that were rounded: γ(nm+N+4) (Σ|P||C| + Σ|f|a + Σ|g|b). Feasibility is
    asked where it is beyond doubt: kept up to γ(2N) of the size, or broken by √u of it; in whole numbers always.
    """
    a, b, C, P, f, g = (cases[name] for name in ("a", "b", "C", "plan", "f", "g"))
    (n, m), u = C.shape[1:], cases.u
    primal, dual, room = transport_cost(P, C), dual_value(f, g, a, b), slack(C, f, g)
    sizes = {name: np.abs(lowered(cases[name])) for name in ("a", "b", "C", "plan", "f", "g")}
    size = transport_cost(sizes["plan"], sizes["C"]) + dual_value(sizes["f"], sizes["g"], sizes["a"], sizes["b"])
    whole = exact_pair(cases)
    value = (gamma(n * m + n + m + 4, u) + gamma(n * m + n + m + 4, own_unit(C))) * size
    bound = Bound(np.where(whole, 0.0, value), "γ(nm+N+4) (ΣP|C| + Σ|f|a + Σ|g|b)")
    off = np.abs(lowered(P.sum(axis=2) - a)).sum(axis=1) + np.abs(lowered(P.sum(axis=1) - b)).sum(axis=1)
    off = np.maximum(off, -lowered(P).min(axis=(1, 2)))
    over = np.maximum(0.0, -lowered(room).min(axis=(1, 2)))
    coupled, surely = _beyond_doubt(off, lowered(a).sum(axis=1), whole, cases)
    below, clearly = _beyond_doubt(over, largest(C) + largest(f) + largest(g), whole, cases)
    return (
        compare("primal = ⟨P, C⟩", answer["primal"], "=", primal, bound),
        compare("dual = ⟨f, a⟩ + ⟨g, b⟩", answer["dual"], "=", dual, bound),
        compare("gap = primal − dual", answer["gap"], "=", primal - dual, bound),
        compare("gap = ⟨P, C − f ⊕ g⟩", answer["gap"], "=", transport_cost(P, room), bound, coupled & surely),
        compare("0 ≤ gap", np.zeros_like(primal), "<=", answer["gap"], bound, coupled & below & surely & clearly),
        exactly("primal_ok", answer["primal_ok"] == 1, coupled, surely),
        exactly("dual_ok", answer["dual_ok"] == 1, below, clearly),
    )


def _beyond_doubt(
    violation: NDArray[np.float64], size: NDArray[np.float64], whole: NDArray[np.bool_], cases: Cases
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether a constraint holds, and whether that is beyond doubt: see `check_weak_duality`."""
    near = gamma(2 * sum(cases["C"].shape[1:]), cases.u) * size
    holds = violation <= np.where(whole, 0.0, near)
    return holds, whole | holds | (violation >= np.sqrt(cases.u) * size)


def proof_of(answer: Answer, cases: Cases) -> WholeProof:
    """The subject's plan and potentials in whole numbers."""
    return whole_proof(cases["a"], cases["b"], cases["C"], answer["plan"], answer["f"], answer["g"])


@np.errstate(invalid="ignore", over="ignore")
def check_strong_duality(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Plan and potentials prove each other optimal, in whole numbers: same value, nothing left over.

    With equal values (f, g, −1) also refutes every budget below W, see OT-04. A vertex has at most n + m − 1 cells
    and no cycle. Optima of other solvers, and of all permutations, are rounded: a whole number is due.
    """
    proof, C = proof_of(answer, cases), cases["C"]
    n, m = C.shape[1:]
    used = np.asarray(proof.plan != 0)
    few = np.arange(cases.lanes) < SECOND_OPINIONS
    others = np.where(few, 0.0, np.nan_to_num(lowered(proof.primal)))
    others[few] = np.rint(by_highs(cases["a"][few], cases["b"][few], C[few]).cost)
    gaps = [
        compare("⟨P, C⟩ = ⟨f, a⟩ + ⟨g, b⟩, in whole numbers", proof.primal, "=", proof.dual, ZERO),
        exactly("plan and potentials are finite", proof.finite, True),
        compare("P ≥ 0", -proof.plan, "<=", np.zeros_like(proof.plan), ZERO),
        compare("P1 = a", proof.plan.sum(axis=2), "=", proof.a, ZERO),
        compare("Pᵀ1 = b", proof.plan.sum(axis=1), "=", proof.b, ZERO),
        compare("f ⊕ g ≤ C", -proof.slack, "<=", np.zeros_like(proof.slack), ZERO),
        at_most("cells in use ≤ n + m − 1", used.sum(axis=(1, 2)), n + m - 1, ZERO),
        exactly("the cells in use form a forest", forest(used), True),
        exactly("the network simplex method's optimum", lowered(proof.primal),
                np.rint(by_network_simplex(cases["a"], cases["b"], C).cost)),
        exactly("HiGHS' optimum", lowered(proof.primal), others, few),
    ]  # fmt: skip
    if n == m <= 4:
        units = (cases["a"] == 1).all(axis=1) & (cases["b"] == 1).all(axis=1)
        gaps.append(exactly("the best of all permutations", lowered(proof.primal), best_permutation(C), units))
    return tuple(gaps)


@np.errstate(invalid="ignore", over="ignore")
def check_slackness(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Where mass moves, f_i + g_j = C_ij; no cycle of up to four cells gets cheaper when its targets are passed on.

    In whole numbers exactly. Else the cells in use are a forest along which the potentials were summed up: at most
    2 min(n, m) costs, so γ(4N) R with R = 2 min(n, m) S. A cycle of four cells adds four of them. Longer closed walks
    through the cells are sums of such cycles, so that powers in (min, +) try them all.
    """
    C, f, g = cases["C"], answer["f"], answer["g"]
    n, m = C.shape[1:]
    bound = rounded_bound(4 * (n + m), cases, reach(C)[:, None, None], "γ(4N) R", f, g)
    room = slack(C, f, g)
    i, j, used = _cells(answer["plan"] > 0)
    lane = np.arange(cases.lanes)[:, None, None]
    pay = C[lane, i[:, :, None], j[:, None, :]] - C[lane, i[:, :, None], j[:, :, None]]
    pay = np.where(used[:, :, None] & used[:, None, :], pay, np.inf)
    two = passed_on(pay, pay)
    cycles = np.stack([np.einsum("lss->ls", walk) for walk in (two, passed_on(two, pay), passed_on(two, two))], axis=2)
    return (
        exactly("the plan is finite", np.isfinite(answer["plan"]), True),
        equal("P > 0 ⇒ f + g = C", np.where(answer["plan"] > 0, room, 0.0), 0, bound),
        at_most("0 ≤ what a cycle of 2, 3 or 4 cells costs more", 0, cycles, Bound(4 * bound.value, "4γ(4N) R")),
    )


def _cells(used: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
    """Rows and columns of the cells in use, and which of the listed cells are in use: (lane, k) each."""
    flat = used.reshape(len(used), -1)
    most = max(1, int(flat.sum(axis=1).max()))
    order = np.argsort(~flat, axis=1, kind="stable")[:, :most]
    return order // used.shape[2], order % used.shape[2], np.take_along_axis(flat, order, axis=1)


def passed_on(first: NDArray[np.float64], then: NDArray[np.float64]) -> NDArray[np.float64]:
    """The product in (min, +): cheapest way from s to r through any t. (lane, k, k) each."""
    best = np.full_like(first, np.inf)
    for t in range(first.shape[1]):
        best = np.minimum(best, first[:, :, t, None] + then[:, None, t, :])
    return best


@np.errstate(invalid="ignore", over="ignore")
def check_interval(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Any plan and any potential make an interval around W: low is a dual value, high the cost of a repaired plan.

    Two transforms and a product: γ(N+6) T (3S + 2F), F = max |f|. Cutting, spreading and summing what is short:
    γ(4N+8) T on the marginals, which is worth that times R in cost. Repairing moves at most twice the error of the
    marginals (Altschuler, Weed & Rigollet 2017, lemma 7).
    """
    a, b, C, P, f, Q = *(cases[name] for name in ("a", "b", "C", "plan", "f")), answer["rounded"]
    (n, m), T, S, u = C.shape[1:], total(cases), largest(C), cases.u + U64
    N = n + m
    g = np.stack([(C[:, :, j] - f).min(axis=1) for j in range(m)], axis=1)
    closed = np.stack([(C[:, i, :] - g).min(axis=1) for i in range(n)], axis=1)
    low, high = dual_value(closed, g, a, b), transport_cost(Q, C)
    lowest = rounding(N + 6, u, "γ(N+6) T (3S + 2F)", T * (3 * S + 2 * largest(f)))
    sums = rounding(4 * N + 8, u, "γ(4N+8) T", T)
    edge = Bound(sums.value[:, None], sums.terms)
    worth = Bound(sums.value * reach(C) + lowest.value, "γ(4N+8) T R + γ(N+6) T (3S + 2F)")
    off = np.abs(P.sum(axis=2) - a).sum(axis=1) + np.abs(P.sum(axis=1) - b).sum(axis=1)
    moved = rounding(4 * N + 8, u, "γ(4N+8) (T + ΣP)", N * (T + P.sum(axis=(1, 2))))
    least, most = enclosure(cases)
    return (
        equal("rounded 1 = a", Q.sum(axis=2), a, edge),
        equal("roundedᵀ 1 = b", Q.sum(axis=1), b, edge),
        at_most("rounded ≥ 0", -Q, 0, Bound(sums.value[:, None, None], sums.terms)),
        at_most("‖rounded − P‖ ≤ 2 ‖error of the marginals‖", np.abs(Q - P).sum(axis=(1, 2)), 2 * off, moved),
        equal("low = ⟨f^{cc̄}, a⟩ + ⟨f^c, b⟩", answer["low"], low, lowest),
        equal("high = ⟨rounded, C⟩", answer["high"], high, rounding(n * m + 1, u, "γ(nm+1) Σ|QC|",
              transport_cost(np.abs(Q), np.abs(C)))),
        at_most("low ≤ W", answer["low"], most, worth),
        at_most("W ≤ high", least, answer["high"], worth),
        at_most("⟨f, a⟩ + ⟨f^c, b⟩ ≤ low", dual_value(f, g, a, b), answer["low"], lowest),
    )  # fmt: skip


WEAK_DUALITY = Claim(
    id="OT-01",
    version=1,
    title="Weak duality",
    sentence="What a plan costs more than potentials earn is its mass times the slack of the potentials: never "
    "negative when both are feasible.",
    latex=r"\langle P,C\rangle-\langle f,P\mathbf 1\rangle-\langle g,P^{\top}\mathbf 1\rangle="
    r"\langle P,\,C-f\oplus g\rangle\ge 0",
    source=(("kantorovich1942", "whole paper"), ("peyre2019", "section 2.5")),
    kind="identity",
    asks="certify",
    check=check_weak_duality,
    exact=in_rationals(check_weak_duality),
    domain=PAIR,
    needs=("primal", "dual", "gap", "primal_ok", "dual_ok"),
    parents=("OT-22",),
)
STRONG_DUALITY = Claim(
    id="OT-02",
    version=1,
    title="Strong duality, with a proof in whole numbers",
    sentence="Whole weights and costs have an optimal plan and optimal potentials in whole numbers with equal values; "
    "the plan uses at most n + m − 1 cells, in no cycle.",
    latex=r"\min_{P}\,\langle P,C\rangle=\max_{f\oplus g\le C}\ \langle f,a\rangle+\langle g,b\rangle,\qquad "
    r"P\in\mathbb Z^{n\times m},\ f\in\mathbb Z^n,\ g\in\mathbb Z^m,\qquad |\mathrm{supp}\,P|\le n+m-1",
    source=(("schrijver1986", "section 7.4 and chapter 19"), ("peyre2019", "Proposition 3.4"),
            ("villani2009", "Theorem 5.10")),
    kind="certificate",
    asks="solve",
    check=check_strong_duality,
    domain=WHOLE_PROGRAMME,
    needs=("plan", "f", "g"),
    parents=("OT-04", "OT-01"),
    lanes=64,
)  # fmt: skip
SLACKNESS = Claim(
    id="OT-03",
    version=1,
    title="Complementary slackness and cyclical monotonicity",
    sentence="Mass moves only where the potentials add up to the cost, so that no cycle of cells in use can be made "
    "cheaper by passing the targets on.",
    latex=r"P_{ij}>0\Rightarrow f_i+g_j=C_{ij},\qquad \sum_k C_{i_kj_k}\le\sum_k C_{i_kj_{k+1}}",
    source=(("villani2009", "Definition 5.1 and Theorem 5.10"), ("peyre2019", "section 3.3")),
    kind="certificate",
    asks="solve",
    check=check_slackness,
    domain=PROGRAMME,
    needs=("plan", "f", "g"),
    parents=("OT-02",),
    lanes=64,
)
INTERVAL = Claim(
    id="OT-23",
    version=1,
    title="A certified interval",
    sentence="Any potential gives a lower bound of the transport cost and any plan, repaired, an upper one; repairing "
    "moves at most twice the error of its marginals.",
    latex=r"\langle f^{c\bar c},a\rangle+\langle f^{c},b\rangle\le W_C(a,b)\le\langle\mathrm{round}(P),C\rangle,\qquad "
    r"\|\mathrm{round}(P)-P\|_1\le 2\|P\mathbf 1-a\|_1+2\|P^{\top}\mathbf 1-b\|_1",
    source=(("altschuler2017", "Algorithm 2 and Lemma 7"), ("peyre2019", "section 2.5")),
    kind="inequality",
    asks="interval",
    check=check_interval,
    domain=REPAIR,
    needs=("low", "high", "rounded"),
    parents=("OT-02", "OT-01"),
)

DUAL_CLAIMS: tuple[Claim, ...] = (
    WEAK_DUALITY,
    FARKAS,
    STRONG_DUALITY,
    SLACKNESS,
    INTERVAL,
    SUBGRADIENTS,
    C_TRANSFORM,
    LIPSCHITZ,
    RUBINSTEIN,
    METRIC_AXIOMS,
    TOTAL_VARIATION,
)
