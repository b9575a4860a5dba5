"""How far a forward–backward pass in floating point may be from the exact one.

Scaled: everything is a sum of products of non-negative numbers, so errors are relative: S + 3 roundings a time step in
each direction and as many in the scales, γ((2T+2)(S+4)) in all. In the log domain a value of size M errs by u M at
each addition, so that a posterior, which is the exponential of such a value, has a relative error of the order u T M.
Sequences come as pi (sequence, s), A (sequence, s, s), b (sequence, t, s), lengths (sequence,).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import gamma
from theory.core.domain import Array

Floats = NDArray[np.float64]


def largest_log(values: Array, axes: int = 1) -> Floats:
    """Largest |log v| over the v > 0, all axes but the first `axes` taken together."""
    flat = values.reshape(*values.shape[:axes], -1)
    with np.errstate(invalid="ignore"):
        sound = (flat > 0) & np.isfinite(flat)
    return np.asarray(np.abs(np.log(np.where(sound, flat, 1.0))).max(axis=-1))


def log_size(pi: Array, A: Array, b: Array, lengths: Array) -> Floats:
    """M (sequence,): max |log π| + Σ_t (max |log b_t| + max |log a| + 1): no partial log-probability is larger.

    The 1 leaves room for a subject that rescales what is seen, such as to rows of probabilities.
    """
    seen = np.arange(b.shape[1]) < lengths[:, None]
    each = largest_log(b, 2) + largest_log(A)[:, None] + 1
    return np.asarray(largest_log(pi) + np.where(seen, each, 0.0).sum(axis=1))


def log_error(pi: Array, A: Array, b: Array, lengths: Array, u: float) -> Floats:
    """Error of a log-forward and a log-backward value together, in nats: u (2T(S+8) + 3(T+1)M), (sequence,).

    A time step adds log a and log b (2 roundings of at most M_t), takes a log-sum-exp (S + 8: S terms, exp and log to
    an ulp each, the largest term exact; 1 rounding of M_t), and Σ_t M_t forward and backward is (T+1) M; the inputs'
    logs add 2uM, which the last M covers.
    """
    M = log_size(pi, A, b, lengths)
    return np.asarray(u * (2 * lengths * (pi.shape[1] + 8) + 3 * (lengths + 1) * M))


def scaled_error(lengths: Array, s: int, u: float) -> Floats:
    """γ((2T+2)(S+4)): relative error of a scaled posterior, (sequence,).

    α̂ and β̂ gather S+2 and S+3 roundings a step, the scales they are divided by S+2 a step and S+1 at the end.
    """
    return gamma((2 * lengths + 2) * (s + 4), u)


def posterior_error(pi: Array, A: Array, b: Array, lengths: Array, u: float) -> Floats:
    """Relative error of γ and ξ by whichever method, (sequence,): the scaled one's, or expm1(3E) in the log domain.

    log γ = log α + log β − log p has the errors of the three, E + E/2 and a few roundings of M.
    """
    E = log_error(pi, A, b, lengths, u)
    return np.asarray(scaled_error(lengths, pi.shape[1], u) + np.expm1(3 * E))


def scaled_likelihood_error(pi: Array, A: Array, b: Array, lengths: Array, u: float) -> Floats:
    """Error of log p = Σ log c_t, in nats, (sequence,).

    The relative error of the scales' product, and T + 2 roundings of Σ |log c_t| ≤ 3M: what is above 0 adds up to at
    most Σ log⁺ max b_t ≤ M, and the whole to log p ≥ −M.
    """
    relative = scaled_error(lengths, pi.shape[1], u)
    return np.asarray(relative + gamma(lengths + 2, u) * 3 * log_size(pi, A, b, lengths))


def likelihood_error(pi: Array, A: Array, b: Array, lengths: Array, u: float) -> Floats:
    """Error of log p by whichever method, in nats, (sequence,)."""
    return scaled_likelihood_error(pi, A, b, lengths, u) + log_error(pi, A, b, lengths, u)
