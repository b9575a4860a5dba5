"""Ridge regression in exact rationals: what the floats that are asked about truly have as their solution.

Floats are rationals, so Gauss elimination on XᵀX + λI leaves no rounding at all. Only the results are rounded, once.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array, Cases

Floats = NDArray[np.float64]


class Exact(NamedTuple):
    """Solutions of all lanes, each number the float nearest the exact one."""

    coef: Floats  # (lane, p)
    intercept: Floats  # (lane,)
    df: Floats  # (lane,)


class System(NamedTuple):
    """One lane in rationals: X and y (centred where there is an intercept), XᵀX, Xᵀy, the means."""

    x: Any
    y: Any
    gram: Any
    moment: Any
    mean_x: Any
    mean_y: Any


def rational(value: float) -> Any:
    """The rational that a float is, as python-flint's `fmpq`."""
    from flint import fmpq

    return fmpq(*float(value).as_integer_ratio())


def matrix(values: Array) -> Any:
    """A float matrix (or a vector, as one column) in rationals."""
    from flint import fmpq_mat

    table = np.asarray(values, dtype=np.float64)
    table = table if table.ndim == 2 else table[:, None]
    rows, columns = table.shape
    return fmpq_mat(rows, columns, [rational(v) for v in table.ravel()])


def nearest(value: Any) -> float:
    """The float nearest a rational."""
    return int(value.p) / int(value.q)


def floats(values: Any) -> Floats:
    """Nearest floats of a rational matrix, (rows, columns)."""
    found = [nearest(v) for v in values.entries()]
    return np.array(found, dtype=np.float64).reshape(values.nrows(), values.ncols())


def scaled_identity(size: int, value: Any) -> Any:
    """Value · I."""
    from flint import fmpq_mat

    return fmpq_mat(size, size, [value if i == j else 0 for i in range(size) for j in range(size)])


def system(x: Array, y: Array, intercept: bool) -> System:
    """Rational normal equations of x (n, p), y (n,)."""
    from flint import fmpq_mat

    n = len(x)
    rows, target = matrix(x), matrix(y)
    means = fmpq_mat(1, n, [rational(1) / n] * n)
    mean_x, mean_y = means * rows, means * target
    if not intercept:
        mean_x, mean_y = mean_x * 0, mean_y * 0
    ones = fmpq_mat(n, 1, [1] * n)
    rows, target = rows - ones * mean_x, target - ones * mean_y
    return System(rows, target, rows.transpose() * rows, rows.transpose() * target, mean_x, mean_y)


def solved(gram: Any, moment: Any) -> Any:
    """The solution of least norm of gram β = moment, which has one: gram = XᵀX + λI, moment = Xᵀy."""
    try:
        return gram.solve(moment)
    except ZeroDivisionError:
        some, null = _general(gram, moment)
        return some - null * (null.transpose() * null).solve(null.transpose() * some)


def _general(gram: Any, moment: Any) -> tuple[Any, Any]:
    """One solution and a basis of the null space, from the reduced row echelon form of [gram | moment]."""
    from flint import fmpq_mat

    p = gram.ncols()
    joined = [[gram[i, j] for j in range(p)] + [moment[i, 0]] for i in range(p)]
    reduced, rank = fmpq_mat(joined).rref()
    pivots = [next(j for j in range(p) if reduced[i, j] != 0) for i in range(rank)]
    free = [j for j in range(p) if j not in pivots]
    some, null = fmpq_mat(p, 1), fmpq_mat(p, len(free))
    for place, j in enumerate(free):
        null[j, place] = 1
    for i, pivot in enumerate(pivots):
        some[pivot, 0] = reduced[i, p]
        for place, j in enumerate(free):
            null[pivot, place] = -reduced[i, j]
    return some, null


def exact_ridge(cases: Cases) -> Exact:
    """(XᵀX + λI)⁻¹ Xᵀy of every lane, the solution of least norm where that is singular; df = p − λ tr (XᵀX + λI)⁻¹."""
    coef, level, df = [], [], []
    intercept = bool(cases.settings.get("intercept", 0))
    for x, y, penalty in zip(cases["x"], cases["y"], cases["penalty"], strict=True):
        lane, lam, p = system(x, y, intercept), rational(penalty), x.shape[1]
        gram = lane.gram + scaled_identity(p, lam)
        beta = solved(gram, lane.moment)
        coef.append(floats(beta)[:, 0])
        level.append(floats(lane.mean_y - lane.mean_x * beta)[0, 0])
        df.append(nearest(p - lam * trace(gram.inv())) if lam else float(lane.gram.rank()))
    return Exact(np.array(coef), np.array(level), np.array(df))


