"""Hidden states that emit Gaussian rows: the table of their densities, and the moments that fit them best.

x (G, R, T, d): R sequences of each of G chains. mu (G, S, d); covariances by kind: diag (G, S, d), full (G, S, d, d).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from impl.em.emissions import tabled
from impl.em.errors import DegenerateCovarianceError
from impl.em.forward_backward import Table


def gaussian(x: Tensor, mu: Tensor, covariances: Tensor, kind: str, lengths: Tensor | None) -> Table:
    """The table of rows under the states' densities, shifted by the largest of their time before exp.

    So a row that is far from every state still tells which of them is nearest.
    """
    logs = log_densities(x, mu, covariances, kind)
    shift = logs.amax(-1, keepdim=True)
    return tabled((logs - shift).exp(), shift[..., 0], lambda: logs, lengths)


def log_densities(x: Tensor, mu: Tensor, covariances: Tensor, kind: str) -> Tensor:
    """Log N(x_t; μ_i, Σ_i) = −(d log 2π + log det Σ + |L⁻¹ (x − μ)|²)/2 in nats, Σ = L Lᵀ: (G, R, T, S)."""
    G, R, T, d = x.shape
    gap = x.reshape(G, 1, R * T, d) - mu[:, :, None]  # (G, S, R T, d)
    root = factor(covariances, kind)
    if kind == "diag":
        z, sizes = gap / root[:, :, None], root
    else:
        z = torch.linalg.solve_triangular(root, gap.mT, upper=False).mT
        sizes = root.diagonal(dim1=-2, dim2=-1)
    constant = sizes.log().sum(-1) + d / 2 * math.log(2 * math.pi)
    found = -(z.square().sum(-1) / 2 + constant[..., None])  # (G, S, R T)
    return found.mT.reshape(G, R, T, -1)


def factor(covariances: Tensor, kind: str) -> Tensor:
    """Deviations (G, S, d), or L (G, S, d, d) with Σ = L Lᵀ.

    Raises DegenerateCovarianceError naming the first state whose covariance is singular to working precision: a
    variance that is no positive normal number, or a pivot below 8 (d+1) u of it, what rounding leaves of an exact zero
    (Higham 2002, theorem 10.3).
    """
    limits, d = torch.finfo(covariances.dtype), covariances.shape[2]
    if kind == "diag":
        root, bad = covariances.sqrt(), ~(covariances >= limits.tiny).all(-1)
    else:
        variances = covariances.diagonal(dim1=-2, dim2=-1)
        root, stopped = torch.linalg.cholesky_ex(covariances)
        pivots = root.diagonal(dim1=-2, dim2=-1).square()
        bad = (stopped > 0) | ~((pivots > 4 * (d + 1) * limits.eps * variances) & (variances >= limits.tiny)).all(-1)
    if bool(bad.any()):
        lane, state = bad.nonzero()[0].tolist()
        where = f" in lane {lane}" if len(bad) > 1 else ""
        raise DegenerateCovarianceError(
            f"the covariance of state {state} is singular{where}: add a ridge or take fewer states"
        )
    return root


def moments(x: Tensor, gamma: Tensor, mu: Tensor, covariances: Tensor, kind: str) -> tuple[Tensor, Tensor]:
    """Means and covariances that maximise Σ γ_t(i) log N(x_t; μ_i, Σ_i) over all sequences together.

    μ_i = Σ γ x / Σ γ, Σ_i = Σ γ (x − μ_i)(x − μ_i)ᵀ / Σ γ about the new mean, in a second pass; diag: its diagonal. A
    variance within 16 u |μ|, squared, is what rounding the mean leaves of 0, and becomes 0. A state that was never
    visited keeps its mean and covariance. gamma (G, R, T, S). Source: Rabiner 1989, section IV.A.
    """
    rows, resp = x.flatten(1, 2), gamma.flatten(1, 2).mT  # (G, R T, d), (G, S, R T)
    seen = visited(gamma)
    share = resp / torch.where(seen, resp.sum(-1), 1)[..., None]
    means = share @ rows
    gap = rows[:, None] - means[:, :, None]  # (G, S, R T, d)
    noise = (8 * torch.finfo(x.dtype).eps * means).square()
    if kind == "diag":
        spread = (share[..., None] * gap.square()).sum(-2)
        spread = torch.where(spread > noise, spread, 0)
        kept = seen[..., None]
    else:
        spread = (gap * share[..., None]).mT @ gap
        spread = (spread + spread.mT) / 2
        flat = (spread.diagonal(dim1=-2, dim2=-1) <= noise).any(-1)
        spread = torch.where(flat[..., None, None], 0, spread)
        kept = seen[..., None, None]
    return torch.where(seen[..., None], means, mu), torch.where(kept, spread, covariances)


def visited(gamma: Tensor) -> Tensor:
    """Whether a state's expected number of visits is more than rounding leaves of none: (G, S)."""
    limits = torch.finfo(gamma.dtype)
    return gamma.sum((1, 2)) >= limits.tiny / limits.eps


def ridged(covariances: Tensor, kind: str, ridge: float) -> Tensor:
    """The variances with `ridge` added, the diagonal only where there is one."""
    if kind == "diag":
        return covariances + ridge
    return covariances + ridge * torch.eye(covariances.shape[-1], dtype=covariances.dtype, device=covariances.device)
