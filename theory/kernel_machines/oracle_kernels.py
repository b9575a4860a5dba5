"""Kernels, their series and losses, in rationals and balls: each number is the float nearest the true value."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import UNIT_ROUNDOFF
from theory.core.domain import Array, Setting

Floats = NDArray[np.float64]
Objects = NDArray[np.object_]
Settings = Mapping[str, Setting]
BITS = 200
"""Working precision of the balls."""
LARGEST = {"float64": float(np.finfo(np.float64).max), "float32": float(np.finfo(np.float32).max)}


def exact(values: Array) -> Objects:
    """The rational value of each float."""
    from flint import fmpq

    made = np.frompyfunc(lambda value: fmpq(*float(value).as_integer_ratio()), 1, 1)
    return np.asarray(made(np.asarray(values, dtype=np.float64)), dtype=object)


def nearest(values: Objects) -> Floats:
    """The float nearest each rational; infinite beyond the range."""

    def one(value: Any) -> float:
        try:
            return int(value.p) / int(value.q)
        except OverflowError:
            return math.inf if value > 0 else -math.inf

    return np.asarray(np.frompyfunc(one, 1, 1)(values), dtype=np.float64)


def through(function: Callable[[Any], Any], values: Objects) -> Floats:
    """A function of balls at each rational, as the float nearest the middle: 200 bits are more than it can tell."""
    from flint import arb, ctx

    ctx.prec = BITS
    return np.asarray(np.frompyfunc(lambda value: float(function(arb(value)).mid()), 1, 1)(values), dtype=np.float64)


def products(x: Array, z: Array) -> Objects:
    """x·z for every pair of points: (lane, n, m)."""
    return np.asarray((exact(x)[:, :, None] * exact(z)[:, None]).sum(axis=-1), dtype=object)


def distances(x: Array, z: Array, kernel: str) -> Objects:
    """‖x − z‖² for rbf, ‖x − z‖₁ for laplacian: (lane, n, m)."""
    apart = exact(x)[:, :, None] - exact(z)[:, None]
    return np.asarray((apart * apart if kernel == "rbf" else abs(apart)).sum(axis=-1), dtype=object)


def gram(x: Array, z: Array, settings: Settings) -> Floats:
    """The kernel that the settings name, at every pair of points: (lane, n, m)."""
    kernel, scale, zeta = str(settings["kernel"]), exact(np.array(settings["gamma"]))[()], settings["zeta"]
    if kernel in ("rbf", "laplacian"):
        return through(lambda t: (-t).exp(), scale * distances(x, z, kernel))
    inner = products(x, z)
    if kernel == "linear":
        return nearest(inner)
    base = exact(np.array(zeta))[()] + scale * inner
    if kernel == "sigmoid":
        return through(lambda t: t.tanh(), base)
    return nearest(base ** int(settings["degree"]))


def feature_squares(x: Array, settings: Settings) -> Floats:
    """φ_k(x)² = Q! ∕ ((Q − |k|)! k!) ζ^(Q−|k|) γ^|k| x^2k for every exponent vector |k| ≤ Q, rising: (lane, n, D)."""
    degree, d = int(settings["degree"]), x.shape[-1]
    scale, zeta = exact(np.array(settings["gamma"]))[()], exact(np.array(settings["zeta"]))[()]
    squares = exact(x) ** 2
    found = []
    for powers in product(range(degree + 1), repeat=d):
        used = sum(powers)
        if used <= degree:
            ways = math.factorial(degree) // math.prod(map(math.factorial, (*powers, degree - used)))
            monomial = np.prod(np.stack([squares[..., j] ** k for j, k in enumerate(powers)]), axis=0)
            found.append(monomial * (ways * zeta ** (degree - used) * scale**used))
    return np.sort(nearest(np.stack(found, axis=-1)), axis=-1)


def series(x: Array, z: Array, gamma: float, terms: int) -> Floats:
    """e^(−γ‖x‖² − γ‖z‖²) Σ_{m < terms} (2γ x·z)^m ∕ m!: (lane, n, m)."""
    from flint import arb, ctx

    ctx.prec = BITS
    scale = exact(np.array(gamma))[()]
    norms = scale * ((exact(x) ** 2).sum(axis=-1)[:, :, None] + (exact(z) ** 2).sum(axis=-1)[:, None])
    inner = 2 * scale * products(x, z)
    partial = sum((inner**m * exact(np.array(1))[()] / math.factorial(m) for m in range(terms)), 0 * inner)

    def one(norm: Any, total: Any) -> float:
        return float(((-arb(norm)).exp() * arb(total)).mid())

    return np.asarray(np.frompyfunc(one, 2, 1)(norms, partial), dtype=np.float64)


def remainder(norms: Floats, size: Floats, terms: int) -> Floats:
    """e^(−N + s) s^terms ∕ terms! of floats N and s ≥ 0."""
    with np.errstate(divide="ignore"):
        power = np.where(size > 0, terms * np.log(np.where(size > 0, size, 1.0)), -np.inf)
    return np.asarray(np.exp(power - math.lgamma(terms + 1) - norms + size))


def is_psd(matrix: Objects) -> bool:
    """Whether a symmetric rational matrix is positive semidefinite, by LDLᵀ.

    A pivot below 0, or a pivot of 0 with anything beside it, says no.
    """
    rest = [list(row) for row in matrix]
    while rest:
        pivot, head = rest[0][0], rest[0][1:]
        if pivot < 0 or (pivot == 0 and any(entry != 0 for entry in head)):
            return False
        below = [row[1:] for row in rest[1:]]
        if pivot > 0:
            below = [
                [entry - a * b / pivot for entry, b in zip(row, head, strict=True)]
                for row, a in zip(below, head, strict=True)
            ]
        rest = below
    return True


def psd(matrices: Array, shift: Floats) -> NDArray[np.bool_]:
    """Whether each K + shift I is positive semidefinite, exactly: K (lane, n, n), shift (lane,)."""
    eye = np.eye(matrices.shape[-1], dtype=np.int64)
    shifted = exact(matrices) + exact(shift)[:, None, None] * eye.astype(object)
    return np.array([is_psd(matrix) for matrix in shifted])


def tolerated(matrices: Array, dtype: str) -> Floats:
    """2 n (n + 12) u max|K|, the port's threshold: (lane,)."""
    n = matrices.shape[-1]
    return np.asarray(2 * n * (n + 12) * UNIT_ROUNDOFF[dtype] * np.abs(matrices).max(axis=(1, 2)))


