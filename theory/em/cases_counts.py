"""Coins and multinomials: named regimes drawn a whole batch at a time.

Coins: heads, tosses (lane, m), pi, theta (lane, k). Multinomials: counts (lane, m, v), pi (lane, k), beta (lane, k, v).
Probabilities have the denominator 64 where nothing else is said, so that rows sum to 1 to the bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array, Axes, Cases, Domain, Setting, Shape

Rng = np.random.Generator
Floats = NDArray[np.float64]
GRID = 64
"""Denominator of the probabilities."""

MANY = (1200, 2001)
"""So many tosses or counts that a row's likelihood is below the smallest float."""

COIN_REGIMES: Mapping[str, Mapping[str, Setting]] = MappingProxyType(
    {
        "fixed-weights": {"learn_weights": 0},
        "learned-weights": {"learn_weights": 1},
        "article": {"learn_weights": 0},
        "complement": {"learn_weights": 0},
        "symmetric": {"learn_weights": 1},
        "unequal": {"learn_weights": 0},
        "not-tossed": {"learn_weights": 1},
        "borders": {"learn_weights": 1},
        "nobody": {"learn_weights": 1},
        "shut-out": {"learn_weights": 0},
        "rare": {"learn_weights": 1},
        "single-tosses": {"learn_weights": 0},
        "many-tosses": {"learn_weights": 1},
        "any-theta": {"learn_weights": 0},
    }
)
"""Do & Batzoglou's example · a coin whose share is far below the rounding of 1 − r · equal coins · tosses that differ ·
rows without tosses · theta 0 or 1 · a weight of 0 · a coin that no row can come from · a weight down to 2^-40 · one
toss a row · thousands of tosses · theta that is no fraction of 64."""

MULTINOMIAL_REGIMES = (
    "generic",
    "coins",
    "symmetric",
    "empty-rows",
    "unseen",
    "zeros",
    "nobody",
    "shut-out",
    "rare",
    "single-counts",
    "many-counts",
    "any-beta",
)
"""Two categories · equal components · rows without counts · a category that is never counted · probabilities 0 · a
weight of 0 · a component that no row can come from · a weight down to 2^-40 · one count a row · thousands of counts ·
probabilities that are no fractions of 64."""


def grid(rng: Rng, *shape: int) -> Floats:
    """Positive probabilities along the last axis with denominator 64; they sum to 1 exactly."""
    size = shape[-1]
    share = rng.dirichlet(np.ones(size), size=shape[:-1])
    return np.asarray((1 + rng.multinomial(GRID - size, share)) / GRID)


def moved_to_last(pi: Floats, last: Floats) -> Floats:
    """The same weights (lane, k), the last one set to `last` (lane,) and the first one taking the difference."""
    moved = pi.copy()
    moved[:, 0] += pi[:, -1] - last
    moved[:, -1] = last
    return moved


