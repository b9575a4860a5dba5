"""Running error bounds along an optimizer's path: what each step adds to the errors that it was handed.

Every recurrence is followed with its magnitudes in float64 and an error beside each of them (Higham 2002, section 3.3).
Coefficients are rounded once to the subject's dtype, products and sums once each, so that a term has at most γ(6); the
factors 1 − β^t are computed in doubles, where a relative 4 u64 ∕ (1 − β^t) is lost. Numbers below the smallest normal η
may vanish.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import SMALLEST_NORMAL, U64, Bound, absolute, gamma
from theory.core.domain import Cases
from theory.regularization.oracle_decay import decoupled, setting

Floats = NDArray[np.float64]


class Near(NamedTuple):
    """Magnitudes that may be off: value and error, (lane, p)."""

    value: Floats
    error: Floats

    @property
    def most(self) -> Floats:
        """What the size may be at most."""
        return np.asarray(np.abs(self.value) + self.error)


def path_bound(cases: Cases) -> Bound:
    """How far the path of the subject may be from the exact one: (lane, steps + 1, p)."""
    walk = _adam if str(cases.settings["optimizer"]).startswith("adam") else _sgd
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        errors = np.nan_to_num(np.stack(walk(cases), axis=1), nan=np.inf)
    return absolute(errors, "running error: γ(6) of each term, what was handed on, η")


def _slope(w: Near, gradient: Floats, decay: float, cases: Cases) -> Near:
    """G + λw."""
    terms = np.abs(gradient) + decay * w.most
    return Near(gradient + decay * w.value, decay * w.error + gamma(6, cases.u) * terms)


def _moved(w: Near, step: Near, cases: Cases) -> Near:
    """W − η s, or (1 − ηλ) w − η s."""
    rate, shrink = setting(cases, "rate"), setting(cases, "rate") * setting(cases, "decay") * decoupled(cases)
    lost = gamma(6, cases.u) * ((1 + shrink) * w.most + rate * step.most) + 4 * SMALLEST_NORMAL[cases.dtype]
    error = abs(1 - shrink) * w.error + rate * step.error + lost
    return Near((1 - shrink) * w.value - rate * step.value, error)


def _sgd(cases: Cases) -> list[Floats]:
    momentum, decay = setting(cases, "momentum"), setting(cases, "decay") * (not decoupled(cases))
    w = Near(cases["w"], np.zeros_like(cases["w"]))
    velocity = Near(np.zeros_like(w.value), np.zeros_like(w.value))
    errors = [w.error]
    for gradient in np.moveaxis(cases["gradient"], 1, 0):
        slope = _slope(w, gradient, decay, cases)
        lost = gamma(6, cases.u) * (momentum * velocity.most + slope.most)
        velocity = Near(momentum * velocity.value + slope.value, momentum * velocity.error + slope.error + lost)
        w = _moved(w, velocity, cases)
        errors.append(w.error)
    return errors


def _adam(cases: Cases) -> list[Floats]:
    beta1, beta2, epsilon = (setting(cases, name) for name in ("beta1", "beta2", "epsilon"))
    decay, g6 = setting(cases, "decay") * (not decoupled(cases)), gamma(6, cases.u)
    zero = np.zeros_like(cases["w"])
    w, first, second = Near(cases["w"], zero), Near(zero, zero), Near(zero, zero)
    errors = [w.error]
    for step, gradient in enumerate(np.moveaxis(cases["gradient"], 1, 0), start=1):
        slope = _slope(w, gradient, decay, cases)
        first = _mean(first, slope, beta1, g6)
        off = 2 * np.abs(slope.value) * slope.error + slope.error**2
        second = _mean(second, Near(slope.value**2, off), beta2, g6)
        second = Near(second.value, second.error + SMALLEST_NORMAL[cases.dtype])
        w = _moved(w, _direction(first, second, (1 - beta1**step, 1 - beta2**step), epsilon, cases), cases)
        errors.append(w.error)
    return errors


def _mean(old: Near, new: Near, beta: float, g6: Floats) -> Near:
    """Β old + (1 − β) new."""
    lost = g6 * (beta * old.most + (1 - beta) * new.most)
    return Near(beta * old.value + (1 - beta) * new.value, beta * old.error + (1 - beta) * new.error + lost)


def _direction(first: Near, second: Near, corrected: tuple[float, float], epsilon: float, cases: Cases) -> Near:
    """M̂ ∕ (√v̂ + ε): |√a − √b| ≤ min(√|a − b|, |a − b| ∕ √a), a quotient by its denominator's least value."""
    g6, (c1, c2) = gamma(6, cases.u), corrected
    mean = Near(first.value / c1, first.error / c1 + np.abs(first.value) / c1 * (g6 + 4 * U64 / c1))
    root, off = np.sqrt(second.value / c2), second.error / c2
    slip = np.where(root > 0, np.minimum(np.sqrt(off), off / root), np.sqrt(off)) + root * (g6 + 4 * U64 / c2)
    below, least = root + epsilon, np.maximum(root - slip, 0) + epsilon * (1 - g6)
    error = mean.error / least + np.abs(mean.value) * (slip + g6 * epsilon) / (below * least) + g6 * mean.most / least
    return Near(mean.value / below, error)
