"""Real data as transport problems, loaded when asked for: scikit-learn's digits and its two sample photographs.

Weights and costs are whole numbers, so that what is said about them can be proved exactly. A problem has the arrays
a (lane, n), b (lane, n), C (lane, n, n) on one common support, in which many points have weight 0.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Cases

Floats = NDArray[np.float64]

DIGIT_PAIRS = ((0, 1), (3, 8), (4, 9), (7, 1))
"""Which digits are carried to which; the first image of each is taken."""

COLOURS = 4
"""Levels of red, of green and of blue: the 256 levels of a photograph in four equal steps."""


def pixels() -> Floats:
    """Places of the 64 pixels of a digit: (64, 2), whole numbers 0 … 7."""
    return np.argwhere(np.ones((8, 8))).astype(np.float64)


def colours() -> Floats:
    """Places of the 64 colours of a photograph's histogram: (64, 3), whole numbers 0 … 3."""
    return np.argwhere(np.ones((COLOURS, COLOURS, COLOURS))).astype(np.float64)


def distances(points: Floats, exponent: int) -> Floats:
    """Σ_k |x_ik − x_jk|^exponent between all pairs of points (n, d): (n, n), whole for whole points."""
    return np.asarray((np.abs(points[:, None] - points[None]) ** exponent).sum(axis=-1))


def digit_histograms() -> tuple[Floats, Floats]:
    """Grey values a, b (pair, 64) of `DIGIT_PAIRS`, brought to equal totals by a Σb and b Σa."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    first = {digit: images[labels == digit][0] for digit in range(10)}
    a, b = (np.stack([first[pair[side]] for pair in DIGIT_PAIRS]) for side in (0, 1))
    return a * b.sum(axis=1, keepdims=True), b * a.sum(axis=1, keepdims=True)


def photograph_histograms() -> tuple[Floats, Floats]:
    """Pixel counts of the two photographs by colour, both directions: a, b (2, 64).

    Both have 427 × 640 pixels, so their totals are equal.
    """
    from sklearn.datasets import load_sample_images

    levels = [image.reshape(-1, 3) // (256 // COLOURS) for image in load_sample_images().images]
    flat = [(row * (COLOURS**2, COLOURS, 1)).sum(axis=1) for row in levels]
    counts = np.stack([np.bincount(colour, minlength=COLOURS**3) for colour in flat]).astype(np.float64)
    return counts, counts[::-1].copy()


def _problem(histograms: tuple[Floats, Floats], cost: Floats) -> Cases:
    a, b = histograms
    return Cases({"a": a, "b": b, "C": np.repeat(cost[None], len(a), axis=0)}, {}, "real")


def digits_squared() -> Cases:
    """Pairs of digits on the 8 × 8 grid under the squared Euclidean distance."""
    return _problem(digit_histograms(), distances(pixels(), 2))


def digits_cityblock() -> Cases:
    """Pairs of digits on the 8 × 8 grid under the city-block distance, a metric."""
    return _problem(digit_histograms(), distances(pixels(), 1))


def photographs() -> Cases:
    """The colours of one photograph carried to those of the other, squared Euclidean distance between colours."""
    return _problem(photograph_histograms(), distances(colours(), 2))


REAL: MappingProxyType[str, Callable[[], Cases]] = MappingProxyType(
    {"digits-squared": digits_squared, "digits-cityblock": digits_cityblock, "photographs": photographs}
)
"""Problems for any cost."""

REAL_METRIC: MappingProxyType[str, Callable[[], Cases]] = MappingProxyType({"digits-cityblock": digits_cityblock})
"""Problems whose cost is a metric."""
