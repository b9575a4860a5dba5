"""Claims about how far a sample strays: OV-07, OV-23, OV-09, OV-30, OV-16."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.overfitting import oracle_capacity as oracle
from theory.overfitting.cases_capacity import CONFIDENCES, LINEAR, RISKS, TAILS

Floats = NDArray[np.float64]


def exponent(cases: Cases) -> tuple[Floats, Floats]:
    """Log 2M − 2nε², and the sum of both magnitudes: (lane,) each."""
    grows, falls = np.log(2.0 * cases["hypotheses"]), 2 * cases.integer("n") * cases["epsilon"] ** 2
    return grows - falls, grows + falls


def hoeffding_bound(cases: Cases) -> Bound:
    """An exponent of magnitude s errs by γ(8)s, and its exponential by as much of itself, and γ(8)."""
    power, size = exponent(cases)
    value = np.exp(np.minimum(power, 0))
    return absolute(value * np.expm1(gamma(8, cases.u) * (1 + size)), "[exp(γ(8)(1 + log 2M + 2nε²)) − 1] bound")


def check_hoeffding(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """min(1, 2M exp(−2nε²)) is above the exact tail of M independent coins at the worst p in twentieths.

    M coins stray with probability 1 − (1 − q)^M, q the exact binomial tail of one. rows: the exponent at `rows` is at
    most log δ, and at rows − 1 it is not, each up to γ(8) of its magnitudes.
    """
    n, m = cases.integer("n"), cases["hypotheses"].astype(np.float64)
    q = np.array([float(oracle.tail(n, int(e))) for e in cases["twentieths"]])
    with np.errstate(divide="ignore"):
        strays = -np.expm1(m * np.log1p(-q))
    value, bound = np.exp(np.minimum(exponent(cases)[0], 0)), hoeffding_bound(cases)
    wanted = np.log(2 * m / cases["delta"])
    rate, rows = 2 * cases["epsilon"] ** 2, answer["rows"]
    near = rounding(8, cases.u, "γ(8) log 2M∕δ", wanted)
    return (
        equal("bound = min(1, 2M exp(−2nε²))", answer["bound"], value, bound),
        at_most("P(some coin strays by ε) ≤ bound", strays, answer["bound"], bound),
        exactly("rows are whole", rows, np.round(rows)),
        at_most("log 2M∕δ ≤ 2 rows ε²", wanted, rate * rows, near),
        at_most("2(rows − 1)ε² ≤ log 2M∕δ", rate * (rows - 1), wanted, near),
    )


def vc_value(cases: Cases) -> Floats:
    """√(8∕n log(4((2n)^d + 1)∕δ)) with the integer inside the logarithm in full: (lane,)."""
    n = cases.integer("n")
    logs = np.array([math.log(4 * ((2 * n) ** int(d) + 1)) for d in cases["dimension"]])
    return np.asarray(np.sqrt(8 / n * (logs - np.log(cases["delta"]))))


def vc_bound(cases: Cases) -> Bound:
    """All terms of the logarithm are positive: γ(8) of it, and as much of the root."""
    return rounding(8, cases.u, "γ(8) bound", vc_value(cases))


def check_vc(answer: Answer, cases: Cases) -> Gap:
    """The bound of Vapnik and Chervonenkis, as a deviation; (2n)^d need not be a float."""
    return equal("√(8∕n log(4((2n)^d + 1)∕δ))", answer["bound"], vc_value(cases), vc_bound(cases))


def suprema(cases: Cases) -> Floats:
    """Radius∕n times the dual norm of Σ σ_i x_i for every sign vector: (lane, 2^n)."""
    x = cases["x"]
    total = np.einsum("sn,lnd->lsd", oracle.all_signs(x.shape[1]), x)
    dual = np.abs(total).max(axis=2) if cases.settings["norm"] == "l1" else np.sqrt((total**2).sum(axis=2))
    return np.asarray(cases["radius"][:, None] / x.shape[1] * dual)


def closed_form(cases: Cases) -> Floats:
    """The bound of the class: radius∕n √Σ‖x_i‖², or radius∕n max_j‖X_j‖ √(2 log 2d): (lane,)."""
    x, scale = cases["x"], cases["radius"] / cases["x"].shape[1]
    columns = (x**2).sum(axis=1)
    if cases.settings["norm"] == "l2":
        return np.asarray(scale * np.sqrt(columns.sum(axis=1)))
    return np.asarray(scale * np.sqrt(columns.max(axis=1) * 2 * math.log(2 * x.shape[2])))


def complexity_bound(cases: Cases) -> Bound:
    """A sum of n rows errs by γ(n)Σ‖x_i‖, its norm by γ(d+4) more, a mean of 2^n by γ(2^n) in the worst order."""
    n, d = cases["x"].shape[1:]
    size = cases["radius"] / n * np.abs(cases["x"]).sum(axis=(1, 2))
    return rounding(2**n + n + d + 8, cases.u, "γ(2^n + n + d + 8) radius∕n Σ|x|", size)


def upper_bound(cases: Cases) -> Bound:
    """Sums of squares and two roots: γ(nd + 12)."""
    n, d = cases["x"].shape[1:]
    return rounding(n * d + 12, cases.u, "γ(nd + 12) bound", closed_form(cases))


def check_rademacher(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The mean over all signs, its closed-form bound, and for ℓ2 Khintchine & Kahane's constant 1∕√2 below it."""
    every, upper, bound = suprema(cases), closed_form(cases), complexity_bound(cases)
    gaps = [
        equal("mean over all signs", answer["complexity"], every.mean(axis=1), bound),
        equal("bound in closed form", answer["upper"], upper, upper_bound(cases)),
        equal("range", answer["range"], np.ptp(every, axis=1), bound.scaled(2.0, "· 2")),
        at_most("complexity ≤ bound", answer["complexity"], answer["upper"], bound + upper_bound(cases)),
    ]
    if cases.settings["norm"] == "l2":
        low = answer["upper"] / math.sqrt(2)
        gaps.append(at_most("bound ∕ √2 ≤ complexity", low, answer["complexity"], bound + upper_bound(cases)))
    return tuple(gaps)


