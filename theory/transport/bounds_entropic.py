"""How far rounding, and stopping early, may carry an entropic answer: shared by the claims of this group.

With s = (max|f| + max|g| + max|C|)/ε + max|ln w|, N = n + m and u the unit roundoff:

- A soft transform adds ln w_j, g_j/ε and C_ij/ε in some order, with at most 7 roundings on each of them (1/ε and
  product, or the logarithm; three sums, the largest exponent added back, ε·); its sum, exp and log add N + 6, where
  library functions err by an ulp, 2u. So it errs by at most ε h with h = (7s + N + 6) u (Higham 2002, sections 3.1 and
  4.2; Blanchard, Higham & Higham 2021, section 2).
- An entry of the plan has an exponent with at most 6 roundings, or fewer and two products, and exp: relative error
  e^{(6s + 8)u} − 1.
- Sums of entries after a soft transform: e = e^{(13s + 2N + 14)u} − 1, relative.

The oracle makes the same errors in float64, so u is the subject's plus 2^−53.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from theory.core.bound import SMALLEST_NORMAL, U64, Bound, absolute
from theory.core.domain import Cases
from theory.transport.oracle_entropic import Floats, kernel_diameter, log_weights, support_range


def growth(x: Floats) -> Floats:
    """e^x − 1, infinite rather than an error where x is too large to say anything."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(np.expm1(x))


@dataclass(frozen=True)
class Rounding:
    """The errors of a batch, see the head of this file; each (lane,).

    size: s. step: h. entry: of one entry of the plan. total: e, of its sums. tiny: what may be lost to underflow.
    """

    size: Floats
    step: Floats
    entry: Floats
    total: Floats
    tiny: float


def rounding_of(f: Floats, g: Floats, a: Floats, b: Floats, C: Floats, eps: float, cases: Cases) -> Rounding:
    """The errors that are allowed at potentials f, g: they should be the oracle's, for a subject's may be anything."""
    u = cases.u + U64
    weights = np.concatenate([a, b], axis=1)
    depth = np.abs(np.where(weights > 0, log_weights(weights), 0.0)).max(axis=1)
    size = (np.abs(f).max(axis=1) + np.abs(g).max(axis=1) + np.abs(C).max(axis=(1, 2))) / eps + depth
    N = weights.shape[1]
    return Rounding(
        size,
        (7 * size + N + 6) * u,
        growth((6 * size + 8) * u),
        growth((13 * size + 2 * N + 14) * u),
        SMALLEST_NORMAL[cases.dtype],
    )


def value_error(found: Rounding, N: int, eps: float, cases: Cases) -> Bound:
    """The dual value ⟨f, a⟩ + ⟨g, b⟩ − ε(ΣP − 1): two dot products of potentials, and a total that may err by e."""
    u = cases.u + U64
    return absolute(eps * (found.total + (N + 4) * u * found.size), "ε (e + (N+4) u s)")


def weighted_osc(x: Floats, w: Floats) -> Floats:
    """Oscillation of x where w has weight: (lane,)."""
    return np.asarray(np.where(w > 0, x, -np.inf).max(axis=1) - np.where(w > 0, x, np.inf).min(axis=1))


def still_to_go(rows: Floats, a: Floats, C: Floats, eps: float, found: Rounding) -> Floats:
    """How far potentials are from the optimum, osc(f − f*)/ε at most, seen from the row sums of their plan: (lane,).

    A sweep moves f by ε log(a/r), r the row sums, and contracts osc(f − f*) by κ²: so osc(f − f*)/ε ≤
    osc log(r/a) / (1 − κ²), 1 − κ² = 1/cosh²(Δ/4) (Franklin & Lorenz 1989). Rounding: 2h + 2e on the way.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        way = weighted_osc(np.log(rows) - log_weights(a), a)
        room = np.cosh(kernel_diameter(C, eps) / 4) ** 2
        return np.asarray((way + 2 * found.step + 2 * found.total) * room)


def way_from_error(error: Floats, a: Floats, C: Floats, b: Floats, eps: float, found: Rounding) -> Floats:
    """As `still_to_go` where only Σ_i |r_i − a_i| is known: |log(r/a)| ≤ −log(1 − error/min a), and Δ ≤ 2 osc C/ε."""
    least = np.where(a > 0, a, np.inf).min(axis=1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        most = np.where(error < least, -2 * np.log1p(-error / least), np.inf)
        room = np.cosh(spread(C, a, b) / (2 * eps)) ** 2
        return np.asarray((most + 2 * found.step + 2 * found.total) * room)


def worst_marginal_error(a: Floats, b: Floats, C: Floats, eps: float, sweeps: int) -> Floats:
    """What Σ_i |r_i − a_i| is at most after so many sweeps from g = 0, in exact arithmetic: (lane,), D = osc C/ε.

    √(2D/k): each sweep raises the dual value by ε KL(a‖r), it can rise by osc C in all, and KL(a‖r) never rises
    (Altschuler, Weed & Rigollet 2017, section 2; Léger 2021). e^{2D κ^{2(k−1)}} − 1: log(r/a) is the next
    move of f, at most 2D after the first sweep, contracted by κ² ≤ tanh²(D/2) each time. And 2, for any two measures.
    """
    low, high = support_range(C, a, b)
    D = (high - low) / eps
    slow = np.sqrt(2 * D / sweeps)
    fast = growth(2 * D * np.tanh(D / 2) ** (2 * (sweeps - 1)))
    return np.minimum(np.minimum(slow, fast), 2.0)


def spread(C: Floats, a: Floats, b: Floats) -> Floats:
    """The oscillation of C over points that have weight: (lane,)."""
    low, high = support_range(C, a, b)
    return np.asarray(high - low)
