"""Where there is no ℓ1 penalty the elastic net is ridge, and its gap is that of a quadratic."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.regularization.duality import correlation
from impl.regularization.spectral import gain, spectrum, without_rounding


def smooth_solution(x: Tensor, y: Tensor, l2: Tensor) -> tuple[Tensor, Tensor]:
    """Ridge at nλ₂, l2 being λ₂ (lane,): coefficients (lane, p) and the gap (lane,).

    P(β) − P* = ½ gᵀH⁻¹g ∕ n for H = XᵀX + nλ₂I and g = Xᵀr − nλ₂β, along the singular directions that count.
    """
    n = y.shape[-1]
    ridge = (n * l2).unsqueeze(-1)
    found = spectrum(x)
    s = without_rounding(found, ridge)
    along = (found.u.mT @ y.unsqueeze(-1)).squeeze(-1)
    coef = (found.v @ (gain(s, ridge) * along).unsqueeze(-1)).squeeze(-1)
    pull = correlation(x, y - (x @ coef.unsqueeze(-1)).squeeze(-1), coef, ridge.squeeze(-1))
    inside = (found.v.mT @ pull.unsqueeze(-1)).squeeze(-1)
    scale = s.square() + ridge
    gap = (inside.square() / scale.masked_fill(scale == 0, torch.inf)).sum(-1) / (2 * n)
    return coef, gap
