"""The lasso in Gram form: all that a solver needs of many rows is XᵀX, Xᵀy and ‖y‖².

Everything is n times what the lasso's convention says, which saves divisions and keeps whole numbers whole.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import torch
from torch import Tensor

from impl.regularization.duality import Penalties, gap, shrinkage

BLOCK = 256
"""Columns of a block of XᵀX that is computed whole."""


class Gram(NamedTuple):
    """Minimise ½ βᵀHβ − qᵀβ + level ‖β‖₁, lanes first.

    H: XᵀX + nλ₂ I (lane, p, p). q: Xᵀy (lane, p). level: nλ₁ (lane,). yy: ‖y‖² (lane,). jitter: what, times the largest
    diagonal entry, makes H positive definite in spite of its rounding.
    """

    H: Tensor
    q: Tensor
    level: Tensor
    yy: Tensor
    jitter: float

    def pull(self, beta: Tensor) -> Tensor:
        """Correlations with the residual, q − Hβ: (lane, p)."""
        return self.q - (self.H @ beta.unsqueeze(-1)).squeeze(-1)

    def gap(self, beta: Tensor, pull: Tensor) -> Tensor:
        """N times the duality gap (lane,)."""
        square = (self.yy - (beta * (self.q + pull)).sum(-1)).clamp(min=0)
        s = shrinkage(pull.abs().amax(-1), self.level)
        return gap(beta, pull, square, self.level, s)

    def objective(self, beta: Tensor, pull: Tensor) -> Tensor:
        """N times the primal objective less ‖y‖² ∕ 2: (lane,)."""
        return self.level * beta.abs().sum(-1) - (beta * (self.q + pull)).sum(-1) / 2

    def lanes(self, keep: Tensor) -> Self:
        """Some of the lanes."""
        return self._replace(H=self.H[keep], q=self.q[keep], level=self.level[keep], yy=self.yy[keep])


def crossproduct(x: Tensor) -> Tensor:
    """XᵀX of x (lane, n, p), whose lower triangle of blocks is the upper one's mirror image: (lane, p, p)."""
    p = x.shape[-1]
    if p <= BLOCK:
        return x.mT @ x if len(x) > 1 else (x[0].mT @ x[0]).unsqueeze(0)  # one product is quicker than a batch of one
    left, right = x[..., : p // 2], x[..., p // 2 :]
    across = left.mT @ right if len(x) > 1 else (left[0].mT @ right[0]).unsqueeze(0)
    upper, lower = torch.cat([crossproduct(left), across], -1), torch.cat([across.mT, crossproduct(right)], -1)
    return torch.cat([upper, lower], -2)


def gram(x: Tensor, y: Tensor) -> Gram:
    """The Gram form of x (lane, n, p) and y (lane, n) without a penalty.

    jitter: each entry of XᵀX errs by about √n u, and Cholesky by p u (Higham 2002, theorem 10.3), of the diagonal.
    """
    n, p = x.shape[-2:]
    u = torch.finfo(x.dtype).eps / 2
    q = (x.mT @ y.unsqueeze(-1)).squeeze(-1)
    return Gram(crossproduct(x), q, torch.zeros_like(q[:, 0]), y.square().sum(-1), 4 * (p + n**0.5) * u)


def penalised(plain: Gram, n: int, penalties: Penalties) -> Gram:
    """The same data under penalties (lane,) on n rows."""
    l1, l2 = penalties
    ridge = torch.diag_embed((n * l2).unsqueeze(-1).expand_as(plain.q))
    return plain._replace(H=plain.H + ridge, level=n * l1)
