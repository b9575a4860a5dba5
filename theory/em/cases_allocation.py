"""Latent Dirichlet allocation: named regimes drawn a whole batch at a time.

alpha (lane, k), beta (lane, k, v), words (lane, r, n), lengths (lane, r), gamma (lane, r, k), phi (lane, r, n, k), as
the port says; words behind the length are out of range on purpose. `documents` alone gives alpha and gamma only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64
from theory.core.domain import Array, Axes, Cases, Domain, Shape
from theory.em.corpus import REAL, generated

Rng = np.random.Generator
Floats = NDArray[np.float64]

SHAPES = MappingProxyType({"r": (1, 3), "n": (1, 6), "k": (1, 3), "v": (1, 6)})
AXES = MappingProxyType(
    {
        "alpha": Axes(("k",), "weight"),
        "beta": Axes(("k", "v")),
        "words": Axes(("r", "n"), "integer"),
        "lengths": Axes(("r",)),
        "gamma": Axes(("r", "k"), "weight"),
        "phi": Axes(("r", "n", "k")),
    }
)
REGIMES = ("generic", "model", "one-topic", "ragged", "repeated", "zeros", "one-hot", "sparse", "dense", "uneven",
           "faint", "twins")  # fmt: skip
"""Anything · words from the model itself · K = 1 · unequal lengths, 0 too · one word over and over · topics that lack
words · phi of 0 and 1 · alpha near 2^-6 · near 2^6 · both at once · gamma of 2^-10, so that ψ ≈ −1024 · two equal
topics."""


def draw_allocation(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Documents, topics, and variational parameters that fit neither; regimes are told apart at `REGIMES`."""
    r, n, v = shape["r"], shape["n"], shape["v"]
    k = 1 if regime == "one-topic" else shape["k"]
    alpha = 2.0 ** rng.uniform(-2, 2, (lanes, k))
    if regime in ("sparse", "dense", "uneven"):
        sign = {"sparse": -1.0, "dense": 1.0}.get(regime) or rng.choice([-1.0, 1.0], (lanes, k))
        alpha = 2.0 ** (sign * rng.uniform(4, 7, (lanes, k)))
    beta = rng.dirichlet(np.full(v, 0.5 if regime != "zeros" else 1.0), (lanes, k))
    if regime == "zeros":
        beta = beta * (rng.random((lanes, k, v)) < 0.5)
        beta[:, 0] += beta.sum(axis=(1, 2))[:, None] == 0
    if regime == "twins":
        beta[:, -1] = beta[:, 0]
    lengths = np.full((lanes, r), n)
    if regime == "ragged":
        lengths = rng.integers(0, n + 1, (lanes, r))
    words = rng.integers(0, v, (lanes, r, n))
    if regime == "model":
        words = generated(rng, alpha, beta / beta.sum(axis=2, keepdims=True), r, n)
    if regime == "repeated":
        words[:] = words[:, :, :1]
    gamma = alpha[:, None] + lengths[..., None] * rng.dirichlet(np.ones(k), (lanes, r)) + 2.0**-8
    if regime == "faint":
        gamma = gamma * np.where(rng.random((lanes, r, k)) < 0.6, 2.0**-10 / gamma, 1.0)
    phi = rng.dirichlet(np.ones(k), (lanes, r, n))
    if regime == "one-hot":
        phi = np.eye(k)[rng.integers(0, k, (lanes, r, n))]
    arrays = {"words": words, "lengths": lengths, "alpha": alpha, "beta": beta, "gamma": gamma, "phi": phi}
    return garbled(settled(Cases(arrays, {}, regime)), v)


def inside(words: Array, lengths: Array) -> NDArray[np.bool_]:
    """Which places hold a word: (lane, r, n)."""
    return np.asarray(np.arange(words.shape[2]) < lengths[..., None])


def word_weights(beta: Array, words: Array) -> Floats:
    """β_{k, w_rn}: (lane, r, n, k), for words in range."""
    lane = np.arange(len(words))[:, None, None]
    return np.asarray(beta[lane, :, words])


