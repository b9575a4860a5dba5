"""The transport programme as solved by others: POT's network simplex, and scipy's HiGHS as a second opinion.

Neither is trusted: POT's tolerance is absolute, and it answers zero where every cost is at most −1, so costs are first
mapped onto [0, 1]; and what it says counts as optimal only with its dual certificate.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Optimum(NamedTuple):
    """An optimal plan (lane, n, m), potentials f (lane, n), g (lane, m), and the cost ⟨plan, C⟩ (lane,)."""

    plan: Floats
    f: Floats
    g: Floats
    cost: Floats


def by_network_simplex(a: Floats, b: Floats, C: Floats) -> Optimum:
    """POT's `ot.emd` on every lane: a (lane, n), b (lane, m), C (lane, n, m), totals equal.

    Costs are mapped to (C − min C)/osc C and back, and weights to total 1, so that whole-number data come back as
    whole numbers only up to rounding. Errors of the potentials are about u (n + m) osc C.
    """
    import ot

    lanes, n, m = C.shape
    low = C.min(axis=(1, 2))
    width = C.max(axis=(1, 2)) - low
    total = a.sum(axis=1)
    unit = np.where(width > 0, width, 1.0)
    plan, f, g = np.zeros(C.shape), np.zeros((lanes, n)), np.zeros((lanes, m))
    for lane in range(lanes):
        cost = (C[lane] - low[lane]) / unit[lane]
        mass = a[lane] / total[lane], b[lane] / b[lane].sum()
        P, log = ot.emd(*mass, np.ascontiguousarray(cost), log=True, center_dual=False)
        plan[lane], f[lane], g[lane] = P * total[lane], log["u"] * unit[lane] + low[lane], log["v"] * unit[lane]
    return Optimum(plan, f, g, np.einsum("lij,lij->l", plan, C))


def by_highs(a: Floats, b: Floats, C: Floats) -> Optimum:
    """HiGHS, as scipy ships it, on every lane, see `by_network_simplex`. Milliseconds each: for a few lanes only.

    Raises ArithmeticError when HiGHS finds no optimum.
    """
    from scipy.optimize import linprog

    lanes, n, m = C.shape
    rows = np.concatenate([np.kron(np.eye(n), np.ones((1, m))), np.kron(np.ones((1, n)), np.eye(m))])
    plan, f, g = np.zeros(C.shape), np.zeros((lanes, n)), np.zeros((lanes, m))
    for lane in range(lanes):
        low = C[lane].min()
        width = float(np.ptp(C[lane])) or 1.0
        total = a[lane].sum()
        found = linprog(
            ((C[lane] - low) / width).ravel(),
            A_eq=rows,
            b_eq=np.concatenate([a[lane], b[lane]]) / total,
            method="highs",
        )
        if found.status != 0:
            raise ArithmeticError(f"HiGHS: {found.message}")
        duals = found.eqlin.marginals * width
        plan[lane], f[lane], g[lane] = np.asarray(found.x).reshape(n, m) * total, duals[:n] + low, duals[n:]
    return Optimum(plan, f, g, np.einsum("lij,lij->l", plan, C))
