"""Which of two systems of whole numbers has a solution, with the solution: an exact simplex over lanes.

Of rows a_i, some of them strict, exactly one of these is possible (Gordan 1873 where all are strict; Motzkin 1936):

    some w with a_i·w ≥ 0 for every row and > 0 for the strict ones;
    some λ ≥ 0, positive for a strict row, with Σ λ_i a_i = 0.

The simplex method looks for the second as the programme Σ λ_i a_i = 0, Σ_strict λ_i = 1, by phase one with Bland's
rule. If it ends above zero, its multipliers are w. Pivots are fraction-free, so that every entry is a minor of the
data over one common denominator. It needs no tolerance and is never wrong (Edmonds & Maurras 1997; Bland 1977).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[Any]
"""Whole numbers: int64, or Python's of any size in an array of objects."""


class Alternative(NamedTuple):
    """solvable (lane,); w (lane, r), 0 where not; certificate (lane, n), 0 where it is: without common divisors."""

    solvable: NDArray[np.bool_]
    w: Whole
    certificate: Whole


def alternative(rows: Whole, strict: NDArray[np.bool_]) -> Alternative:
    """The solvable one of the two systems: rows (lane, n, r), strict (lane, n).

    Computed in int64 where no product of two minors can overflow, in Python's whole numbers otherwise.
    """
    n, r = rows.shape[1:]
    tableau, basis = _start(rows.astype(np.int64 if fits(rows) else object), strict)
    one = _solve(tableau, basis, n)
    artificial, solvable = tableau[:, -1, n : n + r], tableau[:, -1, -1] < 0
    w = np.where(solvable[:, None], artificial - one[:, None], 0)
    certificate = np.zeros((len(rows), n + r + 1), dtype=tableau.dtype)
    np.put_along_axis(certificate, basis, tableau[:, :-1, -1], axis=1)
    return Alternative(solvable, _reduced(w), _reduced(np.where(solvable[:, None], 0, certificate[:, :n])))


def fits(rows: Whole) -> bool:
    """Whether int64 holds all that the pivots compute: minors are at most H = Π of the r + 1 greatest lengths.

    A pivot subtracts two products of entries; the cost row holds sums of r + 1 minors: 2 (r + 1)² H² < 2^63.
    """
    if rows.dtype == object:
        return False
    r = rows.shape[-1]
    length = np.sqrt((rows.astype(np.float64) ** 2).sum(-1) + 2)  # the mask of strict rows, and rounding
    longest = np.sort(length, axis=-1)[:, -(r + 1) :]
    return bool((np.log2(2 * (r + 1) ** 2) + 2 * np.log2(longest).sum(-1) < 62).all())


def _start(rows: Whole, strict: NDArray[np.bool_]) -> tuple[Whole, NDArray[np.int64]]:
    """The tableau (lane, r + 2, n + r + 2) of an artificial basis, costs in its last row, and that basis."""
    lanes, n, r = rows.shape
    tableau = np.zeros((lanes, r + 2, n + r + 2), dtype=rows.dtype)
    tableau[:, :r, :n] = rows.transpose(0, 2, 1)
    tableau[:, r, :n] = strict
    tableau[:, : r + 1, n : n + r + 1] = np.eye(r + 1, dtype=np.int64)
    tableau[:, r, -1] = 1
    tableau[:, -1, :n] = -tableau[:, : r + 1, :n].sum(1)
    tableau[:, -1, -1] = -1
    return tableau, np.tile(np.arange(n, n + r + 1), (lanes, 1))


def _solve(tableau: Whole, basis: NDArray[np.int64], n: int) -> Whole:
    """Pivot every lane, in place, until no cost is negative; the common denominators (lane,)."""
    one = np.ones(len(tableau), dtype=tableau.dtype)
    lanes = np.arange(len(tableau))
    while len(lanes := lanes[(tableau[lanes, -1, :n] < 0).any(1)]):
        t, at = tableau[lanes], np.arange(len(lanes))
        column = (t[:, -1, :n] < 0).argmax(1)
        row = _leaving(t[at, :-1, column], t[:, :-1, -1], basis[lanes])
        factor, pivot = t[at, :, column], t[at, row, column]
        kept = t[at, row]
        t = (t * pivot[:, None, None] - factor[:, :, None] * kept[:, None, :]) // one[lanes, None, None]
        t[at, row] = kept
        tableau[lanes], one[lanes] = t, pivot
        basis[lanes, row] = column
    return one


def _leaving(column: Whole, right: Whole, basis: NDArray[np.int64]) -> NDArray[np.int64]:
    """The row of the least ratio right ÷ column among positive entries, of the lowest basic variable among equals."""
    at, best = np.arange(len(column)), (column > 0).argmax(1)
    for i in range(column.shape[1]):
        ours, theirs = right[:, i] * column[at, best], right[at, best] * column[:, i]
        better = (ours < theirs) | ((ours == theirs) & (basis[:, i] < basis[at, best]))
        best = np.where((column[:, i] > 0) & better, i, best)
    return np.asarray(best)


def _reduced(values: Whole) -> Whole:
    """Each lane divided by the greatest common divisor of its entries."""
    divisor = np.gcd.reduce(values, axis=1)
    return values // np.where(divisor == 0, 1, divisor)[:, None]
