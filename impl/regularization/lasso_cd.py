"""Coordinate descent: each coefficient in turn is put where the objective is least, all others fixed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from impl.regularization.lasso_gram import Gram
from impl.regularization.prox import soft_threshold


class CoordinateDescent:
    """Sweeps over the coordinates of one batch, all lanes at once.

    β_j ← S(x_jᵀr + H_jj β_j, nλ₁) ∕ H_jj, where r leaves out nothing; the correlations of all columns follow
    (Friedman, Hastie & Tibshirani 2010, section 2.2). Lanes come last here, so that a coordinate of all of them lies
    in one piece.
    """

    def __init__(self, problem: Gram) -> None:
        self.problem = problem
        self.rows = problem.H.permute(1, 2, 0).contiguous()  # (p, p, lane)
        scale = problem.H.diagonal(dim1=-2, dim2=-1).T
        self.scale = scale.masked_fill(scale == 0, 1).contiguous()  # (p, lane): a column of zeros keeps β_j = 0

    def sweep(self, beta: Tensor, pull: Tensor, coordinates: Sequence[int], times: int) -> Tensor:
        """So many sweeps over these coordinates from β (lane, p), whose correlations are `pull`: (lane, p)."""
        beta, pull = (v.T.clone(memory_format=torch.contiguous_format) for v in (beta, pull))
        level = self.problem.level
        for j in [*coordinates] * times:
            old = beta[j]
            new = soft_threshold(torch.addcmul(pull[j], self.scale[j], old), level) / self.scale[j]
            pull.addcmul_(self.rows[j], (new - old).unsqueeze(0), value=-1)
            beta[j] = new
        return beta.T.contiguous()
