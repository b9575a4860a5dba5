"""How far floating point may be from latent Dirichlet allocation's exact answers.

ψ, log Γ and ψ' come from libraries whose errors were measured against SciPy: |fl(ψ) − ψ| ≤ 16 u (1 + |ψ|), and the
same for log Γ; ψ' is positive and errs by a relative 16 u.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import SMALLEST_NORMAL, Bound, absolute, gamma, rounding
from theory.core.domain import Array, Cases
from theory.em.cases_allocation import word_weights
from theory.em.oracle_allocation import LIBRARY
from theory.em.oracle_variational import Entry, filled, middles

Floats = NDArray[np.float64]


def _log(values: Array) -> Floats:
    """|ln v|, and 0 where v is 0."""
    return np.asarray(np.abs(np.log(np.where(values > 0, values, 1.0))))


def weights_of(cases: Cases, beta: Array | None = None) -> Floats:
    """β_{k, w_rn}: (lane, r, n, k), of any word behind the length."""
    table = cases["beta"] if beta is None else beta
    return word_weights(table, np.clip(cases["words"], 0, table.shape[2] - 1))


def means_size(values: Array) -> Floats:
    """1 + |ψ(γ_k)| + |ψ(Σγ)|: the size of what makes E log θ_k, (…, k)."""
    from scipy.special import digamma

    return np.asarray(1 + np.abs(digamma(values)) + np.abs(digamma(values.sum(axis=-1, keepdims=True))))


def constant_size(values: Array) -> Floats:
    """|log Γ(Σα)| + Σα |ψ(Σα)| + Σ |log Γ(α)|: the size of log Γ(Σα) − Σ log Γ(α), its sum rounded: (…)."""
    from scipy.special import digamma, gammaln

    whole = values.sum(axis=-1)
    return np.asarray(np.abs(gammaln(whole)) + whole * np.abs(digamma(whole)) + np.abs(gammaln(values)).sum(axis=-1))


def elbo_size(cases: Cases, gamma_: Array, phi: Array) -> Floats:
    """1 + Σ of the absolute values of all terms of the bound, each document's: (lane, r).

    An elbo is a sum of at most 8 (n k + k) terms, each with at most 16 + 8 roundings of its own.
    """
    alpha, means = cases["alpha"][:, None], means_size(gamma_)
    theta = constant_size(alpha) + constant_size(gamma_) + ((alpha + gamma_ + 2) * means).sum(axis=2)
    words = (phi * (means[:, :, None] + _log(weights_of(cases)) + _log(phi))).sum(axis=(2, 3))
    return np.asarray(1 + theta + words)


def elbo_bound(cases: Cases, gamma_: Array, phi: Array) -> Bound:
    """γ(8 (n + k + 16)) times `elbo_size`: (lane, r)."""
    n, k = phi.shape[2:]
    return rounding(8 * (n + k + 16), cases.u, "γ(8(n + k + 16)) (1 + Σ|terms|)", elbo_size(cases, gamma_, phi))


def phi_error(cases: Cases, gamma_: Array, best: Array) -> Floats:
    """Relative error of each entry of φ ∝ β exp ψ(γ), given the best phi: (lane, r, n, k).

    The exponent ψ(γ_k) [− ψ(Σγ)] + log β errs by e_k = u (16 (2 + |ψ| + |ψ₀|) + 4 |log β| + k + 8), the normaliser by
    the mean of e under phi; twice their sum covers the second order.
    """
    k = gamma_.shape[2]
    e = LIBRARY * (1 + means_size(gamma_))[:, :, None] + 4 * _log(weights_of(cases)) + k + 8
    return np.asarray(np.expm1(2 * cases.u * (e + (best * e).sum(axis=3, keepdims=True))))


def underflow(cases: Cases) -> float:
    """What is lost where β exp ψ(γ) is below the normal numbers: they may become 0."""
    return SMALLEST_NORMAL[cases.dtype]


def phi_loss(cases: Cases, gamma_: Array, best: Array) -> Bound:
    """How much lower than at the best phi the bound can be, Σ_n KL(φ̂_n ‖ φ*_n) ≤ Σ φ* (relative error)²: (lane,).

    KL ≤ χ². An entry that underflows moves at most the smallest normal number, times its logarithm.
    """
    error = phi_error(cases, gamma_, best)
    lost = underflow(cases) * (1 + means_size(gamma_).sum(axis=(1, 2))) * best[0].size
    return absolute((best * error**2).sum(axis=(1, 2, 3)) + lost, "Σ φ δ², δ = 2u(16(2+|ψ|+|ψ₀|) + 4|ln β| + k + 8)")


def gamma_loss(cases: Cases, gamma_: Array) -> Bound:
    """How much lower than at the best gamma the bound can be: KL(Dir(γ̂) ‖ Dir(γ*)), (lane,).

    To second order ½ Σ ψ'(γ) Δ² with Δ = γ(n + k + 2) γ, and γ² ψ'(γ) ≤ 1 + γ; twice that covers the third.
    """
    delta = gamma(cases["phi"].shape[2] + gamma_.shape[2] + 2, cases.u)
    return absolute(delta**2 * (1 + gamma_).sum(axis=(1, 2)), "γ(n + k + 2)² Σ (1 + γ)")


def beta_loss(cases: Cases, mass: Array) -> Bound:
    """How much lower than at the best beta the bound can be: Σ_k c_k KL(β*_k ‖ β̂_k), c (lane, k), (lane,).

    Sums of non-negative terms and one division: each entry errs by γ(r n + v + 2), twice that once rescaled; KL ≤ χ².
    """
    r, n = cases["words"].shape[1:]
    delta = 4 * gamma(r * n + cases["beta"].shape[2] + 2, cases.u)
    return absolute(delta**2 * mass.sum(axis=1), "(4 γ(rn + v + 2))² Σ c")


def newton_error(alpha: Array, gamma_: Array, u: float) -> Floats:
    """Forward error of the linear-time Newton direction (lane, k), k ≥ 2, by following its formula.

    d_i = (g_i − c) ∕ h_i, c = (Σ g_j ∕ h_j) ∕ (1∕z + Σ 1∕h_j), with h = −r ψ'(α) and z = r ψ'(Σα) good to
    η = (16 + 2k + 8) u. The denominator of c is a difference of nearly equal numbers where alpha is large; its error
    is Δs ≤ 2η (1∕z + Σ 1∕|h|).
    """
    from scipy.special import polygamma

    r, k = gamma_.shape[1:]
    eta = (LIBRARY + 2 * k + 8) * u
    h, z = r * polygamma(1, alpha), r * polygamma(1, alpha.sum(axis=1, keepdims=True))
    g, dg = gradient(alpha, gamma_), u * (LIBRARY + r + k + 8) * gradient_size(alpha, gamma_)
    s, ds = 1 / z - (1 / h).sum(axis=1, keepdims=True), 2 * eta * (1 / z + (1 / h).sum(axis=1, keepdims=True))
    c = (-g / h).sum(axis=1, keepdims=True) / s
    da = ((dg + eta * np.abs(g)) / h).sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):  # no digit of the denominator is left: nothing can be said
        dc = (da + np.abs(c) * ds) / np.maximum(s - ds, 0)
    return np.asarray((dg + dc + eta * (np.abs(g) + np.abs(c))) / h)


def gradient(alpha: Array, gamma_: Array) -> Floats:
    """The gradient of the bound in alpha: (lane, k)."""
    from scipy.special import digamma

    seen = digamma(gamma_) - digamma(gamma_.sum(axis=2, keepdims=True))
    own = digamma(alpha) - digamma(alpha.sum(axis=1, keepdims=True))
    return np.asarray(seen.sum(axis=1) - gamma_.shape[1] * own)


def gradient_size(alpha: Array, gamma_: Array) -> Floats:
    """Σ of the absolute values of the gradient's terms: (lane, k)."""
    return np.asarray(gamma_.shape[1] * means_size(alpha) + means_size(gamma_).sum(axis=1))


