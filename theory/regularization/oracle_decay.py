"""The recurrences of SGD and Adam, with L2 and with decoupled decay: in rationals, and where a root is taken in balls.

The settings are the floats that they are: 0.9 is the double nearest to it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Cases
from theory.regularization.oracle_ridge import nearest, rational

Floats = NDArray[np.float64]


def setting(cases: Cases, name: str) -> float:
    """A setting as a float."""
    return float(cases.settings[name])


def decoupled(cases: Cases) -> bool:
    """Whether the weights shrink besides: sgdw and adamw."""
    return str(cases.settings["optimizer"]).endswith("w")


def exact_path(cases: Cases) -> Floats:
    """The path of every weight, (lane, steps + 1, p), each number the float nearest the exact one."""
    walk = _adam if str(cases.settings["optimizer"]).startswith("adam") else _sgd
    lanes, steps, p = cases["gradient"].shape
    path = np.empty((lanes, steps + 1, p))
    for lane in range(lanes):
        for j in range(p):
            path[lane, :, j] = walk(float(cases["w"][lane, j]), cases["gradient"][lane, :, j], cases)
    return path


def _sgd(start: float, gradient: Floats, cases: Cases) -> list[float]:
    """The velocity b ← μ b + g (+ λw), w ← w − η b (− ηλw): in rationals, all steps without rounding."""
    rate, decay, momentum = (rational(setting(cases, name)) for name in ("rate", "decay", "momentum"))
    w, velocity, beside = rational(start), rational(0), decoupled(cases)
    path = [start]
    for g in gradient:
        velocity = momentum * velocity + rational(g) + (0 if beside else decay * w)
        w = w - rate * velocity - (rate * decay * w if beside else 0)
        path.append(nearest(w))
    return path


def _adam(start: float, gradient: Floats, cases: Cases) -> list[float]:
    """m, v: means of g and g² that forget; w ← w − η m̂ ∕ (√v̂ + ε), in balls (Kingma & Ba 2015, algorithm 1)."""
    from flint import arb, ctx

    from theory.core.exact import BALL_BITS

    names = ("rate", "decay", "beta1", "beta2", "epsilon")
    with ctx.workprec(BALL_BITS):
        rate, decay, beta1, beta2, epsilon = (arb(setting(cases, name)) for name in names)
        w, first, second, beside = arb(start), arb(0), arb(0), decoupled(cases)
        path = [start]
        for step, value in enumerate(gradient, start=1):
            g = arb(float(value)) + (0 if beside else decay * w)
            first, second = beta1 * first + (1 - beta1) * g, beta2 * second + (1 - beta2) * g * g
            mean = first / (1 - beta1**step)
            root = (second / (1 - beta2**step)).sqrt() if second.mid() > 0 else arb(0)
            w = (w * (1 - rate * decay) if beside else w) - rate * mean / (root + epsilon)
            path.append(float(w.mid()))
        return path
