"""EM of a Gaussian mixture in NumPy, and the gradient of its log-likelihood in closed form.

Leading axes (…) may be a lane, or a lane and a step: x (…, n, d), weight (…, n), pi (…, k), mu (…, k, d), full
(…, k, d, d), resp (…, n, k).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array, Cases
from theory.em.density import as_full, log_joint

Floats = NDArray[np.float64]


class Mixture(NamedTuple):
    """Weights, means, and covariances in the shape that their kind has."""

    pi: Floats
    mu: Floats
    covariances: Floats


def posterior(joint: Floats) -> tuple[Floats, Floats]:
    """Responsibilities (…, n, k) and the log-likelihood of each row (…, n) from log-joint densities (…, n, k)."""
    highest = joint.max(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        scaled = np.exp(joint - highest)
    total = scaled.sum(axis=-1, keepdims=True)
    return np.asarray(scaled / total), np.asarray((highest + np.log(total))[..., 0])


def maximised(x: Array, weight: Array, resp: Array, kind: str) -> Mixture:
    """The M-step: weighted moments of the rows, Bishop (2006), equations (9.24)–(9.26), in the shape `kind`."""
    mass = weight[..., None] * resp  # (…, n, k)
    count = mass.sum(axis=-2)  # (…, k)
    total = count.sum(axis=-1)
    share = mass / count[..., None, :]
    mu = np.einsum("...nk,...nd->...kd", share, x)
    away = x[..., :, None, :] - mu[..., None, :, :]  # (…, n, k, d)
    if kind in ("full", "tied"):
        spread = np.einsum("...nk,...nki,...nkj->...kij", share, away, away)
        if kind == "tied":
            spread = np.einsum("...k,...kij->...ij", count / total[..., None], spread)
    else:
        spread = np.einsum("...nk,...nki->...ki", share, away**2)
        if kind == "spherical":
            spread = spread.mean(axis=-1)
    return Mixture(np.asarray(count / total[..., None]), np.asarray(mu), np.asarray(spread))


def step(x: Array, weight: Array, now: Mixture, kind: str) -> Mixture:
    """One EM step in float64."""
    full = as_full(now.covariances, kind, *now.mu.shape[-2:])
    return maximised(x, weight, posterior(log_joint(x, now.pi, now.mu, full))[0], kind)


def path(cases: Cases, steps: int) -> Mixture:
    """The start of each case and `steps` EM steps from it, along axis 1: pi (lane, steps+1, k), ….

    A lane whose component dies or collapses goes on as NaN.
    """
    kind = str(cases.settings["covariance"])
    entries = [Mixture(cases["pi"], cases["mu"], cases[kind])]
    with np.errstate(all="ignore"):
        for _ in range(steps):
            entries.append(_kept(step(cases["x"], cases["sample_weight"], entries[-1], kind), kind))
    return Mixture(*(np.stack(part, axis=1) for part in zip(*entries, strict=True)))


def _kept(now: Mixture, kind: str) -> Mixture:
    """The same parameters; weights of NaN, and unit covariances, where a lane has a singular covariance."""
    full = as_full(now.covariances, kind, *now.mu.shape[-2:])
    unit = np.eye(now.mu.shape[-1])
    finite = np.asarray(np.isfinite(full).all(axis=(1, 2, 3), keepdims=True))
    good = np.asarray(finite[:, 0, 0, 0] & (np.linalg.eigvalsh(np.where(finite, full, unit)) > 0).all(axis=(1, 2)))
    shaped = good.reshape(-1, *[1] * (now.covariances.ndim - 1))
    covariances = np.where(shaped, now.covariances, unit if kind in ("full", "tied") else 1.0)
    return Mixture(np.where(good[:, None], now.pi, np.nan), now.mu, covariances)


class Score(NamedTuple):
    """The gradient of the log-likelihood: pi (…, k), mu (…, k, d), sigma (…, k, d, d) symmetric."""

    pi: Floats
    mu: Floats
    sigma: Floats


def score(x: Array, weight: Array, pi: Array, mu: Array, full: Array) -> Score:
    """The gradient of ℓ = Σ w_n log Σ_k π_k N(x_n; μ_k, Σ_k), all parameters free.

    With g_nk = N(x_n; μ_k, Σ_k) ∕ p(x_n) and y = Σ_k⁻¹ (x_n − μ_k): ∂ℓ∕∂π_k = Σ w g, ∂ℓ∕∂μ_k = π_k Σ w g y,
    ∂ℓ∕∂Σ_k = π_k Σ w g (y yᵀ − Σ_k⁻¹) ∕ 2 (Xu & Jordan 1996, section 2).
    """
    bare = log_joint(x, np.ones_like(pi), mu, full)  # (…, n, k)
    evidence = posterior(log_joint(x, pi, mu, full))[1]
    ratio = weight[..., None] * np.exp(bare - evidence[..., None])
    inverse = np.linalg.inv(full)
    away = x[..., :, None, :] - mu[..., None, :, :]  # (…, n, k, d)
    pulled = np.einsum("...kij,...nkj->...nki", inverse, away)
    by_pi = ratio.sum(axis=-2)
    by_mu = pi[..., None] * np.einsum("...nk,...nki->...ki", ratio, pulled)
    spread = np.einsum("...nk,...nki,...nkj->...kij", ratio, pulled, pulled)
    by_sigma = pi[..., None, None] * (spread - by_pi[..., None, None] * inverse) / 2
    return Score(np.asarray(by_pi), np.asarray(by_mu), np.asarray(by_sigma))
