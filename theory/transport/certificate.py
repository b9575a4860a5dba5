"""Plans and potentials as proofs: feasibility, both values and the gap between them, in floats or exactly.

One formula, several arithmetics: the functions run on float64, on int64, and on object arrays of Python integers or
Fractions. Whole numbers are decided exactly on all lanes at once; `in_rationals` lifts a whole check to the exact
rational values of the floats that a subject answered, for one lane.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, Bound
from theory.core.claim import Answer, Check
from theory.core.domain import Array, Cases
from theory.core.exact import rational
from theory.core.gap import Gap, Relation, at_most, equal

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

INT64_ROOM = 2.0**62
"""Sums of magnitudes below this cannot overflow int64."""


def is_exact(values: Array) -> bool:
    """Whether an array holds integers or rationals rather than floats."""
    return values.dtype.kind != "f"


def own_unit(values: Array) -> float:
    """Unit roundoff of the check's own arithmetic on these values: 0 where it is exact."""
    return 0.0 if is_exact(values) else U64


def lifted(values: Array) -> Array:
    """Finite floats as Fractions in an object array of the same shape; infinities and all else as they are."""
    if values.dtype.kind != "f":
        return values
    exact = np.empty(values.size, dtype=object)
    exact[:] = [rational(v) if np.isfinite(v) else v for v in values.ravel().tolist()]
    return exact.reshape(values.shape)


def lowered(values: Array) -> Floats:
    """The nearest floats of exact numbers, infinite where too large; floats as they are."""
    if values.dtype != object:
        return np.asarray(values, dtype=np.float64)
    return np.array([_nearest(v) for v in values.ravel()], dtype=np.float64).reshape(values.shape)


