"""Claims about AdaBoost.R2 and the weighted median it predicts with: ADA-18, ADA-19."""

from __future__ import annotations

import numpy as np

from theory.adaboost.balls import compare, dot, in_balls, is_ball, lowered, own_gamma, own_unit, pick, size
from theory.adaboost.cases import MEDIAN_DOMAIN, R2_DOMAIN
from theory.core.bound import Bound, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, exactly


def deviation(values: Array, weights: Array, at: Array) -> Array:
    """Σ_t w_t |v_t − c|. values: (..., t), weights: broadcastable to it, at: (...)."""
    return dot(np.broadcast_to(weights, values.shape), abs(values - at[..., None]))


def least_deviation(values: Array, weights: Array) -> Array:
    """min_c Σ_t w_t |v_t − c|; it is attained at one of the values, so all of them are tried. (..., t) → (...)."""
    tried = [deviation(values, weights, values[..., t]) for t in range(values.shape[-1])]
    return np.asarray(np.stack(tried, axis=-1).min(axis=-1))


def _loss(ratio: Array, name: str) -> Array:
    """L of |y − h|/max: linear, square or exponential."""
    if name == "square":
        return ratio * ratio
    return 1 - np.exp(-ratio) if name == "exponential" else ratio


def _medians(answer: Answer, log_weights: Array, kept: Array, u: float) -> tuple[Gap, ...]:
    """After each ordinary round the prediction minimises Σ_t ln(1/β_t) |h_t − c| and is one of the h_t."""
    h, staged = answer["predictions"], answer["staged"]
    gaps = []
    for m in range(h.shape[1]):
        values = np.moveaxis(h[:, : m + 1], 1, -1)  # (L, n, m + 1)
        w = log_weights[:, None, : m + 1]
        at = staged[:, m]
        spread = lowered(values.max(axis=-1) - values.min(axis=-1))
        weight = size(log_weights[:, : m + 1]).sum(axis=1)[:, None]
        reach = spread * (weight + m + 1)
        bound = rounding(4 * m + 12, u, "γ(4m+8) (m + Σ ln(1/β)) (max h − min h)", reach)
        own = Bound(own_gamma(m + 8, h) * reach, "γ(m+8) of the oracle")
        where = np.asarray(kept[:, m])[:, None]
        best = least_deviation(values, w)
        gaps.append(
            compare(f"Σ ln(1/β)|h − c|, round {m + 1}", deviation(values, w, at), "<=", best, bound + own, where)
        )
        nearest = lowered(abs(values - at[..., None]).min(axis=-1))
        gaps.append(exactly(f"median is one of the h, round {m + 1}", nearest, 0, where))
    return tuple(gaps)


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def check_r2(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """L_i, L̄ = Σ D L, β = L̄/(1−L̄), D ← D β^{1−L}/sum, stop at L̄ ≥ ½, prediction by the weighted median.

    Each quantity is checked against the recorded one before it. L ≤ 1: residual and maximum 1u each, quotient 1u,
    square or exponential with 1 − it 5u: γ(8) absolute.
    L̄: γ(n+1) relative. β: 1 − L̄ > ½, so γ(4) relative. D: the power errs by 4u + u|ln β|, its sum by as much and
    γ(n+4). Median: cumulative weights err by γ(m) of their sum, logarithms by 4u relative and 4u absolute, and the
    objective is Lipschitz in c with that constant: γ(4m+8) (m + Σ ln(1/β)) times the range of the h.
    """
    u, y = cases.u, cases["y"][:, None, :]
    D, after, h = answer["weights"][:, :-1], answer["weights"][:, 1:], answer["predictions"]
    losses, mean, beta = answer["losses"], answer["mean_losses"], answer["betas"]
    n, length = D.shape[-1], h.shape[1]
    own = own_unit(D)
    kept = np.asarray(np.arange(length) < answer["used"][:, None])
    regular = kept & np.asarray(mean > 0)
    residual = abs(y - h)
    largest = residual.max(axis=-1)[..., None]
    ratio = residual / pick(np.asarray(largest > 0), largest, 1.0)
    expected = _loss(ratio, str(cases.settings["loss"]))
    safe_mean = pick(regular, mean, 0.5)
    new = D * np.exp((1 - losses) * np.log(pick(regular, beta, 1.0))[..., None])
    new = new / new.sum(axis=-1)[..., None]
    log_beta = size(np.log(pick(regular, beta, 1.0)))
    moved = gamma(n + 16, u) + gamma(n + 16, own) + 4 * (u + own) * log_beta
    perfect = kept & ~regular
    eight = Bound(gamma(8, u) + gamma(8, own), "γ(8)")
    return (
        compare("L_i", losses, "=", expected, eight, kept[..., None]),
        compare(
            "L̄ = Σ D L",
            mean,
            "=",
            dot(D, losses),
            Bound((gamma(n + 1, u) + own_gamma(n, D)) * size(mean), "γ(n+1) L̄"),
            kept,
        ),
        compare(
            "β = L̄/(1−L̄)",
            beta,
            "=",
            safe_mean / (1 - safe_mean),
            Bound((gamma(4, u) + own_gamma(2, D)) * size(beta), "γ(4) β"),
            regular,
        ),
        compare(
            "D_{m+1}",
            after,
            "=",
            new,
            Bound(moved[..., None] * size(new), "(γ(n+16) + 4u|ln β|) D_{m+1}"),
            regular[..., None],
        ),
        compare("L̄ < ½", mean, "<=", np.full(mean.shape, 0.5), Bound(np.zeros(()), "0 (the rule itself)"), kept),
        exactly("perfect round keeps D", lowered(after), lowered(D), perfect[..., None]),
        exactly("perfect round predicts", lowered(answer["staged"]), lowered(h), perfect[..., None]),
        *_medians(answer, -np.log(pick(regular, beta, 1.0)), regular, u),
    )


@np.errstate(divide="ignore", invalid="ignore")
def check_weighted_median(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The weighted median minimises Σ w |v − c| and is one of the values.

    Cumulative weights err by γ_t Σw, so the chosen value may sit past the half by twice that, and the objective is
    Lipschitz in c with this constant: γ(4t+8) Σw (max v − min v). The oracle's sums cost γ(t+8) of its unit.
    """
    values, weights, median = cases["values"], cases["weights"], answer["median"]
    t = values.shape[-1]
    spread = lowered(values.max(axis=-1) - values.min(axis=-1)) * size(weights.sum(axis=-1))
    bound = rounding(4 * t + 8, cases.u, "γ(4t+8) Σw (max v − min v)", spread)
    own = Bound(own_gamma(t + 8, values) * spread, "γ(t+8) of the oracle")
    nearest = abs(values - median[..., None]).min(axis=-1)
    return (
        compare("Σ w|v − c|", deviation(values, weights, median), "<=", least_deviation(values, weights), bound + own),
        exactly("median is one of the values", lowered(nearest) if is_ball(nearest) else nearest, 0),
    )


REGRESSION_CLAIMS = (
    Claim(
        id="ADA-18",
        version=1,
        title="AdaBoost.R2",
        sentence="Weights shrink by the power 1 − L of beta, so that good predictions lose weight, and the "
        "prediction is the median of the hypotheses weighted by ln(1/β).",
        latex=r"\bar L=\sum_iD(i)L_i,\quad \beta=\frac{\bar L}{1-\bar L},\quad "
        r"D(i)\leftarrow\frac{D(i)\,\beta^{1-L_i}}{\sum_jD(j)\,\beta^{1-L_j}},\quad "
        r"F(x)=\arg\min_c\sum_t\ln\tfrac1{\beta_t}\,|h_t(x)-c|",
        source=(("drucker1997", "whole paper"), ("freund1997", "section 5")),
        kind="identity",
        asks="fit_r2",
        check=check_r2,
        exact=in_balls(check_r2),
        domain=R2_DOMAIN,
        needs=("weights", "predictions", "losses", "mean_losses", "betas", "used", "staged"),
        lanes=128,
    ),
    Claim(
        id="ADA-19",
        version=1,
        title="The weighted median",
        sentence="The weighted median minimises the weighted sum of absolute deviations and is one of the values.",
        latex=r"\operatorname{med}(v,w)\in\arg\min_c\sum_tw_t\,|v_t-c|",
        source=(("drucker1997", "whole paper"),),
        kind="certificate",
        asks="weighted_median",
        check=check_weighted_median,
        exact=in_balls(check_weighted_median),
        domain=MEDIAN_DOMAIN,
        needs=("median",),
    ),
)
