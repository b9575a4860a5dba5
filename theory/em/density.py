"""Gaussian log-densities by eigenvalues, and how far a Cholesky factor in another precision may be from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute
from theory.core.domain import Array, Cases

Floats = NDArray[np.float64]
LOG_2PI = float(np.log(2 * np.pi))


def as_full(values: Array, kind: str, k: int, d: int) -> Floats:
    """Covariances of any shape as full matrices: (…, k, d, d); `…` is what stands before the shape's own axes."""
    identity = np.eye(d)
    if kind == "full":
        return np.asarray(values)
    if kind == "tied":
        return np.repeat(values[..., None, :, :], k, axis=-3)
    if kind == "diag":
        return np.asarray(values[..., None] * identity)
    return np.asarray(values[..., None, None] * identity)


def full_of(cases: Cases) -> Floats:
    """The covariances of a case as full matrices: (lane, k, d, d)."""
    kind = str(cases.settings["covariance"])
    return as_full(cases[kind], kind, *cases["mu"].shape[1:])


def mahalanobis(x: Array, mu: Array, full: Floats) -> tuple[Floats, Floats]:
    """Squared distances m (…, n, k) of rows x (…, n, d), and the eigenvalues (…, k, d) of full (…, k, d, d)."""
    values, vectors = np.linalg.eigh(full)
    away = x[..., :, None, :] - mu[..., None, :, :]  # (…, n, k, d)
    along = np.einsum("...nkd,...kde->...nke", away, vectors)
    return np.asarray((along**2 / values[..., None, :, :]).sum(axis=-1)), np.asarray(values)


def log_joint(x: Array, pi: Array, mu: Array, full: Floats) -> Floats:
    """Log π_k + log N(x_n; μ_k, Σ_k): (…, n, k), −∞ where π_k = 0; by eigenvalues, in float64."""
    m, values = mahalanobis(x, mu, full)
    with np.errstate(divide="ignore"):
        weight = np.log(pi) - (np.log(values).sum(axis=-1) + values.shape[-1] * LOG_2PI) / 2
    return np.asarray(weight[..., None, :] - m / 2)


def log_joint_error(x: Array, pi: Array, mu: Array, full: Floats, u: float) -> Floats:
    """T_nk (…, n, k): forward error of one log-joint density by a Cholesky factor, in units of nats.

    Cholesky is backward stable with relative perturbation ≤ (d+1) u ‖|L||L^T|‖ ≤ d(d+1) u ‖Σ‖ (Higham 2002, theorem
    10.3), so m changes by ≤ 4 d² κ u m, log det by ≤ 4 d² κ u, x − μ by a relative u an entry (≤ 10 d u m with the
    squares and their sum), and d + 8 roundings touch the constant and the logs, 2 touch log π.
    """
    m, values = mahalanobis(x, mu, full)
    d = values.shape[-1]
    kappa = (values[..., -1] / values[..., 0])[..., None, :]
    with np.errstate(divide="ignore"):
        logs = np.abs(np.log(values)).sum(axis=-1)[..., None, :]
        weight = np.abs(np.log(np.where(pi > 0, pi, 1.0)))[..., None, :]
    return np.asarray(
        u * ((4 * d**2 * kappa + 10 * d) * m + 4 * d**2 * kappa + (d + 8) * (logs + d * LOG_2PI) + 2 * weight)
    )


def joint_bound(cases: Cases) -> Bound:
    """`log_joint_error` of a case, (lane, n, k), in the subject's precision and in the oracle's float64."""
    value = log_joint_error(cases["x"], cases["pi"], cases["mu"], full_of(cases), cases.u)
    own = log_joint_error(cases["x"], cases["pi"], cases["mu"], full_of(cases), 2.0**-53)
    return absolute(value + own, "u [(4d²κ+10d) m + 4d²κ + (d+8)(Σ|log λ| + d log 2π) + 2|log π|]")
