"""Claims about what bounds count: OV-08, OV-28, OV-29; those about deviations join them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from theory.core.bound import ZERO
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, exactly
from theory.overfitting import oracle_capacity as oracle
from theory.overfitting.cases_capacity import GROWTH, POINT_SETS, SUMS
from theory.overfitting.claims_deviation import DEVIATION_CLAIMS

DIMENSIONS = {"rectangles": 4, "convex-sets": -1, "sines": -1}
"""VC dimensions that trying few points does not show: boxes never shatter 5 points, the others any number."""


def check_growth(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The closed form is what trying finds; that of rectangles is Sauer & Shelah's bound, which trying stays below.

    The VC dimension is the most points, up to 5, of which every subset is cut out.
    """
    family, n, count = str(cases.settings["family"]), cases["n"], answer["count"]
    found = np.array([oracle.growth(family, int(each)) for each in n])
    shattered = max(m for m in range(5) if oracle.growth(family, m) == 2**m)
    dimension = np.full(len(n), DIMENSIONS.get(family, shattered))
    if family == "rectangles":
        sauer = np.array([oracle.pascal(int(each), 4) for each in n])
        told = (at_most("found ≤ count", found, count, ZERO), exactly("count = Σ_{i ≤ 4} C(n, i)", count, sauer))
    else:
        told = (exactly("count = found", count, found), at_most("count ≤ 2^n", count, 2.0**n, ZERO))
    return (*told, exactly("VC dimension", answer["dimension"], dimension))


def check_dichotomies(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """What trying candidate sets finds is what testing each of the 2^n subsets finds, and no more than can be."""
    points, family = cases["points"], str(cases.settings["family"])
    count = np.array([oracle.dichotomies(each, family) for each in points])
    sizes = replace(cases, arrays={"n": np.full(len(points), points.shape[1])})
    most = answer.again("growth", sizes)
    return (
        exactly("subsets cut out", answer["count"], count),
        at_most("subsets ≤ growth function", answer["count"], most["count"], ZERO),
    )


def check_sauer(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Σ_{i ≤ d} C(n, i), by Pascal's triangle; 2^n where n ≤ d, and at most n^d + 1 and (en∕d)^d."""
    n, d, bound = cases["n"], cases["dimension"], answer["bound"]
    pascal = np.array([oracle.pascal(int(a), int(b)) for a, b in zip(n, d, strict=True)])
    ratio = np.maximum(n, 1) / np.maximum(d, 1)
    return (
        exactly("Σ C(n, i)", bound, pascal),
        at_most("≤ n^d + 1", bound, n.astype(np.float64) ** d + 1, ZERO),
        exactly("2^n where n ≤ d", bound, 2.0**n, n <= d),
        at_most("≤ (en∕d)^d", np.log(np.maximum(bound, 1)), d * (1 + np.log(ratio)), ZERO, (n >= d) & (d > 0)),
    )


CAPACITY_CLAIMS: tuple[Claim, ...] = (
    *DEVIATION_CLAIMS[:1],
    Claim(
        id="OV-08",
        version=1,
        title="Growth functions count dichotomies",
        sentence="Rays, intervals, half-planes and others have their growth functions and VC dimensions.",
        latex=r"m(n)=n+1,\ 2n,\ \tfrac{n(n+1)}2+1,\ n^2-n+2,\ 2^n,\dots;\qquad d=\max\{n:m(n)=2^n\}",
        source=(("vapnik1971", "section 1"), ("abumostafa2012", "section 2.1")),
        kind="exact",
        asks="growth",
        check=check_growth,
        domain=GROWTH,
        needs=("count", "dimension"),
        lanes=32,
    ),
    Claim(
        id="OV-28",
        version=1,
        title="Trying finds every subset that can be cut out",
        sentence="Of given points a family cuts out just those subsets that its definition allows.",
        latex=r"|\{A\cap S:A\in\mathcal A\}|\le m(|S|)",
        source=(("vapnik1971", "section 1"),),
        kind="exact",
        asks="dichotomies",
        also=("growth",),
        check=check_dichotomies,
        domain=POINT_SETS,
        parents=("OV-08",),
        needs=("count",),
        lanes=8,
    ),
    Claim(
        id="OV-29",
        version=1,
        title="Sauer and Shelah: below the VC dimension exponential, above it polynomial",
        sentence="The bound is a sum of binomial coefficients: 2^n up to the dimension, at most n^d + 1 beyond.",
        latex=r"m(n)\le\sum_{i\le d}\binom ni\le n^d+1,\ \left(\frac{en}d\right)^d",
        source=(("sauer1972", "theorem 1"), ("shalev2014", "lemma 6.10")),
        kind="exact",
        asks="sauer",
        check=check_sauer,
        domain=SUMS,
        parents=("OV-08",),
        needs=("bound",),
        lanes=32,
    ),
    *DEVIATION_CLAIMS[1:],
)
