"""Kernel logistic regression another way: complex steps, explicit features, and Newton's method in w.

A complex step has no cancellation: F(β + i h e) with h = 2^−100 has the imaginary part h ∂F up to roundings (Squire &
Trapp 1998).
"""

from __future__ import annotations

from itertools import combinations_with_replacement
from math import factorial, prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, gamma
from theory.core.domain import Array, Cases

Floats = NDArray[np.float64]
STEP = 2.0**-100
NEWTON_STEPS = 60


def log_loss(z: NDArray[Any]) -> NDArray[Any]:
    """log(1 + e^−z) for real or complex z, without overflow and accurate for every size of z."""
    small = np.where(z.real > 0, z, -z)
    return np.log1p(np.exp(-small)) + np.where(z.real > 0, 0, -z)


def share(z: NDArray[Any]) -> NDArray[Any]:
    """σ(−z) = 1 ∕ (1 + e^z) for real or complex z, without overflow."""
    small = np.exp(np.where(z.real > 0, -z, z))
    return np.asarray(np.where(z.real > 0, small, 1) / (1 + small))


def value(k: Array, y: Array, penalty: Array, beta: NDArray[Any]) -> NDArray[Any]:
    """F(β) = (λ∕n) βᵀKβ + (1∕n) Σ log(1 + e^−y f), f = Kβ: (lane, …) for β (lane, …, n), real or complex."""
    f = np.einsum("lij,l...j->l...i", k, beta)
    wide = y.reshape(len(y), *[1] * (beta.ndim - 2), -1)
    lam = penalty.reshape(-1, *[1] * (beta.ndim - 2))
    return np.asarray((lam * (beta * f).sum(axis=-1) + log_loss(wide * f).sum(axis=-1)) / y.shape[1])


def slope(k: Array, y: Array, penalty: Array, beta: NDArray[Any]) -> NDArray[Any]:
    """∇F = (2λ∕n) Kβ − (1∕n) K(y σ(−y f)): (lane, …, n), real or complex."""
    f = np.einsum("lij,l...j->l...i", k, beta)
    wide = y.reshape(len(y), *[1] * (beta.ndim - 2), -1)
    lam = penalty.reshape(-1, *[1] * (beta.ndim - 1))
    inner = 2 * lam * beta - wide * share(wide * f)
    return np.asarray(np.einsum("lij,l...j->l...i", k, inner) / y.shape[1])


def nudged(beta: Floats) -> NDArray[np.complex128]:
    """β with an imaginary step in each coordinate: (lane, n, n)."""
    return np.asarray(beta[:, None] + 1j * STEP * np.eye(beta.shape[1]))


def gradient(k: Array, y: Array, penalty: Array, beta: Floats) -> Floats:
    """The gradient by complex steps of the value: (lane, n)."""
    return np.asarray(value(k, y, penalty, nudged(beta)).imag / STEP)


def hessian(k: Array, y: Array, penalty: Array, beta: Floats) -> Floats:
    """The Hessian by complex steps of the gradient: (lane, n, n)."""
    return np.asarray(slope(k, y, penalty, nudged(beta)).imag / STEP)


def entropy(a: Floats) -> Floats:
    """Binary entropy in nats, 0 at 0 and 1."""
    from scipy.special import xlog1py, xlogy

    return np.asarray(-xlogy(a, a) - xlog1py(1 - a, -a))


def dual(k: Array, y: Array, penalty: Array, a: Floats) -> Floats:
    """D(a) = (1∕n)[Σ H(a) − (1∕4λ)(a y)ᵀK(a y)]: (lane,)."""
    signed = a * y
    square = np.einsum("li,lij,lj->l", signed, k, signed)
    return np.asarray((entropy(a).sum(axis=1) - square / (4 * penalty)) / y.shape[1])


def dual_point(y: Array, penalty: Array, beta: Array) -> Floats:
    """A = 2λβy clipped to [0, 1]: (lane, n)."""
    return np.asarray(np.clip(2 * penalty[:, None] * beta * y, 0, 1))


class Errors(NamedTuple):
    """What rounding may do to value, dual (lane,), σ(−y f), gradient (lane, n) and the Hessian (lane, n, n)."""

    value: Floats
    dual: Floats
    share: Floats
    gradient: Floats
    hessian: Floats


