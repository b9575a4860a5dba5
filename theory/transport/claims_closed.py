"""Claims about transport on the line: its closed forms, OT-07, how they scale, OT-25, and barycentres, OT-29."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np

from theory.core.ask import NotAnswered
from theory.core.bound import U64, Bound, absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.transport.cases_closed import FAMILY_DOMAIN, LINE_DOMAIN, MOVED_DOMAIN
from theory.transport.claims_gaussian import GAUSSIAN_CLAIMS
from theory.transport.claims_sliced import SLICED_CLAIMS
from theory.transport.oracle_closed import (
    Floats,
    Measure,
    barycentre,
    cost,
    enclosure,
    line_bound,
    line_costs,
    line_unit,
    measure,
    power,
)

LANES = 32
"""Problems a call: the oracles count in whole numbers, one problem at a time."""
MANY = 600
"""Problems in a call that is large enough for whatever an implementation does for large batches only."""
SOLVED = 4
"""Problems a call that are also solved as linear programmes."""
LATER = (1.0, 2.0, 3.0)
"""Exponents that are compared with each other."""


def _sizes(cases: Cases) -> tuple[int, int, float]:
    """n, m and p of two measures on the line."""
    return cases["x"].shape[1], cases["y"].shape[1], float(cases.settings["p"])


def _unit(cases: Cases) -> Floats:
    return line_unit((cases["x"], cases["a"]), (cases["y"], cases["b"]))


def check_line(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """W_p^p = ∫|F^{-1} − G^{-1}|^p against an exact merge, between a plan and potentials, and in a large batch too.

    For the bound see `line_bound`. Marginals and value of the solver's plan err by 4u (n + m), its costs by 2p + 2
    roundings. Equally many equally heavy points are matched in order, a case of the same formula.
    """
    n, m, p = _sizes(cases)
    unit = _unit(cases)
    bound, exact = line_bound(n, m, p, cases.u, unit), line_costs(cases, unit)
    found = power(answer["distance"], unit, p)
    even = np.asarray((cases["a"] == cases["a"][:, :1]).all(axis=1) & (cases["b"] == cases["a"][:, :1]).all(axis=1))
    k = min(n, m)
    gaps_in_order = np.abs(np.sort(cases["x"][:, :k], axis=1) - np.sort(cases["y"][:, :k], axis=1))
    in_order = power(gaps_in_order, unit[:, None], p).mean(axis=1)
    low, high = enclosure(cases["a"], cases["b"], _costs(cases, unit), SOLVED)
    solver = bound + rounding(8 * (n + m) + 4 * p, U64, "γ(8(n+m) + 4p) of the solver")
    gaps = [
        equal("W_p^p ÷ range^p = ∫|F⁻¹ − G⁻¹|^p", found, exact, bound),
        equal("W_p^p = Σ|x_(i) − y_(i)|^p / n", found, in_order, bound, even & (n == m)),
        at_most("W_p^p ≤ ⟨P, C⟩", found, high, solver, ~np.isnan(high)),
        at_most("⟨f, a⟩ + ⟨f^c, b⟩ ≤ W_p^p", low, found, solver, ~np.isnan(low)),
    ]
    if even.all() and n == m:
        copies = -(-MANY // cases.lanes)
        many = answer.again("wasserstein_1d", cases.take(np.tile(np.arange(cases.lanes), copies)))["distance"]
        turns = power(many.reshape(copies, -1).T, unit[:, None], p)
        gaps.append(equal("each of a large batch", turns, exact[:, None], _column(bound)))
    return tuple(gaps)


def _costs(cases: Cases, unit: Floats) -> Floats:
    """(|x_i − y_j| ÷ unit)^p: (lane, n, m)."""
    apart = np.abs(cases["x"][:, :, None] - cases["y"][:, None, :])
    return np.asarray((apart / unit[:, None, None]) ** float(cases.settings["p"]))


def _log(values: Array) -> Floats:
    """|ln v|, and 0 where v is 0 or no number."""
    return np.asarray(np.abs(np.log(np.where(values > 0, values, 1.0))))


def _column(bound: Bound) -> Bound:
    return Bound(np.broadcast_to(bound.value, bound.value.shape)[..., None], bound.terms)


def check_moved(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """W_p(sX+t, sY+t) = |s| W_p(X, Y), symmetry, W_p(X, X) = 0, W_p(δ_x, δ_y) = |x − y|, and W_p grows with p.

    s X + t is exact in this domain, so each side errs by `line_bound` only. Two Diracs: one difference, one power and
    one root with a rounded exponent, γ(4p + |ln|x − y|| + 8). W_p^q ≤ W_q^q for p < q (Jensen): an error of W_p^p
    counts q/p times.
    """
    n, m, p = _sizes(cases)
    s, t, unit, u = cases["s"], cases["t"], _unit(cases), cases.u
    bound, found = line_bound(n, m, p, u, unit), power(answer["distance"], unit, p)

    def ask(**arrays: Floats) -> Floats:
        return answer.again("wasserstein_1d", cases.with_arrays(**arrays))["distance"]

    moved = ask(x=s[:, None] * cases["x"] + t[:, None], y=s[:, None] * cases["y"] + t[:, None])
    turned = ask(x=cases["y"], a=cases["b"], y=cases["x"], b=cases["a"])
    itself = ask(y=cases["x"][:, ::-1].copy(), b=cases["a"][:, ::-1].copy())
    one = np.ones((cases.lanes, 1))
    dirac = ask(x=cases["x"][:, :1], a=one, y=cases["y"][:, :1], b=one)
    apart = np.abs(cases["x"][:, 0] - cases["y"][:, 0])
    alone, stretched = line_unit((cases["x"], cases["a"])), np.abs(s) * unit
    far = rounding(4 * p + _log(apart) + 8, u, "γ(4p + |ln|x − y|| + 8) |x − y|", apart)
    orders = {q: told / unit for q in LATER if (told := _of_order(answer, cases, q)) is not None}
    return (
        equal("W(sX+t, sY+t) = |s| W(X, Y)", power(moved, stretched, p), found,
              bound + line_bound(n, m, p, u, stretched)),
        equal("W(Y, X) = W(X, Y)", power(turned, unit, p), found, bound + bound),
        equal("W(X, X) = 0", power(itself, alone, p), np.zeros(cases.lanes), line_bound(n, n, p, u, alone)),
        equal("W(δ_x, δ_y) = |x − y|", dirac, apart, far),
        *(
            at_most(f"W_{q:g}^{r:g} ≤ W_{r:g}^{r:g}", orders[q] ** r, orders[r] ** r,
                    line_bound(n, m, q, u, unit).scaled(r / q, f"· {r:g}/{q:g}") + line_bound(n, m, r, u, unit))
            for q, r in itertools.pairwise(orders)
        ),
    )  # fmt: skip


def _of_order(answer: Answer, cases: Cases, p: float) -> Floats | None:
    """The same subject's W_p; None where it does not know this p."""
    try:
        return answer.again("wasserstein_1d", cases.with_settings(p=p))["distance"]
    except NotAnswered:
        return None


