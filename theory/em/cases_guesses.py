"""Mixtures with a guess about which component each row came from: q (lane, n, k), whatever the posterior is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Cases, Shape
from theory.em.cases_mixture import MIXTURES, Rng, draw_mixture

Floats = NDArray[np.float64]


def guesses(rng: Rng, lanes: int, n: int, k: int) -> Floats:
    """Rows of q: every third one is sure of one component, the others are Dirichlet(1/2) and near the border."""
    q = rng.dirichlet(np.full(k, 0.5), size=(lanes, n))
    sure = np.eye(k)[rng.integers(0, k, (lanes, n))]
    return np.where((np.arange(n) % 3 == 1)[:, None], sure, q)


def draw_guesses(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """A mixture, its rows, and a guess about each of them."""
    cases = draw_mixture(rng, shape, regime, lanes)
    return cases.with_arrays(q=guesses(rng, lanes, shape["n"], shape["k"]))


GUESSES = replace(MIXTURES, draw=draw_guesses)
"""Mixtures, their rows, and any guess about them."""
