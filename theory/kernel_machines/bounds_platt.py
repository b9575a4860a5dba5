"""How far a computed sigmoid, its objective and a softmax may be from the truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import SMALLEST_NORMAL, U64, Bound, absolute, gamma, rounding
from theory.core.domain import Cases

Floats = NDArray[np.float64]

BEYOND = 700.0
"""An exponent at which a bound says nothing any more; its exponential is still a number."""


def exponent_size(f: Floats, a: Floats, b: Floats) -> Floats:
    """|a f| + |b|: (lane, n)."""
    return np.asarray(np.abs(a[:, None] * f) + np.abs(b)[:, None])


def share_error(cases: Cases, share: Floats, f: Floats, a: Floats, b: Floats) -> Bound:
    """Error of P = 1 ∕ (1 + e^z): z = a f + b errs by γ(3)(|a f| + |b|), which multiplies P by at most its exponential.

    Then γ(6) of P, and what is lost below the smallest normal number. (lane, n)
    """
    size = np.minimum(gamma(3, cases.u) * exponent_size(f, a, b), BEYOND)
    moved = np.expm1(size) + gamma(6, cases.u)
    return absolute(share * moved + SMALLEST_NORMAL[cases.dtype], "P [expm1(γ(3)(|a f| + |b|)) + γ(6)] + η")


def objective_error(cases: Cases, f: Floats, a: Floats, b: Floats) -> Bound:
    """Error of the negative log-likelihood: (lane,).

    Its slope in z is t − P, at most 1, and z errs by γ(3)(|a f| + |b|); a term is at most |z| + log 2, of which
    targets, functions and the sum of n make γ(n+9).
    """
    size = (exponent_size(f, a, b) + 1).sum(axis=1)
    return rounding(f.shape[1] + 12, cases.u, "γ(n+12) Σ(|a f| + |b| + 1)", size)


def moment_error(cases: Cases, f: Floats, a: Floats, b: Floats) -> tuple[Bound, Bound]:
    """How far Σ(t − P) and Σ(t − P) f may be from 0 at the best a and b that rounding lets one see: (lane,) each.

    With M = max(1 + |a f| + |b|), P errs by 2u M, a and b stored to u move it by u M ∕ 4, and a sum of n differences
    of size 1 is computed within 4n u at best: γ(5n+8) M. The moment of f gets twice max|f|, since f may be centred.
    """
    n = f.shape[1]
    size = (1 + exponent_size(f, a, b)).max(axis=1)
    level = rounding(5 * n + 8, cases.u, "γ(5n+8) M", size) + rounding(5 * n + 8, U64, "own", size)
    return level, level.scaled(2 * np.abs(f).max(axis=1), "· 2 max|f|")


def softmax_error(cases: Cases, share: Floats, below: Floats) -> Bound:
    """Error of a share: z − max z ≤ 0 rounds once, and so do the others that weigh on the sum: γ(k+8+2|z − max|) share.

    Source: Blanchard, D. Higham & N. Higham 2021, section 4, for the shifted formula.
    """
    count = share.shape[-1] + 8 + 2 * np.abs(below)
    return absolute(np.expm1(count * cases.u) * share + SMALLEST_NORMAL[cases.dtype], "(k+8+2|z − max z|) u share + η")


def log_softmax_error(cases: Cases, log: Floats, below: Floats) -> Bound:
    """Error of z − max z − log Σ: one rounding of the first, γ(k+4) of the logarithm, which is at most log k."""
    size = 1 + np.abs(below) + np.abs(log)
    return rounding(log.shape[-1] + 8, cases.u, "γ(k+8)(1 + |z − max z| + |log share|)", size)
