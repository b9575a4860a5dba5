"""How far a computed duality gap, and what is certified by it, may be from exact arithmetic."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute, gamma, unit
from theory.core.domain import Array, Cases
from theory.regularization.cases_lasso import centred

Floats = NDArray[np.float64]


class Slack(NamedTuple):
    """Errors of one evaluation of the gap: (lane,) each, theta (lane, n).

    moments: what a solver's own gap may be off by besides, when it works with XᵀX and Xᵀy instead of X and y.
    """

    primal: Floats
    dual: Floats
    theta: Floats
    moments: Floats

    @property
    def gap(self) -> Floats:
        """Of primal − dual."""
        return self.primal + self.dual


def slack(cases: Cases, coef: Array, l1: Array, l2: Array, u: float) -> Slack:
    """Errors of P, D and θ at coef (lane, p), for l1 ‖β‖₁ + l2 ‖β‖² ∕ 2, whichever way their sums are ordered.

    The residual is off by e = γ(p+2)(|y| + |X||β|), centring by γ(n+2) of the means more; P by (‖r‖ + ‖e‖)‖e‖ ∕ n and
    γ of each sum. A slope is off by a = |X|ᵀ(e + γ|r|), so the shrinking s by δ = s a ∕ (max(‖g‖∞, n l1) − a) + γ₈ s,
    and D, a parabola in s, by δ|D'(s)| + δ²‖r‖² ∕ 2n, by s‖y − θ‖‖e‖ ∕ n, and by γ(n+p+8) of its squares. Moments
    are off by γ(n) |X|ᵀ|X|, so what is made of them and β by γ(n+2p+8) ‖|y| + |X||β|‖² ∕ n.
    """
    x, y, beta = np.abs(cases["x"]), np.abs(cases["y"]), np.abs(coef)
    n, p = x.shape[1:]
    with_means = bool(cases.settings.get("intercept", 0))
    steps = p + 2
    if with_means:
        x, y, steps = x + x.mean(axis=1, keepdims=True), y + y.mean(axis=1, keepdims=True), p + n + 4
    xc, yc = centred(cases["x"], with_means), centred(cases["y"], with_means)
    r = yc - np.einsum("lnp,lp->ln", xc, coef)
    whole = y + np.einsum("lnp,lp->ln", x, beta)
    e = gamma(steps, u) * whole
    e_y = gamma(n + 2, u) * _norm(y) * with_means
    off, size, full = _norm(e), _norm(r) + _norm(e), _norm(yc)
    ridge = n * l2 * (beta**2).sum(axis=1)
    primal = size * off / n + gamma(n + 4, u) * size**2 / (2 * n)
    primal = primal + gamma(p + 5, u) * (l1 * beta.sum(axis=1) + ridge / (2 * n))
    slope = np.einsum("lnp,ln->lp", xc, r) - (n * l2)[:, None] * coef
    along = np.einsum("lnp,ln->lp", x, e + gamma(steps + n, u) * (np.abs(r) + e))
    a = (along + gamma(4, u) * (n * l2)[:, None] * beta).max(axis=1)
    steepest = np.abs(slope).max(axis=1)
    limit, top = n * l1, np.maximum(steepest, n * l1)
    s = np.where(steepest > limit, limit / np.where(steepest > 0, steepest, 1.0), 1.0)
    relative = np.where(top > a, a / np.where(top > a, top - a, 1.0), 1.0) + gamma(8, u)
    ds = np.where((limit == 0) & (steepest > a), 0.0, np.where(limit == 0, 1.0, np.minimum(1.0, s * relative)))
    turn = np.abs((yc * r).sum(axis=1) - s * (size**2 + ridge))
    rest = _norm(yc - s[:, None] * r) + ds * size + s * off
    dual = ds * turn / n + ds**2 * (size**2 + ridge) / (2 * n) + rest * s * off / n + (full + rest) * e_y / n
    dual = dual + gamma(n + p + 8, u) * ((full + e_y) ** 2 + rest**2 + s**2 * (size**2 + ridge)) / (2 * n)
    theta = ds[:, None] * (np.abs(r) + e) + s[:, None] * e + gamma(2, u) * np.abs(r)
    return Slack(primal, dual, theta, gamma(n + 2 * p + 8, u) * _norm(whole) ** 2 / n)


def _norm(values: Floats) -> Floats:
    return np.asarray(np.linalg.norm(values, axis=1))


ROUNDED = "γ(n+2p+8) ‖|y| + |X||β|‖² ∕ n + rounding of P and D"
REQUIRED = "ε = 16(n+p+8) u ‖y‖² ∕ 2n"


def required(cases: Cases) -> Floats:
    """The gap at which the port lets a solver stop, y centred with an intercept (up to the rounding of that): (lane,).

    It is a multiple of the dtype's own u, whatever the device.
    """
    n, p = cases["x"].shape[1:]
    with_means, u = bool(cases.settings.get("intercept", 0)), unit(cases.dtype)
    y = centred(cases["y"], with_means)
    off = gamma(n + 2, u) * with_means * np.abs(cases["y"]).sum(axis=1)
    square = (np.linalg.norm(y, axis=1) + off) ** 2 * (1 + gamma(n + 8, u))
    return np.asarray(16 * (n + p + 8) * u * square / (2 * n))


def suboptimality(cases: Cases, coef: Array, l1: Array, l2: Array) -> Bound:
    """How far above the minimum a solution may be: the gap it may stop at, and the rounding of that gap.

    Without an ℓ1 penalty nothing is certified by shrinking the residual, and the rounding is that of P.
    """
    own = slack(cases, coef, l1, l2, cases.u)
    rounded = np.where(np.asarray(l1) == 0, own.primal, own.gap) + own.moments
    return absolute(required(cases) + rounded, f"{REQUIRED} + {ROUNDED}")


def curvatures(cases: Cases) -> Floats:
    """L_j = ‖x_j‖² ∕ n of every column, centred where there is an intercept: (lane, p)."""
    x = centred(cases["x"], bool(cases.settings.get("intercept", 0)))
    return np.asarray((x**2).mean(axis=1))
