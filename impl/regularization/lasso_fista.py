"""FISTA: proximal gradient steps with momentum, in which all coefficients move at once, as devices like it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from impl.regularization.lasso_gram import Gram
from impl.regularization.prox import prox_l1


def curvature(H: Tensor) -> Tensor:
    """An upper bound of the largest eigenvalue: the least of the largest row sum and the Frobenius norm: (lane,)."""
    return torch.minimum(H.abs().sum(-1).amax(-1), H.square().sum((-2, -1)).sqrt())


def fista(problem: Gram, beta: Tensor, L: Tensor, steps: int) -> Tensor:
    """So many steps from β (lane, p), the momentum starting anew.

    β_k = S(v_k + (q − H v_k) ∕ L, nλ₁ ∕ L),  t_{k+1} = (1 + √(1 + 4 t_k²)) ∕ 2,
    v_{k+1} = β_k + (t_k − 1) ∕ t_{k+1} (β_k − β_{k−1})  (Beck & Teboulle 2009, section 4). L: (lane,).
    """
    L = L.masked_fill(L == 0, 1)
    point, t = beta, 1.0
    for _ in range(steps):
        new = prox_l1(point + problem.pull(point) / L.unsqueeze(-1), problem.level / L)
        later = (1 + math.sqrt(1 + 4 * t * t)) / 2
        point, beta, t = torch.lerp(beta, new, 1 + (t - 1) / later), new, later
    return beta
