"""What rounding can do to responsibilities, to log-likelihoods, and to what one EM step gains.

x (…, n, d), weight (…, n), a mixture's pi (…, k), mu (…, k, d), covariances; T (…, n, k) is `log_joint_error`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import SMALLEST_NORMAL, U64, Bound, absolute
from theory.core.domain import Array
from theory.em.density import as_full, log_joint, log_joint_error, mahalanobis
from theory.em.oracle_mixture import Mixture, maximised, posterior

Floats = NDArray[np.float64]

HOPELESS = 300.0
"""Exponent of an error factor that is as good as infinite, and whose square is still a float."""

SMALL = 1 / 4
"""Largest relative perturbation for which the second-order bounds below are proved."""


class Guess(NamedTuple):
    """An E-step in float64 and how far a subject's may be from it.

    joint, resp, error (…, n, k): log-joint densities, responsibilities, and the relative error of the latter;
    value, drift (…, n): log-likelihood of each row, and its absolute error; T (…, n, k): error of joint.
    """

    joint: Floats
    resp: Floats
    value: Floats
    T: Floats
    error: Floats
    drift: Floats


def guess(x: Array, now: Mixture, kind: str, u: float) -> Guess:
    """The E-step at `now`, in float64, and the forward error of one in arithmetic of unit roundoff u.

    Joint densities wrong by |e_nk| ≤ T_nk move log p by log Σ_k r e^e, and |log Σ r e^e| ≤ log Σ r e^T (Jensen below).
    Subtracting the maximum rounds by u (max_j l_nj − l_nk), and exp, the sum of k terms and the quotient by (k + 8) u:
    log r̂ − log r ≤ T + log Σ r e^T + u (max l − l) + (k + 8) u. The log-likelihood adds (k + 8) u (1 + |ℓ|).
    """
    full = as_full(now.covariances, kind, *now.mu.shape[-2:])
    k = now.pi.shape[-1]
    joint = log_joint(x, now.pi, now.mu, full)
    resp, value = posterior(joint)
    T = log_joint_error(x, now.pi, now.mu, full, u) + log_joint_error(x, now.pi, now.mu, full, U64)
    moved = np.log1p((resp * np.expm1(np.minimum(T, HOPELESS))).sum(axis=-1))
    below = np.where(resp > 0, joint.max(axis=-1, keepdims=True) - joint, 0.0)
    error = np.expm1(np.minimum(T + moved[..., None] + u * below + (k + 8) * u, HOPELESS))
    return Guess(joint, resp, value, T, np.asarray(error), np.asarray(moved + (k + 8) * u * (1 + np.abs(value))))


def softmax_rows(k: int, u: float) -> Bound:
    """How far a row of k responsibilities may be from summing to 1: k quotients and k sums of a softmax."""
    return absolute((2 * k + 8) * (u + U64), "(2k+8) u")


def askable(resp: Floats, u: float) -> Floats:
    """Responsibilities (…, n, k) with which an elbo can be asked for: rows that sum to something else are uniform."""
    k = resp.shape[-1]
    proper = (np.abs(resp.sum(axis=-1, keepdims=True) - 1) <= softmax_rows(k, u).value) & (resp >= 0)
    return np.where(proper.all(axis=-1, keepdims=True), resp, 1 / k)


def weighted(q: Floats, values: Floats) -> Floats:
    """Σ_k q values of rows (…, n, k), where 0 times anything is 0: (…, n)."""
    return np.asarray((q * np.where(q > 0, values, 0.0)).sum(axis=-1))


def sizes(q: Floats, known: Guess) -> Floats:
    """Σ_k q (|l| + |log q|) + |ℓ| + 1 of rows (…, n): what the roundings of one elbo are multiplied with."""
    logs = np.abs(np.log(np.where(q > 0, q, 1.0)))
    return np.asarray(weighted(q, np.abs(known.joint) + logs) + np.abs(known.value) + 1)


def allowance(x: Array, weight: Array, now: Mixture, kind: str, u: float, dtype: str) -> Floats:
    """(…): nats that rounding can take from ℓ(θ') − ℓ(θ) in one EM step from `now`; second order in u.

    ℓ(θ') − ℓ(θ) ≥ Q(θ'|θ) − Q(θ|θ) ≥ −[Q(θ*|θ) − Q(θ'|θ)] for θ* the exact M-step with the exact responsibilities,
    and the bracket is W KL(π*‖π') + Σ_k N_k [Stein(Σ*_k, Σ'_k) + m'(μ'_k − μ*_k)] ∕ 2, quadratic at θ* = θ'. With
    responsibilities wrong by a relative δ_nk, sums by η = (n max(k, d) + 10) u, m*_nk the squared distances under θ*,
    σ* its deviations, C* its correlations and c = 1 ∕ λ_min(C*): relative errors of N_k, μ_k (in deviations), Σ_k
      p = Σ_n w r δ ∕ N_k + η,   s = Σ_n w r δ √m* ∕ N_k + η |max|x| ∕ σ*| √c,
      e = Σ_n w r δ m* ∕ N_k + p + 3 s² + d η c  (entries of Σ err by η σ*_i σ*_j, Cauchy & Schwarz).
    For p, e ≤ 1/4: KL ≤ Σ π p², Stein = Σ_i 1/(1+ε_i) − 1 + log(1+ε_i) ≤ d e², m' ≤ 2 s². Infinite beyond.
    """
    d, k = now.mu.shape[-1], now.pi.shape[-1]
    known = guess(x, now, kind, u)
    mass = weight[..., None] * np.maximum(known.resp, SMALLEST_NORMAL[dtype])
    count = mass.sum(axis=-2)
    best = maximised(x, weight, known.resp, kind)
    full = as_full(best.covariances, kind, k, d)
    sigma = np.sqrt(np.einsum("...ii->...i", full))
    correlation = full / (sigma[..., :, None] * sigma[..., None, :])
    stretch = 1 / np.linalg.eigvalsh(correlation)[..., 0]  # (…, k)
    far, _ = mahalanobis(x, best.mu, full)
    share = mass * known.error / count[..., None, :]
    eta = (x.shape[-2] * max(k, d) + 10) * u
    p = share.sum(axis=-2) + eta
    reach = np.abs(x).max(axis=-2)[..., None, :] / sigma  # (…, k, d)
    s = (share * np.sqrt(far)).sum(axis=-2) + eta * np.sqrt((reach**2).sum(axis=-1) * stretch)
    e = (share * far).sum(axis=-2) + p + 3 * s**2 + d * eta * stretch
    if kind == "tied":
        e = (count * e).sum(axis=-1, keepdims=True) / count.sum(axis=-1, keepdims=True)
    lost = (count * (p**2 + d * e**2 / 2 + s**2)).sum(axis=-1)
    proved = (np.maximum(p, e) <= SMALL).all(axis=-1) & (stretch > 0).all(axis=-1)
    return np.asarray(np.where(proved, lost, np.inf))
