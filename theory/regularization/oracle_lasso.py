"""Lasso and elastic net in exact rationals of the very floats: minimum, duality gap, constrained form.

Everything follows from the moments XᵀX, Xᵀy, yᵀy, centred where there is an intercept. The minimiser is found among the
3^p sign patterns: each fixes a linear system, and a pattern whose exact solution meets the optimality conditions is a
proof. Floats only say which pattern to try first.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array, Cases

Floats = NDArray[np.float64]
Rational = Any
"""python-flint's `fmpq`."""


class NoMinimum(ValueError):
    """No sign pattern met the optimality conditions, which contradicts the theory: the oracle itself is wrong."""


class Moments(NamedTuple):
    """Exact sums of one lane: gram [p][p] = XᵀX, cross [p] = Xᵀy, square = yᵀy, all centred with an intercept.

    rows: n. sums [p], total: the column sums of X and the sum of y before centring.
    """

    gram: list[list[Rational]]
    cross: list[Rational]
    square: Rational
    rows: int
    sums: list[Rational]
    total: Rational


class Minimum(NamedTuple):
    """A minimiser β [p], the least value, and the slope of the smooth part at it with its sign turned: g [p]."""

    beta: list[Rational]
    value: Rational
    slope: list[Rational]


class Certificate(NamedTuple):
    """Exact primal value, dual value and their gap at a point; shrink: θ = shrink · (y − Xβ)."""

    primal: Rational
    dual: Rational
    gap: Rational
    shrink: Rational


def exact(value: Any) -> Rational:
    """The rational that a float, an int or a Fraction is."""
    from flint import fmpq

    return fmpq(*(value if isinstance(value, Fraction) else float(value)).as_integer_ratio())


def exacts(values: Array) -> list[Rational]:
    """The rationals of a one-dimensional array."""
    return [exact(v) for v in values]


def nearest(value: Rational) -> float:
    """The float nearest a rational."""
    return int(value.p) / int(value.q)


def nearests(values: list[Any]) -> Floats:
    """Nearest floats of nested lists of rationals."""
    return np.array([nearests(v) if isinstance(v, list) else nearest(v) for v in values], dtype=np.float64)


def moments(x: Array, y: Array, intercept: bool) -> Moments:
    """The exact moments of x (n, p) and y (n,)."""
    from flint import fmpq_mat

    n, p = x.shape
    table = fmpq_mat(n, p + 1, [exact(v) for v in np.column_stack([x, y]).ravel()])
    square = table.transpose() * table
    ones = (fmpq_mat(1, n, [exact(1)] * n) * table).tolist()[0]
    rows = square.tolist()
    if intercept:
        rows = [[entry - ones[i] * ones[j] / n for j, entry in enumerate(row)] for i, row in enumerate(rows)]
    return Moments([r[:p] for r in rows[:p]], [r[p] for r in rows[:p]], rows[p][p], n, ones[:p], ones[p])


def moments_of(cases: Cases) -> list[Moments]:
    """The exact moments of every lane; centred where the setting `intercept` is 1."""
    centred = bool(cases.settings.get("intercept", 0))
    return [moments(x, y, centred) for x, y in zip(cases["x"], cases["y"], strict=True)]


def _dot(a: list[Rational], b: list[Rational]) -> Rational:
    return sum((s * t for s, t in zip(a, b, strict=True)), exact(0))


def _times(matrix: list[list[Rational]], vector: list[Rational]) -> list[Rational]:
    return [_dot(row, vector) for row in matrix]


def objective(m: Moments, beta: list[Rational], l1: Rational, l2: Rational) -> Rational:
    """P(β) = ‖y − Xβ‖² ∕ 2n + l1 ‖β‖₁ + l2 ‖β‖² ∕ 2 with the best intercept where there is one."""
    rss = m.square - 2 * _dot(m.cross, beta) + _dot(beta, _times(m.gram, beta))
    return rss / (2 * m.rows) + l1 * sum((abs(b) for b in beta), exact(0)) + l2 * _dot(beta, beta) / 2


