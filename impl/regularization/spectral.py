"""Ridge by the singular value decomposition: along each singular direction the fit shrinks by s² ∕ (s² + λ).

Nothing is squared before it is divided, so scales far from 1 neither overflow nor vanish, and the error grows with the
condition of X + √λ, not with its square.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Spectrum(NamedTuple):
    """X = U diag(s) Vᵀ: u (*B, n, r), s (*B, r) descending, v (*B, p, r), r = min(n, p)."""

    u: Tensor
    s: Tensor
    v: Tensor


class Solution(NamedTuple):
    """Coefficients (*B, p) and their effective degrees of freedom (*B)."""

    coef: Tensor
    df: Tensor


class Path(NamedTuple):
    """Solutions at l values of λ: coef (*B, l, p), df (*B, l), rss (*B, l) = ‖y − Xβ‖²."""

    coef: Tensor
    df: Tensor
    rss: Tensor


def spectrum(x: Tensor) -> Spectrum:
    """The thin decomposition of x (*B, n, p)."""
    u, s, vt = torch.linalg.svd(x, full_matrices=False)
    return Spectrum(u, s, vt.mT)


def rank_tolerance(s: Tensor, n: int, p: int) -> Tensor:
    """Singular values up to max(n, p) ε s₁ are rounding errors of 0 (Golub & Van Loan 2013, section 5.5.8): (*B, 1)."""
    return max(n, p) * torch.finfo(s.dtype).eps * s[..., :1]


def shrinkage(s: Tensor, penalty: Tensor) -> Tensor:
    """The share that is kept: s² ∕ (s² + λ), for s > 0 or λ > 0; both 0 counts as 0."""
    share = 1 / (1 + penalty / s / s)
    return share.masked_fill(s == 0, 0)


def gain(s: Tensor, penalty: Tensor) -> Tensor:
    """What turns uᵀy into vᵀβ: s ∕ (s² + λ); both 0 counts as 0."""
    return (1 / (s + penalty / s)).masked_fill(s == 0, 0)


def without_rounding(found: Spectrum, penalty: Tensor) -> Tensor:
    """The singular values (*B, r), with 0 for a rounding error of 0 where λ (*B, 1) is 0 and nothing would tame it."""
    least = rank_tolerance(found.s, found.u.shape[-2], found.v.shape[-2])
    return found.s.masked_fill((penalty == 0) & (found.s <= least), 0)


def svd_solution(x: Tensor, y: Tensor, penalty: Tensor) -> Solution:
    """Ridge at λ (*B) ≥ 0; at λ = 0 the least-squares solution of least norm.

    β = V diag(s ∕ (s² + λ)) Uᵀy and df = Σ s² ∕ (s² + λ) (Hastie, Tibshirani & Friedman 2009, equations 3.47, 3.50).
    """
    found, penalty = spectrum(x), penalty.unsqueeze(-1)
    s = without_rounding(found, penalty)
    coef = found.v @ (gain(s, penalty).unsqueeze(-1) * (found.u.mT @ y.unsqueeze(-1)))  # (*B, p, 1)
    return Solution(coef.squeeze(-1), shrinkage(s, penalty).sum(-1))


def svd_path(x: Tensor, y: Tensor, penalties: Tensor) -> Path:
    """Ridge at every λ (*B, l) by one decomposition.

    ‖y − Xβ‖² is what no coefficients reach, ‖y − UUᵀy‖², plus Σ (λ ∕ (s² + λ))² (uᵀy)²: sums of squares, nothing
    cancels, and with them the path keeps its order in λ.
    """
    found, penalty = spectrum(x), penalties.unsqueeze(-1)  # (*B, l, 1)
    s = without_rounding(Spectrum(found.u.unsqueeze(-3), found.s.unsqueeze(-2), found.v.unsqueeze(-3)), penalty)
    along = (found.u.mT @ y.unsqueeze(-1)).squeeze(-1)  # (*B, r)
    outside = (y - (found.u @ along.unsqueeze(-1)).squeeze(-1)).square().sum(-1)  # (*B)
    coef = (gain(s, penalty) * along.unsqueeze(-2)) @ found.v.mT  # (*B, l, p)
    left = (1 / (1 + s / penalty * s)).masked_fill(s == 0, 1) * along.unsqueeze(-2)
    return Path(coef, shrinkage(s, penalty).sum(-1), outside.unsqueeze(-1) + left.square().sum(-1))


def degrees_of_freedom(x: Tensor, penalty: Tensor) -> Tensor:
    """Σ s² ∕ (s² + λ): (*B), for λ (*B) ≥ 0."""
    found, penalty = spectrum(x), penalty.unsqueeze(-1)
    return shrinkage(without_rounding(found, penalty), penalty).sum(-1)


def hat(x: Tensor, penalty: Tensor) -> tuple[Tensor, Tensor]:
    """H = X(XᵀX + λI)⁻¹Xᵀ (*B, n, n) and its trace (*B), for λ (*B) ≥ 0."""
    found, penalty = spectrum(x), penalty.unsqueeze(-1)
    share = shrinkage(without_rounding(found, penalty), penalty)
    return (found.u * share.unsqueeze(-2)) @ found.u.mT, share.sum(-1)


def posterior_covariance(x: Tensor, penalty: Tensor, noise_variance: Tensor) -> Tensor:
    """σ²(XᵀX + λI)⁻¹ (*B, p, p), for λ (*B) > 0: rows of zeros are added where n < p, so that V has p columns."""
    n, p = x.shape[-2:]
    found = spectrum(torch.nn.functional.pad(x, (0, 0, 0, max(p - n, 0))))
    variance = noise_variance.unsqueeze(-1) / (found.s.square() + penalty.unsqueeze(-1))
    return (found.v * variance.unsqueeze(-2)) @ found.v.mT
