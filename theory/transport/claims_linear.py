"""Claims about cost, plan and the two programmes: OT-19 … OT-22, OT-24, OT-10."""

from __future__ import annotations

import numpy as np

from theory.core.bound import ZERO, Bound
from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, exactly
from theory.transport.cases_linear import MAPPED_PROGRAMME, PROGRAMME, whole
from theory.transport.certificate import (
    compare,
    dual_value,
    forest,
    in_rationals,
    is_exact,
    lifted,
    lowered,
    slack,
    transport_cost,
)
from theory.transport.claims_points import COST, MOVED_COST
from theory.transport.oracle_linear import (
    COMPETITORS,
    best_permutation,
    enclosure,
    largest,
    random_vertex,
    reach,
    rounded_bound,
    total,
    transformed,
)


def sizes(cases: Cases) -> tuple[int, int, int]:
    """n, m and N = n + m."""
    n, m = cases["C"].shape[1:]
    return n, m, n + m


def value_bound(cases: Cases, *answered: Array) -> Bound:
    """How far rounding takes the value of an optimal vertex or of optimal potentials from W: (lane,).

    Flows err by γ(2N) T, potentials by γ(2N) R with R = 2 min(n, m) S, the length of the longest tight path; so does
    every reduced cost that decides a pivot. Mass times price: γ(4N) T R.
    """
    return rounded_bound(4 * sizes(cases)[2], cases, total(cases) * reach(cases["C"]), "γ(4N) T R", *answered)


