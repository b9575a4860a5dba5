"""Claim about least squares within a bound on ‖β‖₁: REG-16."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.ask import NotOffered
from theory.core.bound import absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal
from theory.regularization import oracle_lasso as oracle
from theory.regularization.bounds_lasso import REQUIRED, ROUNDED, curvatures, required, slack
from theory.regularization.cases_lasso import BALLS
from theory.regularization.gaps_lasso import finite, points

Floats = NDArray[np.float64]
EPSILON = f"{REQUIRED} + {ROUNDED}"
SMALL = f"2t√(2εL) + 2ε, ε = {EPSILON}"


def clean(values: Floats) -> Floats:
    """What is not finite counts as 0 here; it is refuted by a gap of its own."""
    return np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)


def epsilon(cases: Cases, coef: Floats, penalty: Floats) -> Floats:
    """How far above its minimum the lasso at this multiplier may be: (lane,)."""
    own = slack(cases, coef, penalty, np.zeros(cases.lanes), cases.u)
    return np.asarray(required(cases) + 2 * own.primal + own.moments)


def small(cases: Cases, coef: Floats, radius: Floats, penalty: Floats) -> Floats:
    """What the Frank–Wolfe gap of an ε-optimal lasso of norm t may be: 2t√(2εL) + 2ε, (lane,).

    |g_j| ≤ λ + √(2εL) adds t√(2εL). Shrinking β by τ lowers P by τc − τ²‖Xβ‖² ∕ 2n with c = λ‖β‖₁ − gᵀβ, so
    c ≤ max(√(2ε)‖Xβ‖ ∕ √n, 2ε) ≤ t√(2εL) + 2ε.
    """
    value = epsilon(cases, coef, penalty)
    bend = curvatures(cases).max(axis=1)
    return np.asarray(2 * radius * np.sqrt(2 * value * bend) + 2 * value)


def gap_error(cases: Cases, coef: Floats, radius: Floats) -> Floats:
    """Rounding of ∇fᵀβ + t‖∇f‖∞: ∇f is off by γ(n+2p+8)|X|ᵀ(|y| + |X||β|) ∕ n, and the sum by γ(p+4) of it."""
    n, p = cases["x"].shape[1:]
    x = np.abs(cases["x"])
    whole = np.abs(cases["y"]) + np.einsum("lnp,lp->ln", x, np.abs(coef))
    slope = np.einsum("lnp,ln->lp", x, whole).max(axis=1) / n
    return np.asarray(gamma(n + 3 * p + 12, cases.u) * slope * (np.abs(coef).sum(axis=1) + radius))


def check_ball(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """In the ball, with the exact Frank–Wolfe gap, near the exact minimum and multiplier; and the lasso comes back.

    f(β) − f* ≤ gap for convex f (Jaggi 2013, (2)). ‖X(β − β*)‖² ≤ 2n(f − f*), so a slope and the multiplier ‖∇f‖∞ are
    off by √(2 gap L). f* and λ* are by enumeration in rationals.
    """
    radius, p = cases["radius"], cases["x"].shape[2]
    coef = clean(answer["coef"])
    exact, above, penalty = [], [], []
    for m, beta, t in zip(oracle.moments_of(cases), points(coef), oracle.exacts(radius), strict=True):
        best = oracle.constrained(m, t)
        exact.append(oracle.nearest(oracle.frank_wolfe(m, beta, t)))
        above.append(oracle.nearest(oracle.objective(m, beta, oracle.exact(0), oracle.exact(0)) - best.value))
        penalty.append(oracle.nearest(best.penalty))
    multiplier = np.array(penalty)
    allowed, off = small(cases, coef, radius, multiplier), gap_error(cases, coef, radius)
    rounded = absolute(off, "γ(n+3p+12)(‖β‖₁ + t) max|X|ᵀ(|y| + |X||β|) ∕ n")
    turned = absolute(_turn(cases, allowed + off), "√(2 gap L)") + absolute(off / radius, "rounding of ∇f")
    gaps = (
        finite("coef", answer["coef"]),
        at_most("‖β‖₁ ≤ t", np.abs(coef).sum(axis=1), radius, rounding(p + 4, cases.u, "γ(p+4) t", radius)),
        equal("reported gap = exact Frank–Wolfe gap", answer["gap"], exact, rounded),
        at_most("gap is small", answer["gap"], np.zeros(cases.lanes), absolute(allowed, SMALL) + rounded),
        at_most("f(β) − f* ≤ gap", above, answer["gap"], rounded),
        equal("multiplier", answer["penalty"], multiplier, turned),
    )
    try:
        return (*gaps, *_round_trip(answer, cases))
    except NotOffered:
        return gaps


def _turn(cases: Cases, above: Floats) -> Floats:
    """√(2 above L): how far slopes are from those at the minimum when f is no more above it: (lane,)."""
    return np.asarray(np.sqrt(2 * np.maximum(above, 0.0) * curvatures(cases).max(axis=1)))


def _round_trip(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The lasso at λ solves the problem of radius t = ‖β̂‖₁: no Frank–Wolfe gap, and from t the multiplier is λ again.

    Rounding t moves f* by λ u t. The multiplier is off by √(2 gap L) of either solution and by √(2εL).
    """
    lasso = clean(answer.again("lasso", cases)["coef"])
    penalty, size = cases["penalty"], np.abs(lasso).sum(axis=1)
    some = size > 0
    ball = cases.with_arrays(radius=np.where(some, size, 1.0)).rounded()
    radius = ball["radius"]
    exact = [
        oracle.nearest(oracle.frank_wolfe(m, beta, sum((abs(b) for b in beta), oracle.exact(0))))
        for m, beta in zip(oracle.moments_of(cases), points(lasso), strict=True)
    ]
    there = answer.again("constrained_l1", ball)
    allowed = small(cases, lasso, size, penalty)
    back = small(ball, clean(there["coef"]), radius, penalty) + gap_error(ball, clean(there["coef"]), radius)
    back = back + rounding(2, cases.u, "", penalty * size).value
    turned = _turn(cases, allowed) + _turn(cases, back) + _turn(cases, epsilon(cases, lasso, penalty))
    turned = turned + gap_error(ball, clean(there["coef"]), radius) / radius
    return (
        at_most("the lasso has no Frank–Wolfe gap", exact, np.zeros(cases.lanes), absolute(allowed, SMALL)),
        equal("the multiplier of ‖β̂‖₁ is λ", there["penalty"], penalty, absolute(turned, "3√(2 gap L)"), some),
    )


BALL_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="REG-16",
        version=1,
        title="A bound on the ℓ1 norm is an ℓ1 penalty",
        sentence="Least squares within ‖β‖₁ ≤ t is the lasso at the bound's multiplier, and a Frank–Wolfe gap of 0 "
        "proves either without a solver.",
        latex=r"\nabla f(\hat\beta)^\top\hat\beta+t\lVert\nabla f(\hat\beta)\rVert_\infty=0\iff"
        r"\hat\beta\in\arg\min_{\lVert\beta\rVert_1\le t}f(\beta),\quad t=\lVert\hat\beta\rVert_1",
        source=(("jaggi2013", "section 2"), ("hastie2009", "section 3.4.2")),
        kind="certificate",
        asks="constrained_l1",
        also=("lasso",),
        check=check_ball,
        domain=BALLS,
        parents=("REG-09",),
        needs=("coef", "gap", "penalty"),
        lanes=8,
    ),
)
