"""Hidden states that emit Gaussian rows: the table of their densities, and the moments that fit them best.

x (G, R, T, d): R sequences of each of G chains. mu (G, S, d); covariances by kind: diag (G, S, d), full (G, S, d, d).
"""

from __future__ import annotations

import torch
from torch import Tensor

from impl.em.emissions import tabled
from impl.em.errors import DegenerateCovarianceError
from impl.em.forward_backward import Table
from impl.em.gaussian import Gaussians, Scratch, log_joint, root, variances
from impl.em.gaussian_steps import as_columns, m_step


def gaussian(x: Tensor, mu: Tensor, covariances: Tensor, kind: str, lengths: Tensor | None) -> Table:
    """The table of rows under the states' densities, shifted by the largest of their time before exp.

    So a row that is far from every state still tells which of them is nearest.
    """
    logs = log_densities(x, mu, covariances, kind)
    shift = logs.amax(-1, keepdim=True)
    return tabled((logs - shift).exp(), shift[..., 0], lambda: logs, lengths)


def log_densities(x: Tensor, mu: Tensor, covariances: Tensor, kind: str) -> Tensor:
    """Log N(x_t; μ_i, Σ_i) in nats: (G, R, T, S), by the density of `gaussian.log_joint`.

    Raises DegenerateCovarianceError naming the first state whose covariance is singular to working precision, see
    `gaussian.root`, or has a variance that is no positive normal number.
    """
    G, R, T, d = x.shape
    tiny = torch.finfo(covariances.dtype).tiny
    bad = root(covariances, kind, d).singular.T | ~(variances(covariances, kind) >= tiny).all(-1)
    if bool(bad.any()):
        lane, state = bad.nonzero()[0].tolist()
        where = f" in lane {lane}" if len(bad) > 1 else ""
        raise DegenerateCovarianceError(
            f"the covariance of state {state} is singular{where}: add a ridge or take fewer states"
        )
    states = Gaussians(torch.ones_like(mu[..., 0]), mu, covariances)
    logs = log_joint(as_columns(x.reshape(G, R * T, d)), states, kind, Scratch())  # (S, R T, G)
    return logs.permute(2, 1, 0).reshape(G, R, T, -1)


def moments(x: Tensor, gamma: Tensor, mu: Tensor, covariances: Tensor, kind: str) -> tuple[Tensor, Tensor]:
    """Means and covariances that maximise Σ γ_t(i) log N(x_t; μ_i, Σ_i) over all sequences together.

    They are those of a mixture with responsibilities γ. A variance within 16 u |μ|, squared, is what rounding the mean
    leaves of 0, and becomes 0. A state that was never visited keeps its mean and covariance. gamma (G, R, T, S).
    Source: Rabiner 1989, section IV.A.
    """
    resp = gamma.flatten(1, 2).permute(2, 1, 0).contiguous()  # (S, R T, G)
    _, means, spread = m_step(as_columns(x.flatten(1, 2)), resp, None, kind, None, Scratch())
    noise = (8 * torch.finfo(x.dtype).eps * means).square()
    flat, seen = variances(spread, kind) <= noise, visited(gamma)[..., None]
    if kind == "diag":
        spread = torch.where(seen, spread.masked_fill(flat, 0), covariances)
    else:
        spread = torch.where(seen[..., None], spread.masked_fill(flat.any(-1)[..., None, None], 0), covariances)
    return torch.where(seen, means, mu), spread


def visited(gamma: Tensor) -> Tensor:
    """Whether a state's expected number of visits is more than rounding leaves of none: (G, S)."""
    limits = torch.finfo(gamma.dtype)
    return gamma.sum((1, 2)) >= limits.tiny / limits.eps
