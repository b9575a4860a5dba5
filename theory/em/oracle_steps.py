"""The M-step in exact rational arithmetic, and what it maximises.

x (lane, n, d), weight (lane, n), resp (lane, n, k); exact arithmetic goes by raw moments, which would lose everything
in floats, so that it shares no formula with what it checks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array
from theory.em.density import as_full, log_joint
from theory.em.oracle_mixture import Mixture, posterior

Floats = NDArray[np.float64]


def _rational(value: float) -> Any:
    from flint import fmpq

    return fmpq(*float(value).as_integer_ratio())


def _matrix(values: Array) -> Any:
    from flint import fmpq_mat

    rows, columns = values.shape
    return fmpq_mat(rows, columns, [_rational(v) for v in values.ravel()])


def _floats(matrix: Any) -> Floats:
    """The float nearest to each entry of a rational matrix."""
    return np.array([[int(v.p) / int(v.q) for v in row] for row in matrix.tolist()])


def _exact_lane(x: Array, weight: Array, resp: Array) -> tuple[Any, list[Any], list[Any]]:
    """One lane: N_k as a (1, k) matrix, means (1, d) and covariances (d, d) of each component, all rational.

    Σ_k = Σ_n w r x xᵀ ∕ N_k − μ μᵀ, which is Σ_n w r (x − μ)(x − μ)ᵀ ∕ N_k without rounding.
    """
    (n, d), k = x.shape, resp.shape[1]
    rows, share, load = _matrix(x), _matrix(resp), _matrix(weight[None])
    counts = load * share
    means, spreads = [], []
    for j in range(k):
        scaled = _matrix(np.zeros((d, n)))
        for i in range(n):
            factor = load[0, i] * share[i, j]
            for a in range(d):
                scaled[a, i] = factor * rows[i, a]
        mean = _matrix(np.zeros((1, d)))
        for a in range(d):
            mean[0, a] = sum((scaled[a, i] for i in range(n)), _rational(0.0)) / counts[0, j]
        means.append(mean)
        spreads.append(scaled * rows * (1 / counts[0, j]) - mean.transpose() * mean)
    return counts, means, spreads


def exact_step(x: Array, weight: Array, resp: Array, kind: str) -> Mixture:
    """The maximiser of Q = Σ w r (log π_k + log N(x; μ_k, Σ_k)), rounded once (Bishop 2006, 9.17–9.22).

    N_k = Σ_n w r, π_k = N_k ∕ Σ N_k, μ_k = Σ_n w r x ∕ N_k; tied Σ = Σ_k π_k Σ_k, diag the diagonal of Σ_k, spherical
    tr Σ_k ∕ d.
    """
    lanes, _, d = x.shape
    found: list[tuple[Floats, Floats, Floats]] = []
    for lane in range(lanes):
        counts, means, spreads = _exact_lane(x[lane], weight[lane], resp[lane])
        total = sum(counts.entries(), _rational(0.0))
        pi = [count / total for count in counts.entries()]
        if kind == "tied":
            pooled = _matrix(np.zeros((d, d)))
            for share, spread in zip(pi, spreads, strict=True):
                pooled = pooled + spread * share
            shaped = _floats(pooled)
        elif kind == "full":
            shaped = np.stack([_floats(spread) for spread in spreads])
        else:
            diagonal = [[spread[a, a] for a in range(d)] for spread in spreads]
            if kind == "spherical":
                diagonal = [[sum(values, _rational(0.0)) / d] for values in diagonal]
            shaped = np.array([[int(v.p) / int(v.q) for v in values] for values in diagonal])
            shaped = shaped[:, 0] if kind == "spherical" else shaped
        weights = np.array([int(share.p) / int(share.q) for share in pi])
        found.append((weights, np.concatenate([_floats(mean) for mean in means]), shaped))
    return Mixture(*(np.stack(part) for part in zip(*found, strict=True)))


def expected_log_joint(x: Array, weight: Array, resp: Array, step: Mixture, kind: str) -> Floats:
    """Q(step) = Σ_nk w r (log π_k + log N(x_n; μ_k, Σ_k)), 0 log 0 = 0: (lane,), by eigenvalues in float64."""
    full = as_full(step.covariances, kind, *step.mu.shape[1:])
    joint = log_joint(x, step.pi, step.mu, full)
    share = weight[..., None] * resp
    return np.asarray(np.where(share > 0, share * np.where(share > 0, joint, 0.0), 0.0).sum(axis=(1, 2)))


def responsibilities(x: Array, now: Mixture, kind: str) -> Floats:
    """The posterior of the components (lane, n, k) in float64."""
    return posterior(log_joint(x, now.pi, now.mu, as_full(now.covariances, kind, *now.mu.shape[1:])))[0]
