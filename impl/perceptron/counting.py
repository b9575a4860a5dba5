"""How many labellings of points, and how many Boolean functions, one unit computes."""

from __future__ import annotations

from collections.abc import Callable
from math import comb

import torch
from torch import Tensor

from impl.core import validation
from impl.perceptron.points import augmented, check_points, check_whole, truth_table
from impl.perceptron.rays import bounded, rays

MOST_VARIABLES, MOST_POINTS = 4, 12

Points = Callable[[Tensor, bool], Tensor]
Bounded = Callable[[Tensor, Tensor, Tensor], Tensor]


def census(
    variables: int,
    inputs: str = "01",
    *,
    intercept: bool = True,
    table: Callable[[int, str], Tensor] = truth_table,
    points: Points = augmented,
    bounded: Bounded = bounded,
) -> int:
    """How many of the 2^(2^k) Boolean functions of k ≤ 4 variables one unit computes, by trying all.

    A unit fires where w·x + bias > 0, so that rows of 0 may lie on its plane: without a bias that counts. With one
    there are 4, 14, 104, 1882 (Muroga 1971). Raises ValueError for another number of variables or other inputs.

    >>> [census(k) for k in (1, 2, 3, 4)]
    [4, 14, 104, 1882]
    """
    if not 1 <= variables <= MOST_VARIABLES:
        raise ValueError(f"variables must be 1 … {MOST_VARIABLES}, got {variables}")
    x = table(variables, inputs)
    tables = truth_table(len(x)).to(x.device)
    signs = torch.unique(rays(points(x, intercept)), dim=0)
    return int(bounded(signs, 2 * tables - 1, tables.bool()).sum())


def dichotomies(x: Tensor, *, intercept: bool = True, points: Points = augmented, bounded: Bounded = bounded) -> Tensor:
    """How many of the 2^n labellings of whole-number points x (*B, n, d) a plane separates: (*B,), int64.

    Half are tried, those with the first point positive: opposite weights separate the opposite labelling.

    Raises ValueError for more than 12 points, or numbers that are not whole or too large.
    """
    check_points(x)
    check_whole(x, "x")
    if x.shape[-2] > MOST_POINTS:
        raise ValueError(f"x must hold at most {MOST_POINTS} points, got {x.shape[-2]}")
    n = x.shape[-2]
    side = 2 * truth_table(n).to(x.device)[2 ** (n - 1) :] - 1
    return 2 * bounded(rays(points(x, intercept)), side, torch.ones_like(side, dtype=torch.bool)).sum(-1)


def cover_count(n: int, d: int, *, intercept: bool = True) -> int:
    """How many labellings of n points in general position in d dimensions a plane separates: 2 Σ_{i<r} C(n − 1, i).

    r is d, and d + 1 with an intercept. Raises ValueError unless n and d are at least 1. Source: Cover 1965, Theorem 1.

    >>> [cover_count(n, 2) for n in (1, 2, 3, 4, 5)]
    [2, 4, 8, 14, 22]
    """
    validation.at_least(n, "n", 1)
    validation.at_least(d, "d", 1)
    return 2 * sum(comb(n - 1, i) for i in range(d + intercept))
