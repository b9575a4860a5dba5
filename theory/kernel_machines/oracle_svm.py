"""The soft-margin machine another way: exact optimum by trying active sets, slacks by linear programming, plain sums.

The bias needs no multipliers: for given scores without it, Σ max(0, 1 − y(f + b)) has the slope −N₊ + #{i : y_i − f_i <
b}, so its minimisers are the interval between the N₊-th and the next of the sorted y_i − f_i.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute, gamma
from theory.core.domain import Array, Cases

Floats = NDArray[np.float64]


class Optimum(NamedTuple):
    """A rational optimum of the dual and what is unique: alpha (n,), scores without bias (n,), value, bias interval."""

    alpha: list[Any]
    plain: list[Any]
    value: Any
    low: Any
    high: Any


class Machine(NamedTuple):
    """Scores without bias and with it (lane, n), ‖w‖², P, D, terms of the gap (lane, n), all in float64."""

    plain: Floats
    score: Floats
    square: Floats
    primal: Floats
    dual: Floats
    terms: Floats


def machine(k: Array, y: Array, c: Array, alpha: Array, bias: Array) -> Machine:
    """P = ½‖w‖² + C Σh and D = Σα − ½‖w‖² at w = Σ α y φ(x); the gap's terms are C h − α(1 − y f) ≥ 0."""
    a = alpha * y
    plain = np.einsum("lij,lj->li", k, a)
    score = plain + bias[:, None]
    hinge = np.maximum(0.0, 1 - y * score)
    square = (a * plain).sum(axis=1)
    terms = np.where(1 - y * score > 0, (c[:, None] - alpha) * hinge, alpha * (y * score - 1))
    return Machine(
        plain, score, square, square / 2 + c * hinge.sum(axis=1), alpha.sum(axis=1) - square / 2, np.asarray(terms)
    )


class Errors(NamedTuple):
    """What rounding may do to scores (lane, n) and to P, D and the gap (lane,)."""

    score: Bound
    primal: Bound
    dual: Bound
    gap: Bound


def errors(cases: Cases, alpha: Array, bias: Array) -> Errors:
    """Scores are off by e = γ(n+3)(|K||a| + |b|), Σ C h by C Σ e and γ(n+4) of its terms; ½‖w‖² by γ(2n+4)|a||K||a|.

    The gap's terms (C − α)h or α(y f − 1) or C h − α(1 − y f) are off by 2C e and γ(n+6) of 2C(1 + |f|).
    """
    k, c, u, n = np.abs(cases["K"]), cases["C"], cases.u, cases["y"].shape[1]
    spread = np.einsum("lij,lj->li", k, np.abs(alpha))
    size = spread + np.abs(bias)[:, None]
    e = gamma(n + 3, u) * size
    square = gamma(2 * n + 4, u) * (np.abs(alpha) * spread).sum(axis=1)
    loss = c * (e + gamma(n + 4, u) * (1 + size)).sum(axis=1)
    terms = 2 * c * (e + gamma(n + 6, u) * (1 + size)).sum(axis=1)
    return Errors(
        absolute(e, "γ(n+3)(|K||α| + |b|)"),
        absolute(square + loss, "γ(2n+4) αᵀ|K|α + C Σ γ(2n+7)(1 + |K||α| + |b|)"),
        absolute(square + gamma(n + 2, u) * np.abs(alpha).sum(axis=1), "γ(2n+4) αᵀ|K|α + γ(n+2) Σα"),
        absolute(terms, "2C Σ γ(2n+9)(1 + |K||α| + |b|)"),
    )


def sharpness(cases: Cases) -> Floats:
    """T = 256 n² u (1 + C max_i Σ_j |K_ij|): the port lets a converged gap be C T. (lane,)."""
    n = cases["y"].shape[1]
    rows = np.abs(cases["K"]).sum(axis=2).max(axis=1)
    return np.asarray(256 * n**2 * cases.u * (1 + cases["C"] * rows))


def optimal_biases(plain: Array, y: Array) -> tuple[Floats, Floats]:
    """The ends of the interval of optimal biases for scores without bias: (lane,) each."""
    breaks = np.sort(y - plain, axis=1)
    place = (y == 1).sum(axis=1)[:, None]
    low, high = np.take_along_axis(breaks, place - 1, axis=1), np.take_along_axis(breaks, place, axis=1)
    return low[:, 0], high[:, 0]


def violation(plain: Array, y: Array, c: Array, alpha: Array) -> Floats:
    """Largest y − f over what can grow along y, less the least over what can fall; 0 where a set is empty. (lane,)."""
    rest, c = y - plain, c[:, None]
    up = np.where(y > 0, alpha < c, alpha > 0)
    down = np.where(y > 0, alpha > 0, alpha < c)
    value = np.where(up, rest, -np.inf).max(axis=1) - np.where(down, rest, np.inf).min(axis=1)
    return np.asarray(np.where(np.isfinite(value), value, 0.0))


def least_slacks(score: Array, y: Array) -> Floats:
    """Least Σξ with ξ ≥ 1 − y f and ξ ≥ 0, by one linear programme for all lanes: (lane,). Scores within 2^20."""
    from scipy.optimize import linprog

    need = (1 - y * score).reshape(-1)
    found = linprog(np.ones(need.size), A_ub=-np.eye(need.size), b_ub=-need, method="highs")
    return np.asarray(np.array(found.x, dtype=np.float64).reshape(score.shape).sum(axis=1))


