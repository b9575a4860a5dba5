"""Claims about the risk of the solution of least norm on both sides of n = d: OV-31, OV-15."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np

from theory.core.bound import absolute, rounding
from theory.core.chance import dkw_distance
from theory.core.claim import Answer, Claim
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.core.gap import Gap, at_most, equal
from theory.overfitting.bounds_fitting import hat_error, inverse_error, size
from theory.overfitting.cases_fitting import Floats, Mask, Rng

SAMPLE = 3000
"""Designs of one test. At level 1e-10 the distance of Dvoretzky, Kiefer & Wolfowitz is 0.063; a degree of freedom too
many moves the distribution function of χ² by more than 0.1, up to 7 of them."""


def check_laws(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The laws behind the risk, on the subject's own pseudo-inverses of many Gaussian designs.

    1∕(X⁺X⁺ᵀ)₁₁ ~ χ²_{n−d+1} for d ≤ n and 1∕(X⁺ᵀX⁺)₁₁ ~ χ²_{d−n+1} for d ≥ n (Muirhead 1982, section 3.2);
    ‖X⁺Xβ‖²∕‖β‖² ~ Beta(n∕2, (d−n)∕2). A distribution function may be off by what chance explains; rounding of X⁺ (see
    `inverse_error`) widens each value to an interval, whose kinder end counts.
    """
    from scipy import stats

    x = cases["designs"][0]
    _, n, d = x.shape
    inverse = answer.again("pseudo_inverse", replace(cases, arrays={"x": x}))["inverse"]
    sized = size(x, cases.u)
    free = abs(n - d) + 1
    with np.errstate(divide="ignore"):
        values, slack = _scaled_squares(x, inverse, inverse_error(sized).value)
    chance = absolute(dkw_distance(len(x), cases.level), "DKW distance")
    apart = distance(stats.chi2.cdf(values / (1 + slack), free), stats.chi2.cdf(values * (1 + slack), free))
    gaps = [at_most("1∕(X⁺X⁺ᵀ)₁₁ is χ²", [apart], 0.0, chance)]
    if d > n:
        direction = np.ones(d) / np.sqrt(d)
        kept = np.einsum("rdn,rn->rd", inverse, x @ direction)
        share, off = (kept**2).sum(axis=1), 3 * hat_error(sized).value
        law = stats.beta(n / 2, (d - n) / 2)
        apart = distance(law.cdf(share - off), law.cdf(share + off))
        gaps.append(at_most("‖X⁺Xβ‖²∕‖β‖² is Beta", [apart], 0.0, chance))
    return tuple(gaps)


def _scaled_squares(x: Floats, inverse: Floats, off: Floats) -> tuple[Floats, Floats]:
    """1 ∕ ‖first row (d ≤ n) or column of X⁺‖² of each design, and how much rounding may stretch it."""
    short = inverse[:, 0] if x.shape[1] >= x.shape[2] else inverse[:, :, 0]
    own = np.linalg.pinv(x)
    length = np.linalg.norm(own[:, 0] if x.shape[1] >= x.shape[2] else own[:, :, 0], axis=1)
    share = off / length
    stretch = np.where(share < 1 / 4, 4 * share, np.inf)
    return np.asarray(1 / (short**2).sum(axis=1)), np.asarray(stretch)


def distance(low: Floats, high: Floats) -> float:
    """Least sup-distance from the uniform law of values that lie between `low` and `high`, (N,) each."""
    steps = np.arange(len(low) + 1) / len(low)
    above, below = steps[1:] - np.sort(high), np.sort(low) - steps[:-1]
    return float(np.nan_to_num(np.maximum(above, below), nan=1.0).max())


