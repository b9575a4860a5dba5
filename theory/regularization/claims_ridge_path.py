"""Ridge along its penalties: REG-03 shrinkage of singular directions, REG-04 degrees of freedom, REG-07 the path."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, Bound, absolute, gamma
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal
from theory.regularization import bounds_ridge as bounds
from theory.regularization import oracle_ridge as oracle
from theory.regularization.cases_ridge_path import PATHS, SMOOTHERS, as_ridge, by_path, with_answers

Floats = NDArray[np.float64]


def filtered(size: bounds.Sizes) -> Floats:
    """Σ v_j d_j ∕ (d_j² + λ) u_jᵀy by NumPy's singular value decomposition: (lane, p)."""
    u, d, vt = np.linalg.svd(size.centred, full_matrices=False)
    along = np.einsum("lnk,ln->lk", u, size.target)
    with np.errstate(divide="ignore"):
        return np.asarray(np.einsum("lkp,lk->lp", vt, along / (d + size.penalty[:, None] / d)))


def check_shrinkage(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """β(λ) = Σ_j v_j d_j ∕ (d_j² + λ) u_jᵀy, β₀ = ȳ − x̄β, residual sum of squares and df = Σ d_j² ∕ (d_j² + λ) of that.

    NumPy's decomposition errs by the same bound in float64, so both bounds add. Where d_j = 0 the direction is dropped.
    """
    one = as_ridge(cases)
    size, double = bounds.sizes_of(one, "any"), bounds.sizes_of(one, "svd", U64)
    coef = filtered(double)
    bound = bounds.coef_bound(size, coef) + bounds.coef_bound(double, coef)
    level = bounds.intercept_bound(size, coef) + bounds.intercept_bound(double, coef)
    right = (one["y"].mean(axis=1) if size.intercept else 0.0) - (size.mean * coef).sum(axis=1)
    rss = size.rest(coef) ** 2
    left = absolute(size.rss(coef) + double.rss(coef), "2‖r‖‖Δr‖ + ‖Δr‖², ‖Δr‖ = ‖X‖‖Δβ‖ + g(‖y‖ + ‖X‖‖β‖)")
    share = (size.singular**2 / (size.singular**2 + size.penalty[:, None])).sum(axis=1)
    degrees = absolute(size.df() + double.df(), "Σ sup |∂df∕∂d| δ + 2pΔG∕floor + pg")
    found = [
        ("β(λ)", "coef", coef, bound.value, bound.terms),
        ("β₀(λ)", "intercept", right, level.value, level.terms),
        ("rss(λ)", "rss", rss, left.value, left.terms),
        ("df(λ)", "df", share, degrees.value, degrees.terms),
    ]
    return tuple(
        equal(label, answer[name], by_path(value, cases), absolute(by_path(limit, cases), words))
        for label, name, value, limit, words in found
    )


TIMES = (1.0, 4.0, 64.0)
"""Multiples of λ at which the degrees of freedom are compared."""


def check_degrees(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """H and its trace in rationals; Σ ∂ŷ_i∕∂y_i from fits of unit answers e_i, since ŷ is linear in y.

    They fall as λ rises. By `ridge` with an intercept the trace has 1 more, the mean's share, which df leaves out.
    """
    plain = replace(cases, settings={"intercept": 0, "solver": "any"})
    lanes, n, p = cases["x"].shape
    size = bounds.sizes_of(with_answers(plain, np.zeros((lanes, n))), "any")
    exact = oracle.exact_hat(cases)
    trace = np.trace(exact, axis1=1, axis2=2)
    limit = absolute(size.hat(), "2δ steep + steep² ΔG + g")
    entry = absolute(limit.value[:, None, None], limit.terms)
    degrees = absolute(size.df(), "Σ sup |∂df∕∂d| δ + 2pΔG∕floor + pg")
    path = _path(answer, cases)
    return (
        equal("H", answer["hat"], exact, entry),
        equal("tr H", answer["df"], trace, degrees),
        at_most("0 ≤ df", -answer["df"], np.zeros(lanes), degrees),
        at_most("df ≤ rank", answer["df"], np.full(lanes, min(n, p)), degrees),
        *_derivative(answer, cases),
        equal("df along a path", path[:, 0], trace, degrees),
        at_most("df falls as λ rises", np.diff(path, axis=1), np.zeros((lanes, 2)), _both(degrees)),
    )


def _both(bound: Bound) -> Bound:
    return absolute(2 * bound.value[:, None], f"2 ({bound.terms})")


def _path(answer: Answer, cases: Cases) -> Floats:
    lanes, n, _ = cases["x"].shape
    arrays = {"x": cases["x"], "y": np.ones((lanes, n)), "penalties": cases["penalty"][:, None] * TIMES}
    return np.asarray(answer.again("ridge_path", replace(cases, arrays=arrays, settings={"intercept": 0}))["df"])


def _derivative(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Σ_i ŷ_i(e_i) of `ridge`, each fit within `fitted_bound` of its own, and df as `ridge` says it."""
    lanes, n, p = cases["x"].shape
    spread = {name: np.repeat(cases[name], n, axis=0) for name in ("x", "penalty")}
    units = replace(cases, arrays={**spread, "y": np.tile(np.eye(n), (lanes, 1))})
    fit = answer.again("ridge", units)
    size = bounds.sizes_of(units)
    first = np.arange(lanes) * n
    df = oracle.exact_ridge(units.take(first)).df
    own = np.einsum("lii->l", fit["fitted"].reshape(lanes, n, n))
    coef = oracle.exact_ridge(units).coef
    bound = bounds.fitted_bound(size, coef)
    total = np.einsum("lii->l", bound.value.reshape(lanes, n, n))
    counted = replace(units, arrays={**units.arrays, "y": np.zeros_like(units["y"])}).take(first)
    limit = absolute(bounds.sizes_of(counted).df(), "Σ sup |∂df∕∂d| δ + 2pΔG∕floor + pg")
    mean = 1.0 if size.intercept else 0.0
    return (
        equal("Σ ∂ŷ_i∕∂y_i", own, df + mean, absolute(total + gamma(n + p, U64) * n, f"Σ ({bound.terms})")),
        equal("df of ridge", fit["df"][first], df, limit),
    )


def check_path(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """‖β(λ)‖ falls and ‖r(λ)‖² rises with λ; β(λ) is best at its own λ; how fast it leaves β⁺ and nears Xᵀy ∕ λ.

    Each coefficient vector is within E = `coef_bound` of the exact one, so its objective F_λ is at most (d₁² + λ) E²
    above the least, plus what float64 rounds when both are computed. β⁺ is the exact least-norm solution, σ₊ its least
    singular value that is not 0.
    """
    one = as_ridge(cases)
    size, double = bounds.sizes_of(one, "any"), bounds.sizes_of(one, "svd", U64)
    plus = oracle.exact_ridge(one.with_arrays(penalty=np.zeros(one.lanes)))
    exact = oracle.exact_ridge(one).coef
    error, left = by_path(size.coef(exact), cases), by_path(size.rss(exact), cases)
    coef = answer["coef"]
    length = np.linalg.norm(coef, axis=2)
    pair = error[:, 1:] + error[:, :-1]
    near, far = _rates(size, one, plus, coef.reshape(one.lanes, -1), double)
    sizes = length + by_path(np.linalg.norm(plus.coef, axis=1) + np.linalg.norm(exact, axis=1), cases)
    rounded = 4 * gamma(coef.shape[2] + 4, U64) * sizes
    limit = absolute(error + rounded, f"{bounds.WORDS['any']} + 4γ64(p+4)(‖β‖ + ‖β⁺‖)")
    shorter = absolute(pair + rounded[:, :-1], "E + E' + 4γ64(p+4)‖β‖")
    longer = absolute(left[:, 1:] + left[:, :-1], "2‖r‖‖Δr‖ + ‖Δr‖² at both")
    return (
        at_most("‖β(λ)‖ falls", length[:, 1:], length[:, :-1], shorter),
        at_most("rss(λ) rises", answer["rss"][:, :-1], answer["rss"][:, 1:], longer),
        _exchange(answer, cases, size, error),
        *(
            at_most(label, by_path(value, cases), by_path(most, cases), limit)
            for label, value, most in (
                ("‖β(λ) − β⁺‖ ≤ λ∕(σ₊² + λ) ‖β⁺‖", *near),
                ("‖β(λ) − Xᵀy∕λ‖ ≤ d₁²∕λ ‖Xᵀy∕λ‖", *far),
            )
        ),
    )


def _rates(
    size: bounds.Sizes, one: Cases, plus: oracle.Exact, coef: Floats, double: bounds.Sizes
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Distances from both ends of the path and what they may be at most; float64's own rounding is on the right."""
    rank, d = plus.df.astype(int), size.singular
    last = np.take_along_axis(d, np.maximum(rank - 1, 0)[:, None], axis=1)[:, 0]
    last = np.maximum(last - double.unit * size.frobenius - double.off_x, 0)
    length = np.linalg.norm(plus.coef, axis=1)
    near = np.linalg.norm(coef - plus.coef, axis=1), size.penalty / (last**2 + size.penalty) * length
    moment = np.einsum("lnp,ln->lp", size.centred, size.target)
    slack = double.unit * (size.frobenius * np.linalg.norm(size.target, axis=1))
    slack = slack + double.off_x * np.linalg.norm(size.target, axis=1) + size.frobenius * double.off_y
    top = (d[:, 0] + double.off_x) ** 2 * (1 + double.unit)
    most = (top * np.linalg.norm(moment, axis=1) / size.penalty + slack) / size.penalty
    return near, (np.linalg.norm(coef - moment / size.penalty[:, None], axis=1), most)


def _exchange(answer: Answer, cases: Cases, size: bounds.Sizes, error: Floats) -> Gap:
    """F_λ(β(λ)) ≤ F_λ(β(λ')) for every other λ' of the path."""
    coef, penalties = answer["coef"], cases["penalties"]
    length = penalties.shape[1]
    x, y = (by_path(values, cases)[:, 0] for values in (size.centred, size.target))
    rest = ((y[:, None] - np.einsum("lnp,lkp->lkn", x, coef)) ** 2).sum(axis=2)
    value = rest[:, None, :] + penalties[..., None] * (coef**2).sum(axis=2)[:, None, :]  # (lane, λ, whose β)
    own = np.einsum("lkk->lk", value)[..., None]
    top = by_path(size.singular[:, 0] ** 2, cases) + penalties
    lengths = np.linalg.norm(coef, axis=2).reshape(-1)
    scale = by_path(np.linalg.norm(size.target, axis=1) + size.frobenius * lengths, cases)
    room = scale[:, None, :] ** 2 + value
    rounded = 4 * gamma(x.shape[1] + x.shape[2] + 8, U64) * (room + np.einsum("lkk->lk", room)[..., None])
    shape = (len(x), length, length)
    return at_most(
        "F_λ(β(λ)) ≤ F_λ(β(λ'))",
        np.broadcast_to(own, shape),
        value,
        absolute((top * error**2)[..., None] + rounded, "(d₁² + λ)E² + 4γ64(n+p+8)((‖y‖ + ‖X‖‖β‖)² + F)"),
    )


RIDGE_PATH_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="REG-03",
        version=1,
        title="Ridge shrinks singular directions",
        sentence="Along the jth singular direction ridge keeps the share d²∕(d² + λ) of the fit of least squares.",
        latex=r"\beta(\lambda)=\sum_j v_j\frac{d_j}{d_j^2+\lambda}u_j^\top y,\quad "
        r"\mathrm{df}(\lambda)=\sum_j\frac{d_j^2}{d_j^2+\lambda}",
        source=(("hastie2009", "section 3.4.1"), ("golub2013", "section 8.6.2")),
        kind="identity",
        asks="ridge_path",
        check=check_shrinkage,
        domain=PATHS,
        needs=("coef", "intercept", "rss", "df"),
        parents=("REG-01",),
        lanes=32,
    ),
    Claim(
        id="REG-04",
        version=1,
        title="Effective degrees of freedom",
        sentence="The trace of the smoother is the sum of the derivatives of the fit by its own answers; it falls as λ "
        "rises, from the rank to 0.",
        latex=r"\mathrm{df}(\lambda)=\operatorname{tr}X(X^\top X+\lambda I)^{-1}X^\top"
        r"=\sum_i\frac{\partial\hat y_i}{\partial y_i}",
        source=(("hastie2009", "section 3.4.1"), ("efron2004", "section 2")),
        kind="identity",
        asks="hat_matrix",
        also=("ridge", "ridge_path"),
        check=check_degrees,
        domain=SMOOTHERS,
        needs=("hat", "df"),
        parents=("REG-03",),
        lanes=12,
    ),
    Claim(
        id="REG-07",
        version=1,
        title="The ridge path",
        sentence="As λ rises coefficients get shorter and residuals longer; the path leaves the least-norm solution "
        "and nears the direction of Xᵀy at known rates.",
        latex=r"\|\beta(\lambda)-\beta^+\|\le\frac{\lambda}{\sigma_+^2+\lambda}\|\beta^+\|,\quad"
        r"\left\|\beta(\lambda)-\tfrac1\lambda X^\top y\right\|"
        r"\le\frac{d_1^2}{\lambda}\left\|\tfrac1\lambda X^\top y\right\|",
        source=(("hoerl1970", "section 3"), ("hastie2009", "section 3.4.1")),
        kind="monotone",
        asks="ridge_path",
        check=check_path,
        domain=PATHS,
        needs=("coef", "rss"),
        parents=("REG-03",),
        lanes=16,
    ),
)
