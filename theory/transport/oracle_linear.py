"""What the linear programme must say: other plans and potentials, proved optima, shortest paths, bounds on rounding.

Letters: T = the larger total, S = max |C|, N = n + m. A vertex of the transport polytope lives on a forest of at most
N − 1 cells, so each of its flows is a signed sum of at most N weights, and each potential a signed sum of at most
2 min(n, m) costs. That is what the bounds count.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, gamma
from theory.core.domain import Array, Cases
from theory.transport.cases_linear import exactly_solvable
from theory.transport.certificate import (
    dual_value,
    is_exact,
    lifted,
    lowered,
    own_unit,
    sandwich,
    transport_cost,
    whole_proof,
)
from theory.transport.programme import Optimum, by_network_simplex

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

COMPETITORS = 8
"""Random vertices of the polytope that every plan is compared with."""


def total(cases: Cases) -> Floats:
    """T: (lane,), the larger of both totals."""
    return np.asarray(np.maximum(lowered(cases["a"]).sum(axis=1), lowered(cases["b"]).sum(axis=1)))


def largest(values: Array) -> Floats:
    """The largest |value| of each lane: (lane,)."""
    return np.asarray(np.abs(lowered(values)).reshape(len(values), -1).max(axis=1, initial=0))


def reach(C: Array) -> Floats:
    """How large potentials with f_0 = 0 along a path of tight cells may be: 2 min(n, m) S, (lane,)."""
    return np.asarray(2 * min(C.shape[1:]) * largest(C))


def rounded_bound(k: float, cases: Cases, scale: Floats, words: str, *answered: Array) -> Bound:
    """γ_k of the subject and of the check times a scale (lane, ...); 0 on lanes in whole numbers.

    `answered` must be whole there too: potentials are free up to a constant, which may be no whole number.
    """
    exact = exactly_solvable(replace(cases, arrays={name: lowered(cases[name]) for name in ("a", "b", "C")}))
    for values in answered:
        exact = exact & (lowered(values) % 1 == 0).all(axis=1)
    value = (gamma(k, cases.u) + gamma(k, own_unit(cases["C"]))) * np.abs(scale)
    zero = exact.reshape(-1, *[1] * (value.ndim - 1))
    return Bound(np.where(zero, 0.0, value), words)


def north_west(a: Array, b: Array) -> Array:
    """The north-west corner rule: P_ij = length of [A_{i−1}, A_i] ∩ [B_{j−1}, B_j], A and B running totals."""
    A, B = (np.concatenate([np.zeros_like(w[:, :1]), np.cumsum(w, axis=1)], axis=1) for w in (a, b))
    high = np.minimum(A[:, 1:, None], B[:, None, 1:])
    low = np.maximum(A[:, :-1, None], B[:, None, :-1])
    return np.asarray(np.maximum(high - low, 0))


def random_vertex(rng: np.random.Generator, a: Array, b: Array) -> Array:
    """A vertex of the transport polytope of each lane: the north-west corner rule on shuffled rows and columns."""
    lanes, n, m = len(a), a.shape[1], b.shape[1]
    rows, columns = (np.argsort(rng.random((lanes, size)), axis=1) for size in (n, m))
    corner = north_west(np.take_along_axis(a, rows, axis=1), np.take_along_axis(b, columns, axis=1))
    back = np.take_along_axis(corner, np.argsort(rows, axis=1)[:, :, None], axis=1)
    return np.take_along_axis(back, np.argsort(columns, axis=1)[:, None, :], axis=2)


def best_permutation(C: Array) -> Array:
    """The least Σ_i C_{i σ(i)} over all permutations σ: (lane,), for n = m ≤ 5."""
    n = C.shape[1]
    orders = np.array(list(itertools.permutations(range(n))))
    return np.asarray(C[:, np.arange(n), orders].sum(axis=2).min(axis=1))


def transformed(f: Array, C: Array) -> Array:
    """min_i (C_ij − f_i): (lane, m), the largest g under C next to f."""
    return np.asarray((C - f[:, :, None]).min(axis=1))


def feasible_pair(f: Array, a: Array, C: Array) -> tuple[Array, Array]:
    """The pair (f^{c c̄}, f^c), feasible everywhere; rows of weight 0 do not hold it down."""
    blocked = np.where((a > 0)[:, :, None], C - f[:, :, None], np.inf)
    g = blocked.min(axis=1)
    return np.asarray((C - g[:, None, :]).min(axis=2)), np.asarray(g)


def proved_optimum(a: Floats, b: Floats, C: Floats) -> Optimum:
    """Optimal whole plan, whole potentials, and the cost W of whole-number problems, proved in whole numbers.

    Raises ArithmeticError when the network simplex method gives no proof.
    """
    found = by_network_simplex(a, b, C)
    f, g = feasible_pair(np.rint(found.f - found.f[:, :1]), a, C)
    proof = whole_proof(a, b, C, found.plan, f, g)
    if not proof.holds().all():
        raise ArithmeticError("the oracle's plan and potentials do not prove each other optimal")
    parts = (lowered(values) for values in (proof.plan, proof.f, proof.g, proof.primal))
    return Optimum(*parts)


def enclosure(cases: Cases) -> tuple[Array, Array]:
    """The ends of low ≤ W ≤ high, (lane,), from the oracle's potentials and plan; exact on whole numbers and rationals.

    On other floats both ends err by γ_N T S of the oracle's own arithmetic, which the bounds here count.
    """
    a, b, C = cases["a"], cases["b"], cases["C"]
    found = by_network_simplex(lowered(a), lowered(b), lowered(C))
    if is_exact(C):
        return _rational_enclosure(a, b, C, found)
    f, g = feasible_pair(found.f, a, C)
    low, high = dual_value(f, g, a, b), transport_cost(found.plan, C)
    whole = exactly_solvable(cases)
    if whole.any():
        low[whole] = high[whole] = proved_optimum(a[whole], b[whole], C[whole]).cost
    return low, high


def _rational_enclosure(a: Array, b: Array, C: Array, found: Optimum) -> tuple[Array, Array]:
    """See `enclosure`. The last weight of b gives way, so that the totals of the rationals are equal."""
    ends: list[tuple[Any, Any]] = []
    for lane in range(len(a)):
        weights, others = list(a[lane]), list(b[lane])
        heaviest = max(range(len(others)), key=lambda j: others[j])
        others[heaviest] += sum(weights) - sum(others)
        plan, f = lifted(found.plan[lane]), lifted(found.f[lane])
        ends.append(sandwich(weights, others, C[lane].tolist(), plan.tolist(), f.tolist()))
    low, high = np.empty(len(a), dtype=object), np.empty(len(a), dtype=object)
    low[:], high[:] = [end[0] for end in ends], [end[1] for end in ends]
    return low, high


def closure_by_squaring(C: Floats) -> Floats:
    """Lengths of shortest paths (lane, n, n) for costs ≥ 0 with a zero diagonal, by squaring in (min, +)."""
    D = C
    for _ in range(max(1, int(np.ceil(np.log2(max(2, C.shape[1])))))):
        D = np.asarray((D[:, :, :, None] + D[:, None, :, :]).min(axis=2))
    return D


def by_linear_programming(difference: Floats, D: Floats) -> Floats:
    """The best ⟨f, a − b⟩ with f_i − f_j ≤ D_ij, by HiGHS: (lane,). difference = a − b: (lane, n), sum 0.

    Raises ArithmeticError when HiGHS finds no optimum.
    """
    from scipy.optimize import linprog

    n = D.shape[1]
    pairs = list(itertools.permutations(range(n), 2))
    rows = np.zeros((len(pairs), n))
    for row, (i, j) in enumerate(pairs):
        rows[row, i], rows[row, j] = 1, -1
    if not pairs:
        return np.zeros(len(D))
    values = []
    held = [(0, 0), *[(None, None)] * (n - 1)]  # potentials are free up to a constant
    for lane in range(len(D)):
        limits = [float(D[lane, i, j]) for i, j in pairs]
        found = linprog(-difference[lane], A_ub=rows, b_ub=limits, bounds=held, method="highs")
        if found.status != 0 or found.fun is None:
            raise ArithmeticError(f"HiGHS: {found.message}")
        values.append(-found.fun)
    return np.asarray(values)
