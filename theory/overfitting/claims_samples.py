"""Claims about what is drawn at random: Monte-Carlo predictions (OV-20) and dropout's masks (OV-21)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np

from theory.core.bound import Bound, absolute, rounding
from theory.core.chance import binomial_p_value, dkw_distance
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases, Domain, Shape
from theory.core.gap import Gap, at_most, equal, exactly
from theory.overfitting import oracle_fitting as oracle
from theory.overfitting.bounds_fitting import fitted_error, norm, size, solvable
from theory.overfitting.cases_fitting import Floats, Mask, Rng, design, sizes_in, target

REPETITIONS = 1000
"""Fits of a lane, and masks of a lane; even, for pairs of neighbours."""

NO_SLACK = Bound(np.zeros(()), "level of one test")


def check_predictions(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Ŷ_r − Hμ = σ Q z_r with z_r ~ N(0, I_d) independent, Q orthonormal for the columns: z = Qᵀ(ŷ − Hμ)∕σ.

    Σ‖z_r‖² ~ χ²_{Rd}; R‖mean‖² ~ χ²_d; Σ‖z_2t − z_2t+1‖²∕2 ~ χ²_{Rd∕2}, and the same between two lanes of one problem,
    so neither neighbours nor lanes share their noise. ŷ moves by 2ε(1+2κ)(‖μ‖ + σ‖noise‖), e in units of σ, which each
    test forgives. Without noise every prediction is Hμ.
    """
    x, mean, deviation = cases["x"], cases["mean"], np.sqrt(cases["noise_variance"])
    lanes, n, d = x.shape
    found = answer["predictions"]
    r = found.shape[1]
    hat = oracle.stacked(oracle.hat_matrix, x)[0]
    centre = np.einsum("lij,lj->li", hat, mean)
    basis = np.linalg.qr(x)[0]
    noisy = deviation > 0
    unit = np.where(noisy, deviation, 1.0)
    off = fitted_error(size(x, cases.u), norm(mean) + deviation * (np.sqrt(n) + MOST_LONG))
    e = off.value / unit

    def whitened(values: Floats) -> Floats:
        return np.asarray(np.einsum("lid,lri->lrd", basis, values - centre[:, None]) / unit[:, None, None])

    z = whitened(found)
    doubled = answer.again("monte_carlo", cases.take(np.repeat(np.arange(lanes), 2)))["predictions"]
    apart = whitened(doubled[::2]) - whitened(doubled[1::2])
    squares = {
        "Σ‖z‖² is χ² of Rd": ((z**2).sum(axis=(1, 2)), r * d, r),
        "R‖mean z‖² is χ² of d": (r * (z.mean(axis=1) ** 2).sum(axis=1), d, r),
        "neighbours are independent": (((z[:, ::2] - z[:, 1::2]) ** 2).sum(axis=(1, 2)) / 2, r * d // 2, r),
        "lanes are independent": ((apart**2).sum(axis=(1, 2)) / 2, r * d, 2 * r),
    }
    level = np.full(lanes, cases.level)
    outside = found - np.einsum("lij,lrj->lri", hat, found)
    return (
        equal("without noise ŷ = Hμ", found, centre[:, None], Bound(off.value[:, None, None], off.terms),
              ~noisy[:, None, None]),
        equal("predictions lie in the column space", outside, 0.0, Bound(2 * off.value[:, None, None], off.terms)),
        *(at_most(name, level, both_tails(total, free, np.sqrt(count) * e), NO_SLACK, noisy)
          for name, (total, free, count) in squares.items()),
        *_normal(cases, (found - centre[:, None]) / unit[:, None, None], np.diagonal(hat, axis1=1, axis2=2), e, noisy),
    )  # fmt: skip


def _normal(cases: Cases, scattered: Floats, leverage: Floats, e: Floats, noisy: Mask) -> tuple[Gap, ...]:
    """(ŷ_ri − (Hμ)_i) ∕ (σ√h_i) is normal at each row: within the DKW distance, and as often beyond √3 as it should.

    √3 is where uniform noise of variance 1 ends. A value that rounding may move across is counted as is kinder. Rows
    of small leverage h_i are left out.
    """
    from scipy import stats

    n = leverage.shape[1]
    told = noisy[:, None] & (leverage >= LEAST_LEVERAGE)
    root = np.sqrt(np.where(told, leverage, 1.0))
    values, near = np.abs(scattered) / root[:, None], (e[:, None] / root)[:, None]
    levels = np.sort(stats.norm.cdf(scattered / root[:, None]), axis=1)  # (lane, r, n)
    r = levels.shape[1]
    steps = np.arange(r + 1)[:, None] / r
    apart = np.maximum(steps[1:] - levels, levels - steps[:-1]).max(axis=1)
    chance = 2 * stats.norm.sf(np.sqrt(3))
    fewest, most = ((values > np.sqrt(3) + sign * near).sum(axis=1) for sign in (1, -1))
    tail = np.minimum(stats.binom.cdf(most, r, chance), stats.binom.sf(fewest - 1, r, chance))
    distance = dkw_distance(r, cases.level / n) + near[:, 0]
    return (
        at_most("predictions are normal", apart, 0.0, absolute(distance, "DKW distance at level∕n + e"), told),
        at_most("predictions beyond √3", np.full(told.shape, cases.level), 2 * n * tail, NO_SLACK, told),
    )


LEAST_LEVERAGE = 2.0**-6
"""Leverage of a row from which its predictions are looked at."""

MOST_LONG = 9.0
"""A normal vector of n entries is longer than √n + 9 less often than once in 10^17 (Gaussian concentration)."""


def both_tails(total: Floats, free: int, off: Floats) -> Floats:
    """Two-sided p-value of a sum of squares whose root rounding may move by `off`: the kinder end on each side."""
    from scipy import stats

    root = np.sqrt(total)
    lower = stats.chi2.cdf((root + off) ** 2, free)
    upper = stats.chi2.sf(np.maximum(root - off, 0) ** 2, free)
    return np.asarray(np.minimum(1.0, 2 * np.minimum(lower, upper)))


def draw_problems(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Designs of full column rank, means, and a noise that differs from lane to lane."""
    n, d = sizes_in(shape, regime)
    x = design(rng, regime, lanes, n, d)
    variance = rng.integers(1, 17, lanes) / 4
    if regime == "no-noise":
        variance = np.zeros(lanes)
    arrays = {"x": x, "mean": target(rng, regime, x), "noise_variance": variance}
    return Cases(arrays, {"repetitions": REPETITIONS}, regime)


PROBLEMS = Domain(
    MappingProxyType({"n": (2, 6), "d": (1, 3)}),
    ("generic", "square", "intercept", "no-noise", "leverage-one"),
    draw_problems,
    valid=lambda cases: solvable(cases["x"], cases.u),
)
"""Small designs, asked for many repetitions."""


def check_masks(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Each value is 0 or x∕keep: two roundings, none where keep is a power of 2.

    Kept entries: in all Bin(Rnd, keep), at each place Bin(R, keep); both of two neighbours (places, repetitions, lanes
    of one problem) Bin(pairs, keep²), over disjoint pairs. Tails are exact; of several p-values the smallest counts,
    times their number. Zeros of x say nothing about the mask, so no entry is 0.
    """
    x, keep, found = cases["x"], cases["keep"], answer["samples"]
    lanes, r, n, d = found.shape
    kept = found != 0
    whole = (x / keep[:, None, None])[:, None]
    dyadic = (np.frexp(keep)[0] == 1 / 2)[:, None, None, None]
    doubled = answer.again("dropout", cases.take(np.repeat(np.arange(lanes), 2)))["samples"] != 0
    flat = kept.reshape(lanes, r, n * d)
    level, q = np.full(lanes, cases.level), keep
    each = binomial_p_value(flat.sum(axis=1), r, q[:, None]).min(axis=1) * (n * d)
    beside = flat[..., : n * d // 2 * 2].reshape(lanes, -1, 2).all(axis=2)
    after = (flat[:, ::2] & flat[:, 1::2]).reshape(lanes, -1)
    across = (doubled[::2] & doubled[1::2]).reshape(lanes, -1)
    pairs: dict[str, Any] = {"of neighbouring places": beside, "of neighbouring draws": after, "of two lanes": across}
    return (
        exactly("0 or x∕keep, keep a power of 2", found, np.where(kept, whole, 0), dyadic),
        equal("0 or x∕keep", found, np.where(kept, whole, 0), rounding(2, cases.u, "γ(2)|x|∕keep", whole)),
        at_most("kept in all", level, binomial_p_value(flat.sum(axis=(1, 2)), r * n * d, q), NO_SLACK),
        at_most("kept at each place", level, each, NO_SLACK),
        *(at_most(f"both kept {name}", level, binomial_p_value(both.sum(axis=1), both.shape[1], q**2), NO_SLACK)
          for name, both in pairs.items()),
    )  # fmt: skip


def draw_dropouts(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Designs without zeros, and the probability that an entry is kept."""
    n, d = shape["n"], shape["d"]
    x = rng.choice([-1.0, 1.0], (lanes, n, d)) * rng.uniform(0.5, 2, (lanes, n, d))
    if regime == "integers":
        x = rng.choice([-1.0, 1.0], (lanes, n, d)) * rng.integers(1, 9, (lanes, n, d))
    keep = rng.uniform(0.15, 0.95, lanes)
    if regime in ("half", "integers"):
        keep = np.full(lanes, 0.5)
    if regime == "keeps-all":
        keep = np.ones(lanes)
    if regime == "keeps-few":
        keep = np.full(lanes, 0.125)
    return Cases({"x": x, "keep": keep}, {"repetitions": REPETITIONS}, regime)


DROPOUTS = Domain(
    MappingProxyType({"n": (1, 5), "d": (1, 4)}),
    ("generic", "half", "keeps-all", "keeps-few", "integers"),
    draw_dropouts,
)
"""Any keep, and those by which dividing is exact."""

PREDICTIONS_CLAIM = Claim(
    id="OV-20",
    version=1,
    title="Monte-Carlo predictions follow their law",
    sentence="Repeated fits on fresh normal noise scatter about the fit of the mean as a normal vector in the column "
    "space, independently from one repetition to the next.",
    latex=r"\frac1{\sigma^2}\sum_r\lVert\hat y_r-H\mu\rVert^2\sim\chi^2_{Rd},\qquad "
    r"\hat y_r-H\mu\sim\mathcal N(0,\sigma^2H)",
    source=(("hastie2009", "section 3.2"),),
    kind="statistical",
    asks="monte_carlo",
    check=check_predictions,
    domain=PROBLEMS,
    needs=("predictions",),
    parents=("OV-04", "OV-06"),
    lanes=4,
    tests=6,
)
MASKS_CLAIM = Claim(
    id="OV-21",
    version=1,
    title="Dropout's draws follow their law",
    sentence="Each entry is kept with the stated probability, independently of all others, and then divided by it.",
    latex=r"\tilde x_{ij}=\frac{m_{ij}x_{ij}}p,\qquad m_{ij}\sim\mathrm{Bernoulli}(p)\ \text{independent}",
    source=(("srivastava2014", "section 4"),),
    kind="statistical",
    asks="dropout",
    check=check_masks,
    domain=DROPOUTS,
    needs=("samples",),
    parents=("OV-11",),
    lanes=4,
    tests=5,
)
