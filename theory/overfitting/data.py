"""Real data for least squares: the diabetes study of Efron, Hastie, Johnstone and Tibshirani, loaded when asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def diabetes() -> tuple[Floats, Floats]:
    """Ten measurements of 442 patients, centred and of norm 1, and how far the illness went in a year.

    → x (442, 10), y (442,).
    """
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes()
    return np.asarray(bunch.data, dtype=np.float64), np.asarray(bunch.target, dtype=np.float64)
