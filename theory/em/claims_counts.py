"""Claims about mixtures of coins and of multinomials: EM-13, EM-24, EM-25."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.core.ask import NotOffered
from theory.core.bound import ZERO, Bound, absolute, gamma
from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.em import oracle_counts as oracle
from theory.em.cases_counts import COINS, MULTINOMIALS, PATHS, as_counts

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Balls = list[list[Any]]


def check_coin_step(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """θ'_k = Σ_m r_mk h_m ∕ Σ_m r_mk n_m; see `step_gaps`."""
    steps = oracle.exact_steps(cases)
    theta = oracle.rounded([[row[0] for row in step.beta] for step in steps])
    gaps = step_gaps(answer, cases, steps, bool(cases.settings["learn_weights"]))
    moved, tosses = answer["theta"], cases["tosses"].sum(axis=1)[:, None]
    kept = np.array([[not t for t in step.taken] for step in steps])
    bound = absolute(theta * _column(oracle.sizes_of(cases).share), SHARE) + _lost(steps, cases, tosses)
    return (
        *gaps,
        equal("θ'", moved, theta, bound, ~kept),
        exactly("a coin that no toss belongs to keeps its θ", moved, cases["theta"], kept),
        at_most("θ' ≤ 1", moved, np.ones_like(moved), ZERO),
        at_most("θ' ≥ 0", -moved, np.zeros_like(moved), ZERO),
    )


