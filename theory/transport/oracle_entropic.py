"""Entropic transport computed apart from any subject: Sinkhorn's recursion, and the optimum between two certificates.

Everything is NumPy in float64, lanes first: a (lane, n), b (lane, m), C (lane, n, m), ε > 0 a number.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.transport.programme import by_network_simplex

Floats = NDArray[np.float64]

NEWTON_STEPS = 8
"""Newton steps at each temperature."""

COOLING = 4.0
"""Ratio of one temperature to the next."""


class Optimum(NamedTuple):
    """Potentials f (lane, n), g (lane, m), plan (lane, n, m), and numbers with low ≤ OT_ε(a, b) ≤ high (lane,).

    low is the dual value of (f, g), high the cost ⟨Q, C⟩ + ε KL(Q ‖ a b^T) of a coupling Q of a and b. Whatever the
    solver did, both are right up to the rounding of one evaluation, by weak duality.
    """

    f: Floats
    g: Floats
    plan: Floats
    low: Floats
    high: Floats


def log_weights(w: Floats) -> Floats:
    """Logarithms of weights, −∞ at weight 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(w))


def log_sum_exp(x: Floats) -> Floats:
    """Logarithm of Σ exp over the last axis, where at least one entry is finite."""
    top = x.max(axis=-1)
    return np.asarray(top + np.log(np.exp(x - top[..., None]).sum(axis=-1)))


def soft_transform(g: Floats, b: Floats, C: Floats, eps: float) -> Floats:
    """f_i = −ε log Σ_j b_j exp((g_j − C_ij)/ε): (lane, n). The other transform is that of C transposed."""
    return -eps * log_sum_exp((g[:, None, :] - C) / eps + log_weights(b)[:, None, :])


def transposed(C: Floats) -> Floats:
    """C_ji: (lane, m, n)."""
    return np.asarray(np.swapaxes(C, 1, 2))


def sweeps_of(a: Floats, b: Floats, C: Floats, eps: float, sweeps: int) -> tuple[Floats, Floats]:
    """Potentials f (lane, n), g (lane, m) after so many sweeps from g = 0: f from g, then g from the new f."""
    g = np.zeros_like(b)
    f = np.zeros_like(a)
    for _ in range(sweeps):
        f = soft_transform(g, b, C, eps)
        g = soft_transform(f, a, transposed(C), eps)
    return f, g


def plan_of(f: Floats, g: Floats, a: Floats, b: Floats, C: Floats, eps: float) -> Floats:
    """P_ij = a_i b_j exp((f_i + g_j − C_ij)/ε): (lane, n, m), 0 at weight 0 whatever the potential."""
    with np.errstate(over="ignore", invalid="ignore"):
        P = a[:, :, None] * b[:, None, :] * np.exp((f[:, :, None] + g[:, None, :] - C) / eps)
    return np.where((a[:, :, None] > 0) & (b[:, None, :] > 0), P, 0.0)


def entropy_term(x: Floats, y: Floats) -> Floats:
    """The terms x log(x/y) of a sum, 0 where x is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(x > 0, x * (np.log(x) - np.log(y)), 0.0)


def divergence_of(P: Floats, a: Floats, b: Floats) -> Floats:
    """KL(P ‖ a b^T) of a plan of total 1: (lane,)."""
    return np.asarray(entropy_term(P, a[:, :, None] * b[:, None, :]).sum(axis=(1, 2)))


def entropy(w: Floats) -> Floats:
    """H(w) = −Σ w log w: (lane,)."""
    return np.asarray(-entropy_term(w, np.ones_like(w)).sum(axis=-1))


def osc(values: Floats) -> Floats:
    """Max − min over all axes but the lane: (lane,)."""
    flat = values.reshape(len(values), -1)
    return np.asarray(flat.max(axis=1) - flat.min(axis=1))


def support_range(C: Floats, a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Least and largest cost between points that both have weight: (lane,) each."""
    alive = (a[:, :, None] > 0) & (b[:, None, :] > 0)
    return np.where(alive, C, np.inf).min(axis=(1, 2)), np.where(alive, C, -np.inf).max(axis=(1, 2))


def onto_couplings(P: Floats, a: Floats, b: Floats) -> Floats:
    """A plan P ≥ 0 moved onto the couplings of a and b (Altschuler, Weed & Rigollet 2017, algorithm 2)."""
    P = P * _ratio(a, P.sum(axis=2))[:, :, None]
    P = P * _ratio(b, P.sum(axis=1))[:, None, :]
    rows, columns = a - P.sum(axis=2), b - P.sum(axis=1)
    missing = np.maximum(rows.sum(axis=1), 0.0)
    share = np.divide(rows, missing[:, None], out=np.zeros_like(rows), where=missing[:, None] > 0)
    return np.asarray(np.maximum(P + share[:, :, None] * columns[:, None, :], 0.0))


def _ratio(wanted: Floats, found: Floats) -> Floats:
    return np.minimum(np.divide(wanted, found, out=np.ones_like(wanted), where=found > 0), 1.0)