def alpha_bound_error(alpha: Array, gamma_: Array, u: float) -> Bound:
    """Rounding of the part of the bound that alpha touches, (lane,): γ(8 (r + k + 16)) times its terms."""
    r, k = gamma_.shape[1:]
    size = r * (1 + constant_size(alpha)) + ((alpha[:, None] + 1) * means_size(gamma_)).sum(axis=(1, 2))
    return rounding(8 * (r + k + 16), u, "γ(8(r + k + 16)) (1 + Σ|terms|)", size)


def sweep_loss(cases: Cases) -> Bound:
    """How far below the exact coordinate ascent one sweep can end, each lane's documents together: (lane,).

    It loses at most `phi_loss` + `gamma_loss`, both taken at the worst gamma between α and α + N: |ψ| is largest at an
    end. Rows of beta are divided by their sums, which are 1 up to 8 v u.
    """
    from scipy.special import digamma

    alpha, beta, n = cases["alpha"], cases["beta"], cases["lengths"].max(axis=1)
    k, v = beta.shape[1:]
    psi = np.abs(digamma(np.stack([alpha, alpha + n[:, None]]))).max(axis=(0, 2))
    e = LIBRARY * (3 + 2 * psi) + 4 * _log(beta).max(axis=(1, 2)) + k + 8 + 8 * v
    delta = gamma(n + k + 2, cases.u)
    each = n * np.expm1(4 * cases.u * e) ** 2 + delta**2 * (k + alpha.sum(axis=1) + n) + n * underflow(cases) * e
    return absolute(cases["lengths"].shape[1] * each, "Σ δ² of a sweep")


def entry_size(cases: Cases, lane: int, alpha: Array, weights: Array, entry: Entry) -> float:
    """`elbo_size` of all documents of an entry of a path: alpha (k,), weights (k, v) of the words, e.g. beta."""
    _, r, n = cases["words"].shape
    one = cases.lane(lane).with_arrays(alpha=alpha[None], beta=weights[None])
    phi = filled(entry, np.zeros((r, n, len(alpha))))
    return float(elbo_size(one, middles(entry.gamma)[None], phi[None]).sum())
