"""Claims about the exponential loss that boosting descends: ADA-07, ADA-08, ADA-10 and the margins, ADA-11."""

from __future__ import annotations

import numpy as np

from theory.adaboost.balls import compare, dot, in_balls, is_ball, lifted, own_gamma, own_unit, pick, size
from theory.adaboost.cases import DISCRETE_DOMAIN
from theory.adaboost.claims_weights import FIT, FIT_ALPHA
from theory.adaboost.oracle import (
    Floats,
    Rounds,
    alpha_bound,
    in_half_convention,
    loss_after_step,
    normaliser,
    read_rounds,
    step_bound,
)
from theory.core.bound import Bound, gamma
from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap

STEPS = (-0.5, -(2.0**-10), 2.0**-10, 0.5)
THETAS = (-0.3, 0.0, 0.1, 0.5, 0.9)


def _votes_so_far(rounds: Rounds) -> Floats:
    """Σ_{t≤m} |α_t| in theory: (L, R)."""
    return np.cumsum(size(rounds.vote), axis=1)


def _chain_tolerance(rounds: Rounds, u: float) -> Floats:
    """How far Σ ln Z may be from ln Σ D_1 e^{−yF} after m rounds: (L, R).

    Each reweighting errs by `step_bound`, relative; the recorded F_m by γ_{m+2} Σ|α|; the oracle's logarithms,
    exponentials and sums by γ(2n+12) a round and γ_{m+4} Σ|α| of its unit.
    """
    steps = step_bound(rounds, u).value + own_gamma(2 * rounds.n + 12, rounds.D)
    reach = gamma(rounds.D.shape[1] + 2, u) + own_gamma(rounds.D.shape[1] + 4, rounds.D)
    return np.asarray(np.cumsum(steps, axis=1) + reach * _votes_so_far(rounds))


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def check_error_bound(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Training error ≤ exponential loss = Π Z_m ≤ exp(−2 Σ γ_m²) after every round; ties count as errors.

    The loss is read from the recorded F_m, Z_m from D_m, so the equality ties staged scores, votes and weights
    together: `_chain_tolerance`. The last inequality is analytic for exact Z; the recorded α adds δ² a round, see
    ADA-03. A perfect round makes the product 0, so the final prediction must then be right wherever D_1 > 0.
    """
    rounds, u, y = read_rounds(answer, cases), cases.u, cases["y"]
    tolerance = _chain_tolerance(rounds, u)
    margin = y[:, None, :] * in_half_convention(answer, "staged")
    first = rounds.D[:, :1]
    log_Z = np.log(rounds.total * loss_after_step(rounds.error, rounds.alpha))
    log_product = np.cumsum(pick(rounds.regular, log_Z, 0.0), axis=1)
    product = np.exp(log_product)
    error = dot(first, np.asarray(margin <= 0, dtype=np.float64))
    loss = np.log(dot(first, np.exp(-margin)))
    edge = np.cumsum((0.5 - rounds.error) ** 2, axis=1)
    own = own_gamma(4 * rounds.n + 20, rounds.D) + 2 * own_unit(rounds.D) * size(rounds.vote)
    slack = np.cumsum(gamma(rounds.n + 1, u) + alpha_bound(rounds, u).value ** 2 + own, axis=1)
    kept_any = np.asarray(answer["used"] > 0)
    perfect = (rounds.kept & ~rounds.regular).any(axis=1)
    final = pick(np.logical_not(perfect), product[:, -1], 0.0)
    wrong = dot(rounds.D[:, 0], np.asarray(answer["labels"] != y, dtype=np.float64))
    chain = "Σ_m (γ(3n+16) + 4u|α|) + γ(m+2) Σ|α|"
    return (
        compare("ln Σ D_1 e^{−yF} = Σ ln Z", loss, "=", log_product, Bound(tolerance, chain), rounds.regular),
        compare(
            "training error ≤ Π Z",
            error,
            "<=",
            product,
            Bound(tolerance * size(product), f"({chain}) Π Z"),
            rounds.regular,
        ),
        compare("Σ ln Z ≤ −2 Σ γ²", log_product, "<=", -2 * edge, Bound(slack, "Σ_m (γ(n+1) + δ²)"), rounds.regular),
        compare(
            "error of the final labels ≤ Π Z",
            wrong,
            "<=",
            final,
            Bound(2 * tolerance[:, -1] * size(final), f"2 ({chain}) Π Z"),
            kept_any,
        ),
    )


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def check_line_search(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """α_m minimises the exponential loss along h_m: its derivative there is 0, and no step nearby or far is better.

    At α* + δ the derivative over Z is tanh δ ≤ δ, with δ from `alpha_bound`, and the loss exceeds its minimum by the
    factor cosh δ. The minimum 2 √(ε(1 − ε)) grows with ε ≤ ½, so that the stump of least error, ADA-09, is also the
    coordinate of steepest descent. The oracle's exponentials cost γ(12) of its unit.
    """
    rounds = read_rounds(answer, cases)
    alpha, error = rounds.alpha, rounds.error
    loss = loss_after_step(error, alpha)
    slope = (error * np.exp(alpha) - (1 - error) * np.exp(-alpha)) / loss
    delta = alpha_bound(rounds, cases.u)
    own = own_gamma(12, rounds.D) * (1 + size(rounds.vote))
    others = np.stack([loss_after_step(error, alpha + step) for step in STEPS], axis=-1)
    where = rounds.regular
    return (
        compare("d/da loss at α", slope, "=", np.zeros(slope.shape), delta + Bound(own, "γ(12) of the oracle"), where),
        compare(
            "loss(α) ≤ loss(a)",
            loss[..., None],
            "<=",
            others,
            Bound(((delta.value**2 + own) * size(loss))[..., None], "(δ² + γ(12)) Z, δ = γ(2n+8) + 4u|α|"),
            where[..., None],
        ),
    )


def _two_sided(rounds: Rounds) -> tuple[Array, ...]:
    """Distributions Q with half their mass on the mistakes: flat on each side, and uneven by the golden ratio."""
    flat = np.ones(rounds.n)
    uneven = 1 + np.modf(np.arange(rounds.n) * 0.6180339887498949)[0]
    found = []
    for mass in (flat, uneven):
        q = pick(
            np.asarray(rounds.D > 0), np.broadcast_to(lifted(mass) if is_ball(rounds.D) else mass, rounds.D.shape), 0.0
        )
        wrong, right = (dot(q, side.astype(np.float64))[..., None] for side in (rounds.miss, ~rounds.miss))
        found.append(q / (2 * np.where(rounds.miss, wrong, right)))
    return tuple(found)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def check_projection(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """D_{m+1} projects D_m onto {D: Σ D y h_m = 0} in relative entropy: constraint, distance −ln Z_m, Pythagoras.

    For Q in the hyperplane, KL(Q‖D_m) − KL(Q‖D_{m+1}) = Σ Q ln(D_{m+1}/D_m), which must be KL(D_{m+1}‖D_m): that is
    the Pythagorean identity without its cancellation. Entries of D_{m+1} err by `step_bound`, and Σ D_{m+1} |ln| = α;
    ln Σ D_m is within γ(n+1) of 0. The oracle's logarithms and sums cost γ(3n+20) (1 + α) of its unit.
    """
    rounds, u = read_rounds(answer, cases), cases.u
    positive = np.asarray(rounds.D > 0)
    log_ratio = np.log(pick(positive, rounds.after, 1.0) / pick(positive, rounds.D, 1.0))
    distance = -np.log(normaliser(rounds.error))
    scale = 1 + size(rounds.vote)
    step = step_bound(rounds, u)
    own = own_gamma(3 * rounds.n + 20, rounds.D)
    near = Bound((step.value + own) * scale + gamma(rounds.n + 1, u), f"({step.terms}) (1 + |α|) + γ(n+1)")
    constraint = Bound(step.value + own, step.terms)
    where = rounds.regular
    return (
        compare("Σ D_{m+1} y h", dot(rounds.after, rounds.sign), "=", np.zeros(where.shape), constraint, where),
        compare("KL(D_{m+1}‖D_m) = −ln Z", dot(rounds.after, log_ratio), "=", distance, near, where),
        *(
            compare("KL(Q‖D_m) − KL(Q‖D_{m+1}) = −ln Z", dot(Q, log_ratio), "=", distance, near, where)
            for Q in _two_sided(rounds)
        ),
    )


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def check_margins(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """P_{D_1}[y f ≤ θ] ≤ Π 2 √(ε^{1−θ} (1−ε)^{1+θ}), f = F/Σ|α|: at fixed θ each round, at all margins of the last.

    The logarithm of the right side is Σ ln Z + θ Σ α. Relative error: the chain Σ ln Z of ADA-07, and
    θ Σ(α_m − α*) with |θ| ≤ 1: Σ `alpha_bound`, both first order.
    """
    rounds, u = read_rounds(answer, cases), cases.u
    log_Z, log_odds = np.cumsum(np.log(normaliser(rounds.error)), axis=1), np.cumsum(rounds.vote, axis=1)
    tolerance = _chain_tolerance(rounds, u) + np.cumsum(alpha_bound(rounds, u).value, axis=1)
    words = "(Σ_m (γ(5n+24) + 8u|α|) + γ(m+2) Σ|α|) × right side"
    margin = cases["y"][:, None, :] * in_half_convention(answer, "staged")
    votes = np.cumsum(abs(rounds.alpha), axis=1)
    gaps = []
    for theta in THETAS:
        below = np.asarray(margin <= (theta * votes)[..., None], dtype=np.float64)
        right = np.exp(log_Z + theta * log_odds)
        gaps.append(
            compare(
                f"P[margin ≤ {theta:g}]",
                dot(rounds.D[:, :1], below),
                "<=",
                right,
                Bound(tolerance * size(right), words),
                rounds.regular,
            )
        )
    order = np.argsort(margin[:, -1], axis=-1)
    theta_seen = np.take_along_axis(margin[:, -1], order, axis=-1) / votes[:, -1:]
    mass = np.cumsum(np.take_along_axis(rounds.D[:, 0], order, axis=-1), axis=-1)
    right = np.exp(log_Z[:, -1:] + theta_seen * log_odds[:, -1:])
    regular = rounds.kept.any(axis=1) & (rounds.kept == rounds.regular).all(axis=1) & np.asarray(votes[:, -1] > 0)
    bound = Bound(tolerance[:, -1:] * size(right), words)
    return (*gaps, compare("P[margin ≤ an observed margin]", mass, "<=", right, bound, regular[:, None]))


LOSS_CLAIMS = (
    Claim(
        id="ADA-07",
        version=1,
        title="Training-error bound",
        sentence="The training error is at most the exponential loss, which is the product of the normalisers, "
        "which falls exponentially with the squared edges.",
        latex=r"\sum_i D_1(i)\mathbf 1[y_iF_M(x_i)\le 0]\le\sum_i D_1(i)e^{-y_iF_M(x_i)}=\prod_{m\le M}Z_m"
        r"\le\exp\Bigl(-2\sum_{m\le M}\bigl(\tfrac12-\varepsilon_m\bigr)^2\Bigr)",
        source=(("freund1997", "Theorem 6"), ("schapire1999", "Theorem 1")),
        kind="inequality",
        asks="fit_discrete",
        check=check_error_bound,
        exact=in_balls(check_error_bound),
        domain=DISCRETE_DOMAIN,
        needs=(*FIT_ALPHA, "staged", "labels"),
        parents=("ADA-03", "ADA-06"),
    ),
    Claim(
        id="ADA-08",
        version=1,
        title="Coordinate descent on the exponential loss",
        sentence="The vote is the exact line search of the exponential loss along the chosen hypothesis.",
        latex=r"\frac{\partial}{\partial a}\sum_iD_m(i)\,e^{-a\,y_ih_m(x_i)}\Bigr|_{a=\alpha_m}=0",
        source=(("mason2000", "whole paper"), ("breiman1999", "whole paper"), ("hastie2009", "section 10.4")),
        kind="certificate",
        asks="fit_discrete",
        check=check_line_search,
        exact=in_balls(check_line_search),
        domain=DISCRETE_DOMAIN,
        needs=FIT_ALPHA,
        parents=("ADA-02",),
    ),
    Claim(
        id="ADA-10",
        version=1,
        title="Reweighting is an entropy projection",
        sentence="Among all distributions under which the last hypothesis is worthless, the new weights are "
        "nearest to the old ones in relative entropy, at distance minus the logarithm of the normaliser.",
        latex=r"D_{m+1}=\arg\min\Bigl\{\mathrm{KL}(D\,\|\,D_m):\sum_iD(i)\,y_ih_m(x_i)=0\Bigr\},\qquad "
        r"\mathrm{KL}(D_{m+1}\,\|\,D_m)=-\ln Z_m",
        source=(("kivinen1999", "whole paper"), ("collins2002", "whole paper")),
        kind="certificate",
        asks="fit_discrete",
        check=check_projection,
        exact=in_balls(check_projection),
        domain=DISCRETE_DOMAIN,
        needs=FIT,
        parents=("ADA-04",),
    ),
    Claim(
        id="ADA-11",
        version=1,
        title="Margin theorem on the training set",
        sentence="The weighted share of training examples with a normalised margin of at most theta is bounded by "
        "a product over the rounds.",
        latex=r"P_{D_1}\bigl[y f(x)\le\theta\bigr]\le"
        r"\prod_m 2\sqrt{\varepsilon_m^{1-\theta}(1-\varepsilon_m)^{1+\theta}},"
        r"\qquad f=\frac{\sum_m\alpha_mh_m}{\sum_m|\alpha_m|}",
        source=(("schapire1998", "Theorem 5"),),
        kind="inequality",
        asks="fit_discrete",
        check=check_margins,
        exact=in_balls(check_margins),
        domain=DISCRETE_DOMAIN,
        needs=(*FIT_ALPHA, "staged"),
        parents=("ADA-07",),
        slack_reason="the inequality is strict: its sides meet only where all margins are equal and every ε is ½",
    ),
)