DRAWS = 4000


def check_sampled(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """A mean of D draws in an interval of length r strays by r√(log(2∕α)∕2D) with probability α (Hoeffding).

    Asked again for two lanes of each problem, each with α∕2.
    """
    twice = cases.take(np.repeat(np.arange(cases.lanes), 2)).with_settings(draws=DRAWS)
    found = answer.again("rademacher", twice)["sampled"].reshape(-1, 2)
    every, rounds = suprema(cases), complexity_bound(cases)
    length = np.ptp(every, axis=1)
    stray = length * math.sqrt(math.log(4 / cases.level) / (2 * DRAWS))
    bound = absolute(stray[:, None], "r√(log(4∕α)∕2D)") + absolute(rounds.value[:, None], rounds.terms)
    return (equal("mean of random signs", found, every.mean(axis=1)[:, None], bound),)


def exact_means(losses: Floats, sample: NDArray[np.int64]) -> Floats:
    """Mean loss of each hypothesis on each sample, losses being quarters: sums are exact. (lane, m)."""
    index = np.broadcast_to(sample[:, None], (*losses.shape[:2], sample.shape[1]))
    return np.asarray(np.take_along_axis(losses, index, axis=2).sum(axis=2) / sample.shape[1])


def training_bound(cases: Cases) -> Bound:
    """Quarters add up exactly; one division: u."""
    return absolute(2 * cases.u * np.ones(cases.lanes), "2u")


def enumerated(cases: Cases, n: int) -> Cases:
    """Every sample of size n from the domain, for each lane in turn: (lane · q^n)."""
    q = cases["weights"].shape[1]
    samples = np.array(list(itertools.product(range(q), repeat=n)), dtype=np.int64).reshape(-1, n)
    repeated = cases.take(np.repeat(np.arange(cases.lanes), len(samples)))
    return repeated.with_arrays(sample=np.tile(samples, (cases.lanes, 1)))


def check_risk(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """E_S[training] ≤ min_h L(h) ≤ E_S[risk], over all q^n samples; and one row more can only raise the training error.

    The minimum over S of a mean is at most the minimum's mean; and the training error on n+1 rows is the mean over rows
    of what its hypothesis costs on the others, which is at least their minimum. Quarters and sixteenths are exact, a
    mean is one division.
    """
    losses, weights, sample = cases["losses"], cases["weights"], cases["sample"]
    lanes, _, q = losses.shape
    n = sample.shape[1]
    means, bound = exact_means(losses, sample), training_bound(cases)
    first = means.argmin(axis=1)
    risks = (losses * weights[:, None]).sum(axis=2)
    every = enumerated(cases, n)
    told = answer.again("empirical_risk", every)
    chance = np.take_along_axis(every["weights"], every["sample"], axis=1).prod(axis=1)
    expected = [(chance * told[name]).reshape(lanes, -1).sum(axis=1) for name in ("training", "risk")]
    best = risks.min(axis=1)
    more = enumerated(cases, n + 1)
    larger = answer.again("empirical_risk", more)["training"]
    digits = q ** np.arange(n - 1, -1, -1)
    training = told["training"].reshape(lanes, -1)
    left = [np.delete(more["sample"], i, axis=1) @ digits for i in range(n + 1)]
    lane = np.repeat(np.arange(lanes), q ** (n + 1))
    smaller = np.mean([training[lane, index] for index in left], axis=0)
    slack = rounding(q**n + 4, cases.u, "γ(q^n + 4)", np.ones(lanes))
    fine = absolute(np.full(len(larger), 4 * cases.u), "4u")
    return (
        exactly("the first minimum is chosen", answer["chosen"], first),
        equal("training", answer["training"], means.min(axis=1), bound),
        equal("risk", answer["risk"], np.take_along_axis(risks, first[:, None], axis=1)[:, 0], bound),
        at_most("E training ≤ min_h L(h)", expected[0], best, slack),
        at_most("min_h L(h) ≤ E risk", best, expected[1], slack),
        *_of_lanes("training on n rows ≤ on n + 1", smaller, larger, fine, lanes),
    )


def _of_lanes(label: str, left: Floats, right: Floats, bound: Bound, lanes: int) -> tuple[Gap, ...]:
    shape = (lanes, -1)
    return (at_most(label, left.reshape(shape), right.reshape(shape), Bound(bound.value.reshape(shape), bound.terms)),)


DEVIATION_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="OV-07",
        version=1,
        title="Hoeffding's bound over a finite class",
        sentence="That some of M sample means strays by ε is no likelier than 2M exp(−2nε²), on exact binomial tails.",
        latex=r"P\Bigl(\max_h|\hat p_h-p_h|\ge\epsilon\Bigr)\le2Me^{-2n\epsilon^2}",
        source=(("hoeffding1963", "theorem 2"), ("shalev2014", "lemma 4.5")),
        kind="inequality",
        asks="hoeffding",
        check=check_hoeffding,
        domain=TAILS,
        needs=("bound", "rows"),
        lanes=64,
    ),
    Claim(
        id="OV-23",
        version=1,
        title="The bound of Vapnik and Chervonenkis",
        sentence="With the growth function at 2n in the place of M, the deviation is √(8∕n log(4((2n)^d + 1)∕δ)).",
        latex=r"\epsilon=\sqrt{\frac8n\log\frac{4((2n)^d+1)}\delta}",
        source=(("abumostafa2012", "section 2.2"), ("vapnik1971", "theorem 2")),
        kind="identity",
        asks="vc_bound",
        check=check_vc,
        domain=CONFIDENCES,
        parents=("OV-07", "OV-29"),
        needs=("bound",),
    ),
    Claim(
        id="OV-09",
        version=1,
        title="Rademacher complexity of linear classes",
        sentence="The mean over all signs lies below the class's closed form, and for ℓ2 above 1∕√2 of it.",
        latex=r"\frac b{\sqrt2}\le\frac Bn\,E\Bigl\|\sum_i\sigma_ix_i\Bigr\|_2\le b=\frac Bn\sqrt{\sum\|x_i\|^2}",
        source=(("shalev2014", "lemmas 26.10 and 26.11"), ("latala1994", "theorem 1")),
        kind="inequality",
        asks="rademacher",
        check=check_rademacher,
        domain=LINEAR,
        parents=("OV-07",),
        needs=("complexity", "upper", "range"),
        lanes=32,
    ),
    Claim(
        id="OV-30",
        version=1,
        title="Random signs estimate the complexity",
        sentence="The mean over random signs strays from the exact one no further than Hoeffding's inequality lets it.",
        latex=r"|\hat{\mathfrak R}_D-\mathfrak R|\le r\sqrt{\frac{\log(2/\alpha)}{2D}}",
        source=(("hoeffding1963", "theorem 2"),),
        kind="statistical",
        asks="rademacher",
        check=check_sampled,
        domain=LINEAR,
        parents=("OV-09",),
        needs=("sampled",),
        lanes=4,
        tests=1,
    ),
    Claim(
        id="OV-16",
        version=1,
        title="The training error flatters, and rises with n",
        sentence="The least training error is below the best risk in the mean, the risk of its choice above.",
        latex=r"E\,\hat L_S(\hat h_S)\le\min_hL(h)\le E\,L(\hat h_S),\quad"
        r"\hat L_S(\hat h_S)\ge\tfrac1{n+1}\textstyle\sum_i\hat L_{S-i}(\hat h_{S-i})",
        source=(("vapnik1998", "chapter 1"),),
        kind="inequality",
        asks="empirical_risk",
        check=check_risk,
        domain=RISKS,
        parents=("OV-07",),
        needs=("chosen", "training", "risk"),
        lanes=8,
    ),
)
