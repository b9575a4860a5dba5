"""Platt's objective and the softmax in balls, and the moments that a fitted sigmoid must keep."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array, Cases
from theory.kernel_machines.oracle_kernels import BITS, exact

Floats = NDArray[np.float64]


def targets(y: Array) -> Floats:
    """(N₊ + 1) ∕ (N₊ + 2) where y = 1, 1 ∕ (N₋ + 2) where y = −1, each one division: (lane, n)."""
    up, down = (y > 0).sum(axis=1, keepdims=True), (y < 0).sum(axis=1, keepdims=True)
    return np.asarray(np.where(y > 0, (up + 1) / (up + 2), 1 / (down + 2)))


def objective(cases: Cases) -> tuple[Floats, Floats]:
    """−Σ t log P + (1 − t) log(1 − P), (lane,), and P = 1 ∕ (1 + exp(a f + b)), (lane, n), in balls."""
    from flint import arb, ctx, fmpq

    ctx.prec = BITS
    z = exact(cases["f"]) * exact(cases["a"])[:, None] + exact(cases["b"])[:, None]
    value, share = np.zeros(cases.lanes), np.zeros(z.shape)
    for lane, (row, label) in enumerate(zip(z, cases["y"], strict=True)):
        up, down = int((label > 0).sum()), int((label < 0).sum())
        total = arb(0)
        for i, (exponent, sign) in enumerate(zip(row, label, strict=True)):
            t = fmpq(up + 1, up + 2) if sign > 0 else fmpq(1, down + 2)
            total += arb(t) * _softplus(exponent) + arb(1 - t) * _softplus(-exponent)
            share[lane, i] = float((-_softplus(exponent)).exp().mid())
        value[lane] = float(total.mid())
    return value, share


def _softplus(z: Any) -> Any:
    """log(1 + e^z) of a rational, without the loss of e^z against 1."""
    from flint import arb

    return arb(z) + (-arb(z)).exp().log1p() if z > 0 else arb(z).exp().log1p()


def softmax(z: Array) -> tuple[Floats, Floats]:
    """Softmax and its logarithm along the last axis, in balls: (lane, n, k) each."""
    from flint import arb, ctx

    ctx.prec = BITS
    below = exact(z) - exact(np.max(z, axis=-1, keepdims=True))
    weight = np.frompyfunc(lambda t: arb(t).exp(), 1, 1)(below)
    total = weight.sum(axis=-1, keepdims=True)
    share = np.frompyfunc(lambda w, s: float((w / s).mid()), 2, 1)(weight, total)
    log = np.frompyfunc(lambda t, s: float((arb(t) - s.log()).mid()), 2, 1)(below, total)
    return np.asarray(share, dtype=np.float64), np.asarray(log, dtype=np.float64)


def share(f: Floats, a: Floats, b: Floats) -> Floats:
    """P = 1 ∕ (1 + exp(a f + b)) in float64: (lane, n)."""
    from scipy.special import expit

    return np.asarray(expit(-(a[:, None] * f + b[:, None])))


def loss(f: Floats, t: Floats, a: Floats, b: Floats) -> Floats:
    """Negative log-likelihood of the targets in float64: (lane,)."""
    z = a[:, None] * f + b[:, None]
    return np.asarray((t * np.logaddexp(0, z) + (1 - t) * np.logaddexp(0, -z)).sum(axis=1))
