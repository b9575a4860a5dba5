"""How optimal a solution is, exactly: its gaps against the exact minimum and the exact duality gap."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, absolute, gamma
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.regularization import oracle_lasso as oracle
from theory.regularization.bounds_lasso import REQUIRED, ROUNDED, required, slack, suboptimality
from theory.regularization.oracle_lasso import Minimum, Moments, Rational

Floats = NDArray[np.float64]
ENUMERABLE = 5
"""Largest number of coefficients whose 3^p sign patterns are tried."""


class Optimality(NamedTuple):
    """Exact figures of a point, rounded once: above (lane,) = P − P*, gap and primal (lane,); and where they are from.

    known (lane,): whether the minimum was found, which for many coefficients needs a lucky guess.
    """

    above: Floats
    gap: Floats
    primal: Floats
    known: NDArray[np.bool_]
    minima: list[Minimum | None]


def points(coef: Array) -> list[list[Rational]]:
    """Rationals of coefficients (lane, p); what is not finite counts as 0 here and is refuted elsewhere."""
    finite = np.nan_to_num(coef, nan=0.0, posinf=0.0, neginf=0.0)
    return [oracle.exacts(row) for row in finite]


def finite(label: str, values: Array) -> Gap:
    """No entry is NaN or infinite."""
    return exactly(f"{label} is finite", np.isfinite(values), np.ones(values.shape))


def least(cases: Cases, lane: int, m: Moments, l1: Rational, l2: Rational) -> Minimum | None:
    """The exact minimum of a lane; for many coefficients only where a least-angle path guesses the signs, else None."""
    if len(m.cross) <= ENUMERABLE:
        return oracle.minimum(m, l1, l2)
    if l2 != 0:
        return None
    signs = oracle.guess(cases["x"][lane], cases["y"][lane], oracle.nearest(l1), bool(cases.settings.get("intercept")))
    try:
        return oracle.minimum(m, l1, l2, signs)
    except oracle.NoMinimum:
        return None


def optimality(cases: Cases, coef: Array, l1: list[Rational], l2: list[Rational]) -> Optimality:
    """Exact figures at coef (lane, p) of l1 ‖β‖₁ + l2 ‖β‖² ∕ 2 beside ‖y − Xβ‖² ∕ 2n."""
    above, gap, primal, minima = [], [], [], []
    for lane, (m, beta) in enumerate(zip(oracle.moments_of(cases), points(coef), strict=True)):
        seen = oracle.certificate(m, beta, l1[lane], l2[lane])
        best = least(cases, lane, m, l1[lane], l2[lane])
        above.append(oracle.nearest(seen.primal - best.value) if best else 0.0)
        gap.append(oracle.nearest(seen.gap))
        primal.append(oracle.nearest(seen.primal))
        minima.append(best)
    known = np.array([best is not None for best in minima])
    return Optimality(np.array(above), np.array(gap), np.array(primal), known, minima)


def nothing(cases: Cases) -> list[Rational]:
    """No second penalty."""
    return [oracle.exact(0)] * cases.lanes


def optimal(
    cases: Cases, coef: Array, gap: Array | None, l1: list[Rational], l2: list[Rational]
) -> tuple[tuple[Gap, ...], Optimality]:
    """A solution's gaps: the gap it reports is the exact one at it, is as small as required, and so P − P* is.

    Bounds: `slack` for the reported gap, ε = 16(n+p+8)u‖y‖² ∕ 2n for its size, both together for P − P*, in rationals.
    """
    a, b = oracle.nearests(l1), oracle.nearests(l2)
    seen = optimality(cases, coef, l1, l2)
    clean = np.nan_to_num(coef, nan=0.0, posinf=0.0, neginf=0.0)
    allowed = suboptimality(cases, clean, a, b)
    nought = np.zeros(cases.lanes)
    gaps = [finite("coef", coef), at_most("P(β) ≤ P*", seen.above, nought, allowed, seen.known)]
    if gap is not None:
        own = slack(cases, clean, a, b, cases.u)
        exactly_as_defined = absolute(own.gap + own.moments, ROUNDED)
        gaps.append(equal("reported gap = exact gap", gap, seen.gap, exactly_as_defined, a > 0))
        gaps.append(at_most("reported gap ≤ ε", gap, nought, absolute(required(cases), REQUIRED)))
    return tuple(gaps), seen


def intercept_gap(label: str, found: Array, cases: Cases, coef: Floats) -> Gap:
    """β₀ = ȳ − x̄ᵀβ (lane,), at which the residuals sum to 0, and 0 without an intercept.

    Means and their sum are γ(n+p+4)(mean|y| + mean|X| |β|), in the subject's arithmetic (which may take the means of
    what is left again, so twice) and in the check's.
    """
    on = cases.integer("intercept")
    right = on * (cases["y"].mean(axis=1) - (cases["x"].mean(axis=1) * coef).sum(axis=1))
    size = np.abs(cases["y"]).mean(axis=1) + (np.abs(cases["x"]).mean(axis=1) * np.abs(coef)).sum(axis=1)
    steps = 2 * (cases["x"].shape[1] + cases["x"].shape[2] + 4)
    bound = absolute(on * (gamma(steps, cases.u) + gamma(steps, U64)) * size, "γ(2n+2p+8)(mean|y| + mean|X| |β|)")
    return equal(f"{label} = ȳ − x̄ᵀβ", found, right, bound)
