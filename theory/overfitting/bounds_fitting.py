"""How far a computed least-squares fit may be from the exact one.

Householder's QR and the singular value decomposition give the exact answer for X + ΔX, ‖ΔX‖_F ≤ ε ‖X‖_F, and y + Δy,
‖Δy‖ ≤ ε ‖y‖, ε = γ(cnd) with a small c (Higham 2002, theorem 20.3), here 8. With κ = ‖X‖_F ∕ σ, σ the least
singular value that is not 0, and ε κ ≤ 1/8, first-order perturbations doubled hold (Higham 2002, section 20.1).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.core.bound import U64, Bound, absolute, gamma

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

MOST = 1 / 8
"""Largest ε κ: beyond it a perturbed design may lose its rank, and no algorithm is blamed."""


class Size(NamedTuple):
    """Of each lane: ε, norm = ‖X‖_F, least = σ, kappa = norm ∕ least, rank."""

    eps: Floats
    norm: Floats
    least: Floats
    kappa: Floats
    rank: NDArray[np.int64]


def size(x: Floats, u: float) -> Size:
    """Sizes of designs (…, n, d); singular values below max(n, d) 2^-48 of the largest count as 0."""
    n, d = x.shape[-2:]
    values = np.linalg.svd(x, compute_uv=False)
    norm = np.sqrt((values**2).sum(axis=-1))
    alive = values > max(n, d) * 32 * U64 * values.max(axis=-1, keepdims=True, initial=0.0)
    least = np.where(alive, values, np.inf).min(axis=-1, initial=np.inf)
    eps = np.full(norm.shape, float(gamma(8 * n * d, u)))
    return Size(eps, norm, least, np.asarray(norm / least), alive.sum(axis=-1))


def solvable(x: Floats, u: float) -> Mask:
    """Full column rank, also after rounding: (…,)."""
    sized = size(x, u)
    return np.asarray((sized.rank == x.shape[-1]) & (sized.eps * sized.kappa <= MOST))


def clear(x: Floats, u: float) -> Mask:
    """Any rank, but no singular value between 0 and what rounding may make of 0: (…,)."""
    sized = size(x, u)
    return np.asarray(sized.eps * sized.kappa <= MOST)


def norm(values: Floats) -> Floats:
    """Euclidean norms along the last axis."""
    return np.asarray(np.sqrt((values**2).sum(axis=-1)))


def coef_error(sized: Size, w: Floats, left: Floats, y: Floats) -> Bound:
    """‖ŵ − w‖, minimum norm included, from the norms of w, the residual and y: (…,).

    Δw = −X̃⁺ΔX w + (X̃ᵀX̃)⁺ΔXᵀr + (I − X̃⁺X̃)ΔXᵀX⁺ᵀw + X̃⁺Δy (Wedin 1973, section 5), doubled.
    """
    value = 2 * sized.eps * (2 * sized.kappa * w + sized.kappa * left / sized.least + y / sized.least)
    return absolute(value, "2ε(2κ‖w‖ + κ‖r‖∕σ + ‖y‖∕σ), ε = γ(8nd)")


def fitted_error(sized: Size, y: Floats) -> Bound:
    """‖Xŵ − Xw‖, which is also how far the residual moves: (1 + 2κ)ε‖y‖ (Higham 2002, theorem 20.1), doubled."""
    return absolute(2 * sized.eps * (1 + 2 * sized.kappa) * y, "2ε(1+2κ)‖y‖, ε = γ(8nd)")


def hat_error(sized: Size) -> Bound:
    """‖ΔH‖₂ ≤ 2κε for a projection, and for X(XᵀX + λI)⁻¹Xᵀ as a block of one, doubled; at least γ."""
    return absolute(2 * sized.eps * (1 + 2 * sized.kappa), "2ε(1+2κ), ε = γ(8nd)")


def inverse_error(sized: Size) -> Bound:
    """‖ΔX⁺‖_F ≤ √3 ‖X⁺‖ ‖X̃⁺‖ ‖ΔX‖_F (Wedin 1973, section 4), doubled."""
    return absolute(4 * sized.eps * sized.kappa / sized.least, "4εκ∕σ, ε = γ(8nd)")


def squared_error(root: ArrayLike, off: ArrayLike) -> Floats:
    """How far a sum of squares moves when its root does by `off`: 2 root·off + off²."""
    return np.asarray(2 * np.abs(root) * np.asarray(off) + np.asarray(off) ** 2)


def augmented(x: Floats, penalty: Floats, intercept: bool) -> Floats:
    """[1 X; 0 √λ I]: the least-squares problem that ridge solves, (lane, n+d, d or d+1)."""
    lanes, n, d = x.shape
    below = np.sqrt(penalty)[:, None, None] * np.eye(d)
    whole = np.concatenate([x, below], axis=1)
    if not intercept:
        return whole
    ones = np.zeros((lanes, n + d, 1))
    ones[:, :n] = 1
    return np.concatenate([ones, whole], axis=2)