def _family(cases: Cases, lane: int) -> tuple[list[Measure], list[Fraction]]:
    """The measures of one lane, and t brought to sum 1."""
    t = [Fraction(v) for v in cases["t"][lane].tolist()]
    measures = [measure(x, a) for x, a in zip(cases["x"][lane].tolist(), cases["a"][lane].tolist(), strict=True)]
    return measures, [share / sum(t) for share in t]


def check_barycentre(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The answer is the measure with quantile function Σ t_k F_k^{-1}, and no other has a smaller Σ t_k W_2²(·, μ_k).

    R is the largest range, S the largest |x|. Cumulated masses err by γ(n+4), which moves W_1 by at most Σ t_k γ R, for
    Σ_k t_k (x_{k,i+1} − x_{k,i}) adds up to R; atoms err by γ(2k+2) S, for t sums to 1 up to γ(k) only; the masses add
    up to 1 within γ(kn+n+4). Then Σ t_k W_2² exceeds its minimum by W_2²(answer, barycentre) ≤ W_1 (R + 2 γ S).
    """
    x, a, u = cases["x"], cases["a"], cases.u
    lanes, k, n = x.shape
    support, mass = answer["support"], answer["mass"]
    R = line_unit(*((x[:, i], a[:, i]) for i in range(k)))
    S = np.where(a > 0, np.abs(x), 0).max(axis=(1, 2))
    near = rounding(2 * (n + 4), u, "γ(2n + 8) R", R) + rounding(2 * k + 4, u, "γ(2k + 4) S", S)
    far, least, reached, others = np.zeros(lanes), np.zeros(lanes), np.zeros(lanes), np.zeros((lanes, k))
    for lane in range(lanes):
        measures, t = _family(cases, lane)
        best, given = barycentre(measures, t), measure(support[lane].tolist(), np.maximum(mass[lane], 0).tolist())
        unit = Fraction(float(R[lane]))
        far[lane] = cost(given, best, 1, unit) * R[lane]
        reached[lane], least[lane] = (_objective(nu, measures, t, unit) for nu in (given, best))
        others[lane] = [_objective(nu, measures, t, unit) for nu in measures]
    value = Bound(near.value * (R + 2 * near.value) / R**2, f"({near.terms}) R ÷ R²") + absolute(
        gamma(4, U64) * least, "γ(4) of the oracle"
    )
    total = rounding(k * n + n + 4, u, "γ(kn + n + 4)")
    order = rounding(2 * k + 2, u, "γ(2k + 2) S", S[:, None])
    return (
        equal("W_1(answer, Σ t_k F_k⁻¹) = 0", far, np.zeros(lanes), near),
        equal("Σ mass = 1", mass.sum(axis=1), np.ones(lanes), total),
        exactly("mass ≥ 0", mass < 0, False),
        at_most("the support increases", support[:, :-1], support[:, 1:], order),
        equal("Σ t_k W_2²(answer, μ_k) ÷ R² = its minimum", reached, least, value),
        at_most("Σ t_k W_2²(answer, μ_k) ≤ Σ t_k W_2²(μ_j, μ_k)", reached[:, None], others, _column(value)),
    )


def _objective(nu: Measure, measures: list[Measure], t: list[Fraction], unit: Fraction) -> float:
    """Σ_k t_k W_2²(ν, μ_k) ÷ unit²."""
    return float(sum(share * Fraction(cost(nu, mu, 2, unit)) for share, mu in zip(t, measures, strict=True)))


CLOSED_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="OT-07",
        version=1,
        title="Closed forms on the line",
        sentence="On the line the quantile functions couple two measures at least cost for every exponent of at least "
        "1; equally many equally heavy points are matched in order, and for exponent 1 the cost is the area between "
        "the distribution functions.",
        latex=r"W_p^p(\mu,\nu)=\int_0^1\bigl|F^{-1}(q)-G^{-1}(q)\bigr|^p\,dq,\qquad W_1(\mu,\nu)=\int|F-G|\,dx",
        source=(("peyre2019", "section 2.6"), ("santambrogio2015", "chapter 2"), ("villani2003", "section 2.2")),
        kind="identity",
        asks="wasserstein_1d",
        check=check_line,
        domain=LINE_DOMAIN,
        needs=("distance",),
        parents=("OT-02",),
        lanes=LANES,
    ),
    Claim(
        id="OT-25",
        version=1,
        title="A distance that scales with the line",
        sentence="Stretching and shifting the line stretches the distance; it is symmetric, 0 from a measure to "
        "itself, the distance of the places for two point masses, and grows with the exponent.",
        latex=r"W_p(sX+t,\,sY+t)=|s|\,W_p(X,Y),\qquad W_p(\delta_x,\delta_y)=|x-y|,\qquad W_p\le W_q\ (p\le q)",
        source=(("villani2009", "chapter 6"), ("peyre2019", "section 2.4")),
        kind="identity",
        asks="wasserstein_1d",
        check=check_moved,
        domain=MOVED_DOMAIN,
        needs=("distance",),
        parents=("OT-07",),
        lanes=LANES,
    ),
    Claim(
        id="OT-29",
        version=1,
        title="Barycentre on the line",
        sentence="The measure with the least weighted sum of squared distances to given ones has the weighted mean of "
        "their quantile functions, not of their densities.",
        latex=r"F_{\bar\mu}^{-1}=\sum_kt_kF_k^{-1}=\arg\min_\nu\sum_kt_kW_2^2(\nu,\mu_k)",
        source=(("agueh2011", "section 6"), ("peyre2019", "section 9.2")),
        kind="identity",
        asks="barycentre_1d",
        check=check_barycentre,
        domain=FAMILY_DOMAIN,
        needs=("support", "mass"),
        parents=("OT-07",),
        lanes=16,
    ),
    *SLICED_CLAIMS,
    *GAUSSIAN_CLAIMS,
)
