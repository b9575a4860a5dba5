"""Rademacher complexity of linear functions: how well a class fits pure noise."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from impl.core import validation
from impl.core.random import uniform
from impl.overfitting.fitting_checks import check_design, check_positive, check_shape

NORMS = ("l1", "l2")
MOST_ROWS = 12
"""More rows than this have too many signs to enumerate."""


class Complexity(NamedTuple):
    """Empirical Rademacher complexity of {x ↦ w·x : ‖w‖ ≤ radius}, each (*B).

    complexity: exact, by all 2^n signs. upper: its bound in closed form. sampled: the mean over random signs. range:
    the most that one sign vector gives less the least, which bounds how far `sampled` strays.
    """

    complexity: Tensor
    upper: Tensor
    sampled: Tensor
    range: Tensor


def all_signs(n: int, like: Tensor) -> Tensor:
    """Every vector of n signs ±1: (2^n, n)."""
    bits = torch.arange(2**n, device=like.device).unsqueeze(-1) >> torch.arange(n, device=like.device)
    return (1 - 2 * (bits & 1)).to(like.dtype)


def random_signs(n: int, draws: int, source: torch.Generator, like: Tensor) -> Tensor:
    """Independent signs, either with probability one half: (*B, draws, n) for `like` (*B, n, d)."""
    coins = uniform((*like.shape[:-2], draws, n), source, like)
    return torch.where(coins < 0.5, -torch.ones_like(coins), torch.ones_like(coins))


def supremum(x: Tensor, signs: Tensor, norm: str) -> Tensor:
    """sup_{‖w‖ ≤ 1} Σ σ_i w·x_i, the dual norm of Σ σ_i x_i: x (*B, n, d), signs (*B, s, n) → (*B, s)."""
    total = signs @ x
    return total.abs().amax(-1) if norm == "l1" else (total * total).sum(-1).sqrt()


def upper_bound(x: Tensor, norm: str) -> Tensor:
    """The bound for radius 1 before division by n: √Σ‖x_i‖² or max_j ‖X_j‖ √(2 log 2d); x (*B, n, d) → (*B).

    Shalev-Shwartz & Ben-David 2014, lemmas 26.10 and 26.11 (Massart's lemma on 2d vertices).
    """
    length = (x * x).sum(-2)  # ‖X_j‖², (*B, d)
    if norm == "l2":
        return length.sum(-1).sqrt()
    return length.amax(-1).sqrt() * math.sqrt(2 * math.log(2 * x.shape[-1]))


def check_class(x: Tensor, radius: Tensor, norm: str, draws: int) -> None:
    """Raise ValueError, naming what is wrong: x (*B, n, d) of at most 12 rows, radius (*B) > 0, draws ≥ 1."""
    if norm not in NORMS:
        raise ValueError(f"norm must be one of {', '.join(NORMS)}, got {norm!r}")
    check_design(x)
    if x.shape[-2] > MOST_ROWS:
        raise ValueError(f"x must have at most {MOST_ROWS} rows, got {x.shape[-2]}: there are 2^n signs to try")
    check_shape(radius, "radius", tuple(x.shape[:-2]), "x")
    check_positive(radius, "radius")
    validation.at_least(draws, "draws", 1)


def rademacher(x: Tensor, radius: Tensor, norm: str, *, draws: int, source: torch.Generator) -> Complexity:
    """(radius ∕ n) E sup_{‖w‖ ≤ 1} Σ σ_i w·x_i of the rows x (*B, n, d), and what bounds it; radius (*B).

    Raises ValueError for another norm, more than 12 rows, and a radius that is not positive.
    """
    check_class(x, radius, norm, draws)
    n = x.shape[-2]
    every = supremum(x, all_signs(n, x), norm)
    drawn = supremum(x, random_signs(n, draws, source, x), norm)
    share = radius / n
    spread = every.amax(-1) - every.amin(-1)
    return Complexity(share * every.mean(-1), share * upper_bound(x, norm), share * drawn.mean(-1), share * spread)
