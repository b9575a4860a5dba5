"""The soft c-transform, Sinkhorn's one step, in the log domain: nothing overflows, and weight 0 takes no part."""

from __future__ import annotations

import math

import torch
from torch import Tensor

CELLS = {"cpu": 2**16}
MANY_CELLS = 2**24
"""Values of a working array: a second-level cache on the CPU, elsewhere enough to keep the device busy."""


def blocks(C: Tensor) -> list[tuple[slice, slice]]:
    """Lanes and rows of C (lane, n, m) to be worked on together: some lanes, or some rows of one."""
    lanes, n, m = C.shape
    rows = max(1, CELLS.get(C.device.type, MANY_CELLS) // m)
    if rows >= n:
        size = rows // n
        return [(slice(i, i + size), slice(None)) for i in range(0, lanes, size)]
    return [(slice(lane, lane + 1), slice(i, i + rows)) for lane in range(lanes) for i in range(0, n, rows)]


def soft_c_transform(C: Tensor, g: Tensor, b: Tensor, eps: Tensor) -> Tensor:
    """f_i = −ε log Σ_j b_j exp((g_j − C_ij)/ε), finite for every row: (lane, n).

    C: (lane, n, m), g, b: (lane, m), eps: (lane,). The transform along the other axis is that of C.mT. A column of
    weight 0 adds nothing whatever its g. As ε → 0 this is the c-transform min_j (C_ij − g_j) on the support of b.
    Each exponent errs by u (|g| + 2|C|)/ε. Source: Peyré & Cuturi 2019, section 4.4.
    """
    rate = eps.reciprocal()
    return log_sums(C, g * rate[:, None] + b.log(), rate) * -eps[:, None]


def log_sums(C: Tensor, h: Tensor, rate: Tensor) -> Tensor:
    """Log Σ_j exp(h_j − C_ij rate): (lane, n), for h: (lane, m), −∞ allowed, and rate = 1/ε: (lane,)."""
    found = C.new_empty(C.shape[:2])
    for lanes, rows in blocks(C):
        found[lanes, rows] = _log_sum_exp(C[lanes, rows], h[lanes, None, :], rate[lanes, None, None])
    return found


def _log_sum_exp(C: Tensor, h: Tensor, rate: Tensor) -> Tensor:
    t = torch.addcmul(h, C, rate, value=-1)
    top = t.amax(-1, keepdim=True)
    return t.sub_(top).exp_().sum(-1).log_().add_(top.squeeze(-1))


def plan_of(a: Tensor, b: Tensor, C: Tensor, f: Tensor, g: Tensor, eps: Tensor) -> Tensor:
    """P_ij = a_i b_j exp((f_i + g_j − C_ij)/ε), 0 at weight 0: (lane, n, m), the only array of its size.

    The weights stay outside of the exponent, where log a_i would cost a light row u |log a_i| of its mass.
    """
    rate = eps.reciprocal()[:, None]
    rows, columns = (f * rate).masked_fill(a == 0, -math.inf), (g * rate).masked_fill(b == 0, -math.inf)
    plan = torch.empty_like(C)
    for i, j in blocks(C):
        P = torch.addcmul(rows[i, j, None], C[i, j], rate[i, :, None], value=-1, out=plan[i, j])
        P.add_(columns[i, None, :]).exp_().mul_(a[i, j, None]).mul_(b[i, None, :])
    return plan
