"""Kernel logistic regression by accelerated gradient descent in the kernel's own metric.

The gradient of F in that metric is the reduced residual 2λβ − y σ(−y f) by n: a step needs no factorisation, and its
rate does not depend on the small eigenvalues of K.
"""

from __future__ import annotations

import torch
from torch import Tensor

from impl.kernel_machines.klr_certificate import clipped
from impl.kernel_machines.klr_derivatives import curvatures, residual, scores
from impl.kernel_machines.klr_newton import bound

_BETWEEN = 16
"""Steps between two looks at the gap."""
_PATIENCE = 64
"""Looks without progress after which rounding, not the method, stands in the way."""


def largest_curvature(K: Tensor, penalty: Tensor) -> Tensor:
    """2λ + ‖K‖∕4 with ‖K‖ at most the largest row sum and the Frobenius norm: (*B).

    It bounds the eigenvalues of 2λI + WK, whose weights are at most ¼, so that a step of its reciprocal descends.
    """
    rows = torch.linalg.matrix_norm(K, torch.inf)
    return 2 * penalty + torch.minimum(rows, torch.linalg.matrix_norm(K)) / 4


def descent(K: Tensor, y: Tensor, penalty: Tensor, goal: Tensor, max_iter: int, polish: bool) -> tuple[Tensor, Tensor]:
    """The β (lane, n) of the least bound on the gap that was met, and the steps taken (lane,).

    β' = v − g(v) ∕ L and v' = β' + (√L − √μ) ∕ (√L + √μ) (β' − β), with μ = 2λ: the value falls towards the least as
    (1 − √(μ∕L))^k (Nesterov 2004, section 2.2).
    """
    L = largest_curvature(K, penalty)
    ratio = (2 * penalty / L).sqrt()
    momentum, step = ((1 - ratio) / (1 + ratio)).unsqueeze(-1), (1 / L).unsqueeze(-1)
    beta = ahead = answer = torch.zeros_like(y)
    last = goal * torch.finfo(goal.dtype).eps if polish else goal
    rounds, stale = torch.zeros_like(goal, dtype=torch.int64), torch.zeros_like(goal, dtype=torch.int64)
    least, on = torch.full_like(goal, torch.inf), torch.ones_like(goal, dtype=torch.bool)
    for k in range(max_iter + 1):
        if k % _BETWEEN == 0 or k == max_iter:
            f = scores(K, beta)
            gap = bound(curvatures(y, f), residual(y, penalty, beta, f), f)
            if not polish and bool((gap <= goal).any()):
                gap = gap + clipped(K, y, penalty, beta)
            answer = torch.where((gap < least).unsqueeze(-1), beta, answer)
            stale = torch.where(gap < least, 0, stale + 1)
            least = torch.minimum(gap, least)
            reached = (least <= goal) & ((stale > 1) | (least <= last))
            on = on & ~reached & (stale < _PATIENCE)
            if k == max_iter or not bool(on.any()):
                break
        after = ahead - step * residual(y, penalty, ahead, scores(K, ahead))
        ahead, beta = after + momentum * (after - beta), after
        rounds = rounds + on
    return answer, rounds
