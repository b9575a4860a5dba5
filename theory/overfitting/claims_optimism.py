"""Claims about the optimism of the training error: OV-03, OV-18, OV-04."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from theory.core.bound import U64, Bound, absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.core.gap import Gap, equal
from theory.overfitting import oracle_enumeration as enumeration
from theory.overfitting import oracle_fitting as oracle
from theory.overfitting.bounds_fitting import fitted_error, norm, size, solvable, squared_error
from theory.overfitting.cases_fitting import DESIGNS, Floats, Mask, Rng, draw_fits, scaled

GRID = 8
"""Denominator of noise deviations, so that variances are squares to the bit."""

MOST_ROWS = 6
"""Most rows of a problem of which all pairs of noises are tried."""


def check_optimism(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Averages over all 2^n noises, and all 2^n fresh ones, of fits by the exact hat matrix.

    B² = ‖(I−H)μ‖²∕n moves by (2‖r‖e + e²)∕n, e = 2ε(1+2κ)‖μ‖, and σ²(1 ± d∕n) by γ(8); the averages in float64 by
    γ(4n+2^n) of themselves. An optimism that is the difference of the two errors has both of their bounds.
    """
    x, mean, deviation = cases["x"], cases["mean"], np.sqrt(cases["noise_variance"])
    n, d = x.shape[1:]
    hat = oracle.stacked(oracle.hat_matrix, x)[0]
    training, in_sample = enumeration.risks(hat, mean, deviation)
    e = fitted_error(size(x, cases.u), norm(mean)).value
    left = norm(mean - np.einsum("lij,lj->li", hat, mean))
    lost = squared_error(left, e) / n
    counted = rounding(n + 8, cases.u, "γ(n+8)(error + σ²)", in_sample + deviation**2)
    own = rounding(8 * n + 2**n, U64, "γ(8n+2^n)(‖μ‖²∕n + σ²) (float64)", norm(mean) ** 2 / n + deviation**2)
    off = absolute(lost, "(2‖r‖e + e²)∕n") + counted + own
    exact = 2 * d / n * deviation**2
    return (
        equal("expected training error", answer["training"], training, off),
        equal("expected in-sample error", answer["in_sample"], in_sample, off),
        equal("optimism = 2σ²d∕n", answer["optimism"], exact, off.scaled(2, "· 2")),
        equal("optimism = in-sample − training", answer["optimism"], in_sample - training, off.scaled(2, "· 2")),
    )


