"""Bundled data as boosting problems, loaded when asked for: one lane each, equal weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from theory.core.domain import Array, Cases


def _table(X: Array, y: Array, **settings: int | str | float) -> Cases:
    arrays = {"X": np.asarray(X, dtype=np.float64)[None], "y": np.asarray(y)[None], "w": np.ones((1, len(y)))}
    return Cases(arrays, settings, "real")


def breast_cancer() -> Cases:
    """Breast cancer, 569 × 30, two classes, ten rounds."""
    from sklearn.datasets import load_breast_cancer

    X, y = load_breast_cancer(return_X_y=True)
    return _table(X, 2 * y - 1, rounds=10, mode="reweight")


def wine_one_versus_rest() -> Cases:
    """Wine, 178 × 13, the second class against the others."""
    from sklearn.datasets import load_wine

    X, y = load_wine(return_X_y=True)
    return _table(X, np.where(y == 1, 1, -1), rounds=10, mode="reweight")


def digits_three_versus_eight() -> Cases:
    """Digits 3 against 8, 64 features with many ties."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    rows = (y == 3) | (y == 8)
    return _table(X[rows], np.where(y[rows] == 3, 1, -1), rounds=10, mode="reweight")


def wine() -> Cases:
    """Wine, 178 × 13, three classes."""
    from sklearn.datasets import load_wine

    return _table(*load_wine(return_X_y=True), rounds=8, n_classes=3)


def digits() -> Cases:
    """The first 600 digits, ten classes."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return _table(X[:600], y[:600], rounds=5, n_classes=10)


def diabetes() -> Cases:
    """Diabetes, 442 × 10, regression."""
    from sklearn.datasets import load_diabetes

    return _table(*load_diabetes(return_X_y=True), rounds=8, loss="linear")


def smoothed_breast_cancer() -> Cases:
    """Breast cancer for confidence-rated boosting, smoothing 2^-10."""
    cases = breast_cancer()
    return replace(cases, settings={"rounds": 8, "smoothing": 2.0**-10})


TWO_CLASS_DATA: MappingProxyType[str, Callable[[], Cases]] = MappingProxyType(
    {
        "breast_cancer": breast_cancer,
        "wine-1-vs-rest": wine_one_versus_rest,
        "digits-3-vs-8": digits_three_versus_eight,
    }
)
