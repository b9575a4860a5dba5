"""A proof that floating point found and whole numbers verify, for problems too large for the exact simplex alone."""

from __future__ import annotations

from math import gcd

import numpy as np
from numpy.typing import NDArray

from impl.perceptron.simplex import Alternative, Whole

SCALES = (*range(1, 17), *(2**places for places in range(5, 54, 2)))
"""What weights within ±1 are multiplied by before they are rounded; the least that separates is kept."""


def guessed(rows: Whole, strict: NDArray[np.bool_]) -> Alternative | None:
    """The solvable one of the two systems of `simplex` for one lane, rows (n, r), strict (n,); None if unproved.

    HiGHS' dual simplex maximises t with a_i·w ≥ t (≥ 0 where not strict) and |w| ≤ 1. Above 0, w is scaled
    and rounded as little as holds every sign; at 0, the rows that have a multiplier depend on each other in one way,
    which is solved again in whole numbers.
    """
    from scipy.optimize import linprog

    n, r = rows.shape
    greatest = np.abs(rows).max(axis=1)
    unit = np.array((rows / np.where(greatest == 0, 1, greatest)[:, None]).tolist(), dtype=np.float64)
    found = linprog(
        np.append(np.zeros(r), -1.0),
        A_ub=np.column_stack([-unit, strict]),
        b_ub=np.zeros(n),
        bounds=[*[(-1, 1)] * r, (None, 1)],
        method="highs-ds",
    )
    if found.x is None:
        return None
    w = _rounded(found.x[:-1], rows, strict)
    if w is not None:
        return Alternative(np.ones(1, dtype=bool), w[None], np.zeros((1, n), dtype=object))
    certificate = _dependence(-found.ineqlin.marginals, rows, strict)
    if certificate is not None:
        return Alternative(np.zeros(1, dtype=bool), np.zeros((1, r), dtype=object), certificate[None])
    return None


def _rounded(w: NDArray[np.float64], rows: Whole, strict: NDArray[np.bool_]) -> Whole | None:
    """Whole-number weights that hold on every row, or None."""
    for scale in SCALES:
        candidate = np.array([int(v) for v in np.rint(scale * w)], dtype=object)
        sides = rows.astype(object) @ candidate
        if ((sides > 0) | ((sides == 0) & ~strict)).all():
            return candidate // max(gcd(*candidate), 1)
    return None


def _dependence(multipliers: NDArray[np.float64], rows: Whole, strict: NDArray[np.bool_]) -> Whole | None:
    """Whole numbers ≥ 0, of a strict row positive, whose combination of the rows is 0; None if there are none here.

    Multipliers below 1e-9 of the greatest are taken as 0: a wrong guess is found out, not believed.
    """
    from flint import fmpz_mat

    support = np.flatnonzero(multipliers > 1e-9 * multipliers.max())
    columns = [[int(v) for v in column] for column in rows[support].T]
    null, nullity = fmpz_mat(columns).nullspace()
    if nullity != 1:
        return None
    values = [int(null[i, 0]) for i in range(len(support))]
    values = [-v for v in values] if sum(values) < 0 else values
    if min(values) < 0 or not any(v for v, row in zip(values, support, strict=True) if strict[row]):
        return None
    certificate = np.zeros(len(rows), dtype=object)
    certificate[support] = [v // gcd(*values) for v in values]
    return certificate if not (certificate @ rows.astype(object)).any() else None
