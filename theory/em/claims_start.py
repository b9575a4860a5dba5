"""Claims about where EM starts and breaks down: no global maximum, collapses, starting points, restarts, samples."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np

from theory.core.ask import refusal
from theory.core.bound import U64, Bound, absolute, rounding
from theory.core.chance import binomial_p_value, dkw_distance
from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.em.bounds_mixture import guess
from theory.em.bounds_steps import start_of
from theory.em.cases_start import (
    COLLAPSE_DOMAIN,
    DRAWS,
    NEEDLE_DOMAIN,
    SAMPLE_DOMAIN,
    SEARCH_DOMAIN,
    START_DOMAIN,
)
from theory.em.density import LOG_2PI, full_of, log_joint
from theory.em.oracle_mixture import Mixture
from theory.em.oracle_steps import Floats

PARAMETERS = ("pi", "mu", "covariances")
NO_SLACK = Bound(np.zeros(()), "level of one test")


def check_unbounded(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Log p = −d log σ + O(1) where a needle of deviation σ stands on a row; the other rows do not notice it.

    On the row p = π₁ (2π)^{−d/2} σ^{−d} + π₂ N(x; μ₂, Σ₂). Elsewhere the needle has density below e^{−2^15}, since
    rows are 1 apart and σ ≤ 2^{−8}, so p = π₂ N(x; μ₂, Σ₂). Half the deviation therefore raises log p by d log 2,
    less at most π₂N₂ ∕ (π₁N₁) on that row.
    """
    x, full, kind = cases["x"], full_of(cases), str(cases.settings["covariance"])
    d, variance = x.shape[2], full[:, 0, 0, 0]
    broad = log_joint(x, cases["pi"], cases["mu"], full)[:, :, 1]
    needle = np.log(cases["pi"][:, 0]) - d / 2 * (LOG_2PI + np.log(variance))
    with np.errstate(over="ignore"):
        expected = np.concatenate([np.logaddexp(needle, broad[:, 0])[:, None], broad[:, 1:]], axis=1)
    row = guess(x, start_of(cases), kind, cases.u).drift
    own = rounding(4 * d**2 + 16 * d + 16, U64, "γ(4d²+16d+16)(1 + |log p|) (float64)", 1 + np.abs(expected))
    sharper = cases[kind].copy()
    sharper[:, 0] = sharper[:, 0] / 4
    closer = cases.with_arrays(**{kind: sharper})
    other = guess(x, start_of(closer), kind, cases.u).drift
    rise = answer.again("mixture_e_step", closer)["log_likelihood"] - answer["log_likelihood"]
    gain = d * math.log(2) - np.exp(broad[:, 0] - needle)
    slack = absolute((row + other).sum(axis=1), "Σ (t + t')") + rounding(8, U64, "γ(8) d log 2", np.full(len(x), d))
    return (
        equal("log p(x_n)", answer["log_likelihood"], expected, absolute(row, "t") + own),
        at_most("d log 2 − ratio ≤ rise at half the deviation", gain, rise.sum(axis=1), slack),
    )