def optima(cases: Cases) -> list[Optimum]:
    """The exact optimum of every lane; K of whole numbers, n ≤ 6 or so.

    An optimum with fewest free multipliers has a regular system (Q_FF y_F; y_Fᵀ 0), or none free. Floats only say which
    of the 3ⁿ active sets to try first; rationals decide.
    """
    return [
        _optimum(k, y, c, _likely(k, y, c)) for k, y, c in zip(cases["K"], cases["y"], cases["C"].tolist(), strict=True)
    ]


def _likely(k: Floats, y: Floats, c: float) -> list[tuple[int, ...]]:
    """Active sets (0, free 1, at C 2 for each point), those that floats find least wrong first."""
    n = len(y)
    sets = np.array(list(itertools.product((0, 1, 2), repeat=n)))
    free = sets == 1
    system = np.zeros((len(sets), n + 1, n + 1))
    system[:, :n, :n] = np.where(free[:, :, None], k * np.outer(y, y), np.eye(n))
    system[:, :n, n] = np.where(free, y, 0.0)
    system[:, n, :n] = y
    nobody = ~free.any(axis=1)
    system[nobody, n] = np.eye(n + 1)[n]
    right = np.zeros((len(sets), n + 1))
    right[:, :n] = np.where(free, 1.0, np.where(sets == 2, c, 0.0))
    singular = np.abs(np.linalg.det(system)) < 1 / 2  # a determinant of whole numbers
    system[singular] = np.eye(n + 1)
    solved = np.linalg.solve(system, right[..., None])[..., 0]
    alpha, bias = solved[:, :n], solved[:, n]
    plain = (alpha * y) @ k
    low, high = optimal_biases(plain, np.tile(y, (len(sets), 1)))
    bias = np.where(nobody, (low + high) / 2, bias)
    slope = 1 - y * (plain + bias[:, None])
    wrong = np.where(sets == 0, slope, np.where(sets == 2, -slope, np.maximum(-alpha, alpha - c)))
    worst = np.where(singular, np.inf, wrong.max(axis=1) + np.abs(alpha @ y))
    return [tuple(sets[i].tolist()) for i in np.argsort(worst, kind="stable")]


def _optimum(k: Floats, y: Floats, c: float, order: list[tuple[int, ...]]) -> Optimum:
    """The first active set whose rational solution meets every condition of Karush, Kuhn and Tucker."""
    exact, cost = _matrix(k), rational(c)
    signs = [int(v) for v in y]
    for states in order:
        alpha = _solved(exact, signs, cost, states)
        if alpha is None or any(a < 0 or a > cost for a in alpha) or sum(_times(alpha, signs), rational(0)) != 0:
            continue
        plain = [sum((exact[i][j] * a for j, a in enumerate(_times(alpha, signs))), rational(0)) for i in range(len(y))]
        rest = [s - f for s, f in zip(signs, plain, strict=True)]
        up = [r for r, s, a in zip(rest, signs, alpha, strict=True) if (a < cost if s > 0 else a > 0)]
        down = [r for r, s, a in zip(rest, signs, alpha, strict=True) if (a > 0 if s > 0 else a < cost)]
        if max(up) <= min(down):
            square = sum((a * s * f for a, s, f in zip(alpha, signs, plain, strict=True)), rational(0))
            return Optimum(alpha, plain, sum(alpha, rational(0)) - square / 2, max(up), min(down))
    raise ValueError("no active set is optimal: K must be positive semidefinite and both labels must occur")


def _solved(k: list[list[Any]], y: list[int], c: Any, states: tuple[int, ...]) -> list[Any] | None:
    """Multipliers of an active set in rationals, None where its system is singular."""
    from flint import fmpq_mat

    zero = rational(0)
    free = [i for i, s in enumerate(states) if s == 1]
    alpha = [c if s == 2 else zero for s in states]
    if not free:
        return alpha
    bound = [i for i, s in enumerate(states) if s == 2]
    rows = [[y[i] * y[j] * k[i][j] for j in free] + [rational(y[i])] for i in free]
    rows.append([rational(y[j]) for j in free] + [zero])
    right = [[1 - sum((c * y[i] * y[j] * k[i][j] for j in bound), zero)] for i in free]
    right.append([-sum((c * y[j] for j in bound), zero)])
    try:
        solved = fmpq_mat(rows).solve(fmpq_mat(right))
    except ZeroDivisionError:
        return None
    for place, i in enumerate(free):
        alpha[i] = solved[place, 0]
    return alpha


def _times(alpha: list[Any], y: list[int]) -> list[Any]:
    return [a * s for a, s in zip(alpha, y, strict=True)]


def rational(value: float) -> Any:
    """The exact rational value of a float."""
    from flint import fmpq

    return fmpq(*float(value).as_integer_ratio())


def _matrix(k: Floats) -> list[list[Any]]:
    return [[rational(v) for v in row] for row in k]


def nearest(value: Any) -> float:
    """The float nearest a rational."""
    return int(value.p) / int(value.q)
