"""Bounds: a value per lane together with the words that made it. Nobody types a tolerance.

Standard model of floating-point arithmetic (Higham 2002, section 2.2): fl(x op y) = (x op y)(1 + δ), |δ| ≤ u, and
a product of n such factors differs from 1 by at most γ_n = n u / (1 − n u) (Higham 2002, lemma 3.1). A sum of n
terms in any order errs by at most γ_{n−1} Σ|x_i| (Higham 2002, section 4.2), so these bounds hold for every
reduction order that a device may choose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

UNIT_ROUNDOFF = {
    "float64": 2.0**-53,
    "float32": 2.0**-24,
    "tf32": 2.0**-11,
    "bfloat16": 2.0**-8,
    "float16": 2.0**-11,
}
SMALLEST_NORMAL = {"float64": 2.0**-1022, "float32": 2.0**-126, "bfloat16": 2.0**-126, "float16": 2.0**-14}
DEVICE_SLACK = {"cpu": 1.0, "sim": 2.0, "sim-mps": 2.0, "cuda": 4.0, "mps": 4.0}
U64 = UNIT_ROUNDOFF["float64"]


@dataclass(frozen=True)
class Bound:
    """A tolerance, broadcastable to (lane, ...), and its derivation in words, e.g. "γ(2n+8) |alpha|"."""

    value: NDArray[np.float64]
    terms: str

    def __add__(self, other: Bound) -> Bound:
        """The sum of two error sources, words included."""
        return Bound(self.value + other.value, f"{self.terms} + {other.terms}")

    def scaled(self, scale: ArrayLike, words: str) -> Bound:
        """This bound times a magnitude taken from the case."""
        return Bound(self.value * np.abs(np.asarray(scale, dtype=np.float64)), f"({self.terms}) {words}")


ZERO = Bound(np.zeros(()), "0 (exact)")


def unit(dtype: str, device: str = "cpu") -> float:
    """Unit roundoff u of a dtype, times the slack of the device's 1–2 ulp library functions.

    Raises ValueError for a dtype or device that has no entry.
    """
    if dtype not in UNIT_ROUNDOFF or device not in DEVICE_SLACK:
        raise ValueError(f"no unit roundoff known for dtype {dtype!r} on device {device!r}")
    return UNIT_ROUNDOFF[dtype] * DEVICE_SLACK[device]


def gamma(n: ArrayLike, u: float) -> NDArray[np.float64]:
    """γ_n = n u / (1 − n u), elementwise. Raises ValueError when n u ≥ 1, where the theory says nothing."""
    nu = np.asarray(n, dtype=np.float64) * u
    if np.any(nu >= 1):
        raise ValueError(f"γ_n needs n u < 1, got n u = {float(np.max(nu)):g}")
    return nu / (1 - nu)


def rounding(n: ArrayLike, u: float, words: str, scale: ArrayLike = 1.0) -> Bound:
    """γ_n times a magnitude: the error of a value of size `scale` after n roundings, in any order.

    `words` is the count and magnitude as they should be printed, e.g. "γ(2n+8) Σ|x|".
    """
    return Bound(gamma(n, u) * np.abs(np.asarray(scale, dtype=np.float64)), words)


def absolute(value: ArrayLike, words: str) -> Bound:
    """A bound derived elsewhere (a condition number, a rate), with its words."""
    return Bound(np.asarray(value, dtype=np.float64), words)
