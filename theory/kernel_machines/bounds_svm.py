"""How far a fitted machine may be from the optimum, by what the port lets its gap be."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute
from theory.core.domain import Array, Cases
from theory.kernel_machines.oracle_svm import Machine, errors, machine, sharpness

Floats = NDArray[np.float64]

GAP = "256 n² u C(1 + C max Σ|K|)"
EQUALITY = "32 n² u C"
EPSILON = f"ε = {GAP} + {EQUALITY}(|b| + |b*|) + rounding of the gap"


class Reached(NamedTuple):
    """A fitted machine in float64, and how far it may be from the optimum: (lane,) each.

    epsilon: P − P*; bias: of an optimal bias for its own w; score: of f without bias from the optimal one.
    """

    machine: Machine
    epsilon: Floats
    bias: Floats
    score: Floats


def equality(cases: Cases) -> Bound:
    """How far Σ α y may be from 0: pairs move together, and each of n² moves or so is rounded. (lane,)."""
    n = cases["y"].shape[1]
    return absolute(32 * n**2 * cases.u * cases["C"], EQUALITY)


def reached(cases: Cases, alpha: Array, bias: Array, other_bias: Array | float = 0.0) -> Reached:
    """How far a machine whose gap is as the port allows may be from the optimum.

    With e = Σ α y and G the gap, Σ [C h* − α(1 − y f*)] ≥ 0 gives P − P* ≤ G + |e|(|b| + |b*|) = ε, and then ½‖w −
    w*‖² ≤ ε. Outside the interval of its minimisers P grows in b by C at least, so b is within ε ∕ C of it. |f − f*| ≤
    ‖w − w*‖ √K_ii.
    """
    fitted = machine(cases["K"], cases["y"], cases["C"], alpha, bias)
    c, diagonal = cases["C"], np.einsum("lii->li", cases["K"]).max(axis=1)
    epsilon = c * sharpness(cases) + errors(cases, alpha, bias).gap.value
    epsilon = epsilon + equality(cases).value * (np.abs(bias) + np.abs(other_bias))
    return Reached(fitted, epsilon, epsilon / c, np.sqrt(2 * epsilon * np.maximum(diagonal, 0.0)))


def named(value: Floats, words: str) -> Bound:
    """A bound made of ε."""
    return absolute(value, words)
