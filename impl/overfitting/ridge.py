"""Least squares with a penalty, as far as overfitting needs it: what it leaves of each singular direction."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from impl.overfitting.fitting_checks import check_design, check_knob
from impl.overfitting.singular_values import Spectrum, spectrum


class Hat(NamedTuple):
    """hat (*B, n, n): what takes y to its fit; df (*B): its trace."""

    hat: Tensor
    df: Tensor


class Centred(NamedTuple):
    """x (*B, n, d) and y (*B, n) without their means, which an unpenalised intercept takes; size (*B) of the x before.

    leverage: what the intercept adds to each row's leverage, 1∕n, and 0 where there is none.
    """

    x: Tensor
    y: Tensor
    size: Tensor
    leverage: float


def centred(x: Tensor, y: Tensor, *, intercept: bool) -> Centred:
    """The rows as an unpenalised intercept leaves them to the other columns; as they are without one."""
    size = torch.linalg.vector_norm(x, dim=-2).amax(-1)
    if not intercept:
        return Centred(x, y, size, 0.0)
    return Centred(x - x.mean(-2, keepdim=True), y - y.mean(-1, keepdim=True), size, 1 / x.shape[-2])


def shrinkage(found: Spectrum, penalty: Tensor) -> Tensor:
    """s² ∕ (s² + λ), as s ∕ (s + λ∕s) lest a square leave the range; without penalty 1 where s is kept, else 0.

    penalty: (*B) ≥ 0. Returns (*B, k).
    """
    lam = penalty.unsqueeze(-1)
    return torch.where(found.kept | (lam > 0), found.s / (found.s + lam / found.s), 0)


def ridge_coefficients(found: Spectrum, y: Tensor, penalty: Tensor) -> Tensor:
    """The c that minimises ‖y − Xc‖² + λ‖c‖², the one of least norm where λ = 0: V diag(1 ∕ (s + λ∕s)) Uᵀy, (*B, d)."""
    lam = penalty.unsqueeze(-1)
    gain = torch.where(found.kept | (lam > 0), 1 / (found.s + lam / found.s), 0)
    return (found.vt.mT @ (gain * found.parts(y)).unsqueeze(-1)).squeeze(-1)


def hat_matrix(x: Tensor, penalty: Tensor, *, shrinkage: Callable[[Spectrum, Tensor], Tensor] = shrinkage) -> Hat:
    """H = X(XᵀX + λI)⁻¹Xᵀ = U diag(s² ∕ (s² + λ)) Uᵀ, and its trace, the effective degrees of freedom.

    x: (*B, n, d) of any rank; penalty: (*B) ≥ 0, at 0 the projector on the column space.

    Raises ValueError for a negative penalty, and for what is not finite.

    Source: Hastie, Tibshirani & Friedman 2009, section 3.4.1.
    """
    check_design(x)
    check_knob(penalty, "penalty", x.shape[:-2])
    found = spectrum(x)
    kept = shrinkage(found, penalty)
    return Hat((found.u * kept.unsqueeze(-2)) @ found.u.mT, kept.sum(-1))
