"""Claim about the elastic net: REG-15."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.ask import NotOffered
from theory.core.bound import absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal
from theory.regularization import oracle_lasso as oracle
from theory.regularization.bounds_lasso import REQUIRED, ROUNDED, suboptimality
from theory.regularization.cases_lasso import ELASTIC, centred
from theory.regularization.gaps_lasso import ENUMERABLE, Optimality, intercept_gap, optimal, optimality
from theory.regularization.oracle_lasso import Rational

Floats = NDArray[np.float64]
WORDS = f"√(2({REQUIRED} + {ROUNDED}) ∕ λ₂)"


def penalties(cases: Cases) -> tuple[list[Rational], list[Rational]]:
    """λρ and λ(1 − ρ) of every lane, exact."""
    pairs = list(zip(oracle.exacts(cases["penalty"]), oracle.exacts(cases["ratio"]), strict=True))
    return [s * r for s, r in pairs], [s * (1 - r) for s, r in pairs]


def check_elastic(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The exact minimum by enumeration; the only one for λ₂ > 0; grouped; and the lasso on p rows more.

    P is strongly convex with modulus λ₂, so ‖β − β*‖² ≤ 2(P − P*) ∕ λ₂. At β*, λ₂(β_i − β_j) = (x_i − x_j)ᵀr ∕ n for
    two of the same sign and ‖r‖ ≤ ‖y‖, hence |β_i − β_j| ≤ ‖x_i − x_j‖‖y‖ ∕ nλ₂ (Zou & Hastie 2005, theorem 1).
    """
    l1, l2 = penalties(cases)
    a, b = oracle.nearests(l1), oracle.nearests(l2)
    gaps, seen = optimal(cases, answer["coef"], answer.get("gap"), l1, l2)
    coef = np.nan_to_num(answer["coef"], nan=0.0, posinf=0.0, neginf=0.0)
    p = coef.shape[1]
    if "intercept" in answer:
        gaps = (*gaps, intercept_gap("intercept", answer["intercept"], cases, coef))
    if p > ENUMERABLE:
        return gaps
    best = oracle.nearests([found.beta for found in seen.minima if found])
    strict = b > 0
    divisor = np.where(strict, b, 1.0)
    off = np.sqrt(2 * suboptimality(cases, coef, a, b).value / divisor)
    x, y = (centred(cases[name], bool(cases.integer("intercept"))) for name in ("x", "y"))
    apart = np.linalg.norm(x[:, :, :, None] - x[:, :, None, :], axis=1)  # (lane, p, p)
    reach = apart * (np.linalg.norm(y, axis=1) / (x.shape[1] * divisor))[:, None, None]
    same = (best[:, :, None] * best[:, None, :] > 0) & strict[:, None, None]
    between = np.abs(coef[:, :, None] - coef[:, None, :])
    two = absolute(2 * off[:, None, None] + gamma(cases["x"].shape[1] + 8, cases.u) * reach, f"2 {WORDS}")
    gaps = (
        *gaps,
        equal("β = β*", coef, best, absolute(off[:, None], WORDS), strict[:, None]),
        at_most("|β_i − β_j| ≤ ‖x_i − x_j‖‖y‖ ∕ nλ₂", between, reach, two, same),
    )
    if cases.integer("intercept"):
        return gaps
    try:
        return (*gaps, _augmented(answer, cases, seen, l1, l2))
    except NotOffered:
        return gaps


def _augmented(answer: Answer, cases: Cases, seen: Optimality, l1: list[Rational], l2: list[Rational]) -> Gap:
    """The lasso on √(nλ₂) I below X and 0 below y at nλ₁ ∕ (n + p) solves the elastic net.

    Its P is that of the elastic net times n ∕ (n + p). Rounding the root and the penalty moves P by γ(6) of both
    penalties' parts, at its own solution and at β*, where they are at most P(β*).
    """
    a, b = oracle.nearests(l1), oracle.nearests(l2)
    lanes, n, p = cases["x"].shape
    below = np.sqrt(n * b)[:, None, None] * np.eye(p)
    longer = cases.with_arrays(
        x=np.concatenate([cases["x"], below], axis=1),
        y=np.concatenate([cases["y"], np.zeros((lanes, p))], axis=1),
        penalty=a * n / (n + p),
    ).rounded()
    known = (a > 0) & (longer["penalty"] > 0)
    coef = np.nan_to_num(answer.again("lasso", longer)["coef"], nan=0.0, posinf=0.0, neginf=0.0)
    own = optimality(cases, coef, l1, l2)
    allowed = suboptimality(longer, coef, longer["penalty"], np.zeros(lanes)).scaled((n + p) / n, "(n + p) ∕ n")
    moved = rounding(6, cases.u, "γ(6)(P + P*)", 2 * own.primal)
    return at_most(
        "the lasso on longer data: P(β) ≤ P*", own.above, np.zeros(lanes), allowed + moved, known & seen.known
    )


ELASTIC_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="REG-15",
        version=1,
        title="The elastic net is a lasso on longer data, and groups columns that are alike",
        sentence="The elastic net has one solution, that of the lasso with √(nλ₂) I below X, and the coefficients of "
        "two columns differ at most as the columns do.",
        latex=r"|\beta_i-\beta_j|\le\frac{\lVert x_i-x_j\rVert\,\lVert y\rVert}{n\lambda_2},\quad "
        r"\beta=\mathrm{lasso}\binom{X}{\sqrt{n\lambda_2}\,I}",
        source=(("zou2005", "Lemma 1, Theorem 1"),),
        kind="certificate",
        asks="elastic_net",
        also=("lasso",),
        check=check_elastic,
        domain=ELASTIC,
        parents=("REG-12",),
        needs=("coef",),
        lanes=8,
    ),
)
