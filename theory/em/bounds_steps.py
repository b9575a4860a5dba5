"""How far a rounded M-step may be from the exact one, and where a step is defined at all.

x (lane, n, d), weight (lane, n), resp (lane, n, k).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, Bound, absolute, gamma
from theory.core.domain import Array, Cases
from theory.em.bounds_mixture import SMALL, guess
from theory.em.density import as_full
from theory.em.oracle_mixture import Mixture, maximised
from theory.em.oracle_steps import responsibilities

Floats = NDArray[np.float64]

MOST_ILL = 2.0**16
"""Condition number of a covariance from which a case counts as singular."""

LEAST_SHARE = 2.0**-30
"""Total responsibility below which a component counts as empty."""


class StepBound(NamedTuple):
    """How far a computed M-step may be from the exact one, entry by entry."""

    pi: Bound
    mu: Bound
    covariances: Bound

    def doubled(self) -> StepBound:
        """The same for two computed steps."""
        return StepBound(*(bound.scaled(2.0, "· 2") for bound in self))


def step_bound(x: Array, weight: Array, resp: Array, kind: str, u: float, moved: Array | float = 0.0) -> StepBound:
    """Error of a two-pass M-step from responsibilities with relative error `moved` (lane, k) ≤ ¼.

    With g = γ(2n+k+d+8): N_k, Σ w and a quotient cost g; rows of resp that do not sum to 1 by s allow two readings of
    π. Σ w r x costs e = g Σ w r |x| ∕ N_k. About a mean off by e, Σ_n w r (x−μ)(x−μ)ᵀ ∕ N_k is off by e eᵀ, and its
    terms cost g (σ+e)(σ+e)ᵀ with σ² = diag Σ_k (Cauchy & Schwarz); rows rounded once more move it by 2u (x̄ σᵀ + σ x̄ᵀ),
    x̄² the mean square: linear in the offset, where the one-pass form errs by its square (Chan, Golub & LeVeque 1983).
    Responsibilities r (1+ε), |ε| ≤ m ≤ ¼: N_k, and π twice, move by m, μ by 2 m σ, Σ_k by 4 m σ σᵀ.
    """
    (_, n, d), k = x.shape, resp.shape[2]
    g = gamma(2 * n + k + d + 8, u)
    with np.errstate(divide="ignore", invalid="ignore"):
        pi, _, full = maximised(x, weight, resp, "full")
    m = np.broadcast_to(np.asarray(moved, dtype=np.float64), pi.shape)
    share = weight[..., None] * resp
    with np.errstate(divide="ignore", invalid="ignore"):
        normal = share / share.sum(axis=1, keepdims=True)
        size = np.einsum("lnk,lnd->lkd", normal, np.abs(x))
        root = np.sqrt(np.einsum("lnk,lnd->lkd", normal, x**2))
    sigma = np.sqrt(np.maximum(np.diagonal(full, axis1=2, axis2=3), 0.0))
    off = np.where(weight > 0, np.abs(resp.sum(axis=2) - 1), 0.0).max(axis=1)[:, None] + k * U64
    worst = m.max(axis=1, keepdims=True)
    share_error = g + off + 2 * worst
    e = g * size
    wide = sigma + e
    each = (
        _outer(e, e)
        + g * _outer(wide, wide)
        + 2 * u * (_outer(root, sigma) + _outer(sigma, root))
        + 4 * m[..., None, None] * _outer(sigma, sigma)
    )
    pooled = each + share_error[..., None, None] * _outer(sigma, sigma) if kind == "tied" else each
    return StepBound(
        absolute(pi * share_error, "(γ(2n+k+d+8) + s + 2m) π"),
        absolute(e + 2 * m[..., None] * sigma, "e + 2mσ, e = γ(2n+k+d+8) Σwr|x| ∕ N"),
        absolute(shaped(pooled, pi, kind), "eeᵀ + γ(2n+k+d+8)(σ+e)(σ+e)ᵀ + 2u(x̄σᵀ + σx̄ᵀ) + 4mσσᵀ"),
    )


def _outer(a: Floats, b: Floats) -> Floats:
    return np.asarray(a[..., :, None] * b[..., None, :])


def shaped(full: Floats, pi: Floats, kind: str) -> Floats:
    """Each component's own covariance (…, k, d, d) in the shape of a kind; pi (…, k) pools the tied one."""
    if kind == "full":
        return full
    if kind == "tied":
        return np.asarray((pi[..., None, None] * full).sum(axis=-3))
    diagonal = np.diagonal(full, axis1=-2, axis2=-1)
    return np.asarray(diagonal if kind == "diag" else diagonal.mean(axis=-1))


