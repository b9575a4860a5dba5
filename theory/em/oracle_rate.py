"""The derivative of an EM step of coins in exact rationals, the two informations, and maxima of the likelihood."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array, Cases
from theory.em import oracle_counts as oracle
from theory.em.cases_counts import as_counts

Floats = NDArray[np.float64]
EM_STEPS = 300
NEWTON_STEPS = 6
FLAT = 2.0**-30
"""No Newton step is taken where the likelihood is so much flatter in one direction than in another."""


class Rate(NamedTuple):
    """One lane, exact and then rounded. jacobian (k, k): ∂θ'∕∂θ, row k of column j. taken (k,): Σ_m r_mk n_m.

    fixed (k, k): I − I_c⁻¹ I_o at θ; drift (k, k): |∂θ'∕∂θ − fixed|, ∞ where θ is far from stationary; scale (k,): the
    diagonal of I_c.
    """

    jacobian: Floats
    taken: Floats
    fixed: Floats
    drift: Floats
    scale: Floats


def exact_rate(cases: Cases, lane: int) -> Rate:
    """By V_kj = Σ_m r_mk(δ_kj − r_mj) s_mj s_mk, W_kj = Σ_m r_mk(δ_kj − r_mj) s_mj n_m and S_k = Σ_m r_mk n_m.

    h − θ'n = θ(1 − θ) s − e n with e = θ' − θ, so ∂θ'_k∕∂θ_j = (θ(1 − θ) V_kj − e W_kj) ∕ S_k; and
    I_c = Σ r (h∕θ² + (n − h)∕(1 − θ)²) = S (1 + c) ∕ (θ(1 − θ)) with c = e(1 − 2θ) ∕ (θ(1 − θ)), I_o = I_c − V.
    """
    rows = [[int(x) for x in row] for row in as_counts(cases)[lane]]
    theta, pi = [oracle.exact(p) for p in cases["theta"][lane]], oracle.exact_pi(cases, lane)
    step = oracle.exact_step(as_counts(cases)[lane], pi, oracle.exact_beta(cases, lane))
    score = [[(h - (h + t) * p) / (p * (1 - p)) for p in theta] for h, t in rows]
    k, zero = len(theta), oracle.exact(0)
    jacobian, fixed, drift, scale = ([[0.0] * k for _ in range(k)] for _ in range(4))
    for i, p in enumerate(theta):
        spread, taken, e = p * (1 - p), step.taken[i], step.beta[i][0] - p
        c = e * (1 - 2 * p) / spread
        scale[i][i] = _float(taken * (1 + c) / spread)
        for j in range(k):
            weights = [r[i] * ((i == j) - r[j]) * s[j] for r, s in zip(step.resp, score, strict=True)]
            V = sum((w * s[i] for w, s in zip(weights, score, strict=True)), zero)
            W = sum((w * (h + t) for w, (h, t) in zip(weights, rows, strict=True)), zero)
            jacobian[i][j] = _float((spread * V - e * W) / taken) if taken else float(i == j)
            near = taken != 0 and abs(c) < oracle.exact(0.5)
            fixed[i][j] = _float(V * spread / (taken * (1 + c))) if near else np.inf
            drift[i][j] = _float((abs(V * spread * c / (1 + c)) + abs(e * W)) / taken) if near else np.inf
    return Rate(
        np.array(jacobian), oracle.rounded(step.taken), np.array(fixed), np.array(drift), np.diag(np.array(scale))
    )


def _float(value: Any) -> float:
    return int(value.p) / int(value.q)


def terms(cases: Cases, size: oracle.Sizes) -> tuple[Floats, Floats]:
    """Σ_m r_mk(δ_kj + r_mj) (h + nθ_j) ∕ (θ_j(1 − θ_j)) · (h + θ'_k n) ∕ S_k: the sizes that add up, (lane, k, j).

    And the same sum without r: what numbers lost below the smallest normal may do.
    """
    heads, tosses, theta = (cases[name].astype(np.float64) for name in ("heads", "tosses", "theta"))
    resp = np.exp(size.log_resp)
    taken = (resp * tosses[..., None]).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.where(taken > 0, (resp * heads[..., None]).sum(axis=1) / taken, theta)
    slope = (heads[..., None] + tosses[..., None] * theta[:, None]) / (theta * (1 - theta))[:, None]  # (lane, m, j)
    reach = heads[..., None] + tosses[..., None] * moved[:, None]  # (lane, m, k)
    pair = resp[..., :, None] * (np.eye(theta.shape[1]) + resp[..., None, :])  # (lane, m, k, j)
    size_of_terms = np.einsum("lmkj,lmj,lmk->lkj", pair, slope, reach)
    bare = np.einsum("lmj,lmk->lkj", slope, reach)
    with np.errstate(divide="ignore", invalid="ignore"):
        return size_of_terms / taken[..., None], 4 * bare / taken[..., None]


def maximum(heads: Array, tosses: Array, pi: Array, theta: Array) -> Floats:
    """θ after 300 EM steps and some Newton steps, which are taken where they go uphill: (lane, k), in float64."""
    for _ in range(EM_STEPS):
        resp, score = _posterior(heads, tosses, pi, theta)
        theta = np.clip(theta + _moved(resp, score, tosses, theta), 2.0**-20, 1 - 2.0**-20)
    for _ in range(NEWTON_STEPS):
        resp, score = _posterior(heads, tosses, pi, theta)
        gradient = (resp * score).sum(axis=1)
        observed = _observed(resp, score, heads, tosses, theta)
        bends = np.linalg.eigvalsh(observed)
        curved = bends[:, 0] > FLAT * bends[:, -1]
        step = np.linalg.solve(np.where(curved[:, None, None], observed, np.eye(theta.shape[1])), gradient[..., None])
        moved = theta + np.where(curved[:, None], step[..., 0], 0.0)
        inside = ((moved > 0) & (moved < 1)).all(axis=1, keepdims=True)
        theta = np.where(inside, moved, theta)
    return np.asarray(theta)


def _posterior(heads: Array, tosses: Array, pi: Array, theta: Array) -> tuple[Floats, Floats]:
    """Responsibilities and scores s_mk = (h − nθ) ∕ (θ(1 − θ)): (lane, m, k)."""
    h, n, p = heads[..., None], tosses[..., None], theta[:, None]
    with np.errstate(divide="ignore"):
        joint = np.log(pi)[:, None] + h * np.log(p) + (n - h) * np.log1p(-p)
    weight = np.exp(joint - joint.max(axis=2, keepdims=True))
    return np.asarray(weight / weight.sum(axis=2, keepdims=True)), np.asarray((h - n * p) / (p * (1 - p)))


def _moved(resp: Floats, score: Floats, tosses: Array, theta: Array) -> Floats:
    """θ' − θ = θ(1 − θ) Σ r s ∕ Σ r n: (lane, k), 0 where nothing belongs to the coin."""
    taken = (resp * tosses[..., None]).sum(axis=1)
    rise = theta * (1 - theta) * (resp * score).sum(axis=1)
    return np.asarray(np.divide(rise, taken, out=np.zeros_like(rise), where=taken > 0))


def _observed(resp: Floats, score: Floats, heads: Array, tosses: Array, theta: Array) -> Floats:
    """I_o = −∇²ℓ: Σ_m r_mk (h∕θ² + (n − h)∕(1 − θ)²) on the diagonal, less Σ_m r_mk(δ_kj − r_mj) s_mk s_mj."""
    h, n, p = heads[..., None], tosses[..., None], theta[:, None]
    complete = (resp * (h / p**2 + (n - h) / (1 - p) ** 2)).sum(axis=1)
    eye = np.eye(theta.shape[1])
    pair = resp[..., :, None] * (eye - resp[..., None, :]) * score[..., :, None] * score[..., None, :]
    return np.asarray(complete[..., None] * eye - pair.sum(axis=1))
