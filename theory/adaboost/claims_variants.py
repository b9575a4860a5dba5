"""Claims about boosting's relatives: ADA-12 (SAMME), ADA-13 (confidence-rated), ADA-14 (resampling)."""

from __future__ import annotations

import numpy as np

from theory.adaboost.balls import compare, dot, in_balls, own_gamma, own_unit, pick, size
from theory.adaboost.cases import REAL_DOMAIN, RESAMPLING_DOMAIN, SAMME_DOMAIN
from theory.adaboost.oracle import Floats, Rounds, best_class_mass, read_rounds
from theory.core.bound import Bound, gamma
from theory.core.chance import binomial_p_value
from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, at_most, exactly


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def _samme_votes(error: Array, classes: int) -> tuple[Array, Array]:
    """ln((1−ε)/ε) + ln(K−1), and its first term."""
    log_odds = np.log(1 - error) - np.log(error)
    return log_odds + np.log(0 * error + (classes - 1)), log_odds


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def check_samme(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """α = ln((1−ε)/ε) + ln(K−1); D_{m+1} is D (K−1)/(Kε) on mistakes and D/(K(1−ε)) elsewhere; step (K−1)²α/K.

    As ADA-02 and ADA-05 without the ½: ε has relative error 2n u and dα = dε/(ε(1−ε)) with 1 − ε > 1/K, so that α
    errs by γ(2Kn+12) + 4u(|α| + |ln odds|); a reweighting adds γ(n+8). The recorded α times (K−1)²/K must make the
    derivative of E exp(−Yᵀf/K) vanish: relative to its two equal terms, the error of α itself.
    """
    rounds, u, K = read_rounds(answer, cases), cases.u, cases.integer("n_classes")
    expected, log_odds = _samme_votes(rounds.error, K)
    own, n = own_unit(rounds.D), rounds.n
    reach = 4 * (size(expected) + size(log_odds)) * (u + own)
    alpha = Bound(gamma(2 * K * n + 12, u) + gamma(2 * K * n + 12, own) + reach, "γ(2Kn+12) + 4u(|α| + |ln odds|)")
    step = alpha.value + gamma(n + 8, u) + gamma(3 * n + 8, own)
    words = "γ((2K+1)n+20) + 4u(|α| + |ln odds|)"
    new = (rounds.D / rounds.total[..., None]) * np.where(
        rounds.miss, ((K - 1) / (K * rounds.error))[..., None], (1 / (K * (1 - rounds.error)))[..., None]
    )
    wrong = dot(rounds.after, rounds.miss.astype(np.float64))
    share = 1 - 1 / (0 * rounds.error + K)
    votes = rounds.alpha
    where = rounds.regular
    slope = rounds.error * np.exp(votes / K) - (1 - rounds.error) * (K - 1) * np.exp(-votes * (K - 1) / K)
    level = rounds.error * np.exp(expected / K)
    return (
        compare("α_m", votes, "=", expected, alpha, where),
        compare("Σ_miss D_{m+1} = 1 − 1/K", wrong, "=", share, Bound(step, words), where),
        compare(
            "D_{m+1}",
            rounds.after,
            "=",
            new,
            Bound(step[..., None] * size(new), f"({words}) D_{{m+1}}"),
            where[..., None],
        ),
        compare(
            "stationary step",
            slope / level,
            "=",
            np.zeros(slope.shape),
            Bound(2 * alpha.value + own_gamma(16, rounds.D), f"2 ({alpha.terms})"),
            where,
        ),
        *_samme_ending(answer, cases, rounds),
    )


def _samme_ending(answer: Answer, cases: Cases, rounds: Rounds) -> tuple[Gap, ...]:
    """Labels have the highest score; a round is dropped only if the best stump errs by 1 − 1/K or more.

    Scores are sums of at most M votes, γ(M+2) each. The best stump: the regret of the search, 4γ(n+4) as in ADA-09,
    plus the rounding of its error and of ΣD, together 8γ(n+4).
    """
    K, used, stop = cases.integer("n_classes"), answer["used"], answer["stop"]
    scores = answer["scores"][:, -1]  # (L, n, K)
    chosen = np.take_along_axis(scores, answer["labels"][..., None], axis=-1)[..., 0]
    votes = size(answer["alphas"]).sum(axis=1)[:, None]
    sums = 2 * gamma(rounds.D.shape[1] + 2, cases.u) * votes
    last = np.take_along_axis(rounds.D, np.minimum(used, rounds.D.shape[1] - 1)[:, None, None], axis=1)[:, 0]
    mass = best_class_mass(cases["X"], last, cases["y"], K)
    tolerance = 8 * gamma(rounds.n + 4, cases.u) + own_gamma(2 * rounds.n + 8, rounds.D)
    dropped = Bound(np.broadcast_to(tolerance, mass.shape), "8γ(n+4)")
    perfect = (rounds.kept & ~rounds.regular).any(axis=1)
    right = np.asarray((answer["labels"] == cases["y"]) | (cases["w"] == 0)).all(axis=1)
    return (
        compare(
            "label has the highest score",
            scores.max(axis=-1),
            "<=",
            chosen,
            Bound(sums, "2γ(M+2) Σα"),
            np.asarray(used > 0)[:, None],
        ),
        compare("accuracy of the best stump when dropped", mass, "<=", np.full(mass.shape, 1 / K), dropped, stop == 2),
        exactly("no error after a perfect round", right, 1, perfect),
    )


def _cell_masses(answer: Answer, cases: Cases) -> tuple[Array, Array]:
    """W₊ and W₋, the weight of each label in each cell: (L, R, 2)."""
    D, cells, y = answer["weights"][:, :-1], answer["cells"], cases["y"][:, None, :]
    masses = [
        np.stack([dot(D, np.asarray((cells == j) & (y == label), dtype=np.float64)) for j in (0, 1)], axis=-1)
        for label in (1, -1)
    ]
    return masses[0], masses[1]


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def check_confidence_rated(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """c_j = ½ ln((W₊+s)/(W₋+s)) in each cell, Z = Σ W₊ e^{−c} + W₋ e^{c}, which is 2 Σ √(W₊W₋) for s = 0, its least.

    W± are sums of n terms: after quotient, ½ and logarithm c errs by γ(n+4) + 4u|c|. Z is flat at its minimum for
    s = 0 (error δ²/2, see ADA-03); in general it inherits γ(n+10) and the 4u|c| of the exponential, as do the weights.
    With s > 0 no score exceeds ½ ln(1 + 1/s).
    """
    u, s = cases.u, float(cases.settings["smoothing"])
    plus, minus = _cell_masses(answer, cases)
    D, after, Z, scores = (
        answer["weights"][:, :-1],
        answer["weights"][:, 1:],
        answer["normalisers"],
        answer["cell_scores"],
    )
    n, own = D.shape[-1], own_unit(D)
    kept = np.asarray(np.arange(Z.shape[1]) < answer["used"][:, None])
    defined = kept[..., None] & np.asarray((plus + s > 0) & (minus + s > 0))
    odds = pick(defined, plus + s, 1.0) / pick(defined, minus + s, 1.0)
    expected = 0.5 * np.log(odds)
    reach = gamma(n + 4, u) + gamma(n + 4, own) + 4 * (u + own) * size(expected)
    mass = plus * np.exp(-scores) + minus * np.exp(scores)
    largest = size(scores).max(axis=-1)
    moved = gamma(2 * n + 12, u) + gamma(2 * n + 12, own) + 8 * (u + own) * largest
    z_bound = Bound(moved * size(Z), "(γ(2n+12) + 8u|c|) Z")
    score = np.take_along_axis(scores, answer["cells"], axis=-1)
    new = D * np.exp(-cases["y"][:, None, :] * score) / pick(kept, Z, 1.0)[..., None]
    staged = np.cumsum(pick(kept[..., None], score, 0.0), axis=1)
    size_so_far = np.cumsum(largest, axis=1)[..., None]
    stages = Bound((gamma(Z.shape[1] + 2, u) + own_gamma(Z.shape[1] + 2, D)) * size_so_far, "γ(m+2) Σ|c|")
    gaps = [
        compare("c_j", scores, "=", expected, Bound(reach, "γ(n+4) + 4u|c|"), defined),
        compare("Z", Z, "=", mass.sum(axis=-1), z_bound, kept),
        compare(
            "D_{m+1}",
            after,
            "=",
            new,
            Bound(moved[..., None] * size(new), "(γ(2n+12) + 8u|c|) D_{m+1}"),
            kept[..., None],
        ),
        compare("F_m = Σ c", answer["staged"], "=", staged, stages, kept[..., None]),
    ]
    if s == 0:
        least = 2 * np.sqrt(plus * minus).sum(axis=-1)
        return (*gaps, compare("Z = 2 Σ √(W₊W₋)", Z, "=", least, z_bound, kept))
    limit = np.full(scores.shape, 0.5 * np.log(1 + 1 / s))
    above = Bound(reach + gamma(n + 4, u), "γ(2n+8) + 4u|c|")
    return (*gaps, compare("|c| ≤ ½ ln(1 + 1/s)", abs(scores), "<=", limit, above, kept[..., None]))


def _distinct_tail(draws: int, n: int) -> Floats:
    """P[at least k distinct among `draws` uniform draws from n], k = 0 … n: (n+1,), by the occupancy chain."""
    state = np.zeros(n + 2)
    state[0] = 1.0
    full = np.arange(n + 2) / n
    for _ in range(draws):
        fresh = np.concatenate([[0.0], state[:-1] * (1 - full[:-1])])
        state = state * np.minimum(full, 1.0) + np.maximum(fresh, 0.0)
    tail = np.cumsum(state[::-1])[::-1]
    return np.minimum(np.asarray(tail[: n + 1]), 1.0)


def _p_cells(counts: Array, draws: int, D: Array) -> Floats:
    """(L,): Bonferroni over the cells with the exact binomial tail of each count."""
    p = binomial_p_value(counts, draws, np.clip(D, 0.0, 1.0))
    return np.asarray(np.minimum(1.0, counts.shape[1] * p.min(axis=1)))


def check_resampling(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Indices are independent, i with probability D_i: so the error on a resample has expectation ε.

    Four exact tests a lane. Each cell's count is Bin(T, D_i); the misses of a fixed hypothesis, wrong on the even
    rows, are Bin(T, ε); draws 2k and 2k+1 coincide with probability ΣD², Bin(T/2, ΣD²); the number of distinct indices
    is largest in distribution for uniform D (it is Schur-concave), whose occupancy law bounds its upper tail. With
    T = 4,096 draws and a level of 5e-13 an ε = ½ that is off by 0.057 is seen with power ½; T = n draws
    without replacement are seen from n = 31 on (n!/nⁿ), in blocks of n from 4,096 draws at every n from 2 to 40.
    """
    D, indices = cases["D"], answer["indices"]
    (lanes, n), draws = D.shape, cases.integer("draws")
    inside = np.asarray((indices >= 0) & (indices < n))
    safe = np.where(inside, indices, 0)
    flat = (safe + n * np.arange(lanes)[:, None]).ravel()
    counts = np.bincount(flat, minlength=lanes * n).reshape(lanes, n)
    even = np.arange(n) % 2 == 0
    total = D.sum(axis=1)
    error = D[:, even].sum(axis=1) / total
    pairs = draws // 2
    met = (safe[:, : 2 * pairs : 2] == safe[:, 1 : 2 * pairs : 2]).sum(axis=1)
    distinct = (counts > 0).sum(axis=1)
    p_values = {
        "each index with its probability": _p_cells(counts, draws, D / total[:, None]),
        "expected error of a resample": binomial_p_value(counts[:, even].sum(axis=1), draws, np.clip(error, 0.0, 1.0)),
        "coincidences of neighbours": binomial_p_value(met, pairs, np.clip((D**2).sum(axis=1) / total**2, 0.0, 1.0)),
        "distinct indices": _distinct_tail(draws, n)[distinct],
    }
    zero = Bound(np.zeros(()), "level of one test")
    level = np.full(lanes, cases.level)
    return (
        exactly("indices within 0 … n−1", inside, 1),
        *(at_most(label, level, p, zero) for label, p in p_values.items()),
    )


VARIANT_CLAIMS = (
    Claim(
        id="ADA-12",
        version=1,
        title="SAMME, boosting with K classes",
        sentence="With ln(K−1) added to the vote, the last hypothesis gets the error of blind guessing under the "
        "new weights, and a hypothesis is worth keeping while it beats blind guessing.",
        latex=r"\alpha_m=\ln\frac{1-\varepsilon_m}{\varepsilon_m}+\ln(K-1),\qquad "
        r"\sum_{i:h_m(x_i)\ne y_i}D_{m+1}(i)=1-\frac1K",
        source=(("zhu2009", "Algorithm 2"),),
        kind="identity",
        asks="fit_samme",
        check=check_samme,
        exact=in_balls(check_samme),
        domain=SAMME_DOMAIN,
        needs=("weights", "predictions", "alphas", "used", "stop", "scores", "labels"),
    ),
    Claim(
        id="ADA-13",
        version=1,
        title="Confidence-rated votes",
        sentence="Each cell of the partition votes with half the log-odds of its weights, smoothed; without "
        "smoothing this makes the normaliser as small as it can be.",
        latex=r"c_j=\tfrac12\ln\frac{W_+^j+s}{W_-^j+s},\qquad Z=\sum_j W_+^je^{-c_j}+W_-^je^{c_j}"
        r"\ \ge\ 2\sum_j\sqrt{W_+^jW_-^j}",
        source=(("schapire1999", "section 4"),),
        kind="identity",
        asks="fit_real",
        check=check_confidence_rated,
        exact=in_balls(check_confidence_rated),
        domain=REAL_DOMAIN,
        needs=("weights", "cells", "cell_scores", "normalisers", "used", "staged"),
    ),
    Claim(
        id="ADA-14",
        version=1,
        title="Resampling is reweighting in expectation",
        sentence="Independent draws by the weights make the expected error on the resample the weighted error.",
        latex=r"I_k\sim D_m\ \text{iid}\ \Rightarrow\ "
        r"\mathbb E\Bigl[\tfrac1T\sum_{k}\mathbf 1\{h(x_{I_k})\ne y_{I_k}\}\Bigr]=\varepsilon_m",
        source=(("freund1997", "section 4"),),
        kind="statistical",
        asks="resample",
        check=check_resampling,
        domain=RESAMPLING_DOMAIN,
        needs=("indices",),
        lanes=32,
        tests=4,
    ),
)