def check_collapse(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """A fit that makes a covariance singular is refused, lane by lane; with a ridge the same fit is finite."""
    finite = np.ones(cases.lanes, dtype=bool)
    for name in answer:
        finite &= np.isfinite(answer[name]).reshape(cases.lanes, -1).all(axis=1)
    told = [refusal(answer, "mixture_fit", cases.lane(i).with_settings(ridge=0.0)) for i in range(cases.lanes)]
    refused = np.array(["Exception" in kinds for _, kinds in told])
    return (
        exactly("with a ridge every number is finite", finite, True),
        exactly("without a ridge the fit is an error", refused, True),
    )


def check_starts(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Random centres are a uniform set of rows; k-means++ draws each by squared distance to the nearest so far.

    One problem in DRAWS lanes. Given the centres before it, the count of each row is Bin(m, D²/ΣD²), 1/n for the first,
    and each set of random rows is Bin(DRAWS, 1/C(n, c)): exact tests, the smallest p-value times their number. Squared
    distances are whole, so the law itself is not rounded; where all are 0 it says nothing.
    """
    x, c = cases["x"], cases.integer("components")
    n = x.shape[1]
    many = cases.with_arrays(x=np.repeat(x, DRAWS, axis=0))
    index = answer.again("mixture_start", many)["index"].reshape(cases.lanes, DRAWS, c)
    inside = (index >= 0) & (index < n)
    safe = np.where(inside, index, 0).astype(np.int64)
    sure = exactly("indices within 0 … n−1", inside, True)
    if cases.settings["method"] == "random":
        distinct = np.array([[len(set(row)) == c for row in lane] for lane in safe.tolist()])
        p = np.array([_p_sets(lane, n, c) for lane in safe])
        return sure, exactly("distinct rows", distinct, True), at_most("each set alike", cases.level, p, NO_SLACK)
    p = np.array([_p_centres(rows, lane) for rows, lane in zip(x, safe, strict=True)])
    return (
        sure,
        *(
            at_most(f"{name} centre by squared distance", np.full(cases.lanes, cases.level), p[:, i], NO_SLACK)
            for i, name in enumerate(("first", "second", "third")[:c])
        ),
    )


def _p_sets(index: Array, n: int, c: int) -> float:
    """Smallest p-value of the counts of all sets of c rows, times their number."""
    sets = {rows: place for place, rows in enumerate(combinations(range(n), c))}
    drawn = [sets[rows] for rows in map(tuple, np.sort(index, axis=1).tolist()) if rows in sets]
    counts = np.bincount(drawn, minlength=len(sets))
    return float(binomial_p_value(counts, len(index), 1 / len(sets)).min() * len(sets))


def _p_centres(x: Array, index: Array) -> Floats:
    """For each place (c,): the smallest p-value of all counts given the centres before, times their number.

    Where every distance is 0 the law is 0/0, and no count contradicts it.
    """
    n, c = len(x), index.shape[1]
    apart = ((x[:, None] - x[None]) ** 2).sum(axis=2)
    nearest, flat, found = np.full((1, n), np.inf), np.zeros(len(index), dtype=np.int64), []
    for place in range(c):
        mass = np.where(np.isinf(nearest), 1.0, nearest)
        total = mass.sum(axis=1, keepdims=True)
        flat = flat * n + index[:, place]
        counts = np.bincount(flat, minlength=len(nearest) * n).reshape(-1, n)
        chance = mass / np.where(total > 0, total, 1.0)
        p = np.where(total > 0, binomial_p_value(counts, counts.sum(axis=1, keepdims=True), chance), 1.0)
        found.append(float(p.min() * p.size))
        nearest = np.minimum(nearest[:, None], apart).reshape(-1, n)
    return np.array(found)


def check_best(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The kept run is the first of the best, and its parameters have the log-likelihood that is claimed for it.

    Recomputed by eigenvalues: the subject's rows err by t each and their sum by γ(n), the oracle's by the same in
    float64. Without a ridge a run ends no lower than it starts, up to the errors of both ends.
    """
    values, best, x = answer["log_likelihoods"], answer["best"].astype(np.int64), cases["x"]
    restarts, n = values.shape[1], x.shape[1]
    inside = (best >= 0) & (best < restarts)
    kept = np.take_along_axis(values, np.where(inside, best, 0)[:, None], axis=1)[:, 0]
    bound, again = _ends(answer, cases)
    gaps = [
        exactly("the first of the best is kept", best, values.argmax(axis=1)),
        exactly("its log-likelihood is the one it ended with", answer["log_likelihood"], kept),
        equal("its parameters have that log-likelihood", answer["log_likelihood"], again, bound),
    ]
    if not float(cases.settings.get("ridge", 0.0)):
        start = answer.again("mixture_search", cases.with_settings(steps=0))
        early, _ = _ends(start, cases)
        slack = Bound(n * (early.value + bound.value)[:, None], "n (Σt at the start + Σt at the end)")
        gaps.append(at_most("no run ends below its start", start["log_likelihoods"], values, slack))
    return tuple(gaps)


def _ends(answer: Answer, cases: Cases) -> tuple[Bound, Floats]:
    """How far log p of the kept parameters may be from their exact one, and that in float64: (lane,) each."""
    kind, x, end = str(cases.settings["covariance"]), cases["x"], Mixture(*(answer[name] for name in PARAMETERS))
    known = guess(x, end, kind, cases.u)
    summed = rounding(2 * x.shape[1], cases.u, "γ(2n) Σ|log p|", np.abs(known.value).sum(axis=1))
    return absolute(known.drift.sum(axis=1), "Σt") + summed, np.asarray(known.value.sum(axis=1))


def check_samples(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Labels have the probabilities π, and a draw whitened by its own component is a standard normal vector.

    The count of each label is Bin(N, π_k). z = L⁻¹(x − μ): each coordinate and |z|, which is χ_d, are compared with
    their distribution function within the DKW distance; rounding moves z by at most e, and a distribution function
    with density below 1 by no more. Signs of draws 2t and 2t+1 agree in Bin(N/2, ½).
    """
    from scipy import stats

    x, label = answer["x"], answer["label"].astype(np.int64)
    (lanes, count, d), k = x.shape, cases["pi"].shape[1]
    inside = (label >= 0) & (label < k)
    safe = np.where(inside, label, 0)
    counts = np.stack([np.bincount(row, minlength=k) for row in safe])
    chance = cases["pi"] / cases["pi"].sum(axis=1, keepdims=True)
    labels = binomial_p_value(counts, count, chance).min(axis=1) * k
    root = np.linalg.cholesky(full_of(cases))
    inverse = np.take_along_axis(np.linalg.inv(root), safe[:, :, None, None], axis=1)
    centre = np.take_along_axis(cases["mu"], safe[:, :, None], axis=1)
    z = (inverse @ (x - centre)[..., None])[..., 0]
    off = _whitening_error(answer, cases, np.abs(z).max(axis=(1, 2)))
    explained = absolute(dkw_distance(count, cases.level) + off, "DKW distance + rounding")
    radius = np.sqrt((z**2).sum(axis=2))
    signs = z[:, : count // 2 * 2 : 2, 0] > 0
    agree = (signs == (z[:, 1::2, 0] > 0)[:, : signs.shape[1]]).sum(axis=1)
    level = np.full(lanes, cases.level)
    return (
        exactly("labels within 0 … k−1", inside, True),
        at_most("each label with its probability", level, labels, NO_SLACK),
        *(
            at_most(f"coordinate {i} of z is normal", _distance(stats.norm.cdf(z[..., i])), 0.0, explained)
            for i in range(d)
        ),
        at_most("|z| is χ with d degrees of freedom", _distance(stats.chi.cdf(radius, d)), 0.0, explained),
        at_most("signs of neighbours", level, binomial_p_value(agree, signs.shape[1], 0.5), NO_SLACK),
    )


def _whitening_error(answer: Answer, cases: Cases, largest: Floats) -> Floats:
    """How far rounding moves z = L⁻¹(x − μ), |z| ≤ `largest` (lane,): (lane,).

    x is rounded d + 8 times at the size of |x| + |μ|, of which L⁻¹ makes √d ∕ σ_min, and a Cholesky factor with a
    relative error 4d²u of its matrix moves z by 4d² κ u |z| (Higham 2002, theorem 10.3).
    """
    d = cases["mu"].shape[2]
    values = np.linalg.eigvalsh(full_of(cases))
    least, most = values.min(axis=(1, 2)), values.max(axis=(1, 2))
    size = np.abs(answer["x"]).max(axis=(1, 2)) + np.abs(cases["mu"]).max(axis=(1, 2))
    return np.asarray(cases.u * ((d + 8) * np.sqrt(d / least) * size + 4 * d**2 * most / least * largest))


def _distance(levels: Floats) -> Floats:
    """Sup-distance between the empirical distribution function of levels (lane, N) and the uniform one: (lane,)."""
    count = levels.shape[1]
    ranked, steps = np.sort(levels, axis=1), np.arange(count + 1) / count
    return np.asarray(np.maximum(steps[1:] - ranked, ranked - steps[:-1]).max(axis=1))


START_CLAIMS = (
    Claim(
        id="EM-11",
        version=1,
        title="The likelihood has no maximum",
        sentence="A component that stands on a row and shrinks raises the likelihood without end, at a known rate.",
        latex=r"\mu_1=x_1,\ \Sigma_1=\sigma^2I:\qquad \ell(\sigma)=-d\log\sigma+O(1)\to\infty\quad(\sigma\to0)",
        source=(("kiefer1956", "section 6"), ("bishop2006", "section 9.2.1")),
        kind="rate",
        asks="mixture_e_step",
        check=check_unbounded,
        domain=NEEDLE_DOMAIN,
        needs=("log_likelihood",),
        parents=("EM-03",),
        lanes=128,
    ),
    Claim(
        id="EM-34",
        version=1,
        title="A collapse is an error",
        sentence="Where a covariance becomes singular the fit is refused and never goes on with NaN; a ridge saves it.",
        latex=r"\det\Sigma_k=0,\ \rho=0\Rightarrow\text{error};\qquad \rho>0\Rightarrow\theta\ \text{finite}",
        source=(("kiefer1956", "section 6"), ("bishop2006", "section 9.2.1")),
        kind="exact",
        asks="mixture_fit",
        check=check_collapse,
        domain=COLLAPSE_DOMAIN,
        needs=PARAMETERS,
        parents=("EM-11",),
        lanes=3,
    ),
    Claim(
        id="EM-21",
        version=1,
        title="The law of the starting points",
        sentence="The first centre of k-means++ is any row alike, and each next is drawn by the squared distance to "
        "the nearest so far; random starts are uniform sets of distinct rows.",
        latex=r"P(c_{j+1}=x\mid c_1,\dots,c_j)=\frac{D(x)^2}{\sum_{x'}D(x')^2},\qquad "
        r"D(x)=\min_{i\le j}\lVert x-c_i\rVert",
        source=(("arthur2007", "section 2.2"),),
        kind="statistical",
        asks="mixture_start",
        check=check_starts,
        domain=START_DOMAIN,
        needs=("index",),
        lanes=4,
        tests=3,
    ),
    Claim(
        id="EM-22",
        version=1,
        title="The best restart is kept",
        sentence="Of several runs the first with the highest log-likelihood is kept, whole, and no run ends below its "
        "start.",
        latex=r"r^*=\min\arg\max_r\ell_r,\qquad \ell(\theta_{r^*})=\ell_{r^*}",
        source=(("mclachlan2000", "section 2"),),
        kind="identity",
        asks="mixture_search",
        check=check_best,
        domain=SEARCH_DOMAIN,
        needs=("log_likelihoods", "best", "pi", "mu", "covariances", "log_likelihood"),
        parents=("EM-03",),
        lanes=16,
    ),
    Claim(
        id="EM-23",
        version=1,
        title="Samples follow the mixture",
        sentence="A draw's label has the probabilities of the weights, and the draw is normal with the mean and the "
        "covariance of its component.",
        latex=r"z\sim\pi,\qquad \Sigma_z^{-1/2}(x-\mu_z)\sim\mathcal N(0,I)",
        source=(("bishop2006", "section 9.2"),),
        kind="statistical",
        asks="mixture_sample",
        check=check_samples,
        domain=SAMPLE_DOMAIN,
        needs=("x", "label"),
        parents=("EM-01",),
        lanes=8,
        tests=6,
    ),
)
