"""One ridge penalty, three ways to write the loss beside it."""

from __future__ import annotations

from typing import TypeVar

from torch import Tensor

from impl.core import validation

CONVENTIONS = ("sum", "mean", "half-mean")

Value = TypeVar("Value", Tensor, float)


def convert_lambda(value: Value, from_: str, to: str, n: int) -> Value:
    """The λ ≥ 0 that means the same in another convention, with n rows.

    The loss beside λ‖β‖² is ‖r‖² ("sum"), ‖r‖² ∕ n ("mean") or ‖r‖² ∕ 2n ("half-mean"), so λ_sum = n λ_mean = 2n
    λ_half-mean. Raises ValueError for another convention, n < 1, and a value that is negative or not finite.

    >>> convert_lambda(3.0, "half-mean", "sum", 10)
    60.0
    """
    check_conversion(value, from_, to, n)
    return rescaled(value, from_, to, n)


def check_conversion(value: Tensor | float, source: str, target: str, n: int) -> None:
    """Refuse what cannot be converted, by name."""
    for name, convention in (("source", source), ("target", target)):
        if convention not in CONVENTIONS:
            raise ValueError(f"{name} must be one of {', '.join(CONVENTIONS)}, got {convention!r}")
    validation.at_least(n, "n", 1)
    if isinstance(value, Tensor):
        validation.floating(value, "value")
        validation.finite(value, "value")
        validation.non_negative(value, "value")
    elif not 0 <= value < float("inf"):
        raise ValueError(f"value must be non-negative and finite, got {value!r}")


def rescaled(value: Value, source: str, target: str, n: int) -> Value:
    """The same without checks: of two conventions' factors one divides the other, so there is one rounding."""
    factor = {"sum": 1, "mean": n, "half-mean": 2 * n}
    above, below = factor[source], factor[target]
    return value * (above // below) if above >= below else value / (below // above)
