"""One formula, two arithmetics: a check written with these functions runs on float64 arrays and on arrays of balls.

On floats it judges thousands of lanes and pays for its own rounding in the bound (`own_unit`). Lifted to balls
(python-flint `arb` in object arrays, about 300 bits) the same check judges one lane with no rounding of its own,
which confirms a counterexample or unmasks it as an artefact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, Bound, gamma
from theory.core.claim import Answer, Check
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, Relation, at_most, equal

BITS = 320
"""Working precision: sums of floats over 200 binary orders of magnitude stay exact."""

NEVER_LIFTED = ("X", "threshold")
"""Arrays that are only compared with each other, never computed with."""


def is_ball(values: Array) -> bool:
    """Whether an array holds balls rather than floats."""
    return values.dtype == object


def own_unit(values: Array) -> float:
    """Unit roundoff of the check's own arithmetic on these values: 0 for balls."""
    return 0.0 if is_ball(values) else U64


def own_gamma(n: Any, values: Array) -> NDArray[np.float64]:
    """γ_n of the check's own arithmetic: 0 for balls."""
    return gamma(n, own_unit(values))


def lifted(values: Array) -> Array:
    """Floats as exact balls, shape unchanged; anything else as it is."""
    if values.dtype.kind != "f":
        return values
    balls = np.empty(values.size, dtype=object)
    balls[:] = [flint.arb(float(v)) for v in values.ravel()]
    return balls.reshape(values.shape)


def lowered(values: Array) -> NDArray[np.float64]:
    """The nearest floats of balls, NaN where a ball encloses nothing certain; floats as they are."""
    if not is_ball(values):
        return np.asarray(values, dtype=np.float64)
    flat = [float(v.mid()) if isinstance(v, flint.arb) else float(v) for v in values.ravel()]
    return np.array(flat, dtype=np.float64).reshape(values.shape)


def size(values: Array) -> NDArray[np.float64]:
    """|values| as floats, for use in a bound."""
    return np.abs(lowered(values))


def pick(mask: NDArray[np.bool_], yes: Array, no: Array | float) -> Array:
    """`yes` where the mask holds, else `no`; a scalar `no` becomes a ball where `yes` holds balls."""
    if is_ball(yes) and isinstance(no, (int, float)):
        no = np.array([flint.arb(no)], dtype=object)
    return np.where(mask, yes, no)


def dot(a: Array, b: Array) -> Array:
    """Σ_i a_i b_i along the last axis, broadcasting the others."""
    if is_ball(a) or is_ball(b):
        return np.asarray((a * b).sum(axis=-1))
    return np.asarray(np.einsum("...n,...n->...", a, b))


def compare(label: str, left: Array, relation: Relation, right: Array, bound: Bound, where: Array | bool = True) -> Gap:
    """A gap whose excess is formed before balls are lowered to floats. Shapes (lane, ...)."""
    left, right = np.asarray(left), np.asarray(right)
    if not (is_ball(left) or is_ball(right)):
        return (equal if relation == "=" else at_most)(label, left, right, bound, where)
    plain = equal(label, lowered(left), lowered(right), bound, where)
    difference = lowered(np.asarray(left - right))
    excess = np.abs(difference) if relation == "=" else np.maximum(difference, 0.0)
    return Gap(
        label, plain.left, relation, plain.right, np.broadcast_to(excess, plain.left.shape), plain.bound, plain.where
    )


def _lift_all(arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {name: value if name in NEVER_LIFTED else lifted(value) for name, value in arrays.items()}


def in_balls(check: Check) -> Check:
    """The same check in ball arithmetic, for one lane: what `Claim.exact` wants."""

    def exact(answer: Answer, cases: Cases) -> Gap | tuple[Gap, ...]:
        with flint.ctx.workprec(BITS):
            return check(
                replace(answer, arrays=_lift_all(answer.arrays)), replace(cases, arrays=_lift_all(cases.arrays))
            )

    return exact
