"""Claims about the weights D_m and the votes α_m, one round at a time: ADA-01 … ADA-06."""

from __future__ import annotations

import numpy as np

from theory.adaboost.balls import compare, dot, in_balls, own_gamma, own_unit, pick, size
from theory.adaboost.cases import DISCRETE_DOMAIN
from theory.adaboost.oracle import (
    alpha_bound,
    half_log_odds,
    loss_after_step,
    normaliser,
    rational_update,
    read_rounds,
    step_bound,
    watched,
)
from theory.core.bound import Bound, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, exactly

FIT = ("weights", "predictions", "used")
FIT_ALPHA = (*FIT, "alphas", "alpha_scale")


def check_normalisation(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """D_1(i) = w_i/Σw, and every D_m is non-negative and sums to 1.

    Dividing n entries by a computed sum leaves Σ D within γ_{n−1} (the sum) + u (each division) of 1: γ(n+1)
    (Higham 2002, section 4.2). D_1 entry by entry: the same two errors, relative.
    """
    D, w, u = answer["weights"], cases["w"], cases.u
    n = D.shape[-1]
    where = watched(answer, np.ones(D.shape[:2], dtype=bool))
    first = w / w.sum(axis=-1)[:, None]
    one = rounding(n + 1, u, "γ(n+1)") + rounding(n, own_unit(D), "γ(n) of the oracle")
    mine = rounding(n + 1, own_unit(D), "γ(n+1) D of the oracle", size(first))
    entry = rounding(n + 1, u, "γ(n+1) D", size(first)) + mine
    return (
        compare("Σ D_m = 1", D.sum(axis=-1), "=", np.ones(D.shape[:2]), one, where),
        compare("D_1 = w / Σ w", D[:, 0], "=", first, entry, where[:, :1]),
        exactly("D_m ≥ 0", np.asarray(D < 0), 0, where[..., None]),
    )


def check_alpha(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """ε_m is the weighted error of the recorded h_m under D_m, relative; α_m = ½ ln((1 − ε_m)/ε_m), absolute.

    ε: a sum of at most n non-negative terms over weights that sum to 1 within γ(n+1): γ(2n+2) ε. α: see
    `alpha_bound`. It must be absolute, for α → 0 as ε → ½.
    """
    rounds = read_rounds(answer, cases)
    relative = rounding(2 * rounds.n + 2, cases.u, "γ(2n+2) ε", size(rounds.error))
    own = rounding(2 * rounds.n + 2, own_unit(rounds.D), "γ(2n+2) ε of the oracle", size(rounds.error))
    votes = compare("α_m", rounds.alpha, "=", half_log_odds(rounds.error), alpha_bound(rounds, cases.u), rounds.regular)
    if "errors" not in answer:
        return (votes,)  # a subject need not tell its ε
    return (compare("ε_m", answer["errors"], "=", rounds.error, relative + own, rounds.regular), votes)


def check_normaliser(answer: Answer, cases: Cases) -> Gap:
    """Z_m = Σ D_m exp(−α_m y h_m) = 2 √(ε_m(1 − ε_m)), relative.

    With α = α* + δ the sum is Z cosh δ, so the error of α enters as δ²/2 only; the weights themselves sum to 1 within
    γ(n+1). The oracle's own sum, exponential and root cost γ(3n+12) of its unit plus 2|α| of it.
    """
    rounds = read_rounds(answer, cases)
    Z = normaliser(rounds.error)
    delta = alpha_bound(rounds, cases.u).value
    own = own_gamma(3 * rounds.n + 12, rounds.D) + 2 * own_unit(rounds.D) * size(rounds.vote)
    value = (gamma(rounds.n + 1, cases.u) + delta**2 + own) * size(Z)
    left = rounds.total * loss_after_step(rounds.error, rounds.alpha)
    bound = Bound(value, "(γ(n+1) + δ²) Z, δ = γ(2n+8) + 4u|α|")
    return compare("Z_m", left, "=", Z, bound, rounds.regular)


def check_last_is_worthless(answer: Answer, cases: Cases) -> Gap:
    """The next weights give the last hypothesis error ½: Σ_{h_m errs} D_{m+1} = ½.

    Half of the entry-wise error of one reweighting, `step_bound`, plus the oracle's sum of n terms.
    """
    rounds = read_rounds(answer, cases)
    wrong = dot(rounds.after, rounds.miss.astype(np.float64))
    bound = step_bound(rounds, cases.u).scaled(0.5, "/ 2") + rounding(rounds.n, own_unit(rounds.D), "γ(n)")
    return compare("Σ_miss D_{m+1}", wrong, "=", np.full(wrong.shape, 0.5), bound, rounds.regular)


def check_rational_update(answer: Answer, cases: Cases) -> Gap:
    """D_{m+1}(i) = D_m(i)/(2ε_m) where h_m errs, D_m(i)/(2(1 − ε_m)) elsewhere: relative, see `step_bound`."""
    rounds = read_rounds(answer, cases)
    expected = rational_update(rounds)
    step = step_bound(rounds, cases.u)
    bound = Bound(step.value[..., None] * size(expected), f"({step.terms}) D_{{m+1}}")
    return compare("D_{m+1}", rounds.after, "=", expected, bound, rounds.regular[..., None])


def check_closed_form(answer: Answer, cases: Cases) -> Gap:
    """D_{m+1} is the softmax of ln D_1 − y F_m, F_m = Σ_{t≤m} α_t h_t with the subject's own votes.

    The votes are given, so rounding adds over the rounds instead of compounding: Σ_{t≤m} `step_bound`. The oracle's
    exponents add γ_m Σ|α| and its sum γ(n+8) of its unit.
    """
    rounds, u = read_rounds(answer, cases), cases.u
    signed = pick(rounds.regular, rounds.alpha, 0.0)[..., None] * rounds.sign
    start = rounds.D[:, :1]
    with np.errstate(over="ignore", invalid="ignore"):
        power = np.cumsum(signed, axis=1)
        mass = start * np.exp(power.min(axis=-1, keepdims=True) - power)
        expected = mass / mass.sum(axis=-1)[..., None]
    length = np.cumsum(size(rounds.vote), axis=1)
    steps = np.cumsum(np.where(rounds.regular, step_bound(rounds, u).value, 0.0), axis=1)
    own = own_gamma(rounds.n + 8, rounds.D) + own_gamma(2 * rounds.miss.shape[1] + 6, rounds.D) * length
    bound = Bound((steps + own)[..., None] * size(expected), "Σ_t (γ(3n+16) + 4u|α_t|) D_{m+1}")
    where = watched(answer, rounds.regular)[..., None]
    return compare("D_{m+1}", rounds.after, "=", expected, bound, where)


WEIGHT_CLAIMS = (
    Claim(
        id="ADA-01",
        version=1,
        title="Weights form a distribution",
        sentence="Boosting starts from the normalised example weights, and after every round the weights are non- "
        "negative and sum to one.",
        latex=r"D_1(i)=\frac{w_i}{\sum_j w_j},\qquad D_m(i)\ge 0,\qquad \sum_i D_m(i)=1",
        source=(("freund1997", "Fig. 2"),),
        kind="identity",
        asks="fit_discrete",
        check=check_normalisation,
        exact=in_balls(check_normalisation),
        domain=DISCRETE_DOMAIN,
        needs=("weights",),
    ),
    Claim(
        id="ADA-02",
        version=1,
        title="The vote is half the log-odds of the error",
        sentence="The recorded error is the weight of the examples that the hypothesis gets wrong, and its vote is "
        "half the log-odds of being right.",
        latex=r"\varepsilon_m=\sum_{i:h_m(x_i)\ne y_i}D_m(i),\qquad "
        r"\alpha_m=\tfrac12\ln\frac{1-\varepsilon_m}{\varepsilon_m}",
        source=(("freund1997", "Fig. 2"), ("schapire1999", "choice of alpha")),
        kind="identity",
        asks="fit_discrete",
        check=check_alpha,
        exact=in_balls(check_alpha),
        domain=DISCRETE_DOMAIN,
        needs=FIT_ALPHA,
    ),
    Claim(
        id="ADA-03",
        version=1,
        title="The normaliser",
        sentence="The sum that normalises the new weights is twice the geometric mean of error and accuracy.",
        latex=r"Z_m=\sum_i D_m(i)\,e^{-\alpha_m y_i h_m(x_i)}=2\sqrt{\varepsilon_m(1-\varepsilon_m)}",
        source=(("freund1997", "proof of Theorem 6"), ("schapire1999", "section 3")),
        kind="identity",
        asks="fit_discrete",
        check=check_normaliser,
        exact=in_balls(check_normaliser),
        domain=DISCRETE_DOMAIN,
        needs=FIT_ALPHA,
        parents=("ADA-01", "ADA-02"),
    ),
    Claim(
        id="ADA-04",
        version=1,
        title="The last hypothesis becomes worthless",
        sentence="Under the new weights the hypothesis just chosen is no better than a coin: its error is one half.",
        latex=r"\sum_{i:h_m(x_i)\ne y_i}D_{m+1}(i)=\tfrac12",
        source=(("schapire2012", "chapter 6"),),
        kind="identity",
        asks="fit_discrete",
        check=check_last_is_worthless,
        exact=in_balls(check_last_is_worthless),
        domain=DISCRETE_DOMAIN,
        needs=FIT,
        parents=("ADA-01",),
    ),
    Claim(
        id="ADA-05",
        version=1,
        title="One-step rational update",
        sentence="A round divides the weights of the mistakes by twice the error and the others by twice the "
        "accuracy: no exponential is needed.",
        latex=r"D_{m+1}(i)=\frac{D_m(i)}{2\varepsilon_m}\ \text{if}\ h_m(x_i)\ne y_i,\qquad "
        r"D_{m+1}(i)=\frac{D_m(i)}{2(1-\varepsilon_m)}\ \text{otherwise}",
        source=(("freund1997", "Fig. 2"),),
        kind="identity",
        asks="fit_discrete",
        check=check_rational_update,
        exact=in_balls(check_rational_update),
        domain=DISCRETE_DOMAIN,
        needs=FIT,
        parents=("ADA-04",),
    ),
    Claim(
        id="ADA-06",
        version=1,
        title="Weights are a softmax of minus the margin",
        sentence="After any number of rounds the weights are the initial ones times the exponential of minus the "
        "margin, normalised.",
        latex=r"D_{m+1}(i)=\frac{D_1(i)\,e^{-y_iF_m(x_i)}}{\sum_j D_1(j)\,e^{-y_jF_m(x_j)}},\qquad "
        r"F_m=\sum_{t\le m}\alpha_t h_t",
        source=(("friedman2000", "section 4"), ("hastie2009", "section 10.4")),
        kind="identity",
        asks="fit_discrete",
        check=check_closed_form,
        exact=in_balls(check_closed_form),
        domain=DISCRETE_DOMAIN,
        needs=FIT_ALPHA,
        parents=("ADA-01",),
    ),
)
