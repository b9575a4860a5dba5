"""Smoothed latent Dirichlet allocation: words in few documents, and a start λ of the topics.

alpha (lane, k), eta (lane,), topics (lane, k, v), words (lane, r, n), lengths (lane, r); settings steps and sweeps.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Shape
from theory.em.cases_allocation import AXES, COUNTDOWN, garbled, inside
from theory.em.corpus import REAL, generated

Rng = np.random.Generator

REGIMES = ("generic", "model", "one-topic", "ragged", "repeated", "sharp-topics", "flat-topics", "twins")
"""Anything · words from a drawn model · K = 1 · unequal lengths, 0 too · one word over and over · η of 1/16 to 1/4 ·
η of 4 to 16 · two topics that start alike."""


def draw_smoothed(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Documents and a start; regimes are told apart at `REGIMES`."""
    r, n, v = shape["r"], shape["n"], shape["v"]
    k = 1 if regime == "one-topic" else shape["k"]
    alpha = 2.0 ** rng.uniform(-1, 2, (lanes, k))
    low, high = {"sharp-topics": (-4, -2), "flat-topics": (2, 4)}.get(regime, (-1, 1))
    eta = 2.0 ** rng.uniform(low, high, lanes)
    topics = 2.0 ** rng.uniform(-2, 2, (lanes, k, v))
    if regime == "twins":
        topics[:, -1] = topics[:, 0]
    words = rng.integers(0, v, (lanes, r, n))
    if regime == "model":
        words = generated(rng, alpha, rng.dirichlet(np.ones(v), (lanes, k)), r, n)
    if regime == "repeated":
        words[:] = words[:, :, :1]
    lengths = rng.integers(0, n + 1, (lanes, r)) if regime == "ragged" else np.full((lanes, r), n)
    arrays = {"words": words, "lengths": lengths, "alpha": alpha, "eta": eta, "topics": topics}
    cases = Cases(arrays, {"steps": shape["steps"], "sweeps": shape["sweeps"]}, regime)
    return garbled(cases, v)


def settled(cases: Cases) -> Cases:
    """Lengths and words in range after something was dropped."""
    words, v = cases["words"], cases["topics"].shape[2]
    return cases.with_arrays(words=np.clip(words, 0, v - 1), lengths=np.minimum(cases["lengths"], words.shape[2]))


def valid(cases: Cases) -> NDArray[np.bool_]:
    """(lane,): positive parameters and words in range."""
    words, lengths = cases["words"], cases["lengths"]
    ranged = (words >= 0) & (words < cases["topics"].shape[2]) | ~inside(words, lengths)
    good = ranged.all(axis=(1, 2)) & (lengths <= words.shape[2]).all(axis=1) & (cases["eta"] > 0)
    return np.asarray(good & (cases["alpha"] > 0).all(axis=1) & (cases["topics"] > 0).all(axis=(1, 2)))


def _started(load: Callable[[], Cases]) -> Callable[[], Cases]:
    def loaded() -> Cases:
        cases = load()
        arrays = {name: cases[name] for name in ("words", "lengths", "alpha")}
        return Cases(
            {**arrays, "eta": np.full(1, 0.5), "topics": 1 + 16 * cases["beta"]},
            {"steps": 3, "sweeps": 2},
            cases.regime,
        )

    return loaded


SMOOTHED = Domain(
    MappingProxyType({"r": (1, 2), "n": (1, 3), "k": (1, 3), "v": (1, 5), "steps": (0, 2), "sweeps": (1, 2)}),
    REGIMES,
    draw_smoothed,
    MappingProxyType(
        {**{name: AXES[name] for name in ("alpha", "words", "lengths")}, "eta": Axes((), "weight"),
         "topics": Axes(("k", "v"), "weight")}
    ),
    COUNTDOWN,
    valid,
    {name: _started(load) for name, load in REAL.items()},
    settled,
)  # fmt: skip
"""At most K^6 assignments in the whole corpus, and few sweeps, so that balls stay narrow."""
