"""What a perceptron does, in whole numbers: its steps, and how many mistakes it may make."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array, Cases

Whole = NDArray[np.int64]
PASSES = 1000
"""Most passes over rows that are known to be separable."""


def augmented(x: Array, intercept: bool) -> Array:
    """Rows with a last coordinate 1, or 0 where there is no bias: (lane, n, d + 1)."""
    last = np.full((*x.shape[:-1], 1), float(intercept))
    return np.concatenate([x, last], axis=-1)


def learnt(x: Whole, y: Whole) -> tuple[Whole, int]:
    """Weights and bias of a separating plane of x (n, d), y (n,), by Rosenblatt's rule in whole numbers.

    Raises ValueError where none is found within `PASSES` passes.
    """
    rows = np.concatenate([x, np.ones_like(x[:, :1])], axis=1) * y[:, None]
    w = np.zeros(rows.shape[1], dtype=np.int64)
    for _ in range(PASSES):
        if (rows @ w > 0).all():
            return w[:-1], int(w[-1])
        for row in rows:
            if row @ w <= 0:
                w = w + row
    raise ValueError(f"no separating plane was found in {PASSES} passes over {len(x)} rows")


def followed(cases: Cases) -> Array:
    """Weights, with the bias as last coordinate, after all visits, by Rosenblatt's rule: (lane, d + 1).

    Whole numbers over a power of 2 in float64, of few digits: nothing is rounded.
    """
    rate, w = float(cases.settings["rate"]), np.concatenate([cases["w"], cases["bias"][:, None]], axis=1)
    signed = cases["y"][..., None] * augmented(cases["x"], bool(cases.settings["intercept"]))
    for _ in range(cases.integer("epochs")):
        for row in signed.swapaxes(0, 1):
            missed = (row * w).sum(axis=1) <= 0
            w = w + rate * missed[:, None] * row
    return np.asarray(w)


def margins(x: Array, y: Array, u: Array) -> Array:
    """Y u·x of every row x (lane, n, d), for planes u (lane, m, d): (lane, m, n)."""
    return np.asarray(u @ (y[..., None] * x).swapaxes(1, 2))


def most_mistakes(x: Array, y: Array, u: Array) -> Array:
    """⌊R² ‖u‖² ∕ min (y u·x)²⌋ for planes u (lane, m, d); inf where u does not separate: (lane, m).

    Whole numbers below 2^53 in float64: the quotient of two of them is never rounded up to the next whole number.
    """
    least = margins(x, y, u).min(axis=-1)
    radius = (x**2).sum(axis=2).max(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        bound = np.floor(radius[:, None] * (u**2).sum(axis=-1) / least**2)
    return np.where(least > 0, bound, np.inf)


def grid(dimensions: int, largest: int, intercept: bool) -> Array:
    """All whole weights up to `largest` with a bias, which is 0 where there is none: (m, dimensions + 1)."""
    values = range(-largest, largest + 1)
    biases = values if intercept else (0,)
    return np.array(list(itertools.product(*[values] * dimensions, biases)), dtype=np.float64)