def check_risk(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Variance σ² min(n, d) E[1∕χ²_k], k = |n−d| + 1, with 1∕(k−2) as the mean of an inverse gamma law.

    Bias ‖β‖²(1 − E share), the share of ‖β‖² that the rows capture being Beta(n∕2, (d−n)∕2). A few operations: γ(8).
    """
    from scipy import stats

    rows, columns, noise, norm = (cases[name] for name in ("rows", "columns", "noise_variance", "norm"))
    free = np.abs(rows - columns) + 1
    variance = noise * np.minimum(rows, columns) * stats.invgamma.mean(free / 2, scale=1 / 2)
    wide = columns > rows
    captured = stats.beta.mean(rows / 2, np.where(wide, columns - rows, 1) / 2)
    bias = np.where(wide, norm**2 * (1 - captured), 0.0)
    size = np.where(np.isinf(variance), 0.0, variance)
    return (
        equal("variance", answer["variance"], variance, rounding(8, cases.u, "γ(8) variance", size)),
        equal("bias", answer["bias"], bias, rounding(8, cases.u, "γ(8)‖β‖²", norm**2)),
    )


def draw_gaussian(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Standard normal designs, all of one shape, in a single lane: designs (1, SAMPLE, n, d), and the first as x."""
    less, more = sorted((shape["n"], shape["d"]))
    n, d = {"tall": (more + 1, less), "square": (less, less), "wide": (less, more + 1)}[regime]
    designs = rng.standard_normal((1, SAMPLE, n, d))
    return Cases({"x": designs[:, 0], "designs": designs}, {}, regime)


GAUSSIAN = Domain(
    MappingProxyType({"n": (1, 6), "d": (1, 6)}),
    ("tall", "wide", "square"),
    draw_gaussian,
)
"""More rows than columns, fewer, and as many."""


def draw_risks(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Rows, columns, and the sizes of noise and signal; wide: at least two more columns than rows."""
    rows, columns = rng.integers(1, shape["most"] + 1, (2, lanes))
    if regime == "wide":
        columns = rows + rng.integers(2, shape["most"] + 2, lanes)
    noise, norm = rng.integers(1, 9, lanes) / 4, rng.integers(0, 5, lanes) / 4
    return Cases({"rows": rows, "columns": columns, "noise_variance": noise, "norm": norm}, {}, regime)


def valid_risks(cases: Cases) -> Mask:
    """Whole sizes from 1 on, noise, and a norm ≥ 0: (lane,)."""
    large = (cases["rows"] >= 1) & (cases["columns"] >= 1)
    return np.asarray(large & (cases["noise_variance"] > 0) & (cases["norm"] >= 0))


RISKS = Domain(
    MappingProxyType({"most": (2, 12)}),
    ("generic", "wide"),
    draw_risks,
    MappingProxyType(
        {
            "rows": Axes((), "integer", 1),
            "columns": Axes((), "integer", 1),
            "noise_variance": Axes((), "weight"),
            "norm": Axes((), "real"),
        }
    ),
    valid=valid_risks,
)
"""Sizes of designs of which only the expected risk is asked."""

RISK_CLAIMS = (
    Claim(
        id="OV-31",
        version=1,
        title="The risk descends twice",
        sentence="On Gaussian designs the variance of the solution of least norm rises without bound as columns "
        "approach rows and falls again beyond, where a bias appears.",
        latex=r"\mathrm{Var}=\frac{\sigma^2d}{n-d-1}\ (d<n-1),\quad \frac{\sigma^2n}{d-n-1}\ (d>n+1);\qquad "
        r"\mathrm{Bias}=\lVert\beta\rVert^2\left(1-\frac nd\right)\ (d>n)",
        source=(("belkin2020", "section 2"), ("hastie2022", "section 3")),
        kind="identity",
        asks="minimum_norm_risk",
        check=check_risk,
        domain=RISKS,
        needs=("variance", "bias"),
        parents=("OV-17",),
    ),
    Claim(
        id="OV-15",
        version=1,
        title="Pseudo-inverses of Gaussian designs follow their laws",
        sentence="The lengths of rows and columns of computed pseudo-inverses, and the share of a signal that they "
        "recover, have the exact laws that make the risk descend twice.",
        latex=r"\frac1{(X^+X^{+\top})_{11}}\sim\chi^2_{n-d+1},\qquad "
        r"\frac{\lVert X^+X\beta\rVert^2}{\lVert\beta\rVert^2}\sim\mathrm{Beta}\left(\tfrac n2,\tfrac{d-n}2\right)",
        source=(("muirhead1982", "section 3.2"), ("hastie2022", "section 3")),
        kind="statistical",
        asks="pseudo_inverse",
        check=check_laws,
        domain=GAUSSIAN,
        needs=("inverse",),
        parents=("OV-31",),
        lanes=1,
        tests=2,
    ),
)