def certificate(m: Moments, beta: list[Rational], l1: Rational, l2: Rational) -> Certificate:
    """The gap at β of the lasso with √(n l2) I below X and 0 below y; its dual point is the residual, shrunk."""
    fit = _times(m.gram, beta)
    ridge = m.rows * l2 * _dot(beta, beta)
    rss = m.square - 2 * _dot(m.cross, beta) + _dot(beta, fit)
    slopes = [abs(c - f - m.rows * l2 * b) for c, f, b in zip(m.cross, fit, beta, strict=True)]
    steepest, limit = max(slopes, default=exact(0)), m.rows * l1
    shrink = limit / steepest if steepest > limit else exact(1)
    primal = objective(m, beta, l1, l2)
    dual = (2 * shrink * (m.square - _dot(m.cross, beta)) - shrink**2 * (rss + ridge)) / (2 * m.rows)
    return Certificate(primal, dual, primal - dual, shrink)


def _patterns(p: int) -> Floats:
    """All sign patterns, (3^p, p)."""
    return np.array(list(itertools.product((0.0, 1.0, -1.0), repeat=p)))


def _ordered(m: Moments, l1: Rational, l2: Rational) -> Iterator[tuple[int, ...]]:
    """Sign patterns, the most promising first by a computation in floats."""
    p = len(m.cross)
    signs = _patterns(p)
    gram = nearests(m.gram).reshape(p, p) / m.rows + nearest(l2) * np.eye(p)
    cross, threshold = nearests(m.cross) / m.rows, nearest(l1)
    used = signs != 0
    system = np.where(used[:, :, None] & used[:, None, :], gram, np.eye(p))
    beta = np.einsum("sij,sj->si", np.linalg.pinv(system, hermitian=True), used * (cross - threshold * signs))
    slope = cross - beta @ gram
    size = np.abs(beta).max(axis=1) + np.finfo(np.float64).tiny
    wrong_sign = (-signs * beta).max(axis=1) / size
    wrong_slope = (np.abs(slope - threshold * signs) - threshold * (signs == 0)).max(axis=1)
    scale = np.abs(cross).max() + threshold + np.finfo(np.float64).tiny
    for index in np.argsort(np.maximum(wrong_sign, wrong_slope / scale), kind="stable"):
        yield tuple(int(s) for s in signs[index])


def solve(system: list[list[Rational]], right: list[Rational]) -> list[Rational] | None:
    """The exact solution of a small linear system; None where it is singular."""
    from flint import fmpq_mat

    size = len(right)
    if not size:
        return []
    try:
        found = fmpq_mat(size, size, [v for row in system for v in row]).solve(fmpq_mat(size, 1, right))
    except ZeroDivisionError:
        return None
    return [row[0] for row in found.tolist()]


def minimum(m: Moments, l1: Rational, l2: Rational, guess: tuple[int, ...] | None = None) -> Minimum:
    """An exact minimiser of `objective`: one whose active columns are independent always exists (Tibshirani 2013).

    guess: a sign pattern to try first; needed where 3^p are too many. Raises NoMinimum when no pattern fits.
    """
    patterns = _ordered(m, l1, l2) if guess is None else iter((guess,))
    for signs in patterns:
        found = _stationary(m, l1, l2, signs)
        if found is not None:
            return Minimum(found[0], objective(m, found[0], l1, l2), found[1])
    raise NoMinimum("no sign pattern meets the optimality conditions")


def _stationary(
    m: Moments, l1: Rational, l2: Rational, signs: tuple[int, ...]
) -> tuple[list[Rational], list[Rational]] | None:
    """β and slope of a sign pattern where they meet the optimality conditions exactly."""
    active = [j for j, s in enumerate(signs) if s]
    system = [[m.gram[i][j] / m.rows + (l2 if i == j else 0) for j in active] for i in active]
    part = solve(system, [m.cross[j] / m.rows - l1 * signs[j] for j in active])
    if part is None or any(l1 != 0 and b * signs[j] < 0 for j, b in zip(active, part, strict=True)):
        return None
    beta = [exact(0)] * len(signs)
    for j, b in zip(active, part, strict=True):
        beta[j] = b
    slope = [(c - f) / m.rows - l2 * b for c, f, b in zip(m.cross, _times(m.gram, beta), beta, strict=True)]
    return (beta, slope) if all(abs(g) <= l1 for g in slope) else None