def _nearest(value: Fraction | int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf


def compare(label: str, left: Array, relation: Relation, right: Array, bound: Bound, where: Array | bool = True) -> Gap:
    """A gap whose excess is formed before exact numbers become floats. Shapes (lane, ...)."""
    plain = (equal if relation == "=" else at_most)(label, lowered(left), lowered(right), bound, where)
    if not (is_exact(left) or is_exact(right)):
        return plain
    difference = lowered(np.asarray(left - right))
    excess = np.abs(difference) if relation == "=" else np.maximum(difference, 0.0)
    return replace(plain, excess=np.broadcast_to(excess, plain.left.shape))


def in_rationals(check: Check) -> Check:
    """The same check in rational arithmetic, for one lane: what `Claim.exact` wants."""

    def exact(answer: Answer, cases: Cases) -> Gap | tuple[Gap, ...]:
        answered = {name: lifted(value) for name, value in answer.arrays.items()}
        asked = {name: lifted(value) for name, value in cases.arrays.items()}
        return check(replace(answer, arrays=answered), replace(cases, arrays=asked))

    return exact


def transport_cost(plan: Array, C: Array) -> Array:
    """⟨P, C⟩: (lane,)."""
    return np.asarray((plan * C).sum(axis=(1, 2)))


def dual_value(f: Array, g: Array, a: Array, b: Array) -> Array:
    """⟨f, a⟩ + ⟨g, b⟩: (lane,)."""
    return np.asarray((f * a).sum(axis=1) + (g * b).sum(axis=1))


def slack(C: Array, f: Array, g: Array) -> Array:
    """C − f ⊕ g: (lane, n, m), non-negative where the potentials are feasible."""
    return np.asarray(C - f[:, :, None] - g[:, None, :])


def forest(cells: Mask) -> Mask:
    """Whether the cells of each lane (lane, n, m), as edges between rows and columns, form no cycle: (lane,).

    A cell that is alone in its row or its column lies on no cycle and is taken away, until none is alone.
    """
    left = cells
    for _ in range(sum(cells.shape[1:])):
        alone = left & ((left.sum(axis=2, keepdims=True) == 1) | (left.sum(axis=1, keepdims=True) == 1))
        if not alone.any():
            break
        left = left & ~alone
    return np.asarray(~left.any(axis=(1, 2)))


@dataclass(frozen=True)
class WholeProof:
    """A plan and potentials in whole numbers, with the data: what is needed for a proof of optimality.

    Integers are int64, or Python's own where int64 has no room. Potentials have f_0 = 0. finite: (lane,), False where
    something was NaN or infinite, which counts as 0 here.
    """

    a: Array
    b: Array
    C: Array
    plan: Array
    f: Array
    g: Array
    finite: Mask

    @property
    def primal(self) -> Array:
        """⟨P, C⟩: (lane,)."""
        return transport_cost(self.plan, self.C)

    @property
    def dual(self) -> Array:
        """⟨f, a⟩ + ⟨g, b⟩: (lane,)."""
        return dual_value(self.f, self.g, self.a, self.b)

    @property
    def slack(self) -> Array:
        """C − f ⊕ g: (lane, n, m)."""
        return slack(self.C, self.f, self.g)

    def holds(self) -> Mask:
        """(lane,): P ≥ 0 has the marginals a and b, f ⊕ g ≤ C, and both values are equal. So both are optimal."""
        flow = (self.plan >= 0).all(axis=(1, 2))
        rows = (self.plan.sum(axis=2) == self.a).all(axis=1) & (self.plan.sum(axis=1) == self.b).all(axis=1)
        return np.asarray(self.finite & flow & rows & (self.slack >= 0).all(axis=(1, 2)) & (self.primal == self.dual))


def whole_proof(a: Floats, b: Floats, C: Floats, plan: Floats, f: Floats, g: Floats) -> WholeProof:
    """The nearest whole plan and potentials. a (lane, n), b (lane, m), C (lane, n, m) hold whole numbers.

    Potentials are rounded only after f_0 has been subtracted: potentials are free up to a constant, and a solver may
    centre them to halves. Rounding needs no tolerance: whatever was rounded, `holds` is a proof.
    """
    answered = [plan, f - f[:, :1], g + f[:, :1]]
    finite = np.logical_and.reduce([np.isfinite(v).reshape(len(v), -1).all(axis=1) for v in answered])
    nearest = [np.rint(np.where(np.isfinite(values), values, 0.0)) for values in answered]
    n, m = C.shape[1:]
    largest = max(float(np.abs(values).max()) for values in (a, b, C, *nearest, np.ones(1)))
    kind = np.int64 if 2 * (n + m) * largest < INT64_ROOM**0.5 else object
    P, u, v = (_integers(values, kind) for values in nearest)
    return WholeProof(_integers(a, kind), _integers(b, kind), _integers(C, kind), P, u, v, finite)


def _integers(values: Floats, kind: type) -> Array:
    if kind is not object:
        return values.astype(np.int64)
    exact = np.empty(values.size, dtype=object)
    exact[:] = [int(v) for v in values.ravel()]
    return exact.reshape(values.shape)


def sandwich(
    a: list[Fraction], b: list[Fraction], C: list[list[Fraction]], plan: list[list[Fraction]], f: list[Fraction]
) -> tuple[Fraction, Fraction]:
    """Rationals low ≤ W ≤ high from any plan ≥ 0 and any potential, with no rounding at all; totals must be equal.

    low = ⟨f^{c c̄}, a⟩ + ⟨f^c, b⟩, for the pair is feasible. high = ⟨Q, C⟩: cut P's rows and columns down to a and
    b, then spread what is missing as a product (Altschuler, Weed & Rigollet 2017, algorithm 2).
    """
    n, m = len(a), len(b)
    g = [min(C[i][j] - f[i] for i in range(n)) for j in range(m)]
    closed = [min(C[i][j] - g[j] for j in range(m)) for i in range(n)]
    low = sum((closed[i] * a[i] for i in range(n)), sum((g[j] * b[j] for j in range(m)), Fraction(0)))

    rows = [sum(row, Fraction(0)) for row in plan]
    cut = [[cell * min(Fraction(1), a[i] / rows[i]) if rows[i] else cell for cell in plan[i]] for i in range(n)]
    columns = [sum((cut[i][j] for i in range(n)), Fraction(0)) for j in range(m)]
    cut = [[cut[i][j] * min(Fraction(1), b[j] / columns[j]) if columns[j] else cut[i][j] for j in range(m)]
           for i in range(n)]  # fmt: skip
    short = [a[i] - sum(cut[i], Fraction(0)) for i in range(n)]
    lack = [b[j] - sum((cut[i][j] for i in range(n)), Fraction(0)) for j in range(m)]
    missing = sum(short, Fraction(0)) or Fraction(1)
    high = sum((C[i][j] * (cut[i][j] + short[i] * lack[j] / missing) for i in range(n) for j in range(m)), Fraction(0))
    return low, high