def losses(score: Array, dtype: str) -> dict[str, Floats]:
    """The losses of each score s; what is beyond the range of the dtype is infinite. (lane, n) each."""
    s = exact(score)
    room = np.where(np.asarray(s < 1, dtype=bool), 1 - s, 0 * s)
    natural = np.where(score > 0, through(_small, s), through(_large, s))
    found = {
        "hinge": nearest(room),
        "squared_hinge": nearest(room * room),
        "logistic": natural,
        "scaled_logistic": np.where(score > 0, through(_small_bits, s), through(_large_bits, s)),
    }
    over = LARGEST[dtype]
    return {
        "zero_one": (np.asarray(score) <= 0).astype(np.float64),
        **{name: np.where(value > over, np.inf, value) for name, value in found.items()},
    }


def _small(s: Any) -> Any:
    """log(1 + e^−s) for s > 0; from 800 on it is e^−s to more digits than are kept, and below every normal float."""
    return (-s).exp().log1p() if s < 800 else 0 * s


def _large(s: Any) -> Any:
    """log(1 + e^−s) for s ≤ 0, as −s + log(1 + e^s)."""
    return -s + _small(-s) if s <= 0 else 0 * s


def _small_bits(s: Any) -> Any:
    return _small(s) / s.const_log2()


def _large_bits(s: Any) -> Any:
    return _large(s) / s.const_log2()
