"""Duality: how far any coefficients are from the best ones, and the penalty at which the best are 0.

The elastic net is the lasso on X over √(nλ₂) I and y over 0, so one certificate serves both.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Certificate(NamedTuple):
    """primal ≥ dual at any coefficients, gap their difference (*B); theta (*B, n): the feasible dual point."""

    primal: Tensor
    dual: Tensor
    gap: Tensor
    theta: Tensor


class Penalties(NamedTuple):
    """What stands beside ‖β‖₁ and ½‖β‖²: λρ and λ(1 − ρ), both (*B)."""

    l1: Tensor
    l2: Tensor


def split(penalty: Tensor, ratio: Tensor) -> Penalties:
    """The elastic net's two penalties (Zou & Hastie 2005, section 2, in glmnet's convention)."""
    return Penalties(penalty * ratio, penalty * (1 - ratio))


def shrinkage(top: Tensor, level: Tensor) -> Tensor:
    """S = min(1, nλ₁ ∕ ‖Xᵀr‖_∞) makes s r feasible, |x_jᵀ s r| ≤ nλ₁; 1 where it is feasible as it is."""
    outside = top > level
    return torch.where(outside, level / top.masked_fill(~outside, 1), torch.ones_like(top))


def duality_gap(x: Tensor, y: Tensor, coef: Tensor, penalty: Tensor, ratio: Tensor) -> Certificate:
    """The duality gap of the elastic net without intercept: x (*B, n, p), y (*B, n), coef (*B, p), others (*B).

    θ = s r, r = y − Xβ, is dual feasible, and
    P(β) = ‖r‖² ∕ 2n + λ₁‖β‖₁ + λ₂∕2 ‖β‖²,  D(θ) = (‖y‖² − ‖y − θ‖² − s² nλ₂‖β‖²) ∕ 2n,
    so P(β) − P* ≤ P(β) − D(θ) (Kim et al. 2007, section 3; Fercoq, Gramfort & Salmon 2015, section 2). The gap is
    computed as a sum of terms that are never negative; subtracting D from P would lose its digits near the optimum.
    Where λ₁ is 0 no residual but 0 is feasible by shrinking, and the gap is P(β).
    """
    return certificate(x, y, coef, split(penalty, ratio))


def certificate(x: Tensor, y: Tensor, coef: Tensor, penalties: Penalties) -> Certificate:
    """`duality_gap` for penalties that are split already."""
    n = y.shape[-1]
    l1, l2 = penalties
    residual = y - (x @ coef.unsqueeze(-1)).squeeze(-1)
    pull = correlation(x, residual, coef, n * l2)
    square = residual.square().sum(-1) + n * l2 * coef.square().sum(-1)
    s = shrinkage(pull.abs().amax(-1), n * l1)
    primal = square / (2 * n) + l1 * coef.abs().sum(-1)
    dual = (2 * s * (y * residual).sum(-1) - s.square() * square) / (2 * n)
    return Certificate(primal, dual, gap(coef, pull, square, n * l1, s) / n, s.unsqueeze(-1) * residual)


def correlation(x: Tensor, residual: Tensor, coef: Tensor, l2: Tensor) -> Tensor:
    """Xᵀr − nλ₂β, the correlations of the enlarged columns with the enlarged residual: (*B, p); l2 is nλ₂."""
    return (x.mT @ residual.unsqueeze(-1)).squeeze(-1) - l2.unsqueeze(-1) * coef


def gap(coef: Tensor, pull: Tensor, square: Tensor, level: Tensor, s: Tensor) -> Tensor:
    """N (P(β) − D(θ)) = ½(1 − s)² ‖r‖² + Σ_j (nλ₁|β_j| − s β_j x_jᵀr), of enlarged columns and residual: (*B).

    pull: x_jᵀr. square: ‖r‖². level: nλ₁. Follows from y = r + Xβ; |s x_jᵀr| ≤ nλ₁ makes each term non-negative.
    """
    slack = level.unsqueeze(-1) * coef.abs() - s.unsqueeze(-1) * coef * pull
    return (1 - s).square() * square / 2 + slack.clamp(min=0).sum(-1)


def lambda_max(x: Tensor, y: Tensor) -> Tensor:
    """The least λ at which the lasso's solution is 0: ‖Xᵀy‖_∞ ∕ n, of centred data where there is an intercept: (*B).

    0 is optimal where every |x_jᵀy| ∕ n ≤ λ (Osborne, Presnell & Turlach 2000, section 3).
    """
    return (x.mT @ y.unsqueeze(-1)).squeeze(-1).abs().amax(-1) / y.shape[-1]


def goal(x: Tensor, y: Tensor) -> Tensor:
    """The gap at which a solution counts as found, 16 (n + p + 8) u ‖y‖² ∕ 2n, about what rounding leaves: (*B)."""
    n, p = x.shape[-2:]
    u = torch.finfo(y.dtype).eps / 2
    return 16 * (n + p + 8) * u * y.square().sum(-1) / (2 * n)