def start_of(cases: Cases) -> Mixture:
    """The parameters that a case starts from."""
    return Mixture(cases["pi"], cases["mu"], cases[str(cases.settings["covariance"])])


def moved(x: Array, weight: Array, now: Mixture, kind: str, u: float) -> Floats:
    """The largest relative error of a component's responsibilities over the rows that count, at most 1: (lane, k)."""
    error = np.minimum(guess(x, now, kind, u).error, 1.0)
    return np.asarray(np.where((weight > 0)[..., None], error, 0.0).max(axis=1))


def condition(full: Floats) -> tuple[Floats, Floats]:
    """The least eigenvalue and the condition number of each matrix (…, k, d, d): (…, k); 0 and ∞ where it has none."""
    safe = np.where(np.isfinite(full).all(axis=(-2, -1), keepdims=True), full, 0.0)
    values = np.linalg.eigvalsh(safe)
    least, most = values[..., 0], values[..., -1]
    return least, np.where(least > 0, most / np.where(least > 0, least, 1.0), np.inf)


def well_defined(x: Array, weight: Array, resp: Array, kind: str, u: float, moved: Array | float = 0.0) -> Array:
    """Whether each component keeps a share and a covariance that rounding cannot make singular: (lane,).

    Coordinates are scaled to variance 1, which a Cholesky factor does not notice (Higham 2002, section 10.1). Rounding
    changes an eigenvalue by at most d times the largest entry's error (Weyl); four times that is asked for.
    """
    d = x.shape[2]
    with np.errstate(divide="ignore", invalid="ignore"):
        step = maximised(x, weight, resp, kind)
    bound = step_bound(x, weight, resp, kind, u, moved)
    full = as_full(step.covariances, kind, *step.mu.shape[1:])
    error = as_full(bound.covariances.value, kind, *step.mu.shape[1:])
    counts = (weight[..., None] * resp).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        one = 1 / np.sqrt(np.diagonal(full, axis1=2, axis2=3))
        scale = _outer(one, one)
        least, kappa = condition(full * scale)
        good = (least > 4 * d * (error * scale).max(axis=(2, 3))) & (kappa < MOST_ILL) & (counts > LEAST_SHARE)
    return np.asarray(good.all(axis=1) & (np.max(np.broadcast_to(moved, counts.shape), axis=1) <= SMALL))


def steady(cases: Cases) -> Array:
    """Whether EM from a case's start stays away from singular covariances for as many steps as it says: (lane,)."""
    x, weight, kind = cases["x"], cases["sample_weight"], str(cases.settings["covariance"])
    now, good = start_of(cases), np.ones(cases.lanes, dtype=bool)
    for _ in range(int(cases.settings.get("steps", 1))):
        resp, error = responsibilities(x, now, kind), moved(x, weight, now, kind, cases.u)
        good &= well_defined(x, weight, resp, kind, cases.u, error)
        with np.errstate(divide="ignore", invalid="ignore"):
            after = maximised(x, weight, resp, kind)
        keep = [good.reshape(-1, *[1] * (new.ndim - 1)) for new in after]
        now = Mixture(*(np.where(mask, new, old) for mask, new, old in zip(keep, after, now, strict=True)))
    return good
