"""How far ridge regression in floats may be from the exact solution, by singular values or by normal equations.

Singular values. The computed SVD is that of X + Δ, ‖Δ‖ ≤ g ‖X‖ (Golub & Van Loan 2013, section 8.6.2). With r = y − Xβ,
G̃ = X̃ᵀX̃ + λI, the solution β̃ of X̃ = X + Δ, ỹ = y + η obeys, without any second order,
    β̃ − β = G̃⁻¹ (Δᵀr − X̃ᵀΔβ + X̃ᵀη),  so  ‖β̃ − β‖ ≤ δ ‖r‖ ∕ floor + steep (δ ‖β‖ + ‖η‖),
floor = min d² + λ and steep = max d ∕ (d² + λ) over singular values moved by δ = ‖Δ‖. Shrinking and turning back costs
g (steep ‖y‖ + ‖β‖). At λ = 0 the least-norm solution also turns with the row space: 2 δ ‖β‖ (Wedin 1973).

Normal equations. Gram matrix and Cholesky solve (G + ΔG) β̂ = Xᵀy + Δb, ‖ΔG‖ ≤ g (‖X‖²_F + λ), ‖Δb‖ ≤ g ‖X‖_F ‖y‖
(Higham 2002, sections 3.5 and 10.1.1), so ‖β̂ − β‖ ≤ (‖ΔG‖ ‖β‖ + ‖Δb‖) ∕ (floor − ‖ΔG‖). With fewer rows than columns
one may solve (XXᵀ + λI + ΔK) a = y instead, β̂ = Xᵀa, a = r ∕ λ: that adds steep ‖ΔG‖ ‖r‖ ∕ λ ÷ (1 − ‖ΔG‖ ∕ floor).

g = γ(n + 3p² + 8). Centring moves X by γ(n+4)(√n ‖mean |X|‖ + ‖X‖_F), y likewise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute, gamma
from theory.core.domain import Array, Cases

Floats = NDArray[np.float64]
DEAD = 2.0**-20
"""A singular value below this share of the largest is 0 where λ = 0: `well_posed` leaves a wide berth around it."""

WORDS = {
    "any": "by singular values + by normal equations",
    "svd": "δ‖r‖ ∕ floor + steep (2δ‖β‖ + g‖y‖) + g‖β‖, δ = g‖X‖_F",
    "cholesky": "g[(‖X‖²_F + λ)‖β‖ + ‖X‖_F‖y‖] ∕ (floor − g(‖X‖²_F + λ))",
}


@dataclass(frozen=True)
class Sizes:
    """The sizes of ridge problems that bounds are made of: x (lane, n, p), y (lane, n), penalty (lane,)."""

    x: Floats
    y: Floats
    penalty: Floats
    intercept: bool
    solver: str
    u: float

    @cached_property
    def mean(self) -> Floats:
        """Means of the columns, 0 without an intercept: (lane, p)."""
        return np.asarray(self.x.mean(axis=1) * self.intercept)

    @cached_property
    def reach(self) -> Floats:
        """Mean absolute value of each column, 0 without an intercept: (lane, p)."""
        return np.asarray(np.abs(self.x).mean(axis=1) * self.intercept)

    @cached_property
    def level(self) -> Floats:
        """Mean absolute value of y, 0 without an intercept: (lane,)."""
        return np.asarray(np.abs(self.y).mean(axis=1) * self.intercept)

    @cached_property
    def centred(self) -> Floats:
        """X less its means: (lane, n, p)."""
        return np.asarray(self.x - self.mean[:, None])

    @cached_property
    def target(self) -> Floats:
        """Y less its mean: (lane, n)."""
        return np.asarray(self.y - self.y.mean(axis=1, keepdims=True) * self.intercept)

    @cached_property
    def singular(self) -> Floats:
        """Singular values of the centred X, padded with zeros: (lane, p)."""
        d = np.linalg.svd(self.centred, compute_uv=False)
        return np.pad(d, ((0, 0), (0, self.x.shape[2] - d.shape[1])))

    @cached_property
    def frobenius(self) -> Floats:
        """‖X‖_F of the centred X: (lane,)."""
        return np.asarray(np.linalg.norm(self.centred, axis=(1, 2)))

    @property
    def unit(self) -> Floats:
        """G = γ(n + 3p² + 8)."""
        n, p = self.x.shape[1:]
        return gamma(n + 3 * p * p + 8, self.u)

    @cached_property
    def off_x(self) -> Floats:
        """How far centring may move X, in Frobenius norm: (lane,)."""
        n = self.x.shape[1]
        size = np.sqrt(n) * np.linalg.norm(self.reach, axis=1) + self.frobenius
        return np.asarray(gamma(n + 4, self.u) * size * self.intercept)

    @cached_property
    def off_y(self) -> Floats:
        """How far centring may move y: (lane,)."""
        n = self.x.shape[1]
        size = np.sqrt(n) * self.level + np.linalg.norm(self.target, axis=1)
        return np.asarray(gamma(n + 4, self.u) * size * self.intercept)

    @cached_property
    def alive(self) -> NDArray[np.bool_]:
        """Singular values that count: all where λ > 0, the ones that are not 0 where λ = 0: (lane, p)."""
        return np.asarray((self.penalty > 0)[:, None] | (self.singular > DEAD * self.singular[:, :1]))

    def floor(self, moved: Floats) -> Floats:
        """Least d² + λ when singular values move by so much: (lane,); 1 where there is none."""
        low = np.maximum(self.singular - moved[:, None], 0.0) ** 2 + self.penalty[:, None]
        least = np.where(self.alive, low, np.inf).min(axis=1)
        return np.asarray(np.where(np.isinf(least), 1.0, least))

    def steep(self, moved: Floats) -> Floats:
        """Greatest d ∕ (d² + λ) when singular values move by so much: (lane,)."""
        lam = self.penalty[:, None]
        low, high = np.maximum(self.singular - moved[:, None], 0.0), self.singular + moved[:, None]
        peak = np.sqrt(lam)
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = np.maximum(np.nan_to_num(low / (low**2 + lam), nan=np.inf), high / (high**2 + lam))
            value = np.where((low <= peak) & (peak <= high), 0.5 / peak, ends)
        return np.asarray(np.where(self.alive & (high > 0), value, 0.0).max(axis=1))

    def rest(self, coef: Floats) -> Floats:
        """‖y − Xβ‖: (lane,)."""
        return np.asarray(np.linalg.norm(self.target - np.einsum("lnp,lp->ln", self.centred, coef), axis=1))

    def dual(self, coef: Floats) -> Floats:
        """‖ΔK a‖ = g (‖X‖_F² + λ) ‖r‖ ∕ λ where there are fewer rows than columns, else 0: (lane,)."""
        if self.solver == "svd" or self.x.shape[1] >= self.x.shape[2]:
            return np.zeros(len(self.x))
        size = self.spread * (self.rest(coef) + self.off_y)
        return np.asarray(np.where(self.penalty > 0, size / np.where(self.penalty > 0, self.penalty, 1.0), 0.0))

    def moved(self, coef: Floats, delta: Floats, eta: Floats) -> Floats:
        """‖β̃ − β‖ when X moves by delta and y by eta: (lane,)."""
        beta, rest = np.linalg.norm(coef, axis=1), self.rest(coef)
        with np.errstate(divide="ignore", invalid="ignore"):
            along = np.where(delta * rest > 0, delta * rest / self.floor(delta), 0.0)
            return np.asarray(along + np.nan_to_num(self.steep(delta) * (2 * delta * beta + eta), nan=np.inf))

    @property
    def dual_hat(self) -> Floats:
        """Error of an entry of K(K + λI)⁻¹ by that system of fewer rows than columns, else 0: (lane,).

        δH = K(K + λI)⁻¹ ΔK (K + λI)⁻¹, and the factors at most 1 and 1∕λ: s ÷ (1 − s), s = ‖ΔK‖ ∕ λ.
        """
        if self.solver == "svd" or self.x.shape[1] >= self.x.shape[2]:
            return np.zeros(len(self.x))
        share = np.where(self.penalty > 0, self.spread / np.where(self.penalty > 0, self.penalty, 1.0), 0.0)
        return np.asarray(share / (1 - np.minimum(share, 0.5)))

    @property
    def spread(self) -> Floats:
        """How far the rounding of the Gram matrix and its factors may move it: g (‖X‖_F² + λ), (lane,)."""
        return np.asarray(self.unit * ((self.frobenius + self.off_x) ** 2 + self.penalty))

    @property
    def share(self) -> Floats:
        """`spread` ÷ least eigenvalue, the condition number that decides whether Cholesky says anything: (lane,)."""
        floor = np.where(self.alive.all(axis=1), self.floor(self.off_x), 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.nan_to_num(self.spread / floor, nan=np.inf))

    def coef(self, coef: Floats) -> Floats:
        """Bound on ‖β̂ − β‖₂ at the exact β (lane, p), see the head of this file; solver "any" takes both: (lane,)."""
        total = np.zeros(len(self.x))
        if self.solver != "cholesky":
            total = total + self._by_singular_values(coef)
        return total if self.solver == "svd" else total + self._by_normal_equations(coef)

    def _by_singular_values(self, coef: Floats) -> Floats:
        beta, g = np.linalg.norm(coef, axis=1), self.unit
        size = np.linalg.norm(self.target, axis=1)
        return np.asarray(self.moved(coef, g * self.frobenius + self.off_x, g * size + self.off_y) + g * beta)

    def _by_normal_equations(self, coef: Floats) -> Floats:
        beta, g = np.linalg.norm(coef, axis=1), self.unit
        size = np.linalg.norm(self.target, axis=1)
        before = self.moved(coef, self.off_x, self.off_y)
        top = self.spread * (beta + before) + g * (self.frobenius + self.off_x) * (size + self.off_y)
        room = self.floor(self.off_x) - self.spread
        with np.errstate(divide="ignore", invalid="ignore"):
            primal = np.where(top > 0, np.where(room > 0, top / room, np.inf), 0.0)
        dual = self.steep(self.off_x) * self.dual(coef) / (1 - np.minimum(self.share, 0.5))
        return np.asarray(before + primal + dual)

    def df(self) -> Floats:
        """Bound on the effective degrees of freedom: (lane,).

        |∂df∕∂d| = 2dλ ∕ (d² + λ)², greatest at √(λ∕3). By Cholesky p − λ tr G⁻¹ or tr G⁻¹XᵀX moves by 2p ΔG ∕ floor.
        """
        p, lam = self.x.shape[2], self.penalty[:, None]
        delta = (self.off_x + (self.unit * self.frobenius if self.solver != "cholesky" else 0.0))[:, None]
        low, high = np.maximum(self.singular - delta, 0.0), self.singular + delta
        peak = np.sqrt(lam / 3)
        with np.errstate(divide="ignore", invalid="ignore"):
            at = np.maximum(*(np.nan_to_num(2 * t * lam / (t**2 + lam) ** 2) for t in (low, high)))
            top = np.where((low <= peak) & (peak <= high) & (lam > 0), 2 * peak * lam / (4 * lam / 3) ** 2, at)
        moved = np.minimum(np.nan_to_num(top) * delta, 1.0).sum(axis=1)
        if self.solver != "svd":
            moved = moved + p * 2 * self.share / (1 - np.minimum(self.share, 0.5))
        moved = moved + self.x.shape[1] * self.dual_hat
        return np.asarray(moved + p * self.unit)

    def hat(self) -> Floats:
        """Bound on every entry of X(XᵀX + λI)⁻¹Xᵀ: 2δ steep by singular values, steep² ΔG by normal equations: (lane,).

        dH = (I − H) dX G⁻¹Xᵀ and its transpose, ‖G⁻¹Xᵀ‖ = steep, ‖H‖ ≤ 1.
        """
        delta = self.unit * self.frobenius
        steep = self.steep(delta)
        normal = steep**2 * self.spread / (1 - np.minimum(self.share, 0.5))
        return np.asarray(2 * delta * steep + (normal if self.solver != "svd" else 0.0) + self.dual_hat + self.unit)

    def inverse(self) -> Floats:
        """Bound on every entry of (XᵀX + λI)⁻¹: (2δ steep + g) ∕ floor, ΔG ∕ (floor (floor − ΔG)) besides: (lane,)."""
        delta = self.unit * self.frobenius
        floor, room = self.floor(delta), self.floor(delta) - self.spread
        with np.errstate(divide="ignore"):
            normal = np.where(room > 0, self.spread / (floor * room), np.inf)
        return np.asarray((2 * delta * self.steep(delta) + self.unit) / floor + (normal if self.solver != "svd" else 0))

    def rss(self, coef: Floats) -> Floats:
        """Bound on ‖y − Xβ‖²: 2 ‖r‖ ‖Δr‖ + ‖Δr‖² with ‖Δr‖ ≤ ‖X‖ ‖Δβ‖ + g (‖y‖ + ‖X‖ ‖β‖) + off: (lane,)."""
        f, beta = self.frobenius + self.off_x, np.linalg.norm(coef, axis=1)
        size = np.linalg.norm(self.target, axis=1)
        moved = times(f, self.coef(coef)) + self.unit * (size + f * beta) + self.off_x * beta + self.off_y
        return np.asarray(2 * self.rest(coef) * moved + moved**2 + self.unit * self.rest(coef) ** 2)


def sizes_of(cases: Cases, solver: str = "", u: float = 0.0) -> Sizes:
    """Sizes of cases with x, y, penalty; solver and u as the cases say where they are not given."""
    settings = cases.settings
    chosen = solver or str(settings.get("solver", "svd"))
    return Sizes(cases["x"], cases["y"], cases["penalty"], bool(settings.get("intercept", 0)), chosen, u or cases.u)


def times(size: Floats, error: Floats) -> Floats:
    """Size · error, 0 where the size is 0 and the error infinite."""
    return np.asarray(size * np.where(size > 0, error, 0.0))


def column(values: Array) -> Floats:
    """One value a lane as a column, (lane, 1)."""
    return np.asarray(values)[:, None]


def coef_bound(size: Sizes, coef: Floats) -> Bound:
    """`Sizes.coef` with its words: (lane, 1)."""
    return absolute(column(size.coef(coef)), WORDS[size.solver])


def intercept_bound(size: Sizes, coef: Floats) -> Bound:
    """β₀ = ȳ − x̄ β: ‖x̄‖ ‖Δβ‖ and γ(n+p+4) of the terms: (lane,)."""
    n, p = size.x.shape[1:]
    terms = size.level + (size.reach * np.abs(coef)).sum(axis=1)
    moved = times(np.linalg.norm(size.mean, axis=1), size.coef(coef))
    return absolute(moved + gamma(n + p + 4, size.u) * terms, "‖x̄‖‖Δβ‖ + γ(n+p+4)(mean|y| + Σ mean|x||β|)")


def fitted_bound(size: Sizes, coef: Floats) -> Bound:
    """ŷ_i = ȳ + (x_i − x̄) β: ‖x_i − x̄‖ ‖Δβ‖ and γ(n+2p+8) of the terms: (lane, n)."""
    n, p = size.x.shape[1:]
    terms = np.einsum("lnp,lp->ln", np.abs(size.x) + size.reach[:, None], np.abs(coef)) + column(size.level)
    moved = times(np.linalg.norm(size.centred, axis=2), column(size.coef(coef)))
    return absolute(
        moved + gamma(n + 2 * p + 8, size.u) * terms, "‖x − x̄‖‖Δβ‖ + γ(n+2p+8)(mean|y| + Σ(|x| + mean|x|)|β|)"
    )


def residual_bound(size: Sizes, coef: Floats) -> Bound:
    """‖(XᵀX + λI)β̂ − Xᵀy‖ ≤ 3g [(‖X‖²_F + λ)‖β̂‖ + ‖X‖_F‖y‖], whatever the condition: both solvers are stable.

    Centring adds off_x (2 ‖X‖ ‖β̂‖ + ‖y‖) + ‖X‖ off_y, the dual way ‖X‖ ‖ΔK a‖.
    """
    beta, f = np.linalg.norm(coef, axis=1), size.frobenius + size.off_x
    y = np.linalg.norm(size.target, axis=1) + size.off_y
    value = 3 * size.unit * ((f**2 + size.penalty) * beta + f * y)
    off = size.off_x * (2 * f * beta + y) + f * size.off_y
    return absolute(value + off + f * size.dual(coef), "3g[(‖X‖²_F + λ)‖β̂‖ + ‖X‖_F‖y‖] + centring")


def well_posed(cases: Cases) -> NDArray[np.bool_]:
    """λ ≥ 0; at λ = 0 singular values that are clearly there or not; by Cholesky ΔG ≤ floor ∕ 4: (lane,)."""
    size = sizes_of(cases)
    d = size.singular
    rest = np.where(size.alive, d, np.inf).min(axis=1)
    gone = np.where(size.alive, 0.0, d).max(axis=1)
    clear = (rest >= 2.0**-16 * d[:, 0]) & (gone <= 2.0**-40 * d[:, 0])
    good = (size.penalty > 0) | ((size.penalty == 0) & clear)
    return np.asarray(good & (size.share <= 0.25) if size.solver == "cholesky" else good)
