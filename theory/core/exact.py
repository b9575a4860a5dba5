"""Exact and ball arithmetic for confirming what floats claim: rationals of the very floats, logs with an error ball."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from flint import arb, ctx, fmpq
from numpy.typing import NDArray

BALL_BITS = 200
"""Working precision of the balls, in bits: more than three float64 significands."""


def rational(value: float) -> Fraction:
    """The exact rational value of a float. Raises ValueError for NaN and infinity, which have none."""
    try:
        return Fraction(value)
    except (ValueError, OverflowError):
        raise ValueError(f"{value!r} has no rational value") from None


def rationals(values: NDArray[Any]) -> list[Fraction]:
    """The exact rational values of a one-dimensional float array."""
    return [rational(float(v)) for v in values]


def ball(value: Fraction | float) -> Any:
    """A rigorous enclosure (python-flint `arb`) of a rational, `BALL_BITS` bits wide."""
    exact = value if isinstance(value, Fraction) else rational(value)
    ctx.prec = BALL_BITS
    return arb(fmpq(exact.numerator, exact.denominator))


def middle(value: Any) -> float:
    """The float nearest the middle of a ball."""
    return float(value.mid())


def total(values: Iterable[Fraction]) -> Fraction:
    """Exact sum of rationals; 0 when there are none."""
    return sum(values, Fraction(0))
