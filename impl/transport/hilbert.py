"""Hilbert's projective metric, and the rate at which a positive matrix contracts it; all from logarithms."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.transport.sinkhorn import lane_eps
from impl.transport.softmin import log_sums


def hilbert_metric(log_u: Tensor, log_v: Tensor) -> Tensor:
    """d_H(u, v) = max_i log(u_i/v_i) − min_i log(u_i/v_i): (*batch,), for log_u, log_v: (*batch, m).

    A distance between rays: d_H(s u, t v) = d_H(u, v) for s, t > 0. Source: Birkhoff 1957; Peyré & Cuturi 2019,
    section 4.2.
    """
    ratio = log_u - log_v
    return ratio.amax(-1) - ratio.amin(-1)


def diameter(C: Tensor, eps: float | Tensor) -> Tensor:
    """Δ = max_{ikjl} log(K_ij K_kl / (K_il K_kj)), K = e^{−C/ε}: (*batch,), for C: (*batch, n, m).

    Δ ε = max_{i,k} osc_j (C_ij − C_kj), since for a pair of rows the exponent is a difference of two values of
    C_ij − C_kj: n² m instead of n² m² terms. One row k is taken at a time, and rows are the shorter axis.
    """
    batch, (n, m) = C.shape[:-2], C.shape[-2:]
    rows = (C if n <= m else C.mT).reshape(-1, min(n, m), max(n, m))
    best = rows.new_zeros(len(rows))
    for k in range(rows.shape[1]):
        difference = rows - rows[:, k : k + 1]
        best = torch.maximum(best, (difference.amax(-1) - difference.amin(-1)).amax(-1))
    return (best / lane_eps(eps, C)).view(batch)


def birkhoff_factor(C: Tensor, eps: float | Tensor) -> Tensor:
    """κ = tanh(Δ/4), the least κ with d_H(K u, K v) ≤ κ d_H(u, v) for K = e^{−C/ε}: (*batch,), see `diameter`.

    Source: Birkhoff 1957; Peyré & Cuturi 2019, theorem 4.1.
    """
    return contraction_factor(diameter(C, eps))


def contraction_factor(delta: Tensor) -> Tensor:
    """tanh(Δ/4)."""
    return torch.tanh(delta / 4)


def log_kernel_product(C: Tensor, log_u: Tensor, eps: float | Tensor) -> Tensor:
    """Log (K e^{log_u}) for K = e^{−C/ε}: (*batch, n)."""
    batch, (n, m) = C.shape[:-2], C.shape[-2:]
    rate = lane_eps(eps, C)
    return log_sums(C.reshape(-1, n, m), log_u.reshape(-1, m), rate.reciprocal()).view(*batch, n)