def errors(cases: Cases, beta: Floats) -> Errors:
    """Scores are off by e = γ(n+2)|K||β|; log-loss has slope ≤ 1, σ ≤ ¼ and σ(1 − σ) ≤ 1∕10, relative error γ(8) each.

    σ(−z) is e^−z up to a factor, of relative error |z| u where z is not small, and σ(1 + |z|) < 2. The entropy of a(1 +
    δ) is off by γ(16)(1 + |log u|)(a + H), as near a = 1 the share 1 − a keeps no more than its last digits.
    """
    k, y, lam, u, n = np.abs(cases["K"]), cases["y"], cases["penalty"], cases.u, cases["y"].shape[1]
    b = np.abs(beta)
    f = np.einsum("lij,lj->li", cases["K"], beta)
    spread = np.einsum("lij,lj->li", k, b)
    e = gamma(n + 2, u) * spread
    square = (b * spread).sum(axis=1)
    loss = e + gamma(n + 8, u) * log_loss(y * f)
    of_value = (lam * gamma(2 * n + 6, u) * square + loss.sum(axis=1)) / n
    a = dual_point(y, lam, beta)
    held = np.einsum("li,lij,lj->l", a, k, a)
    of_entropy = gamma(n + 16, u) * (1 - np.log(u)) * (a + entropy(a)).sum(axis=1)
    of_dual = (of_entropy + gamma(2 * n + 12, u) * held / (4 * lam)) / n
    s = share(y * f)
    of_share = e / 4 + 2 * gamma(8, u)
    inner = 2 * lam[:, None] * b + s
    of_slope = np.einsum("lij,lj->li", k, of_share + gamma(n + 6, u) * inner) / n
    weight = s * share(-y * f)
    rough = e / 10 + 2 * gamma(8, u) + gamma(2 * n + 8, u) * weight
    of_bend = np.einsum("lij,lj,ljk->lik", k, rough, k) / n + gamma(6, u) * 2 * lam[:, None, None] * k / n
    return Errors(of_value, of_dual, of_share, of_slope, of_bend)


def allowed_gap(cases: Cases, beta: Floats) -> Floats:
    """64 n u (1 + λ n ‖K‖ max β²)(1 + ‖K‖ ∕ 2λ), ‖K‖ the greatest row sum: what a gap may be. (lane,)."""
    rows = np.abs(cases["K"]).sum(axis=2).max(axis=1)
    lam, n = cases["penalty"], beta.shape[1]
    return np.asarray(64 * n * cases.u * (1 + lam * rows * n * (beta**2).max(axis=1)) * (1 + rows / (2 * lam)))


def features(x: Array, zeta: float, degree: int) -> Floats:
    """φ with φ(x)·φ(z) = (zeta + x·z)^degree: (lane, n, C(d+degree, degree)); a homogeneous coordinate √zeta first."""
    wide = np.concatenate([np.full((*x.shape[:2], 1), np.sqrt(zeta)), x], axis=2)
    columns = []
    for chosen in combinations_with_replacement(range(wide.shape[2]), degree):
        ways = factorial(degree) // prod(factorial(chosen.count(c)) for c in set(chosen))
        columns.append(np.sqrt(ways) * wide[:, :, list(chosen)].prod(axis=2))
    return np.stack(columns, axis=2)


def linear_value(phi: Array, y: Array, penalty: Array, w: Array) -> Floats:
    """(λ∕n)‖w‖² + (1∕n) Σ log(1 + e^−y φ·w): (lane,)."""
    f = np.einsum("lnd,ld->ln", phi, w)
    return np.asarray((penalty * (w**2).sum(axis=1) + log_loss(y * f).sum(axis=1)) / y.shape[1])


def linear_slope(phi: Array, y: Array, penalty: Array, w: Array) -> Floats:
    """Its gradient (2λ∕n) w − (1∕n) Φᵀ(y σ(−y f)): (lane, d)."""
    f = np.einsum("lnd,ld->ln", phi, w)
    pull = np.einsum("lnd,ln->ld", phi, y * share(y * f))
    return np.asarray((2 * penalty[:, None] * w - pull) / y.shape[1])


def newton(phi: Array, y: Array, penalty: Array) -> Floats:
    """The w of least value by Newton's method, a step halved while the value rises by more than rounding. (lane, d)."""
    w = np.zeros((len(phi), phi.shape[2]))
    n = y.shape[1]
    for _ in range(NEWTON_STEPS):
        f = np.einsum("lnd,ld->ln", phi, w)
        weight = share(y * f) * share(-y * f)
        bend = np.einsum("lni,ln,lnj->lij", phi, weight, phi) + 2 * penalty[:, None, None] * np.eye(phi.shape[2])
        step = -np.linalg.solve(bend / n, linear_slope(phi, y, penalty, w)[..., None])[..., 0]
        now, size = linear_value(phi, y, penalty, w), np.ones(len(w))
        for _ in range(NEWTON_STEPS):
            worse = linear_value(phi, y, penalty, w + size[:, None] * step) > now + gamma(64, U64) * (1 + now)
            if not worse.any():
                break
            size = np.where(worse, size / 2, size)
        w = w + size[:, None] * step
        if (np.abs(step) <= 2.0**-48 * (1 + np.abs(w))).all():
            break
    return w
