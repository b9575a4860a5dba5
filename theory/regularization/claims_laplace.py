"""Claim about the Laplace prior: REG-13."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, Bound, absolute, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal
from theory.regularization import oracle_lasso as oracle
from theory.regularization.bounds_lasso import REQUIRED, ROUNDED, required, slack, suboptimality
from theory.regularization.cases_lasso import LAPLACE
from theory.regularization.gaps_lasso import finite, nothing, optimality

Floats = NDArray[np.float64]
MOVES = (-1.0, -0.25, 0.25, 1.0)
"""Steps along each coefficient, in prior scales, that must not raise the posterior."""


def negative_log_posterior(cases: Cases, coef: Floats) -> Floats:
    """−log of both densities at coef (…, lane, p), by their own functions."""
    from scipy.stats import laplace, norm

    fitted = np.einsum("lnp,...lp->...ln", cases["x"], coef)
    noise = np.asarray(norm.logpdf(cases["y"], fitted, np.sqrt(cases["noise_variance"])[:, None]))
    prior = np.asarray(laplace.logpdf(coef, scale=cases["scale"][:, None]))
    return np.asarray(-noise.sum(axis=-1) - prior.sum(axis=-1))


def check_laplace(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """λ = σ² ∕ nb, and n ∕ σ² (P(β) − P*) is how far −log posterior is above its minimum, in rationals.

    The penalty may be off by γ₃ and moves P by that much of λ(‖β‖₁ + ‖β*‖₁). SciPy's densities judge the same mode
    without the formula: no step along a coefficient may raise the posterior by more than ε n ∕ σ² and
    γ(4(n+p)+16) of their terms.
    """
    coef = np.nan_to_num(answer["coef"], nan=0.0, posinf=0.0, neginf=0.0)
    n, nought = cases["x"].shape[1], np.zeros(cases.lanes)
    pairs = zip(oracle.exacts(cases["noise_variance"]), oracle.exacts(cases["scale"]), strict=True)
    exact = [variance / (n * scale) for variance, scale in pairs]
    penalty = oracle.nearests(exact)
    seen = optimality(cases, coef, exact, nothing(cases))
    best = np.array([oracle.nearest(sum(map(abs, m.beta), exact[0] * 0)) if m else 0.0 for m in seen.minima])
    moved = rounding(3, cases.u, "γ(3) λ(‖β‖₁ + ‖β*‖₁)", penalty * (np.abs(coef).sum(axis=1) + best))
    allowed = suboptimality(cases, coef, penalty, nought) + moved
    gaps = [
        finite("coef", answer["coef"]),
        equal("λ = σ² ∕ nb", answer["penalty"], penalty, rounding(3, cases.u, "γ(3) λ", penalty)),
        at_most("−log posterior ≤ its minimum", seen.above, nought, allowed, seen.known),
        _no_better(cases, coef, allowed),
    ]
    if "gap" in answer:
        own = slack(cases, coef, penalty, nought, cases.u)
        rounded = absolute(own.gap + own.moments, ROUNDED) + moved
        gaps.append(equal("reported gap = exact gap", answer["gap"], seen.gap, rounded))
        gaps.append(at_most("reported gap ≤ ε", answer["gap"], nought, absolute(required(cases), REQUIRED)))
    return tuple(gaps)


def _no_better(cases: Cases, coef: Floats, allowed: Bound) -> Gap:
    n, p = cases["x"].shape[1:]
    steps = np.array(MOVES)[:, None, None, None] * np.eye(p)[:, None] * cases["scale"][:, None]  # (move, p, lane, p)
    here = negative_log_posterior(cases, coef)
    there = negative_log_posterior(cases, coef + steps)
    size = np.abs(cases["y"]) + np.einsum("lnp,lp->ln", np.abs(cases["x"]), np.abs(coef) + cases["scale"][:, None])
    terms = (size**2).sum(axis=1) / cases["noise_variance"] + (np.abs(coef) / cases["scale"][:, None] + 1).sum(axis=1)
    terms = terms + n * (1 + np.abs(np.log(cases["noise_variance"]))) + p * (1 + np.abs(np.log(cases["scale"])))
    bound = allowed.scaled(n / cases["noise_variance"], "n ∕ σ²")
    bound = bound + rounding(4 * (n + p) + 16, U64, "γ(4n+4p+16) of the densities' terms", terms)
    return at_most("no step makes the coefficients more probable", here, there.min(axis=(0, 1)), bound)


LAPLACE_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="REG-13",
        version=1,
        title="The lasso is the mode under a Laplace prior",
        sentence="With Gaussian noise of variance σ² and a Laplace prior of scale b, the posterior's mode is the lasso "
        "at λ = σ² ∕ nb.",
        latex=r"\arg\max_\beta\ p(\beta\mid y)=\beta_{\mathrm{lasso}}\Bigl(\lambda=\frac{\sigma^2}{n\,b}\Bigr)",
        source=(("tibshirani1996", "section 5"), ("park2008", "section 1")),
        kind="certificate",
        asks="map_laplace",
        check=check_laplace,
        domain=LAPLACE,
        parents=("REG-12",),
        needs=("coef", "penalty"),
        lanes=8,
    ),
)