class Constrained(NamedTuple):
    """A minimiser of ‖y − Xβ‖² ∕ 2n within ‖β‖₁ ≤ radius, its value and its multiplier."""

    beta: list[Rational]
    value: Rational
    penalty: Rational


def constrained(m: Moments, radius: Rational) -> Constrained:
    """The exact solution: least squares inside the ball, or the sign pattern whose path meets its surface.

    On a pattern S, s the path is β = a − λ b with a = G⁻¹c, b = G⁻¹s; sᵀβ = radius gives λ. Raises NoMinimum.
    """
    zero = exact(0)
    for signs in _patterns(len(m.cross)).astype(int).tolist():
        active = [j for j, s in enumerate(signs) if s]
        system = [[m.gram[i][j] / m.rows for j in active] for i in active]
        a = solve(system, [m.cross[j] / m.rows for j in active])
        b = solve(system, [exact(signs[j]) for j in active])
        if a is None or b is None:
            continue
        reach = sum((signs[j] * v for j, v in zip(active, a, strict=True)), zero)
        rise = sum((signs[j] * v for j, v in zip(active, b, strict=True)), zero)
        penalty = (reach - radius) / rise if active and reach > radius else zero
        beta = [zero] * len(signs)
        for j, u, v in zip(active, a, b, strict=True):
            beta[j] = u - penalty * v
        slope = [abs(c - f) / m.rows for c, f in zip(m.cross, _times(m.gram, beta), strict=True)]
        inside = all(beta[j] * signs[j] >= 0 for j in active)
        if inside and all(g <= penalty for g in slope):
            return Constrained(beta, objective(m, beta, zero, zero), penalty)
    raise NoMinimum("no sign pattern meets the ball")


def frank_wolfe(m: Moments, beta: list[Rational], radius: Rational) -> Rational:
    """∇fᵀβ + radius ‖∇f‖∞ with f = ‖y − Xβ‖² ∕ 2n: no point of the ball is better than β by more (Jaggi 2013, (2))."""
    gradient = [(f - c) / m.rows for c, f in zip(m.cross, _times(m.gram, beta), strict=True)]
    return _dot(gradient, beta) + radius * max((abs(g) for g in gradient), default=exact(0))


def intercept_of(m: Moments, beta: list[Rational]) -> Rational:
    """ȳ − x̄ᵀβ."""
    return (m.total - _dot(m.sums, beta)) / m.rows


def guess(x: Array, y: Array, penalty: float, intercept: bool) -> tuple[int, ...]:
    """The signs at which a least-angle path in floats passes the penalty; only exact conditions can confirm them."""
    from sklearn.linear_model import lars_path

    a, b = (x - x.mean(axis=0), y - y.mean()) if intercept else (x, y)
    _, _, coefs = lars_path(a, b, alpha_min=penalty, method="lasso")
    return tuple(int(s) for s in np.sign(coefs[:, -1]))


def minimisers(m: Moments, l1: Rational, l2: Rational) -> list[list[Rational]]:
    """Every minimiser whose active columns are independent, of all 3^p sign patterns."""
    found = (_stationary(m, l1, l2, tuple(int(s) for s in signs)) for signs in _patterns(len(m.cross)))
    return [pair[0] for pair in found if pair is not None]


def laplace_mean(slope: Any, curvature: Any, scale: Any) -> Any:
    """Mean of the density ∝ exp(slope β − curvature β² ∕ 2 − |β| ∕ scale), curvature > 0, in mpmath's precision.

    On either side of 0 it is a normal cut off there, of mean μ± = (slope ∓ 1∕scale) ∕ curvature and standard deviation
    s = curvature^−½; a side's mass is Φ(±μ± ∕ s) ∕ φ(μ± ∕ s), and its mean μ± ± s φ(μ± ∕ s) ∕ Φ(±μ± ∕ s).
    """
    import mpmath

    spread, total, moment = 1 / mpmath.sqrt(curvature), mpmath.mpf(0), mpmath.mpf(0)
    for side in (1, -1):
        centre = (slope - side / mpmath.mpf(scale)) / curvature
        at = centre / spread
        density, inside = mpmath.npdf(at), mpmath.ncdf(side * at)
        total += inside / density
        moment += centre * inside / density + side * spread
    return moment / total