def draw_coins(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Coins and their tosses; what differs between regimes is said at `COIN_REGIMES`."""
    m, k = shape["m"], shape["k"]
    if regime in FIXED:
        return _fixed(rng, regime, lanes)
    tosses = np.repeat(rng.integers(1, 13, (lanes, 1)), m, axis=1)
    if regime in ("unequal", "not-tossed"):
        tosses = rng.integers(0 if regime == "not-tossed" else 1, 13, (lanes, m))
    if regime in ("single-tosses", "many-tosses"):
        tosses = np.full((lanes, m), 1) if regime == "single-tosses" else rng.integers(*MANY, (lanes, m))
    pi, theta = grid(rng, lanes, k), rng.integers(1, GRID, (lanes, k)) / GRID
    if regime == "many-tosses":  # coins so far apart that a share underflows are no example
        theta = rng.integers(3 * GRID // 8, 5 * GRID // 8, (lanes, k)) / GRID
    if regime == "any-theta":
        theta = rng.random((lanes, k))
    truth = np.take_along_axis(theta, rng.integers(0, k, (lanes, m)), axis=1)
    heads = rng.binomial(tosses, np.clip(truth + rng.normal(0, 0.1, (lanes, m)), 0, 1))
    if regime == "symmetric":
        theta = np.repeat(theta[:, :1], k, axis=1)
    if regime == "borders":
        theta[:, -1] = rng.integers(0, 2, lanes)
        heads = heads if k > 1 else tosses * theta.astype(np.int64)
        heads[:, 0] = (tosses[:, 0] * theta[:, -1]).astype(np.int64)
    if k > 1 and regime in ("nobody", "rare"):
        pi = moved_to_last(pi, np.zeros(lanes) if regime == "nobody" else np.exp2(-rng.integers(10, 41, lanes)))
    if k > 1 and regime == "shut-out":
        theta[:, -1] = rng.integers(0, 2, lanes)
        wrong = (heads == tosses * theta[:, -1:]) & (tosses > 0)
        heads = np.where(wrong, tosses - heads, heads)
    arrays = {"heads": heads, "tosses": tosses, "pi": pi, "theta": theta}
    return Cases(arrays, COIN_REGIMES[regime], regime)


FIXED: Mapping[str, tuple[tuple[int, ...], int, tuple[float, ...]]] = MappingProxyType(
    {
        "article": ((5, 9, 8, 4, 7), 10, (0.6, 0.5)),
        "complement": ((8, 10, 10), 12, (40 / GRID, 2 / GRID)),
    }
)
"""Heads, tosses of each row, theta."""


def _fixed(rng: Rng, regime: str, lanes: int) -> Cases:
    """One example in every lane, rows and coins shuffled in all but the first."""
    heads, tosses, theta = FIXED[regime]
    rows = np.array([heads] * lanes)
    rows[1:] = rng.permuted(rows[1:], axis=1)
    thetas = np.array([theta] * lanes)
    thetas[1:] = rng.permuted(thetas[1:], axis=1)
    arrays = {"heads": rows, "tosses": np.full_like(rows, tosses), "pi": np.full((lanes, 2), 0.5), "theta": thetas}
    return Cases(arrays, COIN_REGIMES[regime], regime)


def draw_multinomials(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Multinomials and their counts; what differs between regimes is said at `MULTINOMIAL_REGIMES`."""
    m, k, v = shape["m"], shape["k"], 2 if regime == "coins" else shape["v"]
    total = rng.integers(1, 13, (lanes, m))
    if regime == "empty-rows":
        total = total * rng.integers(0, 2, (lanes, m))
    if regime in ("single-counts", "many-counts"):
        total = np.full((lanes, m), 1) if regime == "single-counts" else rng.integers(*MANY, (lanes, m))
    pi, beta = grid(rng, lanes, k), grid(rng, lanes, k, v)
    if regime == "many-counts":
        beta = (beta + 3 / v) / 4
    if regime == "any-beta":
        beta = rng.dirichlet(np.ones(v), size=(lanes, k))
    if regime == "symmetric":
        beta = np.repeat(beta[:, :1], k, axis=1)
    if k > 1 and v > 1 and regime in ("zeros", "shut-out"):
        beta[:, -1, 0] += beta[:, -1, -1]  # the last category is impossible in the last component
        beta[:, -1, -1] = 0
    owner = rng.integers(0, k, (lanes, m))
    counts = rng.multinomial(total, np.take_along_axis(beta, owner[..., None], axis=1))
    if v > 1 and regime == "unseen":
        counts[..., -1] = 0
    if v > 1 and regime == "shut-out":
        counts[..., -1] += 1
    if k > 1 and regime in ("nobody", "rare"):
        pi = moved_to_last(pi, np.zeros(lanes) if regime == "nobody" else np.exp2(-rng.integers(10, 41, lanes)))
    return Cases({"counts": counts, "pi": pi, "beta": beta}, {}, regime)


def as_counts(cases: Cases) -> Array:
    """Whole numbers (lane, m, v); a coin's categories are heads and tails."""
    if "counts" in cases.arrays:
        return cases["counts"]
    return np.stack([cases["heads"], cases["tosses"] - cases["heads"]], axis=-1)


def possible(counts: Array, pi: Array, beta: Array) -> NDArray[np.bool_]:
    """Whether a row can come from a component: (…, m, k), from counts (…, m, v), pi (…, k), beta (…, k, v)."""
    excluded = (counts[..., :, None, :] > 0) & (beta[..., None, :, :] == 0)
    return np.asarray(~excluded.any(axis=-1) & (pi[..., None, :] > 0))


def _valid(cases: Cases, beta: Array) -> NDArray[np.bool_]:
    """Weights that sum to 1, whole counts from 0 on, and every row possible: (lane,)."""
    counts, pi = as_counts(cases), cases["pi"]
    sums = np.abs(pi.sum(axis=1) - 1) <= (pi.shape[1] + 1) * cases.u
    whole = counts.min(axis=(1, 2), initial=0) >= 0
    explained = np.all(possible(counts, pi, beta).any(axis=2), axis=1)
    return np.asarray(sums & whole & explained)


def valid_coins(cases: Cases) -> NDArray[np.bool_]:
    """See `_valid`; theta in [0, 1]."""
    theta = cases["theta"]
    inside = ((theta >= 0) & (theta <= 1)).all(axis=1)
    return np.asarray(inside & _valid(cases, np.stack([theta, 1 - theta], axis=-1)))


def valid_multinomials(cases: Cases) -> NDArray[np.bool_]:
    """See `_valid`; rows of beta that sum to 1."""
    beta = cases["beta"]
    off = np.abs(beta.sum(axis=2) - 1).max(axis=1)
    return np.asarray((off <= (beta.shape[2] + 1) * cases.u) & _valid(cases, beta))


def settled(cases: Cases) -> Cases:
    """Weights and rows of beta rescaled to sum to 1, after dropping a component or a category."""
    mended = {}
    for name in ("pi", "beta"):
        if name in cases.arrays:
            total = cases[name].sum(axis=-1, keepdims=True)
            mended[name] = cases[name] / np.where(total > 0, total, 1.0)
    return cases.with_arrays(**mended)


COIN_AXES = MappingProxyType(
    {
        "heads": Axes(("m",), "integer"),
        "tosses": Axes(("m",), "integer"),
        "pi": Axes(("k",)),
        "theta": Axes(("k",), "real"),
    }
)
COINS = Domain(
    {"m": (1, 6), "k": (1, 3)}, tuple(COIN_REGIMES), draw_coins, COIN_AXES, valid=valid_coins, settle=settled
)
"""Coins with the tosses that they are asked about."""

MULTINOMIALS = Domain(
    {"m": (1, 6), "k": (1, 3), "v": (1, 4)},
    MULTINOMIAL_REGIMES,
    draw_multinomials,
    {"counts": Axes(("m", "v"), "integer"), "pi": Axes(("k",)), "beta": Axes(("k", "v"))},
    valid=valid_multinomials,
    settle=settled,
)
"""Multinomials with the counts that they are asked about."""


BESIDE: Mapping[str, str] = MappingProxyType(
    {
        "fixed-weights": "generic",
        "learned-weights": "generic",
        "article": "coins",
        "complement": "unseen",
        "symmetric": "symmetric",
        "unequal": "generic",
        "not-tossed": "empty-rows",
        "borders": "zeros",
        "nobody": "nobody",
        "shut-out": "shut-out",
        "rare": "rare",
        "single-tosses": "single-counts",
        "many-tosses": "many-counts",
        "any-theta": "any-beta",
    }
)
"""The regime of the multinomials that stand beside coins of a regime."""


def draw_both(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Coins and multinomials with the same weights, and a number of steps."""
    coins = draw_coins(rng, shape, regime, lanes)
    m, k = coins["heads"].shape[1], coins["pi"].shape[1]
    other = draw_multinomials(rng, {"m": m, "k": k, "v": shape["v"]}, BESIDE[regime], lanes)
    arrays = {**coins.arrays, "counts": other["counts"], "beta": other["beta"]}
    return replace(coins, arrays=arrays).with_settings(steps=shape["steps"])


def valid_both(cases: Cases) -> NDArray[np.bool_]:
    """Both are valid: (lane,)."""
    return np.asarray(valid_coins(replace(cases, arrays=_without(cases, "counts"))) & valid_multinomials(cases))


def _without(cases: Cases, name: str) -> dict[str, Array]:
    return {key: value for key, value in cases.arrays.items() if key != name}


PATHS = Domain(
    {**MULTINOMIALS.shapes, "v": (1, 3), "steps": (15, 25)},
    COINS.regimes,
    draw_both,
    {**MULTINOMIALS.axes, **COINS.axes},
    countdown={"steps": 1},
    valid=valid_both,
    settle=settled,
)
"""Coins and multinomials with a number of EM steps."""
