"""Ridge as a posterior mode and as least squares within a ball: REG-06, REG-19."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal
from theory.regularization import bounds_ridge as bounds
from theory.regularization import oracle_ridge as oracle
from theory.regularization.cases_prior import BALLS, PRIORS, as_penalty

Floats = NDArray[np.float64]


def check_posterior(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """λ = σ² ∕ τ²; mean, covariance and the slope of −log p(β | y), all in rationals of the floats in the question.

    The slope is the residual of the normal equations ÷ σ². λ itself is rounded, γ(2), which is part of ΔG. The
    covariance is σ² (XᵀX + λI)⁻¹, `Sizes.inverse`; a posterior variance is at most the prior's.
    """
    exact, size = oracle.exact_posterior(cases), bounds.sizes_of(as_penalty(cases), "any")
    coef, noise, prior = answer["coef"], cases["noise_variance"], cases["prior_variance"]
    slope, zero = oracle.score_norm(cases, coef), np.zeros(cases.lanes)
    bound, rest = bounds.coef_bound(size, exact.mean), bounds.residual_bound(size, coef)
    spread = absolute((noise * size.inverse())[:, None, None], "σ² [(2δ steep + g) ∕ floor + ΔG ∕ floor²]")
    variance = np.diagonal(answer["covariance"], axis1=1, axis2=2)
    same = replace(as_penalty(cases).with_arrays(penalty=answer["penalty"]))
    return (
        equal("λ", answer["penalty"], exact.penalty, rounding(2, cases.u, "γ(2) λ", exact.penalty)),
        equal("slope of −log p(β | y)", slope, zero, rest.scaled(1 / noise, "∕ σ²")),
        equal("posterior mean", coef, exact.mean, bound),
        equal("posterior covariance", answer["covariance"], exact.covariance, spread),
        at_most("variance ≤ τ²", variance, prior[:, None], absolute(spread.value[..., 0], spread.terms)),
        equal("ridge at this λ", answer.again("ridge", same)["coef"], coef, bound.scaled(2.0, "· 2")),
    )


def check_ball(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """‖β‖ ≤ t, λ ≥ 0, λ > 0 only where ‖β‖ = t, and Xᵀ(y − Xβ) = λβ: then no β in the ball does better.

    That is also said without λ: ∇fᵀβ + t‖∇f‖ ≥ f(β) − min f for f = ½‖y − Xβ‖², ∇f in rationals at the floats β; with
    Xᵀ(y − Xβ) = λβ + e it is at most 2t‖e‖ + λt|t − ‖β‖|. ‖β‖ is a sum of squares turned back by V: γ(n + 3p² + 8).
    The ridge that λ names differs by ‖e‖ ∕ floor and by its own bound.
    """
    coef, t, penalty = answer["coef"], cases["radius"], answer["penalty"]
    slope = oracle.gradient(cases, coef)
    arrays = {"x": cases["x"], "y": cases["y"], "penalty": np.maximum(penalty, 0)}
    same = replace(cases, arrays=arrays, settings={"intercept": 0, "solver": "svd"})
    size = bounds.sizes_of(same)
    length, zero = np.linalg.norm(coef, axis=1), np.zeros(cases.lanes)
    edge = absolute(size.unit * t, "γ(n + 3p² + 8) t") + rounding(coef.shape[1] + 2, U64, "γ64(p+2) t", t)
    rest = bounds.residual_bound(size, coef)
    steep = np.linalg.norm(slope, axis=1)
    regret = (slope * coef).sum(axis=1) + t * steep
    own = rounding(coef.shape[1] + 4, U64, "γ64(p+4) 2t‖∇f‖", 2 * t * steep)
    best = rest.scaled(2 * t, "2t") + edge.scaled(penalty * t, "λt") + own
    away = rest.value / size.floor(size.unit * size.frobenius)
    ridge = bounds.coef_bound(size, coef) + absolute(away[:, None], "‖e‖ ∕ floor")
    return (
        at_most("‖β‖ ≤ t", length, t, edge),
        at_most("λ ≥ 0", -penalty, zero, absolute(0.0, "0 (exact)")),
        equal("‖β‖ = t where λ > 0", length, t, edge, penalty > 0),
        equal("Xᵀ(y − Xβ) = λβ", np.linalg.norm(slope + penalty[:, None] * coef, axis=1), zero, rest),
        at_most("∇fᵀβ + t‖∇f‖ ≤ 0", regret, zero, best),
        equal("ridge at this λ", answer.again("ridge", same)["coef"], coef, ridge, (penalty > 0)[:, None]),
        *_least_norm(answer, cases),
    )


def _least_norm(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """λ = 0 where the least-norm solution is inside by more than rounding, and then it is the answer; else λ > 0."""
    free = replace(
        cases, arrays={"x": cases["x"], "y": cases["y"], "penalty": np.zeros(cases.lanes)}, settings={"intercept": 0}
    )
    exact, size = oracle.exact_ridge(free).coef, bounds.sizes_of(free, "svd")
    bound, length = bounds.coef_bound(size, exact), np.linalg.norm(exact, axis=1)
    slack = bound.value[:, 0] + gamma(exact.shape[1] + 8, cases.u) * length
    inside, outside = length <= cases["radius"] - slack, length >= cases["radius"] + slack
    zero = np.zeros(cases.lanes)
    return (
        equal("λ = 0 inside", answer["penalty"], zero, absolute(0.0, "0 (exact)"), inside),
        equal("β of least norm inside", answer["coef"], exact, bound, inside[:, None]),
        equal("λ > 0 outside", answer["penalty"] > 0, np.ones(cases.lanes), absolute(0.0, "0 (exact)"), outside),
    )


RIDGE_PRIOR_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="REG-06",
        version=1,
        title="A Gaussian prior is a ridge penalty",
        sentence="With noise of variance σ² and independent Gaussian priors of variance τ² the posterior's mode is "
        "ridge regression with λ = σ²∕τ², and its covariance the inverse of the Hessian.",
        latex=r"\lambda=\frac{\sigma^2}{\tau^2},\qquad "
        r"\operatorname{Cov}(\beta\mid y)=\sigma^2(X^\top X+\lambda I)^{-1}",
        source=(("hastie2009", "exercise 3.6"), ("bishop2006", "section 3.3.1")),
        kind="identity",
        asks="map_gaussian",
        also=("ridge",),
        check=check_posterior,
        domain=PRIORS,
        needs=("coef", "covariance", "penalty"),
        parents=("REG-01",),
        lanes=32,
    ),
    Claim(
        id="REG-19",
        version=1,
        title="Least squares within a ball is ridge",
        sentence="The least squares within a ball is the least-norm solution where that lies inside, and else ridge "
        "regression at the multiplier of the constraint; no point of the ball does better.",
        latex=r"\min_{\|\beta\|\le t}\|y-X\beta\|^2:\quad X^\top(y-X\beta)=\lambda\beta,\ \lambda\ge0,\ "
        r"\lambda(\|\beta\|-t)=0",
        source=(("hoerl1970", "section 3"), ("hastie2009", "section 3.4.1"), ("jaggi2013", "section 2")),
        kind="certificate",
        asks="constrained_l2",
        also=("ridge",),
        check=check_ball,
        domain=BALLS,
        needs=("coef", "penalty"),
        parents=("REG-07",),
        lanes=32,
    ),
)
