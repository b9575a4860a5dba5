"""Which Boolean functions one unit computes, and how many ways planes cut points, without asking any solver."""

from __future__ import annotations

import functools
import itertools
import math

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Mask = NDArray[np.bool_]
LARGEST_WEIGHT = {("01", False): 3, ("signs", False): 4, ("01", True): 5}
"""Whole weights up to here compute all that any weights compute, for at most 4 variables; see `tables_by_weights`."""


@functools.cache
def rows(k: int, inputs: str) -> Whole:
    """The inputs of each row of a table of k variables, the first being the highest digit: (2^k, k)."""
    digits = np.array(list(itertools.product((0, 1), repeat=k)), dtype=np.int64)
    return digits if inputs == "01" else 2 * digits - 1


@functools.cache
def every_table(k: int) -> Whole:
    """All Boolean functions of k variables, row 0 being the highest digit of a table's number: (2^(2^k), 2^k)."""
    size = 2**k
    numbers = np.arange(2**size, dtype=np.int64)
    return np.asarray(numbers[:, None] >> np.arange(size)[::-1] & 1)


@functools.cache
def asummable_tables(k: int) -> Mask:
    """Which functions have no two true rows with the sum of two false rows, a row being taken twice at will.

    Up to eight variables these are the functions that one unit with a bias computes (Muroga 1971, chapter 7; Winder
    1962). Two rows of a sum s agree where s is 0 or 2 and are opposite where it is 1: (2^(2^k),).
    """
    digits, tables = rows(k, "01"), every_table(k).astype(bool)
    good = np.ones(len(tables), dtype=bool)
    pairs: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for a, b in itertools.combinations_with_replacement(range(2**k), 2):
        pairs.setdefault(tuple(digits[a] + digits[b]), []).append((a, b))
    for same_sum in pairs.values():
        both = np.any([tables[:, a] & tables[:, b] for a, b in same_sum], axis=0)
        neither = np.any([~(tables[:, a] | tables[:, b]) for a, b in same_sum], axis=0)
        good &= ~(both & neither)
    return good


@functools.cache
def tables_by_weights(k: int, inputs: str, intercept: bool) -> Mask:
    """Which functions of k ≤ 4 variables some unit of bounded whole weights computes: (2^(2^k),).

    The bound loses none. A unit computes a table iff w·x ≥ 1 on its true and ≤ 0 on its false rows; the rows span the
    space, so this set has a corner, where A w = r with rows A and r of 0 and 1. By Cramer's rule w det A is whole, and
    its entries are determinants of A with r for a column. With entries 0 and 1 these are at most 3 for size 4 and 5 for
    size 5 (Hadamard's maximal determinants). With entries −1 and 1, of size 4, det A is a multiple of 8, with r for a
    column one of 4, at most 16: w det A ∕ 4 is whole and at most 4; smaller sizes have less.
    """
    x, largest = rows(k, inputs), LARGEST_WEIGHT[inputs, intercept]
    if intercept:
        x = np.concatenate([x, np.ones_like(x[:, :1])], axis=1)
    values = np.arange(-largest, largest + 1)
    weights = np.stack(np.meshgrid(*[values] * x.shape[1], indexing="ij"), axis=-1).reshape(-1, x.shape[1])
    fires = weights @ x.T > 0
    found = np.zeros(2 ** (2**k), dtype=bool)
    found[fires @ (1 << np.arange(2**k)[::-1])] = True
    return found


def count_tables(k: int, inputs: str, intercept: bool) -> int:
    """How many functions of k variables one unit computes.

    With a bias the digits 0, 1 and the signs −1, 1 are the same: x ↦ 2x − 1 moves into w and the bias.
    """
    found = asummable_tables(k) if intercept else tables_by_weights(k, inputs, False)
    return int(found.sum())


def ranks(matrices: Whole) -> Whole:
    """Exact ranks of whole matrices (batch, n, p), by elimination without fractions (Bareiss 1968): (batch,).

    Every entry on the way is a minor of the matrix, so that small whole numbers never leave int64.
    """
    m = matrices.astype(np.int64)
    each = np.arange(len(m))
    rank, before = np.zeros(len(m), dtype=np.int64), np.ones(len(m), dtype=np.int64)
    used = np.zeros(m.shape[:2], dtype=bool)
    for column in range(m.shape[2]):
        free = (m[:, :, column] != 0) & ~used
        pivot, found = free.argmax(axis=1), free.any(axis=1)
        row, head = m[each, pivot], m[each, pivot, column]
        step = (m * head[:, None, None] - m[:, :, column, None] * row[:, None]) // before[:, None, None]
        used[each[found], pivot[found]] = True
        m = np.where((found[:, None] & ~used)[..., None], step, m)
        before = np.where(found, head, before)
        rank += found
    return rank


def subset_ranks(x: Whole) -> tuple[Whole, Mask]:
    """The rank of every subset of the rows of x (lane, n, p): (lane, 2^n), and the subsets themselves (2^n, n)."""
    lanes, n, p = x.shape
    subsets = every_subset(n)
    chosen = np.where(subsets[None, :, :, None], x[:, None], 0).reshape(-1, n, p)
    return ranks(chosen).reshape(lanes, -1), subsets


@functools.cache
def every_subset(n: int) -> Mask:
    """All subsets of n things: (2^n, n)."""
    return np.asarray(np.arange(2**n)[:, None] >> np.arange(n) & 1, dtype=bool)


def count_dichotomies(rank: Whole, subsets: Mask) -> Whole:
    """How many labellings of points a plane through the origin makes: (lane,).

    Each is a region of weights that the points cut by their planes w·x = 0, and these are Σ_S (−1)^(|S| − rank S) over
    all subsets S (Whitney 1932; Zaslavsky 1975, Theorem A). A point 0 allows none: S and S ∪ {0} cancel.
    """
    size = subsets.sum(axis=1)
    return np.asarray(np.where((size - rank) % 2 == 0, 1, -1).sum(axis=1))


def in_general_position(rank: Whole, subsets: Mask, dimensions: int) -> Mask:
    """Whether every subset of at most so many points is independent: (lane,)."""
    size = np.minimum(subsets.sum(axis=1), dimensions)
    return np.asarray((rank == size).all(axis=1))


def cover_number(n: int, dimensions: int) -> int:
    """2 Σ_{i < dimensions} C(n − 1, i) (Cover 1965, Theorem 1)."""
    return 2 * sum(math.comb(n - 1, i) for i in range(dimensions))