def optimum(a: Floats, b: Floats, C: Floats, eps: float) -> Optimum:
    """The entropic optimum by Newton's method on the concave function F(f) = ⟨f, a⟩ + ⟨f^c, b⟩, cooled down to ε.

    f^c is the soft transform, so that column sums are right. ∇F = a − P1, −∇²F = (diag(P1) − P diag(1/b) P^T)/ε. A
    Sinkhorn sweep follows each step. See `Optimum` for what is certain of the result.
    """
    f = np.zeros_like(a)
    hottest = max(float(osc(C).max(initial=0.0)), eps)
    levels = max(0, int(np.ceil(np.log(hottest / eps) / np.log(COOLING))))
    for level in range(levels, -1, -1):
        for _ in range(NEWTON_STEPS):
            f, moved = _newton(f, a, b, C, eps * COOLING**level)
            if moved.max() < (CLOSE if level else LAST):
                break
    g = soft_transform(f, a, transposed(C), eps)
    f = soft_transform(g, b, C, eps)
    g = soft_transform(f, a, transposed(C), eps)
    P = plan_of(f, g, a, b, C, eps)
    Q = onto_couplings(P, a, b)
    low = (f * a).sum(axis=1) + (g * b).sum(axis=1) - eps * (P.sum(axis=(1, 2)) - 1)
    return Optimum(f, g, P, low, (Q * C).sum(axis=(1, 2)) + eps * divergence_of(Q, a, b))


STEPS = np.concatenate([[0.0], 2.0 ** np.arange(-12, 2)])
"""Step lengths that are tried together; 0 among them, so that F never falls."""

CLOSE = 0.25
"""Largest step, relative to ε, that is taken whole: there Newton's method is right, and F too flat to compare."""

RIDGE = 2.0**-44
"""Added to the diagonal of a Hessian that may be singular: above its rounding, below all that matters."""

LAST = 2.0**-26
"""A step of this size, relative to ε, is the last: the next would be its square."""


def _newton(f: Floats, a: Floats, b: Floats, C: Floats, eps: float) -> tuple[Floats, Floats]:
    """The next f, and the largest step relative to ε in each lane."""
    reach = np.maximum(osc(C), np.finfo(float).tiny)  # no two potentials of optima differ by more
    g = soft_transform(f, a, transposed(C), eps)
    P = plan_of(f, g, a, b, C, eps)
    rows = P.sum(axis=2)
    share = np.divide(P, b[:, None, :], out=np.zeros_like(P), where=b[:, None, :] > 0)
    H = np.eye(a.shape[1]) * rows[:, :, None] - share @ transposed(P)
    H += rows[:, :, None] * rows[:, None, :]  # constants are free: this makes ⟨P1, step⟩ = 0
    H += np.eye(a.shape[1]) * np.where(rows > 0, RIDGE, 1.0)[:, :, None]
    step = eps * np.linalg.solve(H, (a - rows)[:, :, None])[:, :, 0]
    step *= np.minimum(1.0, reach / np.maximum(np.abs(step).max(axis=1), reach))[:, None]
    moved = np.abs(step).max(axis=1) / eps
    best = f + step
    far = np.flatnonzero(moved >= CLOSE)
    if len(far):
        best[far] = _best_of(f[far] + STEPS[:, None, None] * step[far], a[far], b[far], C[far], eps)
    g = soft_transform(best, a, transposed(C), eps)
    return soft_transform(g, b, C, eps), moved


def _best_of(tried: Floats, a: Floats, b: Floats, C: Floats, eps: float) -> Floats:
    """The f (lane, n) of largest F among tried (step length, lane, n)."""
    times = len(tried)
    columns = np.tile(b, (times, 1))
    flat = tried.reshape(-1, a.shape[1])
    weights = np.tile(a, (times, 1))
    reached = soft_transform(flat, weights, np.tile(transposed(C), (times, 1, 1)), eps)
    value = ((flat * weights).sum(axis=1) + (reached * columns).sum(axis=1)).reshape(times, -1)
    best = np.argmax(np.where(np.isfinite(value), value, -np.inf), axis=0)
    return np.asarray(tried[best, np.arange(len(a))])


def hilbert(u: Floats, v: Floats) -> Floats:
    """Hilbert's projective distance of e^u and e^v: (lane,), u, v: (lane, m)."""
    return osc(u - v)


def kernel_diameter(C: Floats, eps: float) -> Floats:
    """Δ = max_{ijkl} (C_il + C_jk − C_ik − C_jl)/ε of K = e^{−C/ε}, over all pairs of rows and columns: (lane,)."""
    swapped = C[:, :, None, None, :] + C[:, None, :, :, None]  # (lane, i, j, k, l): C_il + C_jk
    straight = C[:, :, None, :, None] + C[:, None, :, None, :]  # C_ik + C_jl
    return np.asarray((swapped - straight).max(axis=(1, 2, 3, 4)) / eps)


def certified_cost(a: Floats, b: Floats, C: Floats) -> tuple[Floats, Floats]:
    """Numbers low ≤ W ≤ high (lane,), W the least ⟨P, C⟩ of a coupling, from a linear-programming solver's answer.

    low: ⟨f, a⟩ + ⟨f^c, b⟩ with its potential, f^c_j = min_i (C_ij − f_i) over rows with weight; high: the cost of its
    plan, moved onto the couplings. By weak duality both hold up to the rounding of these sums, whatever the solver did.
    """
    found = by_network_simplex(a, b, C)
    reach = np.where(a[:, :, None] > 0, C - found.f[:, :, None], np.inf)
    low = (found.f * a).sum(axis=1) + (reach.min(axis=1) * b).sum(axis=1)
    return low, (onto_couplings(found.plan, a, b) * C).sum(axis=(1, 2))
