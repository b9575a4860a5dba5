"""Claims about Gaussians and moments: the Bures distance, OT-11, from factors, OT-28, and Gelbrich's bound, OT-27."""

from __future__ import annotations

import numpy as np

from theory.core.bound import Bound, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal
from theory.transport.cases_gaussian import COVARIANCE_DOMAIN, FACTOR_DOMAIN, MOMENT_DOMAIN
from theory.transport.oracle_closed import Floats, bures_bound, bures_cross, enclosure, nuclear_norm, own

LANES = 32
LONG = 4
"""Problems a call for which eigenvalues are computed in long digits, where there is no formula."""


def _traces(*covariances: Floats) -> Floats:
    return np.asarray(sum(np.trace(S, axis1=1, axis2=2) for S in covariances))


def _means(cases: Cases) -> Floats:
    """|m1 − m2|²: (lane,)."""
    return np.asarray(((cases["m1"] - cases["m2"]) ** 2).sum(axis=1))


def check_bures(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """W_2² = |m1 − m2|² + tr S1 + tr S2 − 2 ‖S1^{1/2} S2^{1/2}‖_* in long digits; equal covariances are at distance 0.

    For the covariances see `bures_bound`; the means cost γ(d+2) |m1 − m2|². Commuting ones: Σ(√λ − √μ)² over the
    common eigenvectors, read off where both are diagonal.
    """
    S1, S2, u = cases["S1"], cases["S2"], cases.u
    lanes, d = S1.shape[:2]
    means, traces = _means(cases), _traces(S1, S2)
    count = lanes if d <= 2 else min(LONG, lanes)
    cross = np.full(lanes, np.nan)
    cross[:count] = [bures_cross(*pair) for pair in zip(S1[:count], S2[:count], strict=True)]
    exact = np.where(np.isnan(cross), 0.0, traces - 2 * cross)
    off = ~np.eye(d, dtype=bool)
    diagonal = (S1[:, off] == 0).all(axis=1) & (S2[:, off] == 0).all(axis=1)
    apart = ((np.sqrt(np.abs(S1)) - np.sqrt(np.abs(S2))) ** 2).sum(axis=(1, 2))
    same = (S1 == S2).all(axis=(1, 2))
    moved = rounding(d + 2, u, "γ(d+2) |m₁ − m₂|²", means)

    def bound(squared: Floats) -> Bound:
        return bures_bound(S1, S2, squared, u) + moved + own(4, "4", traces)

    return (
        equal("W_2² = |m₁ − m₂|² + B²(S₁, S₂)", answer["squared"], means + exact, bound(exact), ~np.isnan(cross)),
        equal("W_2² of diagonal covariances", answer["squared"], means + apart, bound(apart), diagonal),
        equal("W_2² of equal covariances", answer["squared"], means, bound(np.zeros(lanes)), same),
        at_most("0 ≤ W_2²", np.zeros(lanes), answer["squared"], bound(np.zeros(lanes))),
    )


def check_factors(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """W_2² = |m1 − m2|² + ‖A1‖² + ‖A2‖² − 2 ‖A1ᵀ A2‖_* in long digits, to first order in rounding.

    The product errs by γ(d) ‖A1‖‖A2‖, a singular value decomposition by 8ru of its norm (Golub & Van Loan 2013, section
    8.6), and r singular values by √r times that: γ(√r (2d + 16r)) ‖A1‖‖A2‖ ≤ ½ (tr + tr) of it; the squares cost γ(dr +
    8). The same holds for min_Q ‖A1 Q − A2‖², of which Q is orthogonal up to 8ru.
    """
    A1, A2, u = cases["A1"], cases["A2"], cases.u
    (lanes, d, r), means = A1.shape, _means(cases)
    traces = (A1**2).sum(axis=(1, 2)) + (A2**2).sum(axis=(1, 2))
    count = lanes if r <= 2 else min(LONG, lanes)
    exact = np.full(lanes, np.nan)
    products = A1[:count].transpose(0, 2, 1) @ A2[:count]
    exact[:count] = traces[:count] - 2 * np.array([nuclear_norm(M) for M in products])
    bound = (
        rounding(np.sqrt(r) * (2 * d + 16 * r) + d * r + 8, u, "γ(√r (2d + 16r) + dr + 8)(tr S₁ + tr S₂)", traces)
        + rounding(d + 2, u, "γ(d+2) |m₁ − m₂|²", means)
        + own(4, "4", traces)
    )
    left = np.where(np.isnan(exact), np.nan, answer["squared"])
    return (
        equal("W_2² = |m₁ − m₂|² + ‖A₁‖² + ‖A₂‖² − 2‖A₁ᵀA₂‖_*", left, means + exact, bound, ~np.isnan(exact)),
        at_most("W_2² ≤ |m₁ − m₂|² + ‖A₁ − A₂‖²", answer["squared"], means + ((A1 - A2) ** 2).sum(axis=(1, 2)), bound),
    )


def moments_bound(cases: Cases) -> Bound:
    """How far rounding takes Gelbrich's bound from its value D + B², D = |mean x − mean y|²: (lane,).

    M: the largest |x|, |y|. Means err by γ(n+2) √d M =: δ, hence D by 2 √D δ + δ². Covariances of points centred at
    computed means err by d γ(2n+8) ‖S‖ + δ², which enters through `bures_bound` with B² ≤ tr S₁ + tr S₂.
    """
    x, y, a, b, u = (*(cases[name] for name in ("x", "y", "a", "b")), cases.u)
    (_, n, d), m = x.shape, y.shape[1]
    (centre_x, S_x), (centre_y, S_y) = (_moments(*side) for side in ((x, a), (y, b)))
    D = ((centre_x - centre_y) ** 2).sum(axis=1)
    delta = rounding(n + m + 4, u, "", np.sqrt(d) * largest(cases)).value
    bures = bures_bound(S_x, S_y, _traces(S_x, S_y), u, d * (2 * (n + m) + 8), delta**2)
    means = Bound(2 * np.sqrt(D) * delta + delta**2, "2√D δ + δ², δ = γ(n+m+4) √d M")
    return bures + means + rounding(d + 4, u, "γ(d+4) D", D) + own(n + m + d, "n + m + d", D + _traces(S_x, S_y))


def largest(cases: Cases) -> Floats:
    """The largest |coordinate| of a point of positive weight: (lane,)."""
    sides = ((cases["x"], cases["a"]), (cases["y"], cases["b"]))
    return np.asarray(np.maximum(*(np.where((w > 0)[..., None], np.abs(v), 0).max(axis=(1, 2)) for v, w in sides)))


def _moments(x: Floats, w: Floats) -> tuple[Floats, Floats]:
    """Mean (lane, d) and covariance (lane, d, d)."""
    share = w / w.sum(axis=1, keepdims=True)
    centre = np.einsum("ln,lnd->ld", share, x)
    rest = x - centre[:, None]
    return centre, np.einsum("ln,lni,lnj->lij", share, rest, rest)


def check_gelbrich(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The Gaussian distance of the moments is at most what any plan costs; for y = T x + c, T ⪰ 0, what that map costs.

    See `moments_bound`. Costs of the solver's plan err by d + 2 roundings, its marginals by 8u (n + m).
    """
    x, y, a, b = (cases[name] for name in ("x", "y", "a", "b"))
    (_, n, d), m = x.shape, y.shape[1]
    bound = moments_bound(cases)
    C = ((x[:, :, None] - y[:, None]) ** 2).sum(axis=-1)
    _, high = enclosure(a, b, C, len(C))
    solver = own(8 * (n + m) + d + 4, "8(n+m) + d + 4", 4 * d * largest(cases) ** 2)
    gaps = [at_most("Gelbrich's bound ≤ W_2²", answer["squared"], high, bound + solver)]
    if cases.regime == "affine":
        map_cost = (a * ((x - y) ** 2).sum(axis=2)).sum(axis=1) / a.sum(axis=1)
        oracle = own(n + d + 4, "n + d + 4", map_cost)
        gaps.append(equal("= Σ a |x − T x − c|²", answer["squared"], map_cost, bound + oracle))
    return tuple(gaps)


GAUSSIAN_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="OT-11",
        version=1,
        title="Gaussians: the Bures distance",
        sentence="The squared distance of two Gaussians is that of their means plus the traces of the covariances less "
        "twice the nuclear norm of the product of their roots, which is the trace of that product only where they "
        "commute.",
        latex=r"W_2^2=|m_1-m_2|^2+\operatorname{tr}S_1+\operatorname{tr}S_2-2\bigl\|S_1^{1/2}S_2^{1/2}\bigr\|_*",
        source=(("dowson1982", "whole paper"), ("peyre2019", "section 2.6"), ("powers1970", "whole paper")),
        kind="identity",
        asks="gaussian",
        check=check_bures,
        domain=COVARIANCE_DOMAIN,
        needs=("squared",),
        parents=("OT-02",),
        lanes=LANES,
    ),
    Claim(
        id="OT-28",
        version=1,
        title="Gaussians from factors",
        sentence="With factors of the covariances the cross term is the nuclear norm of their product: no root is "
        "taken, so that singular covariances cost no digits.",
        latex=r"W_2^2=|m_1-m_2|^2+\min_{Q^\top Q=I}\|A_1Q-A_2\|^2"
        r"=|m_1-m_2|^2+\|A_1\|^2+\|A_2\|^2-2\,\|A_1^\top A_2\|_*",
        source=(("bhatia2019", "whole paper"), ("olkin1982", "whole paper")),
        kind="identity",
        asks="gaussian_factors",
        check=check_factors,
        domain=FACTOR_DOMAIN,
        needs=("squared",),
        parents=("OT-11",),
        lanes=LANES,
    ),
    Claim(
        id="OT-27",
        version=1,
        title="Gelbrich's bound",
        sentence="No two measures are nearer than the Gaussians of their means and covariances; positive semi-definite "
        "affine images attain it.",
        latex=r"W_2^2(\mu,\nu)\ge|m_\mu-m_\nu|^2+B^2(S_\mu,S_\nu),"
        r"\qquad\text{with equality for }\nu=(T\cdot{}+c)_\#\mu,\ T\succeq0",
        source=(("gelbrich1990", "whole paper"), ("peyre2019", "section 2.6")),
        kind="inequality",
        asks="gelbrich",
        check=check_gelbrich,
        domain=MOMENT_DOMAIN,
        needs=("squared",),
        parents=("OT-11", "OT-02"),
        lanes=LANES,
    ),
)
