"""Claim about the path of the lasso over its penalties: REG-14."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, absolute, gamma
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal
from theory.regularization import oracle_lasso as oracle
from theory.regularization.bounds_lasso import REQUIRED, ROUNDED, required, slack, suboptimality
from theory.regularization.cases_lasso import PATHS
from theory.regularization.gaps_lasso import finite, intercept_gap, nothing, optimality

Floats = NDArray[np.float64]


def check_path(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Each point is optimal; as λ falls ‖β‖₁ grows, ‖r‖² falls, and P* falls and is concave in λ.

    If both points are ε-optimal, adding P_λ(β) ≤ P_λ(β') + ε and P_λ'(β') ≤ P_λ'(β) + ε for λ < λ' gives
    ‖β'‖₁ ≤ ‖β‖₁ + 2ε ∕ (λ' − λ); then ‖r‖² ∕ 2n ≤ ‖r'‖² ∕ 2n + ε + 2ελ ∕ (λ' − λ). P* is a minimum of functions that
    are linear in λ. Nothing here needs the solution to be unique. Own sums: γ(n+p+8)‖|y| + |X||β|‖² ∕ n.
    """
    coef, penalties = np.nan_to_num(answer["coef"], nan=0.0, posinf=0.0, neginf=0.0), cases["penalties"]
    length = penalties.shape[1]
    each = [_at(answer, cases, coef, k) for k in range(length)]
    primal = np.stack([seen[0] for seen in each], axis=1)
    epsilon = np.stack([seen[1] for seen in each], axis=1)
    gaps = [finite("coef", answer["coef"]), *(gap for seen in each for gap in seen[2])]
    size = np.abs(coef).sum(axis=2)
    loss = primal - penalties * size
    two, apart = epsilon[:, 1:] + epsilon[:, :-1], penalties[:, :-1] - penalties[:, 1:]
    words = f"({REQUIRED} + {ROUNDED})"
    norm = absolute(two / apart + gamma(coef.shape[2] + 8, U64) * size[:, 1:], f"2 {words} ∕ (λ' − λ)")
    rss = absolute(two * (1 + penalties[:, 1:] / apart), f"2 {words} (1 + λ ∕ (λ' − λ))")
    gaps += [
        at_most("‖β‖₁ grows as λ falls", size[:, :-1], size[:, 1:], norm),
        at_most("‖r‖² falls as λ falls", loss[:, 1:], loss[:, :-1], rss),
        at_most("P* falls as λ falls", primal[:, 1:], primal[:, :-1], absolute(two, f"2 {words}")),
    ]
    if length > 2:
        share = apart[:, 1:] / (penalties[:, :-2] - penalties[:, 2:])
        chord = share * primal[:, :-2] + (1 - share) * primal[:, 2:]
        bound = absolute(epsilon[:, :-2] + epsilon[:, 1:-1] + epsilon[:, 2:], f"3 {words}")
        gaps.append(at_most("P* is concave in λ", chord, primal[:, 1:-1], bound))
    return tuple(gaps)


def _at(answer: Answer, cases: Cases, coef: Floats, k: int) -> tuple[Floats, Floats, tuple[Gap, ...]]:
    """P, ε (lane,) and the gaps of one penalty of the path."""
    value, beta = cases["penalties"][:, k], coef[:, k]
    here = cases.with_arrays(penalty=value)
    seen = optimality(here, beta, oracle.exacts(value), nothing(here))
    nought = np.zeros(cases.lanes)
    allowed = suboptimality(here, beta, value, nought)
    own = slack(here, beta, value, nought, U64)
    gaps = [at_most(f"P(β) ≤ P* at penalty {k}", seen.above, nought, allowed, seen.known)]
    if "gap" in answer:
        rounded = slack(here, beta, value, nought, cases.u)
        bound = absolute(rounded.gap + rounded.moments, ROUNDED)
        gaps.append(equal(f"reported gap = exact gap at penalty {k}", answer["gap"][:, k], seen.gap, bound))
        gaps.append(at_most(f"reported gap ≤ ε at penalty {k}", answer["gap"][:, k], nought,
                            absolute(required(here), REQUIRED)))  # fmt: skip
    if "intercept" in answer:
        gaps.append(intercept_gap(f"intercept at penalty {k}", answer["intercept"][:, k], cases, beta))
    return seen.primal, allowed.value + own.moments, tuple(gaps)


PATH_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="REG-14",
        version=1,
        title="The path of the lasso is monotone, and its value concave",
        sentence="As λ falls, the norm of the solution grows, its residual sum of squares falls, and the least "
        "objective falls as a concave function of λ.",
        latex=r"\lambda<\lambda'\Rightarrow\lVert\beta(\lambda)\rVert_1\ge\lVert\beta(\lambda')\rVert_1,\ "
        r"\lVert r(\lambda)\rVert\le\lVert r(\lambda')\rVert;\quad P^*(\lambda)=\min_\beta P_\lambda(\beta)\ "
        r"\text{is concave}",
        source=(("osborne2000", "section 3"), ("rosset2007", "section 2")),
        kind="monotone",
        asks="lasso_path",
        check=check_path,
        domain=PATHS,
        parents=("REG-12",),
        needs=("coef",),
        lanes=4,
    ),
)
