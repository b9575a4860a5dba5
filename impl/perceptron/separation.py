"""Whether a plane separates two classes, with whole numbers that prove either answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from impl.core.arrays import to_numpy, to_torch
from impl.perceptron.guess import guessed
from impl.perceptron.points import augmented, check_labelled, split
from impl.perceptron.simplex import Alternative, Whole, alternative, fits

Decide = Callable[[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]
SMALL = 2**31


@dataclass(frozen=True)
class Separable:
    """Whole numbers with y (w·x + bias) > 0 on every row; margin: the least distance of a row from their plane.

    It is the margin of this plane, not the greatest; infinite where w is 0 and the bias alone does it.
    """

    w: tuple[int, ...]
    bias: int
    margin: float


@dataclass(frozen=True)
class Inseparable:
    """Whole numbers λ_i ≥ 0, not all 0, with Σ λ_i y_i (x_i, 1) = 0, which no plane can separate.

    With y_i (w·x_i + bias) > 0 on every row, their sum with weights λ_i would be positive; it is 0 (Gordan 1873).
    """

    certificate: tuple[int, ...]


def separability(X: Any, y: Any, *, fit_intercept: bool = True) -> Separable | Inseparable:
    """Decide exactly whether a plane has one class strictly on one side and the other strictly on the other side.

    X (n, d): finite numbers, taken as they are to the last binary digit. y (n,): −1 and 1, or any two labels, the
    greater of which is the positive side. Without an intercept the plane passes through the origin.

    Raises ValueError for other shapes, NaN, infinity, or another number of classes than two.

    >>> separability([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1])
    Separable(w=(2, 2), bias=-3, margin=0.3535533905932738)
    >>> separability([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])
    Inseparable(certificate=(1, 1, 1, 1))
    """
    x, labels = _points(X), _signs(y)
    check_labelled(x, labels)
    points = augmented(x, fit_intercept)
    rows, scale = whole(to_numpy(labels.unsqueeze(-1) * points)[None])
    strict = np.ones(rows.shape[:2], dtype=bool)
    found = guessed(rows[0], strict[0]) or alternative(rows, strict)
    if not found.solvable[0]:
        return Inseparable(tuple(int(v) for v in found.certificate[0]))
    w = tuple(int(v) for v in found.w[0])
    least = Fraction(int((rows[0].astype(object) @ np.array(w, dtype=object)).min())) / scale[0]
    w, bias = (w[:-1], w[-1]) if fit_intercept else (w, 0)
    length = sum(v * v for v in w)
    return Separable(w, bias, _root(least * least / length) if length else math.inf)


def _root(square: Fraction) -> float:
    """√ of a fraction whose own float may be 0: √(p∕q) = √(p q)∕q, with 128 bits."""
    p, q = square.as_integer_ratio()
    return float(Fraction(math.isqrt(p * q << 256), q << 128))


def _points(X: Any) -> Tensor:
    if isinstance(X, Tensor):
        return X.detach().cpu().double()
    return to_torch(np.asarray(X, dtype=np.float64), device="cpu", dtype="float64")


def _signs(y: Any) -> Tensor:
    """Labels as −1 and 1, (n,)."""
    labels = to_numpy(y) if isinstance(y, Tensor) else np.asarray(y)
    if labels.dtype.kind in "iuf" and np.isin(labels, (-1, 1)).all():
        return torch.from_numpy(labels.astype(np.float64))
    classes, code = np.unique(labels, return_inverse=True)
    if len(classes) != 2:
        raise ValueError(f"y must hold two classes, got {len(classes)}: {', '.join(map(str, classes[:5].tolist()))}")
    return torch.from_numpy(2.0 * code.reshape(labels.shape) - 1)


def whole(rows: NDArray[Any]) -> tuple[Whole, list[Fraction]]:
    """Rows of floats (lane, n, r) as whole numbers, each lane times a positive scale, which changes no sign.

    They are int64 where all are below 2^31, and Python's otherwise.
    """
    if (rows == np.rint(rows)).all() and np.abs(rows).max() < SMALL:
        return rows.astype(np.int64), [Fraction(1)] * len(rows)
    mantissa, exponent = np.frexp(rows.astype(np.float64))
    digits = np.ldexp(mantissa, 53).astype(np.int64).astype(object)
    lowest = np.where(digits == 0, np.int64(1024), exponent).min(axis=(1, 2)).astype(int) - 53
    places = np.where(digits == 0, 0, exponent - 53 - lowest[:, None, None]).astype(object)
    found = digits * np.power(np.array(2, dtype=object), places)
    divisor = np.gcd.reduce(found.reshape(len(found), -1), axis=1)
    divisor = np.where(divisor == 0, 1, divisor)
    scale = [Fraction(2) ** -int(low) / int(by) for low, by in zip(lowest, divisor, strict=True)]
    found = found // divisor[:, None, None]
    return found.astype(np.int64) if np.abs(found).max() < SMALL else found, scale


def decide(rows: Tensor, strict: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The solvable one of the two systems of `simplex`, proved: rows (lane, n, r), strict (lane, n).

    → solvable (lane,), w (lane, r), certificate (lane, n) in the dtype of the rows. The data go to the host once. Where
    int64 cannot hold the pivots, floating point guesses and whole numbers verify; where that fails, the simplex goes on
    in Python's whole numbers. Raises ValueError where the dtype has too few digits for the proof.
    """
    numbers, mask = whole(to_numpy(rows))[0], to_numpy(strict)
    if fits(numbers):
        found = alternative(numbers, mask)
    else:
        lanes = zip(numbers, mask, strict=True)
        alone = [guessed(row, which) or alternative(row[None], which[None]) for row, which in lanes]
        found = Alternative(*(np.concatenate(part) for part in zip(*alone, strict=True)))
    solvable = torch.from_numpy(found.solvable).to(rows.device)
    return solvable, _floats(found.w, rows), _floats(found.certificate, rows)


def _floats(values: Whole, like: Tensor) -> Tensor:
    kind = str(like.dtype).removeprefix("torch.")
    rounded = values.astype(kind)
    if not (rounded.astype(object) == values).all():
        greatest = max(values.reshape(-1).tolist(), key=abs)
        raise ValueError(f"x has too many digits: {kind} cannot hold {greatest} in its proof; use `separability`")
    return torch.from_numpy(rounded).to(like.device)


def proof(
    x: Tensor,
    y: Tensor,
    strict: Tensor,
    intercept: bool,
    *,
    points: Callable[[Tensor, bool], Tensor] = augmented,
    decide: Decide = decide,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Whether a plane separates x (lane, n, d) by the labels y (lane, n), −1 and 1, on the rows that are strict.

    → separable (lane,), w (lane, d), bias (lane,), certificate (lane, n). Other rows may lie on the plane.
    """
    solvable, w, certificate = decide(y.unsqueeze(-1) * points(x, intercept), strict)
    return solvable, *split(w, intercept), certificate
