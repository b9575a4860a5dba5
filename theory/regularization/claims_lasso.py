"""Claims about the lasso: the duality gap REG-12, optimality REG-09; the others are gathered here in reading order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.ask import NotOffered
from theory.core.bound import U64, absolute, gamma
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.regularization import oracle_lasso as oracle
from theory.regularization.bounds_lasso import curvatures, slack, suboptimality
from theory.regularization.cases_lasso import CERTIFIED, LASSO, centred
from theory.regularization.claims_ball import BALL_CLAIMS
from theory.regularization.claims_elastic import ELASTIC_CLAIMS
from theory.regularization.claims_laplace import LAPLACE_CLAIMS
from theory.regularization.claims_path import PATH_CLAIMS
from theory.regularization.claims_prox import PROX_CLAIMS
from theory.regularization.claims_threshold import THRESHOLD_CLAIMS
from theory.regularization.gaps_lasso import finite, intercept_gap, least, nothing, optimal, points

Floats = NDArray[np.float64]
WIDER = 8.0
"""How many times what ε-optimality allows a slope must stay below λ before its coefficient has to be 0 to the bit."""


def check_certificate(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The solver's gap and the gap at any point against exact rationals; P* by enumeration of 3^p sign patterns."""
    penalty = oracle.exacts(cases["penalty"])
    gaps, _ = optimal(cases, answer["coef"], answer["gap"], penalty, nothing(cases))
    if "converged" in answer:
        gaps = (*gaps, exactly("converged", answer["converged"], np.ones(cases.lanes)))
    try:
        plain = cases.with_settings(intercept=0)
        return (*gaps, *anywhere_gaps(answer.again("duality_gap", plain), plain))
    except NotOffered:
        return gaps