def check_multinomial_step(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """β'_kv = Σ_m r_mk x_mv ∕ Σ_m r_mk n_m; see `step_gaps`."""
    steps = oracle.exact_steps(cases)
    beta = oracle.rounded([step.beta for step in steps])
    kept = np.array([[not t for t in step.taken] for step in steps])[..., None]
    lost = _lost(steps, cases, cases["counts"].sum(axis=(1, 2))[:, None])
    bound = absolute(beta * oracle.sizes_of(cases).share[:, None, None], SHARE)
    bound = bound + absolute(lost.value[..., None], lost.terms)
    return (
        *step_gaps(answer, cases, steps, True),
        equal("β'", answer["beta"], beta, bound, ~kept),
        exactly("a component that no count belongs to keeps its β", answer["beta"], cases["beta"], kept),
    )


SHARE = "[2ρ + γ(2M+V+6)] β', ρ = expm1(2T + γ(K+8)), T = u[8(|log π| + Σ x|log β| + Σ log x!) + (V+1)n + 8K + 4]"


def step_gaps(answer: Answer, cases: Cases, steps: list[oracle.Step], learned: bool) -> tuple[Gap, ...]:
    """Responsibilities, weights and log-likelihood against exact rationals; relative errors as `oracle.sizes` derives.

    An impossible pair has responsibility 0 to the bit; a number below the smallest normal η may be lost, so r gets + η
    and whatever is divided by Σ_m r_mk n_m gets + 2 η Σ n ∕ Σ_m r_mk n_m. The log-likelihood sums M log-sums: T, γ(K+6)
    of the terms, γ(M+1) of the sum.
    """
    size, tiny = oracle.sizes_of(cases), oracle.tiny(cases)
    resp, pi = oracle.rounded([step.resp for step in steps]), oracle.rounded([step.pi for step in steps])
    counts = as_counts(cases)
    m, k = counts.shape[1], pi.shape[1]
    possible = size.log_resp > -np.inf
    bound = absolute(resp * size.resp[:, None, None] + tiny, "ρ r + η")
    value = np.array([oracle.log_likelihood(step.evidence) for step in steps])
    weights = equal("π'", answer["pi"], pi, absolute(pi * _column(size.weight) + tiny, "[ρ + γ(M+K+6)] π' + η"))
    return (
        equal("r", answer["resp"], resp, bound, possible),
        exactly("an impossible pair has r = 0", answer["resp"], np.zeros_like(resp), ~possible),
        weights if learned else exactly("weights that are not learned stay", answer["pi"], cases["pi"]),
        equal("ℓ", answer["log_likelihood"], value, likelihood_bound(size, value, m, k, cases.u)),
    )


def likelihood_bound(size: oracle.Sizes, value: Floats, m: int, k: int, u: float) -> Bound:
    """Σ_m T_m, one log-sum of K terms a row, and a sum of M negative terms: (…,), see `step_gaps`."""
    total = size.joint.sum(axis=-1)
    sums = gamma(m + k + 6, u) * (m + np.abs(value) + total)
    return absolute(total + sums, "Σ T + γ(M+K+6)(M + |ℓ|)")


def _lost(steps: list[oracle.Step], cases: Cases, total: Array) -> Bound:
    """What numbers below the smallest normal η may do to a quotient by what a component takes: (lane, k)."""
    taken = oracle.rounded([step.taken for step in steps])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return absolute(np.where(taken > 0, 2 * oracle.tiny(cases) * total / taken, np.inf), "2η Σ n ∕ Σ r n")


def _column(values: Floats) -> Floats:
    return np.asarray(values[:, None])


def check_paths(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """ℓ(θ_t) ≤ ℓ(θ_t+1) for the coins and for the multinomials of a case; see `coin_gaps`, `multinomial_gaps`."""
    names = {name: cases[name] for name in ("counts", "pi", "beta")}
    multinomials = replace(cases, arrays=names)
    other = answer.again("multinomial_fit", multinomials)
    for name in ("pi", "beta", "log_likelihood"):
        if name not in other:
            raise NotOffered(f"answers no {name} to multinomial_fit")
    coins = replace(cases, arrays={name: cases[name] for name in ("heads", "tosses", "pi", "theta")})
    return (*coin_gaps(answer, coins), *multinomial_gaps(other, multinomials))


def coin_gaps(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The path of coins; a coin's 1 − θ has no relative accuracy of its own. See `path_gaps`.

    With p the exact step and |q − p| ≤ δ p, KL(p‖q) ≤ χ² = (p − q)² ∕ (q(1 − q)) ≤ 2 δ² q ∕ (1 − q). At q = 1 that says
    nothing unless p = 1 too, which holds where no tail can belong to the coin.
    """
    theta = answer["theta"]
    size = oracle.sizes(as_counts(cases)[:, None], answer["pi"], oracle.shares(None, theta), cases.u)
    balls = oracle.log_path(as_counts(cases), answer["pi"], None, theta)
    later = theta[:, 1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(later < 1, 2 * later / (1 - later), 0.0).sum(axis=2)
    judged = ~((later == 1) & (size.log_sums[:, :-1, :, 1] > -np.inf)).any(axis=2)
    allowed = absolute(slope, "δ² Σn Σ_k 2θ∕(1−θ)")
    learned = bool(cases.settings["learn_weights"])
    return (
        exactly("the path of coins begins at θ", theta[:, 0], cases["theta"]),
        exactly("weights that are not learned stay", answer["pi"], cases["pi"][:, None], not learned),
        *path_gaps("coins", answer, cases, size, balls, allowed, judged),
    )


def multinomial_gaps(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The path of multinomials; rows of β are divided by their exact sums, so that KL ≤ (3δ)². See `path_gaps`."""
    beta = answer["beta"]
    size = oracle.sizes(cases["counts"][:, None], answer["pi"], beta, cases.u)
    balls = oracle.log_path(cases["counts"], answer["pi"], beta, None)
    judged = np.ones((cases.lanes, beta.shape[1] - 1), dtype=bool)
    allowed = absolute(np.full(judged.shape, 9.0), "9δ² Σn")
    return (
        exactly("the path of multinomials begins at β", beta[:, 0], cases["beta"]),
        *path_gaps("multinomials", answer, cases, size, balls, allowed, judged),
    )


def path_gaps(
    label: str, answer: Answer, cases: Cases, size: oracle.Sizes, balls: Balls, slope: Bound, judged: Mask
) -> tuple[Gap, ...]:
    """ℓ(θ_t) ≤ ℓ(θ_t+1) in balls at every step, and the reported ℓ against the ball.

    The exact step θ* from θ_t maximises Q, and ℓ(θ̂) − ℓ(θ_t) ≥ Q(θ̂) − Q(θ_t) ≥ Q(θ̂) − Q(θ*) (Dempster, Laird & Rubin
    1977, section 3). Here Q(θ*) − Q(θ̂) = M KL(π*‖π̂) + Σ_k S_k KL(β*_k‖β̂_k) with Σ S_k = Σ n: of second order in the
    relative error δ of the step, and KL(π*‖π̂) ≤ (3δ)². A step that may lose a number below η∕u is not judged.
    """
    counts = as_counts(cases)
    delta = np.maximum(size.share, size.weight)[:, :-1]
    total = counts.sum(axis=(1, 2))[:, None]
    allowed = absolute(delta**2 * (9.0 * counts.shape[1] + total * slope.value), f"9δ² M + {slope.terms}")
    falls = np.array([[_upper(a - b) for a, b in itertools.pairwise(row)] for row in balls])
    least = np.log(oracle.tiny(cases) / cases.u)
    lost = ((size.log_sums > -np.inf) & (size.log_sums < least)).any(axis=(2, 3))[:, :-1]
    value = np.array([[float(ball.mid()) for ball in row] for row in balls])
    reported = likelihood_bound(size, value, counts.shape[1], answer["pi"].shape[2], cases.u)
    return (
        at_most(f"{label}: ℓ(θ_t) ≤ ℓ(θ_t+1)", falls, np.zeros_like(falls), allowed, judged & ~lost),
        equal(f"{label}: reported ℓ", answer["log_likelihood"], value, reported),
    )


def _upper(difference: Any) -> float:
    """The upper end of a ball."""
    return float(difference.mid()) + float(difference.rad())


COUNTS_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="EM-13",
        version=1,
        title="Two coins, exactly",
        sentence="One EM step of a mixture of coins is the step of its exact rational formula.",
        latex=r"\theta_k'=\frac{\sum_m r_{mk}h_m}{\sum_m r_{mk}n_m},\quad "
        r"r_{mk}\propto\pi_k\theta_k^{h_m}(1-\theta_k)^{n_m-h_m}",
        source=(("do2008", "Figure 1"), ("dempster1977", "section 4")),
        kind="identity",
        asks="coin_step",
        check=check_coin_step,
        domain=COINS,
        parents=("EM-06",),
        needs=("resp", "pi", "theta", "log_likelihood"),
        lanes=64,
    ),
    Claim(
        id="EM-24",
        version=1,
        title="Multinomials, exactly",
        sentence="One EM step of a mixture of multinomials is the step of its exact rational formula.",
        latex=r"\beta_{kv}'=\frac{\sum_m r_{mk}x_{mv}}{\sum_m r_{mk}n_m},\quad "
        r"r_{mk}\propto\pi_k\prod_v\beta_{kv}^{x_{mv}}",
        source=(("nigam2000", "section 4"), ("dempster1977", "section 4")),
        kind="identity",
        asks="multinomial_step",
        check=check_multinomial_step,
        domain=MULTINOMIALS,
        parents=("EM-13",),
        needs=("resp", "pi", "beta", "log_likelihood"),
        lanes=64,
    ),
    Claim(
        id="EM-25",
        version=1,
        title="The likelihood of coins and multinomials never falls",
        sentence="No EM step of a mixture of coins or multinomials lowers the log-likelihood.",
        latex=r"\ell(\theta_{t+1})\ge\ell(\theta_t)",
        source=(("dempster1977", "section 3"),),
        kind="monotone",
        asks="coin_fit",
        also=("multinomial_fit",),
        check=check_paths,
        domain=PATHS,
        parents=("EM-03", "EM-13"),
        needs=("pi", "theta", "log_likelihood"),
        lanes=32,
    ),
)
