"""Farkas' lemma, OT-04: the bridge from weak to strong duality."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, exactly
from theory.transport.cases_dual import SYSTEM

Mask = NDArray[np.bool_]

SECOND_OPINIONS = 6
"""Lanes of a batch that HiGHS decides too."""


def integers(values: Array) -> Array:
    """Whole numbers as Python's own, which never overflow; what is no whole number stays a float."""
    exact = np.empty(values.size, dtype=object)
    exact[:] = [int(v) if np.isfinite(v) and v == np.floor(v) else float(v) for v in values.ravel().tolist()]
    return exact.reshape(values.shape)


def product(A: Array, x: Array) -> Array:
    """A x for each lane: A (lane, k, n), x (lane, n) → (lane, k)."""
    return np.asarray((A * x[:, None, :]).sum(axis=2))


def solves(A: Array, b: Array, x: Array, denominator: Array | int = 1) -> Mask:
    """(lane,): x ≥ 0 and A x = b · denominator."""
    right = b * (denominator if isinstance(denominator, int) else denominator[:, None])
    return np.asarray((x >= 0).all(axis=1) & (product(A, x) == right).all(axis=1), dtype=np.bool_)


def refutes(A: Array, b: Array, y: Array) -> Mask:
    """(lane,): Aᵀy ≤ 0 and bᵀy > 0, so that no x ≥ 0 has A x = b: else 0 ≥ (Aᵀy)ᵀx = bᵀy > 0."""
    return np.asarray((product(A.transpose(0, 2, 1), y) <= 0).all(axis=1) & ((b * y).sum(axis=1) > 0), dtype=np.bool_)


def decided_by_highs(A: Array, b: Array) -> Mask:
    """Whether HiGHS finds an x ≥ 0 with A x = b: (lane,)."""
    from scipy.optimize import linprog

    n = A.shape[2]
    return np.array([linprog(np.zeros(n), A_eq=A[i], b_eq=b[i], method="highs").status == 0 for i in range(len(A))])


def check_farkas(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Either x/denominator solves, or y refutes, never both; what the answer says is verified in whole numbers.

    Where a solution x0 or a refuting y0 is known, the answer must agree: A x = b by construction; a transport plan;
    the budget W, which a plan meets, and W − 1, which (f, g, −1) refutes with optimal potentials.
    """
    A, b, x0, y0 = (integers(cases[name]) for name in ("A", "b", "x0", "y0"))
    feasible, x, y, denominator = (integers(answer[name]) for name in ("feasible", "x", "y", "denominator"))
    yes = np.asarray(feasible == 1, dtype=np.bool_)
    numbers = np.concatenate([x, y, denominator[:, None], feasible[:, None]], axis=1)
    whole = np.array([[isinstance(v, int) for v in row] for row in numbers])
    few = np.arange(cases.lanes) < SECOND_OPINIONS
    second = np.where(few, False, yes)
    second[few] = decided_by_highs(cases["A"][few], cases["b"][few])
    return (
        exactly("x, y, denominator are whole numbers", whole, True),
        exactly("denominator ≥ 1", np.asarray(denominator >= 1, dtype=np.bool_), True),
        exactly("x ≥ 0 and A x = b", solves(A, b, x, denominator), True, yes),
        exactly("Aᵀy ≤ 0 and bᵀy > 0", refutes(A, b, y), True, ~yes),
        exactly("y = 0 where feasible", np.asarray((y == 0).all(axis=1), dtype=np.bool_), True, yes),
        exactly("x = 0 where not", np.asarray((x == 0).all(axis=1), dtype=np.bool_), True, ~yes),
        exactly("feasible where a solution is known", yes, True, solves(A, b, x0)),
        exactly("not feasible where a refuting vector is known", yes, False, refutes(A, b, y0)),
        exactly("feasible as HiGHS says", yes, second, few),
    )


FARKAS = Claim(
    id="OT-04",
    version=1,
    title="Farkas' lemma",
    sentence="A system of equations has a non-negative solution, or a vector refutes it, never both; so every budget "
    "below the transport cost is refuted by potentials.",
    latex=r"\exists x\ge 0:\ Ax=b\quad\text{or}\quad\exists y:\ A^{\top}y\le 0,\ b^{\top}y>0",
    source=(("schrijver1986", "Corollary 7.1d"), ("herrmann2017", "strong duality")),
    kind="certificate",
    asks="farkas",
    check=check_farkas,
    domain=SYSTEM,
    needs=("feasible", "x", "y", "denominator"),
    parents=("OT-01",),
    lanes=32,
)
