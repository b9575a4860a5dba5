"""What a check returns: left, relation, right and the bound between them, one value per lane, never an assertion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.core.bound import ZERO, Bound

Relation = Literal["=", "<="]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Gap:
    """One comparison, over all lanes at once.

    left, right: (lane, ...) after broadcasting; `excess` is |left − right| for "=" and max(0, left − right) for
    "<=", both (lane, ...). `where` (lane, ...) marks the entries about which the claim speaks.
    """

    label: str
    left: FloatArray
    relation: Relation
    right: FloatArray
    excess: FloatArray
    bound: Bound
    where: NDArray[np.bool_]

    @property
    def margin(self) -> FloatArray:
        """Worst excess ÷ bound per lane: (lane,). At most 1 where the claim stands, NaN where it says nothing."""
        if self.excess.shape[1:] and 0 in self.excess.shape[1:]:
            return np.full(self.excess.shape[0], np.nan)
        entry = _ratio(self.excess, np.broadcast_to(self.bound.value, self.excess.shape))
        entry = np.where(self.where, entry, -1.0).reshape(len(entry), -1).max(axis=1)
        return np.where(entry < 0, np.nan, entry)

    def worst_entry(self, lane: int) -> tuple[int, ...]:
        """Index, inside the lane, of the entry with the largest margin."""
        entry = _ratio(self.excess[lane], np.broadcast_to(self.bound.value, self.excess.shape)[lane])
        flat = int(np.argmax(np.where(self.where[lane], entry, -1.0)))
        return tuple(int(i) for i in np.unravel_index(flat, self.excess.shape[1:]))


def _ratio(excess: FloatArray, bound: FloatArray) -> FloatArray:
    """Excess ÷ bound with 0 ÷ 0 = 0 and anything that is not a number counted as infinite."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = np.where(excess == 0, 0.0, excess / bound)
    return np.where(np.isnan(ratio), np.inf, ratio)


def _gap(label: str, left: ArrayLike, relation: Relation, right: ArrayLike, bound: Bound, where: ArrayLike) -> Gap:
    a, b = np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64)
    a, b, value, mask = np.broadcast_arrays(a, b, bound.value, np.asarray(where, dtype=bool))
    if a.ndim == 0:
        raise ValueError(f"gap {label!r} has no lane axis")
    with np.errstate(invalid="ignore", over="ignore"):
        difference = np.where(a == b, 0.0, a - b)  # equal infinities are equal
        excess = np.abs(difference) if relation == "=" else np.maximum(difference, 0.0)
    return Gap(label, a, relation, b, excess, Bound(value, bound.terms), mask)


def equal(label: str, left: ArrayLike, right: ArrayLike, bound: Bound, where: ArrayLike = True) -> Gap:
    """|left − right| ≤ bound, entry by entry. Shapes (lane, ...); NaN on either side refutes."""
    return _gap(label, left, "=", right, bound, where)


def at_most(label: str, left: ArrayLike, right: ArrayLike, bound: Bound, where: ArrayLike = True) -> Gap:
    """Left ≤ right + bound, entry by entry. Shapes (lane, ...); NaN on either side refutes."""
    return _gap(label, left, "<=", right, bound, where)


def exactly(label: str, left: ArrayLike, right: ArrayLike, where: ArrayLike = True) -> Gap:
    """Left = right with no tolerance: integers, booleans, or floats that must agree bit for bit.

    Raises ValueError when an integer is too large to be a float64 (2^53), for then equality would be lost.
    """
    for side in (left, right):
        array = np.asarray(side)
        if array.dtype.kind in "iu" and array.size and np.abs(array).max() > 2**53:
            raise ValueError(f"gap {label!r}: integers above 2**53 must be compared as objects, see exact.py")
    return _gap(label, left, "=", right, ZERO, where)
