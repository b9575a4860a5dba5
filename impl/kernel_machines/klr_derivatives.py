"""The objective of kernel logistic regression and its derivatives in β.

F(β) = (λ∕n) βᵀKβ + (1∕n) Σ log(1 + e^(−y f)), f = Kβ; K (*B, n, n), y and β (*B, n), λ (*B).
"""

from __future__ import annotations

import torch
from torch import Tensor

from impl.kernel_machines.losses import logistic


def scores(K: Tensor, beta: Tensor) -> Tensor:
    """F = Kβ: (*B, n)."""
    return (K @ beta.unsqueeze(-1)).squeeze(-1)


def residual(y: Tensor, penalty: Tensor, beta: Tensor, f: Tensor) -> Tensor:
    """2λβ − y σ(−y f): (*B, n). It is 0 at the optimum, and only there when K is singular too.

    The gradient is K times it by n, so that K may be cancelled (Keerthi et al. 2005, section 2).
    """
    return 2 * penalty.unsqueeze(-1) * beta - y * torch.sigmoid(-y * f)


def curvatures(y: Tensor, f: Tensor) -> Tensor:
    """σ(y f) σ(−y f), the second derivative of each loss: (*B, n). Both factors are accurate at every score."""
    m = y * f
    return torch.sigmoid(m) * torch.sigmoid(-m)


def klr_value(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Tensor:
    """F(β): (*B)."""
    f = scores(K, beta)
    return penalty * (beta * f).mean(-1) + logistic(y * f).mean(-1)


def klr_gradient(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Tensor:
    """∇F = K (2λβ − y σ(−y f)) ∕ n: (*B, n)."""
    return scores(K, residual(y, penalty, beta, scores(K, beta))) / y.shape[-1]


def klr_hessian(K: Tensor, y: Tensor, penalty: Tensor, beta: Tensor) -> Tensor:
    """∇²F = (2λK + K diag(σ(1 − σ)) K) ∕ n, positive semidefinite as K is: (*B, n, n)."""
    w = curvatures(y, scores(K, beta))
    return (2 * penalty[..., None, None] * K + K @ (w.unsqueeze(-1) * K)) / y.shape[-1]