def draw_noisy(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A design, the mean of its targets, and the variance of their noise, a square of eighths."""
    kind, _, flavour = regime.partition(": ")
    fits = draw_fits(rng, shape, kind, lanes)
    deviation = rng.integers(1, 25, lanes) / GRID
    if flavour == "no-noise":
        deviation = np.zeros(lanes)
    if flavour == "loud":
        deviation = deviation * 2.0**10
    variance = (deviation * scaled(kind)) ** 2
    return Cases({"x": fits["x"], "mean": fits["y"], "noise_variance": variance}, {}, regime)


def valid_noisy(cases: Cases) -> Mask:
    """A solvable design with few enough rows to try every pair of noises, and a variance ≥ 0."""
    few = cases["x"].shape[1] <= MOST_ROWS
    return np.asarray(solvable(cases["x"], cases.u) & (cases["noise_variance"] >= 0) & few)


NOISY_AXES = MappingProxyType(
    {"x": Axes(("n", "d"), "real"), "mean": Axes(("n",), "real"), "noise_variance": Axes((), "real")}
)
NOISY = Domain(
    MappingProxyType({"n": (1, 5), "d": (1, 4)}),
    (*DESIGNS, "exact-fit", "zero-target", "generic: no-noise", "generic: loud"),
    draw_noisy,
    NOISY_AXES,
    valid=valid_noisy,
)
"""Up to six rows, so that all noises can be tried."""


def check_criteria(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """AIC and BIC from the normal density of residuals with this rss, and the mean of C_p over all noises.

    aic = −2 log L + 2d − n(1 + log 2π), log L at variance rss∕n: its terms are of size n(1 + |log(rss∕n)|) + d log n
    and rounded at most 8 times. C_p is a sum of two positive terms: γ(6). E C_p over all 2^n noises is the expected
    in-sample error, both by the exact hat matrix.
    """
    from scipy import stats

    rss, d, variance = cases["rss"], cases["parameters"], cases["noise_variance"]
    n = cases.integer("n")
    scale = np.sqrt(rss / n)
    log_likelihood = np.sum(stats.norm.logpdf(cases["residuals"], scale=scale[:, None]), axis=1)
    constant = n * (1 + np.log(2 * np.pi))
    magnitude = n * (4 + np.abs(np.log(rss / n)) + np.abs(np.log(scale))) + d * (2 + np.log(n))
    off = rounding(8, cases.u, "γ(8)[n(4 + |log rss∕n|) + d(2 + log n)]", magnitude)
    off = off + rounding(4 * n + 16, U64, "γ(4n+16)[…] (float64)", magnitude)
    cp = rss / n + 2 * variance * d / n
    return (
        equal("C_p", answer["cp"], cp, rounding(6, cases.u, "γ(6) C_p", cp)),
        equal("AIC", answer["aic"], -2 * log_likelihood + 2 * d - constant, off),
        equal("BIC", answer["bic"], -2 * log_likelihood + np.log(n) * d - constant, off),
        _unbiased(answer, cases),
    )


def _unbiased(answer: Answer, cases: Cases) -> Gap:
    """The mean of C_p over every noise: one lane for each, asked in one call."""
    x, mean, variance = cases["x"], cases["mean"], cases["noise_variance"]
    lanes, n, d = x.shape
    hat = oracle.stacked(oracle.hat_matrix, x)[0]
    deviation = np.sqrt(variance)
    y = mean[:, None] + deviation[:, None, None] * enumeration.signs(n)
    rss = ((y - np.einsum("lij,lej->lei", hat, y)) ** 2).sum(axis=2)  # (lane, 2^n)
    count = rss.shape[1]
    told = rss > U64 * (norm(mean) ** 2 + n * variance)[:, None]
    arrays: dict[str, Any] = {
        "rss": np.where(told, rss, 1.0).ravel(),
        "parameters": np.full(lanes * count, d),
        "noise_variance": np.repeat(variance, count),
    }
    many = replace(cases, arrays=arrays, settings={"n": n}).rounded()
    cp = answer.again("criteria", many)["cp"].reshape(lanes, count)
    in_sample = enumeration.risks(hat, mean, deviation)[1]
    size_of = norm(mean) ** 2 / n + variance
    off = rounding(8, cases.u, "γ(8)(‖μ‖²∕n + σ²)", 2 * size_of) + rounding(
        8 * n + 2**n, U64, "γ(8n+2^n)(‖μ‖²∕n + σ²) (float64)", size_of
    )
    return equal("E C_p = expected in-sample error", cp.mean(axis=1), in_sample, off, told.all(axis=1))


def draw_criteria(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Residuals in eighths with the sum of their squares, and a noisy problem of as many rows."""
    more = {"n": max(shape["n"], shape["d"] + 1), "d": shape["d"]}
    problem = draw_noisy(rng, more, "generic: loud" if regime == "loud" else "generic", lanes)
    n, d = problem["x"].shape[1:]
    unit = scaled(regime)
    residuals = rng.integers(-64, 65, (lanes, n)) / GRID
    residuals[:, 0] = rng.integers(1, 65, lanes) / GRID
    if regime == "alike":
        residuals[:] = residuals[:, :1]
    rss = (residuals**2).sum(axis=1) * unit**2
    arrays = {**problem.arrays, "residuals": residuals * unit, "rss": rss, "parameters": np.full(lanes, d)}
    if regime == "no-parameters":
        arrays["parameters"] = np.zeros(lanes, dtype=np.int64)
    return Cases(arrays, {"n": n}, regime)


CRITERIA = Domain(
    MappingProxyType({"n": (2, 5), "d": (1, 2)}),
    ("generic", "alike", "no-parameters", "loud", "tiny-scale", "huge-scale"),
    draw_criteria,
    MappingProxyType({"noise_variance": Axes((), "real"), "parameters": Axes((), "integer")}),
    valid=valid_noisy,
)
"""Sums of squares as they occur; residuals all alike; no parameter at all; units of 2^-30 and 2^30."""


def check_decomposition(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Bias², variance and error in exact rationals; see `decomposition_bounds`."""
    exact = _decompositions(cases)
    bias_off, variance_off, whole = decomposition_bounds(cases, exact)
    parts = answer["bias"] + answer["variance"] + cases["noise_variance"]
    return (
        equal("squared bias", answer["bias"], exact[0], bias_off),
        equal("variance", answer["variance"], exact[1], variance_off),
        equal("expected error", answer["error"], exact[2], whole),
        equal("error = bias² + variance + σ²", answer["error"], parts, whole.scaled(2, "· 2")),
    )


def decomposition_bounds(cases: Cases, known: tuple[Floats, ...] = ()) -> tuple[Bound, ...]:
    """How far bias², variance and error may be off: (lane,) each.

    A mean of R numbers is off by δ = γ(R+2) max|f̂|, the same δ in all R deviations, whose products with it cancel:
    variance moves by δ² and γ(2R+m+12) of itself, and (mean − f)² by 2|b|δ + δ² and γ(m+8). The mean square of
    prediction − truth has only positive terms; as bias² + variance + σ² it has their bounds.
    """
    f = cases["predictions"]
    _, r, m = f.shape
    bias, variance, error = known or _decompositions(cases)
    delta = gamma(r + 2, cases.u) * np.abs(f).max(axis=1)  # (lane, m)
    offset = np.abs(f.mean(axis=1) - cases["truth"])
    moved = squared_error(offset, delta + cases.u * offset).mean(axis=1)
    bias_off = absolute(moved, "2|b|δ + δ², δ = γ(R+2) max|f̂|") + rounding(m + 8, cases.u, "γ(m+8)b²", bias)
    counted = rounding(2 * r + m + 12, cases.u, "γ(2R+m+12)v", variance)
    variance_off = absolute(4 * (delta**2).mean(axis=1), "4δ²") + counted
    return bias_off, variance_off, bias_off + variance_off + rounding(r * m + 8, cases.u, "γ(Rm+8)error", error)


def _decompositions(cases: Cases) -> tuple[Floats, ...]:
    return oracle.stacked(_decomposed, cases["predictions"], cases["truth"], cases["noise_variance"])


def _decomposed(f: Floats, truth: Floats, noise: float) -> tuple[float, float, float]:
    """Exact bias², variance and error of one lane."""
    from flint import fmpq

    r, m = f.shape
    table, aim = oracle.matrix(f).tolist(), oracle.matrix(truth).tolist()
    bias = variance = error = fmpq(0)
    for j in range(m):
        column, goal = [row[j] for row in table], aim[j][0]
        mean = sum(column, fmpq(0)) / r
        bias += (mean - goal) ** 2
        variance += sum(((value - mean) ** 2 for value in column), fmpq(0)) / r
        error += sum(((value - goal) ** 2 for value in column), fmpq(0)) / r
    exact = (bias / m, variance / m, error / m + fmpq(*float(noise).as_integer_ratio()))
    return oracle.number(exact[0]), oracle.number(exact[1]), oracle.number(exact[2])


def draw_predictions(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Predictions of R fits at m points, with what is true there."""
    r, m = 1 if regime == "one-fit" else 2 if regime == "two-fits" else shape["r"], shape["m"]
    truth = rng.standard_normal((lanes, m))
    f = truth[:, None] + rng.standard_normal((lanes, r, m)) + rng.standard_normal((lanes, 1, m))
    unit = scaled(regime)
    if regime == "far":
        f, truth = f + 2.0**7, truth + 2.0**7
    if regime == "unbiased":
        half = rng.integers(1, 9, (lanes, r, m)).astype(np.float64)
        truth = rng.integers(-4, 5, (lanes, m)).astype(np.float64)
        f = np.concatenate([truth[:, None] + half, truth[:, None] - half], axis=1)
    if regime == "all-alike":
        f = np.repeat(f[:, :1], r, axis=1)
    noise = rng.integers(0, 9, lanes) / GRID * unit**2
    if regime == "no-noise":
        noise = np.zeros(lanes)
    return Cases({"predictions": f * unit, "truth": truth * unit, "noise_variance": noise}, {}, regime)


PREDICTIONS = Domain(
    MappingProxyType({"r": (1, 8), "m": (1, 5)}),
    ("generic", "one-fit", "two-fits", "far", "unbiased", "all-alike", "no-noise", "tiny-scale", "huge-scale"),
    draw_predictions,
    MappingProxyType(
        {"predictions": Axes(("r", "m"), "real"), "truth": Axes(("m",), "real"), "noise_variance": Axes((), "real")}
    ),
    valid=lambda cases: np.asarray(cases["noise_variance"] >= 0),
)
"""Fits of any number; far from 0; symmetric about the truth; all the same."""

OPTIMISM_CLAIM = Claim(
    id="OV-03",
    version=1,
    title="Optimism, exactly",
    sentence="On average over the noise the training error of least squares is too small by twice the noise variance "
    "times parameters over rows.",
    latex=r"E[\mathrm{err_{in}}]-E[\overline{\mathrm{err}}]=\frac{2\sigma^2d}{n},\quad "
    r"E[\overline{\mathrm{err}}]=\frac1n\lVert(I-H)\mu\rVert^2+\sigma^2\left(1-\frac dn\right)",
    source=(("hastie2009", "section 7.4"), ("efron2004", "section 2")),
    kind="identity",
    asks="optimism",
    check=check_optimism,
    domain=NOISY,
    needs=("training", "in_sample", "optimism"),
    parents=("OV-06",),
    lanes=16,
)
CRITERIA_CLAIM = Claim(
    id="OV-18",
    version=1,
    title="Mallows, Akaike, Schwarz",
    sentence="On average over the noise Mallows' criterion is the expected in-sample error; Akaike's and Schwarz' are "
    "the normal log-likelihood with a price for each parameter.",
    latex=r"C_p=\frac{\mathrm{RSS}}n+\frac{2\sigma^2d}n,\quad E\,C_p=E[\mathrm{err_{in}}];\quad "
    r"\mathrm{AIC}=n\log\frac{\mathrm{RSS}}n+2d,\quad \mathrm{BIC}=n\log\frac{\mathrm{RSS}}n+d\log n",
    source=(("mallows1973", "section 2"), ("akaike1974", "section 5"), ("schwarz1978", "section 1")),
    kind="identity",
    asks="criteria",
    check=check_criteria,
    domain=CRITERIA,
    needs=("cp", "aic", "bic"),
    parents=("OV-03",),
    lanes=16,
)
DECOMPOSITION_CLAIM = Claim(
    id="OV-04",
    version=1,
    title="Error is bias² + variance + noise",
    sentence="The expected squared error over several fits is the squared bias of their mean, their variance about it, "
    "and the noise.",
    latex=r"\frac1R\sum_r(\hat f_r-f)^2+\sigma^2=(\bar f-f)^2+\frac1R\sum_r(\hat f_r-\bar f)^2+\sigma^2",
    source=(("geman1992", "section 3"), ("hastie2009", "section 7.3")),
    kind="identity",
    asks="bias_variance",
    check=check_decomposition,
    domain=PREDICTIONS,
    needs=("bias", "variance", "error"),
    lanes=32,
)