@np.errstate(invalid="ignore", over="ignore")
def check_plan(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """P ≥ 0, P1 = a, Pᵀ1 = b, and nothing leaves or reaches a point of weight 0.

    On whole numbers exactly. Else each flow of a vertex is a signed sum of at most N weights, γ(N) T; adding up a row
    costs γ(N) T more.
    """
    P, a, b = answer["plan"], cases["a"], cases["b"]
    bound = rounded_bound(2 * sizes(cases)[2], cases, total(cases)[:, None], "γ(2N) T")
    idle = (a == 0)[:, :, None] | (b == 0)[:, None, :]
    return (
        compare("P1 = a", P.sum(axis=2), "=", a, bound),
        compare("Pᵀ1 = b", P.sum(axis=1), "=", b, bound),
        compare("P ≥ 0", -P, "<=", np.zeros_like(P), ZERO),
        exactly("no mass where the weight is 0", lowered(P), 0, idle),
    )


@np.errstate(invalid="ignore", over="ignore")
def check_primal(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """W is what the plan costs, and no other plan costs less: random vertices, every permutation, another solver's.

    The product sums nm terms, of total at most T S: γ(nm+1) T S. For the comparison see `value_bound`. That no plan at
    all costs less is told by another solver's potentials (weak duality, OT-01).
    """
    a, b, C, value = cases["a"], cases["b"], cases["C"], answer["cost"]
    n, m, _ = sizes(cases)
    bound, rng = value_bound(cases), np.random.default_rng(n * m)
    others = np.stack([transport_cost(random_vertex(rng, a, b), C) for _ in range(COMPETITORS)], axis=1)
    least, most = enclosure(cases)
    gaps = [
        compare("W ≤ ⟨Q, C⟩, random vertices Q", value[:, None], "<=", others, _column(bound)),
        compare("W ≤ another solver's plan", value, "<=", most, bound),
        compare("another solver's potentials ≤ W", least, "<=", value, bound),
    ]
    if "plan" in answer:
        product = rounded_bound(n * m + 1, cases, total(cases) * largest(C), "γ(nm+1) T S")
        gaps.append(compare("W = ⟨P, C⟩", value, "=", transport_cost(answer["plan"], C), product))
    if n == m <= 5:
        uniform = (a == a[:, :1]).all(axis=1) & (b == a[:, :1]).all(axis=1)
        best = best_permutation(C) * a[:, 0]
        gaps.append(compare("W ≤ every permutation", value, "<=", best, bound, uniform))
    return tuple(gaps)


def _column(bound: Bound) -> Bound:
    return Bound(bound.value[:, None], bound.terms)


@np.errstate(invalid="ignore", over="ignore")
def check_dual(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Everywhere f ⊕ g ≤ C, and no other feasible pair is worth more: random f with f^c, another solver's pair.

    A potential is at most R = 2 min(n, m) S and carries the rounding of one subtraction and of its storage:
    f + g − C ≤ γ(4) 2R. For the values see `value_bound`.
    """
    f, g, a, b, C = answer["f"], answer["g"], cases["a"], cases["b"], cases["C"]
    rng = np.random.default_rng(sum(C.shape))
    value, bound = dual_value(f, g, a, b), value_bound(cases, f, g)
    room = rounded_bound(4, cases, 2 * reach(C)[:, None, None], "γ(4) 2R", f, g)
    others = np.stack([_random_value(rng, cases) for _ in range(COMPETITORS)], axis=1)
    return (
        exactly("f and g are finite", np.isfinite(np.concatenate([lowered(f), lowered(g)], axis=1)), True),
        compare("f ⊕ g ≤ C", -slack(C, f, g), "<=", np.zeros_like(C), room),
        compare("⟨f, a⟩ + ⟨g, b⟩ ≥ that of random f and f^c", others, "<=", value[:, None], _column(bound)),
        compare("⟨f, a⟩ + ⟨g, b⟩ ≥ another solver's", enclosure(cases)[0], "<=", value, bound),
    )


def _random_value(rng: np.random.Generator, cases: Cases) -> Array:
    """The dual value of a random f, of the size of the costs and whole where they are, and of g = f^c: (lane,)."""
    a, b, C = cases["a"], cases["b"], cases["C"]
    f = rng.standard_normal(a.shape) * largest(C)[:, None]
    f = np.where((lowered(C) % 1 == 0).all(axis=(1, 2))[:, None], np.rint(f), f)
    f = lifted(f) if is_exact(C) else f
    return dual_value(f, transformed(f, C), a, b)


@np.errstate(invalid="ignore", over="ignore")
def check_maps(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """W_{sC+k} = s W_C + k Σa for s ≥ 0; W_{Cᵀ}(b, a) = W_C(a, b); shuffled points shuffle the plan.

    Rounding sC + k moves each cost by 2u (sS + |k|), hence W by that times T; else see `value_bound`. The plan itself
    is determined where the cells with f_i + g_j = C_ij form a forest: every optimal plan lives there.
    """
    a, b, C, s, k = (cases[name] for name in ("a", "b", "C", "s", "k"))
    T, cost, bound = total(cases), answer["cost"], value_bound(cases)
    mapped = cases.with_arrays(C=s[:, None, None] * C + k[:, None, None]).rounded()
    stretched = Bound(np.abs(s) * bound.value, "s γ(4N) T R") + value_bound(mapped)
    moved = rounded_bound(4, cases, T * (np.abs(s) * largest(C) + np.abs(k)), "4u T (sS + |k|)")
    turned = cases.with_arrays(a=b, b=a, C=C.transpose(0, 2, 1).copy())
    rng = np.random.default_rng(sum(C.shape))
    rows, columns = rng.permutation(a.shape[1]), rng.permutation(b.shape[1])
    shuffled = answer.again("solve", cases.with_arrays(a=a[:, rows], b=b[:, columns], C=C[:, rows][:, :, columns]))
    twice = Bound(2 * bound.value, "2γ(4N) T R")
    gaps = [
        compare("W_{sC+k} = sW_C + kΣa", answer.again("solve", mapped)["cost"], "=", s * cost + k * a.sum(axis=1),
                stretched + moved),
        compare("the transposed problem", answer.again("solve", turned)["cost"], "=", cost, twice),
        compare("shuffled points: cost", shuffled["cost"], "=", cost, twice),
    ]  # fmt: skip
    if all(name in answer for name in ("plan", "f", "g")):
        f, g = answer["f"], answer["g"]
        alone = forest(slack(C, f, g) == 0) & (value_bound(cases, f, g).value == 0) & whole(cases)
        plan = answer["plan"][:, rows][:, :, columns]
        gaps.append(exactly("shuffled points: plan", shuffled["plan"], plan, alone[:, None, None]))
    return tuple(gaps)


PLAN = Claim(
    id="OT-20",
    version=1,
    title="A plan is a coupling",
    sentence="A transport plan is non-negative, sends out exactly what each source has, and brings exactly what each "
    "target needs.",
    latex=r"P\ge 0,\qquad P\mathbf 1=a,\qquad P^{\top}\mathbf 1=b",
    source=(("kantorovich1942", "whole paper"), ("peyre2019", "section 2.3")),
    kind="identity",
    asks="solve",
    check=check_plan,
    exact=in_rationals(check_plan),
    domain=PROGRAMME,
    needs=("plan",),
    parents=("OT-19",),
)
PRIMAL = Claim(
    id="OT-21",
    version=1,
    title="The primal programme",
    sentence="The transport cost is the least that any plan costs.",
    latex=r"W_C(a,b)=\min_{P\ge 0,\ P\mathbf 1=a,\ P^{\top}\mathbf 1=b}\langle P,C\rangle",
    source=(("kantorovich1942", "whole paper"), ("villani2003", "chapter 1"), ("peyre2019", "section 2.3")),
    kind="inequality",
    asks="solve",
    check=check_primal,
    exact=in_rationals(check_primal),
    domain=PROGRAMME,
    needs=("cost",),
    parents=("OT-20",),
)
DUAL = Claim(
    id="OT-22",
    version=1,
    title="The dual programme",
    sentence="The potentials of the sources and of the targets never add up to more than the cost between them, and "
    "no such pair is worth more.",
    latex=r"f_i+g_j\le C_{ij},\qquad \langle f,a\rangle+\langle g,b\rangle="
    r"\max_{u\oplus v\le C}\ \langle u,a\rangle+\langle v,b\rangle",
    source=(("kantorovich1942", "whole paper"), ("peyre2019", "section 2.5")),
    kind="inequality",
    asks="solve",
    check=check_dual,
    exact=in_rationals(check_dual),
    domain=PROGRAMME,
    needs=("f", "g"),
    parents=("OT-21", "OT-19"),
)
MAPS = Claim(
    id="OT-10",
    version=1,
    title="Mapped costs and shuffled points",
    sentence="A factor on all costs multiplies the transport cost, a constant adds itself times the mass, and neither "
    "the names of the points nor the direction of the transport matter.",
    latex=r"W_{sC+k}(a,b)=s\,W_C(a,b)+k\sum_i a_i,\qquad W_{C^{\top}}(b,a)=W_C(a,b)",
    source=(("peyre2019", "section 2.4"),),
    kind="identity",
    asks="solve",
    check=check_maps,
    domain=MAPPED_PROGRAMME,
    needs=("cost",),
    parents=("OT-02",),
    lanes=64,
)

LINEAR_CLAIMS: tuple[Claim, ...] = (COST, PLAN, PRIMAL, DUAL, MOVED_COST, MAPS)
