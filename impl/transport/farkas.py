"""Farkas' alternative decided in exact rational arithmetic, which torch has not: Python's fractions, lane by lane."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import torch
from torch import Tensor

from impl.core import validation
from impl.transport.problem import check_numbers

Row = list[Fraction]
Numbers = list[int]


class Alternative(NamedTuple):
    """feasible (lane,) bool; x (lane, n), y (lane, k), denominator (lane,): whole numbers, int64.

    Either x/denominator ≥ 0 solves A x = b, and y = 0; or Aᵀ y ≤ 0 < bᵀ y, and x = 0.
    """

    feasible: Tensor
    x: Tensor
    y: Tensor
    denominator: Tensor


class Answer(NamedTuple):
    """One lane's `Alternative`."""

    feasible: bool
    x: Numbers
    y: Numbers
    denominator: int


def farkas(A: Tensor, b: Tensor) -> Alternative:
    """Which of two systems has a solution: x ≥ 0 with A x = b, or y with Aᵀ y ≤ 0 and bᵀ y > 0; and that solution.

    A (lane, k, n), b (lane, k): whole numbers, as integers or in floats. Exactly one of the two has one (Schrijver
    1986, section 7.3). Raises ValueError for shapes that do not fit and for entries that are no whole numbers.
    """
    return by_lane(alternative, A, b)


def by_lane(decide: Callable[[list[Numbers], Numbers], Answer], A: Tensor, b: Tensor) -> Alternative:
    """Check A and b, and put `decide` to each lane on the host."""
    for x, name, least, layout in ((A, "A", 2, "(lane, k, n)"), (b, "b", 1, "(lane, k)")):
        validation.rank(x, name, least, layout)
        validation.non_empty(x, name, layout)
        _check_whole(x, name)
    validation.same_length(A, "A", b, "b")
    (k, n), lead = A.shape[-2:], A.shape[:-2]
    lanes = zip(A.reshape(-1, k, n).to(torch.int64).tolist(), b.reshape(-1, k).to(torch.int64).tolist(), strict=True)
    found = [decide(rows, right) for rows, right in lanes]
    columns = ([one[field] for one in found] for field in range(4))
    feasible, x, y, denominator = (torch.tensor(values, device=A.device) for values in columns)
    shaped = feasible.reshape(lead), x.reshape(*lead, n), y.reshape(*lead, k), denominator.reshape(lead)
    return Alternative(*shaped)


def _check_whole(x: Tensor, name: str) -> None:
    check_numbers(x, name)
    if x.is_floating_point() and bool((x != x.round()).any()):
        raise ValueError(f"{name} must hold whole numbers, got {x[x != x.round()][0].item()!r}")


def alternative(A: list[Numbers], b: Numbers) -> Answer:
    """Phase one of the simplex: min Σ s over A x + s = b, x, s ≥ 0, after each row with b < 0 changed its sign.

    Bland's rule (1977) makes it finite. A positive minimum is the value of the dual solution y, whose entries are 1
    less the reduced costs of s; the signs of the rows are then put back.
    """
    k, n = len(A), len(A[0])
    sign = [-1 if right < 0 else 1 for right in b]
    unit = [[Fraction(i == j) for j in range(k)] for i in range(k)]
    table = [[*(Fraction(s * v) for v in A[i]), *unit[i], Fraction(s * b[i])] for i, s in enumerate(sign)]
    cost = [-sum(column, Fraction(0)) for column in zip(*table, strict=True)]
    cost[n : n + k] = [Fraction(0)] * k  # reduced costs, and minus the value last
    basis = list(range(n, n + k))
    while (entering := next((j for j in range(n + k) if cost[j] < 0), None)) is not None:
        leaving = least_ratio(table, basis, entering)
        eliminate(table, cost, leaving, entering)
        basis[leaving] = entering
    if cost[-1] < 0:
        y = [s * (1 - reduced) for s, reduced in zip(sign, cost[n : n + k], strict=True)]
        whole, denominator = whole_numbers(y)
        return Answer(False, [0] * n, whole, denominator)
    values = dict(zip(basis, (row[-1] for row in table), strict=True))
    whole, denominator = whole_numbers([values.get(j, Fraction(0)) for j in range(n)])
    return Answer(True, whole, [0] * k, denominator)


def least_ratio(table: list[Row], basis: Numbers, entering: int) -> int:
    """The row whose basic variable reaches 0 first when `entering` grows; the least variable among equals (Bland).

    One exists, since a sum of non-negative numbers cannot fall for ever.
    """
    rising = [i for i, row in enumerate(table) if row[entering] > 0]
    return min(rising, key=lambda i: (table[i][-1] / table[i][entering], basis[i]))


def eliminate(table: list[Row], cost: Row, leaving: int, entering: int) -> None:
    """Make column `entering` the unit column of row `leaving`, in place, costs included."""
    pivot = table[leaving][entering]
    table[leaving] = [value / pivot for value in table[leaving]]
    for row in (*table[:leaving], *table[leaving + 1 :], cost):
        factor = row[entering]
        row[:] = [value - factor * base for value, base in zip(row, table[leaving], strict=True)]


def whole_numbers(values: Row) -> tuple[Numbers, int]:
    """Fractions over their least common denominator: numerators and that denominator."""
    denominator = math.lcm(*(value.denominator for value in values))
    return [int(value * denominator) for value in values], denominator