def settled(cases: Cases) -> Cases:
    """Rows of beta and phi rescaled to sum to 1, words in range, every word in some topic, phi 0 where beta is 0."""
    if "words" not in cases.arrays:
        return cases
    beta = np.maximum(cases["beta"], 0.0)
    lengths = np.minimum(cases["lengths"], cases["words"].shape[2])
    words = np.clip(cases["words"], 0, beta.shape[2] - 1)
    here = inside(words, lengths)
    lost = np.zeros((len(words), beta.shape[2]), dtype=bool)  # words that no topic has
    lane = np.broadcast_to(np.arange(len(words))[:, None, None], words.shape)
    lost[lane[here], words[here]] = True
    lost &= beta.sum(axis=1) == 0
    beta[:, 0] += lost
    beta += (beta.sum(axis=2, keepdims=True) == 0) * 1.0
    beta /= beta.sum(axis=2, keepdims=True)
    arrays = {"beta": beta, "lengths": lengths, "words": words}
    if "phi" in cases.arrays:
        able = word_weights(beta, words) > 0
        phi = cases["phi"] * able
        phi = np.where(phi.sum(axis=3, keepdims=True) > 0, phi, able * 1.0) * here[..., None]
        total = phi.sum(axis=3, keepdims=True)
        arrays["phi"] = phi / np.where(total > 0, total, 1.0)
    return cases.with_arrays(**arrays)


def garbled(cases: Cases, vocabulary: int) -> Cases:
    """The same documents with words that are none of the vocabulary behind their lengths."""
    words = cases["words"]
    behind = np.where(np.arange(words.shape[2]) % 2, vocabulary + 7, -3)
    return cases.with_arrays(words=np.where(inside(words, cases["lengths"]), words, behind))


def valid(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): positive alpha and gamma, distributions in beta and phi, words that some topic has, phi 0 elsewhere."""
    good = _all(cases["alpha"] > 0)
    if "gamma" in cases.arrays:
        good = good & _all(cases["gamma"] > 0)
    if "words" not in cases.arrays:
        return good
    beta, words, v = cases["beta"], cases["words"], cases["beta"].shape[2]
    here = inside(words, cases["lengths"])
    ranged = (words >= 0) & (words < v)
    able = word_weights(beta, np.clip(words, 0, v - 1)) > 0
    width = 4 * max(cases.u, U64)
    good = good & _all(ranged | ~here) & _all(able.any(axis=3) | ~here) & _all(cases["lengths"] <= words.shape[2])
    good = good & _all(np.abs(beta.sum(axis=2) - 1) <= width * v)
    if "phi" not in cases.arrays:
        return good
    phi = cases["phi"]
    off = np.abs(phi.sum(axis=3) - here) <= width * phi.shape[3]
    return np.asarray(good & _all(off) & _all((phi == 0) | (able & here[..., None])))


def _all(flags: Array) -> NDArray[np.bool_]:
    return np.asarray(flags.reshape(len(flags), -1).all(axis=1))


ALLOCATIONS = Domain(SHAPES, REGIMES, draw_allocation, AXES, valid=valid, settle=settled, real=REAL)
"""Documents, topics and any variational parameters."""

ENUMERABLE = replace(ALLOCATIONS, shapes=MappingProxyType({**SHAPES, "r": (1, 2), "n": (1, 5)}), real={})
"""Those whose evidence can be enumerated: at most K^5 assignments a document."""


def draw_dyadic(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """The same documents with phi in eighths, often 0 or 1, so that expected counts are exact."""
    cases = draw_allocation(rng, shape, "ragged" if regime == "ragged" else "generic", lanes)
    phi, k = np.zeros(cases["phi"].shape), shape["k"]
    eighths = 1 if regime == "one-hot" else 8
    owners = rng.integers(0, k, (*phi.shape[:3], eighths))
    if regime == "idle":
        owners[:] = 0
    for topic in range(k):
        phi[..., topic] = (owners == topic).mean(axis=3)
    return replace(cases.with_arrays(phi=phi * inside(cases["words"], cases["lengths"])[..., None]), regime=regime)


def _valid_dyadic(cases: Cases) -> NDArray[np.bool_]:
    return np.asarray(valid(cases) & _all(cases["phi"] * 8 == np.round(cases["phi"] * 8)))


DYADIC = Domain(
    SHAPES, ("generic", "one-hot", "ragged", "idle"), draw_dyadic, AXES, valid=_valid_dyadic, settle=settled
)
"""Documents whose expected counts are exact; in `idle` only the first topic has words."""

PRIOR_REGIMES = ("generic", "one-topic", "sparse", "dense", "uneven", "overshoot", "sharp", "alike")
"""Anything · K = 1 · small alpha · alpha up to 2^10 · both at once · alpha far above what the documents say, so that a
whole step leaves the positive numbers · documents of one topic each · equal documents."""


def draw_priors(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Alpha and the gamma of documents; regimes are told apart at `PRIOR_REGIMES`."""
    r, k = shape["r"], 1 if regime == "one-topic" else shape["k"]
    alpha = 2.0 ** rng.uniform(-2, 2, (lanes, k))
    if regime in ("sparse", "dense", "uneven"):
        sign = {"sparse": -1.0, "dense": 1.0}.get(regime) or rng.choice([-1.0, 1.0], (lanes, k))
        alpha = 2.0 ** (sign * rng.uniform(4, 10, (lanes, k)))
    share = rng.dirichlet(np.full(k, 0.1 if regime == "sharp" else 1.0), (lanes, r))
    if regime == "alike":
        share[:] = share[:, :1]
    if regime == "overshoot":
        alpha = alpha * 2.0 ** rng.uniform(2, 6, (lanes, 1))
    gamma = 2.0**-6 + rng.uniform(0.5, 20, (lanes, r, 1)) * share
    return Cases({"gamma": gamma, "alpha": alpha}, {}, regime)


