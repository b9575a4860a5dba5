"""Values of λ to be converted between conventions of ridge regression: value (lane,), settings source, target, n."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Axes, Cases, Domain, Shape
from theory.regularization.port import CONVENTIONS

PAIRS = {f"{source} to {target}": (source, target) for source, target in itertools.product(CONVENTIONS, repeat=2)}
"""Every convention to every convention, itself included."""


def draw_conversions(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    """Values of many sizes, whole numbers among them; the first is 0."""
    value = np.where(rng.random(lanes) < 0.5, 10 ** rng.uniform(-6, 6, lanes), rng.integers(1, 100, lanes))
    value[0] = 0
    source, target = PAIRS[regime]
    return Cases({"value": value}, {"source": source, "target": target, "n": shape["n"]}, regime)


def non_negative(cases: Cases) -> NDArray[np.bool_]:
    """λ ≥ 0: (lane,)."""
    return np.asarray(cases["value"] >= 0)


CONVERSIONS = Domain(
    {"n": (1, 48)},
    tuple(PAIRS),
    draw_conversions,
    {"value": Axes((), "real")},
    countdown={"n": 1},
    valid=non_negative,
)
