"""Named quotients: what the theory leaves free is divided out before two answers are compared.

Each function maps both sides to a canonical representative, so that `equal` compares classes, not representatives.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def up_to_scale(values: FloatArray) -> FloatArray:
    """Vectors (lane, n) up to a positive factor: divided by their sum of magnitudes (zero vectors stay zero)."""
    size = np.abs(values).sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(values, size, out=np.zeros_like(values), where=size > 0))


def up_to_order(values: FloatArray) -> FloatArray:
    """Multisets (lane, n): sorted along the last axis."""
    return np.sort(values, axis=-1)


def as_set(indices: NDArray[np.integer[Any]], size: int) -> NDArray[np.bool_]:
    """Index lists (lane, k) as subsets of 0 … size − 1: (lane, size); entries outside are ignored."""
    return np.asarray((indices[..., None] == np.arange(size)).any(axis=-2))