PRIORS = Domain(
    MappingProxyType({"r": (1, 6), "k": (1, 4)}), PRIOR_REGIMES, draw_priors,
    MappingProxyType({name: AXES[name] for name in ("alpha", "gamma")}), valid=valid,
)  # fmt: skip
"""Priors and the documents that they are learned from."""

FIT_REGIMES = ("generic", "model", "one-topic", "ragged", "repeated", "zeros", "sparse", "dense", "twins",
               "learn-alpha", "learn-alpha-sparse", "learn-alpha-one-topic")  # fmt: skip
"""As `REGIMES`; after `learn-alpha`, alpha is learned too."""
COUNTDOWN = MappingProxyType({"steps": 0, "sweeps": 1})


def draw_fit(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Documents and a start of variational EM."""
    flavour = regime.removeprefix("learn-alpha").removeprefix("-") or "model"
    cases = draw_allocation(rng, shape, flavour, lanes)
    arrays = {name: cases[name] for name in ("words", "lengths", "alpha", "beta")}
    learned = int(regime.startswith("learn-alpha"))
    return Cases(arrays, {"steps": shape["steps"], "sweeps": shape["sweeps"], "learn_alpha": learned}, regime)


def _fitted(load: Callable[[], Cases]) -> Callable[[], Cases]:
    def loaded() -> Cases:
        cases = load()
        arrays = {name: cases[name] for name in ("words", "lengths", "alpha", "beta")}
        return Cases(arrays, {"steps": 3, "sweeps": 2, "learn_alpha": 1}, cases.regime)

    return loaded


FITS = Domain(
    MappingProxyType({**SHAPES, "steps": (1, 4), "sweeps": (1, 3)}), FIT_REGIMES, draw_fit, AXES, COUNTDOWN, valid,
    {name: _fitted(load) for name, load in REAL.items()}, settled,
)  # fmt: skip
"""Documents and starts of variational EM."""