def trace(values: Any) -> Any:
    """The trace of a square matrix."""
    return sum((values[i, i] for i in range(values.nrows())), rational(0))


def normal_residual(cases: Cases, coef: Array) -> Floats:
    """‖(XᵀX + λI) β − Xᵀy‖₂ of every lane at the floats β (lane, p), without rounding before the norm: (lane,).

    ∞ where a coefficient is no number.
    """
    found = []
    for x, y, penalty, beta in zip(cases["x"], cases["y"], cases["penalty"], coef, strict=True):
        if not np.isfinite(beta).all():
            found.append(np.inf)
            continue
        lane = system(x, y, bool(cases.settings.get("intercept", 0)))
        at = matrix(beta)
        found.append(float(np.linalg.norm(floats(lane.gram * at + at * rational(penalty) - lane.moment))))
    return np.array(found)


def exact_hat(cases: Cases) -> Floats:
    """X (XᵀX + λI)⁻¹ Xᵀ of every lane with λ > 0: (lane, n, n)."""
    found = []
    for x, penalty in zip(cases["x"], cases["penalty"], strict=True):
        rows = matrix(x)
        gram = rows.transpose() * rows + scaled_identity(x.shape[1], rational(penalty))
        found.append(floats(rows * gram.solve(rows.transpose())))
    return np.array(found)


def exact_dual(cases: Cases) -> tuple[Floats, Floats]:
    """Xᵀa and K a with (K + λI) a = y, K = XXᵀ, λ > 0: coef (lane, p), fitted (lane, n)."""
    coef, fitted = [], []
    for x, y, penalty in zip(cases["x"], cases["y"], cases["penalty"], strict=True):
        rows = matrix(x)
        kernel = rows * rows.transpose()
        weights = (kernel + scaled_identity(len(x), rational(penalty))).solve(matrix(y))
        coef.append(floats(rows.transpose() * weights)[:, 0])
        fitted.append(floats(kernel * weights)[:, 0])
    return np.array(coef), np.array(fitted)


class Posterior(NamedTuple):
    """Of all lanes, with noise variance σ² and prior variance τ²; each number is the float nearest the exact one."""

    mean: Floats  # (lane, p)
    covariance: Floats  # (lane, p, p)
    penalty: Floats  # (lane,) σ² ∕ τ²


def exact_posterior(cases: Cases) -> Posterior:
    """Precision Λ = XᵀX ∕ σ² + I ∕ τ², covariance Λ⁻¹, mean Λ⁻¹ Xᵀy ∕ σ²."""
    mean, covariance, penalty = [], [], []
    names = ("x", "y", "noise_variance", "prior_variance")
    for x, y, noise, prior in zip(*(cases[name] for name in names), strict=True):
        lane, sigma, tau = system(x, y, False), rational(noise), rational(prior)
        inverse = (lane.gram * (1 / sigma) + scaled_identity(x.shape[1], 1 / tau)).inv()
        mean.append(floats(inverse * lane.moment * (1 / sigma))[:, 0])
        covariance.append(floats(inverse))
        penalty.append(nearest(sigma / tau))
    return Posterior(np.array(mean), np.array(covariance), np.array(penalty))


def score_norm(cases: Cases, coef: Array) -> Floats:
    """‖∇β of −log p(β | y)‖₂ = ‖−Xᵀ(y − Xβ) ∕ σ² + β ∕ τ²‖₂ at the floats β, exact before the norm: (lane,)."""
    found = []
    names = ("x", "y", "noise_variance", "prior_variance")
    for x, y, noise, prior, beta in zip(*(cases[name] for name in names), coef, strict=True):
        lane, at = system(x, y, False), matrix(beta)
        slope = (lane.gram * at - lane.moment) * (1 / rational(noise)) + at * (1 / rational(prior))
        found.append(np.linalg.norm(floats(slope)))
    return np.array(found)


def gradient(cases: Cases, coef: Array) -> Floats:
    """Xᵀ(Xβ − y), the slope of ½‖y − Xβ‖², at the floats β (lane, p), rounded once: (lane, p)."""
    found = []
    for x, y, beta in zip(cases["x"], cases["y"], coef, strict=True):
        lane = system(x, y, False)
        found.append(floats(lane.gram * matrix(beta) - lane.moment)[:, 0])
    return np.array(found)