def anywhere_gaps(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Primal, dual, gap and θ at any β are the exact ones, and D ≤ P* as weak duality says; errors as in `slack`.

    |x_jᵀθ| ≤ nλ is judged where all of the penalty is ℓ1, for else θ is the upper part of a longer vector:
    θ and the check's own sums add |x_j|ᵀ|Δθ| + γ(n)|x_j|ᵀ|θ|.
    """
    coef, n = cases["coef"], cases["x"].shape[1]
    ratio = oracle.exacts(cases["ratio"])
    l1 = [s * r for s, r in zip(oracle.exacts(cases["penalty"]), ratio, strict=True)]
    l2 = [s * (1 - r) for s, r in zip(oracle.exacts(cases["penalty"]), ratio, strict=True)]
    seen, best = [], []
    for lane, (m, beta) in enumerate(zip(oracle.moments_of(cases), points(coef), strict=True)):
        seen.append(oracle.certificate(m, beta, l1[lane], l2[lane]))
        found = least(cases, lane, m, l1[lane], l2[lane])
        best.append(np.nan if found is None else oracle.nearest(found.value))
    primal, dual, gap, shrink = (np.array([oracle.nearest(s[k]) for s in seen]) for k in range(4))
    a, b = oracle.nearests(l1), oracle.nearests(l2)
    own = slack(cases, coef, a, b, cases.u)
    residual = cases["y"] - np.einsum("lnp,lp->ln", cases["x"], coef)
    known = ~np.isnan(best)
    size = np.abs(cases["x"])
    reach = np.abs(np.einsum("lnp,ln->lp", cases["x"], answer["theta"])).max(axis=1)
    off = np.einsum("lnp,ln->lp", size, own.theta + gamma(n, U64) * np.abs(answer["theta"])).max(axis=1)
    feasible = absolute(off, "|X|ᵀ(|Δθ| + γ(n)|θ|)")
    return (
        equal("P at any β", answer["primal"], primal, absolute(own.primal, "rounding of P")),
        equal("D at any β", answer["dual"], dual, absolute(own.dual, "rounding of D")),
        equal("gap at any β", answer["gap"], gap, absolute(own.gap, "rounding of P and D")),
        equal("θ = s (y − Xβ)", answer["theta"], shrink[:, None] * residual, absolute(own.theta, "rounding of θ")),
        at_most("|Xᵀθ| ≤ nλ", reach, n * a, feasible, b == 0),
        at_most("D ≤ P*", answer["dual"], np.where(known, best, 0.0), absolute(own.dual, "rounding of D"), known),
    )


def check_kkt(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """|x_jᵀr| ∕ n ≤ λ, with equality and the sign of β_j where β_j ≠ 0, as far as ε-optimality forces it.

    A step t along ±e_j lowers P by at least t v − t² L_j ∕ 2 where a condition is violated by v, and by t = v ∕ L_j at
    most ε is left to gain: v ≤ √(2 ε L_j). A step towards 0 ends at 0: min(v² ∕ 2L_j, v|β_j| ∕ 2) ≤ ε. ε counts the
    rounding of the gap. A slope that is WIDER √(2 ε Σ L) below λ belongs to a β_j that is 0 to the bit.
    """
    coef, with_means = answer["coef"], bool(cases.integer("intercept"))
    clean = np.nan_to_num(coef, nan=0.0, posinf=0.0, neginf=0.0)
    x, y, penalty = centred(cases["x"], with_means), centred(cases["y"], with_means), cases["penalty"][:, None]
    n, p = x.shape[1:]
    slope = np.einsum("lnp,ln->lp", x, y - np.einsum("lnp,lp->ln", x, clean)) / n
    allowed = suboptimality(cases, clean, cases["penalty"], np.zeros(cases.lanes))
    epsilon, bend = allowed.value[:, None], curvatures(cases)
    wide = np.abs(cases["x"]) + np.abs(cases["x"]).mean(axis=1, keepdims=True) * with_means
    whole = np.abs(cases["y"]) + np.abs(cases["y"]).mean(axis=1, keepdims=True) * with_means
    whole = whole + np.einsum("lnp,lp->ln", wide, np.abs(clean))
    own = gamma(2 * n + p + 8, U64) * np.einsum("lnp,ln->lp", wide, whole) / n
    reach = absolute(
        np.sqrt(2 * epsilon * bend) + own, f"√(2 L_j ({allowed.terms})) + γ(2n+p+8) |X|ᵀ(|y| + |X||β|) ∕ n"
    )
    violation = np.maximum(np.abs(slope - penalty * np.sign(clean)) - own, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.minimum(np.where(bend > 0, violation**2 / (2 * bend), np.inf), violation * np.abs(clean) / 2)
    far = WIDER * np.sqrt(2 * epsilon * bend.sum(axis=1, keepdims=True)) + own
    idle = np.abs(slope) < penalty - far
    gaps = (
        finite("coef", coef),
        at_most("|x_jᵀr| ∕ n ≤ λ", np.abs(slope), penalty, reach),
        at_most(
            "gain of a step along an active coordinate", gain, 0 * gain, absolute(epsilon, allowed.terms), clean != 0
        ),
        exactly("a coefficient that is not active is 0", coef, np.zeros_like(coef), idle),
    )
    if "intercept" not in answer:
        return gaps
    return (*gaps, intercept_gap("intercept", answer["intercept"], cases, clean))


LASSO_CLAIMS: tuple[Claim, ...] = (
    *PROX_CLAIMS,
    Claim(
        id="REG-12",
        version=1,
        title="The duality gap is a certificate",
        sentence="At any coefficients the gap bounds the distance of the objective from its minimum, it is computed "
        "as defined, and a solver stops only when it is as small as promised.",
        latex=r"P(\beta)-P^*\le P(\beta)-D(\theta),\quad \theta=r\,\min\Bigl(1,\frac{n\lambda}"
        r"{\lVert X^\top r\rVert_\infty}\Bigr),\quad D(\theta)=\frac{\lVert y\rVert^2-\lVert y-\theta\rVert^2}{2n}",
        source=(("kim2007", "section III"), ("fercoq2015", "section 2")),
        kind="certificate",
        asks="lasso",
        also=("duality_gap",),
        check=check_certificate,
        domain=CERTIFIED,
        parents=("REG-18",),
        needs=("coef", "gap"),
        lanes=8,
    ),
    Claim(
        id="REG-09",
        version=1,
        title="Each residual correlation is at most λ, and λ where a coefficient is active",
        sentence="A lasso solution meets the optimality conditions as far as its suboptimality allows, and inactive "
        "coefficients are 0 to the bit.",
        latex=r"\frac{|x_j^\top r|}{n}\le\lambda,\qquad \beta_j\ne0\Rightarrow\frac{x_j^\top r}{n}="
        r"\lambda\,\mathrm{sign}\,\beta_j",
        source=(("tibshirani2013", "section 2.1"), ("bach2012", "section 1.2")),
        kind="certificate",
        asks="lasso",
        check=check_kkt,
        domain=LASSO,
        parents=("REG-12",),
        needs=("coef",),
        lanes=32,
    ),
    *THRESHOLD_CLAIMS,
    *LAPLACE_CLAIMS,
    *PATH_CLAIMS,
    *ELASTIC_CLAIMS,
    *BALL_CLAIMS,
)
