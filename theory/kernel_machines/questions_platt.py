"""What the cross-cutting claims ask of probabilities from scores."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import Bound, absolute, rounding
from theory.core.claim import Answer
from theory.core.crosscutting import Output, Question, Refusal, changed, put
from theory.core.domain import Array, Cases, Domain
from theory.kernel_machines import bounds_platt as bounds
from theory.kernel_machines import oracle_platt as oracle
from theory.kernel_machines.cases_platt import (
    EXPONENTS,
    FITTED,
    LABELLED,
    LOGITS,
    MACHINES,
    both_labels,
    draw_machines,
    draw_scores,
    valid_machines,
)

Floats = NDArray[np.float64]


def _targets(answer: Answer, cases: Cases) -> Bound:
    return rounding(4, cases.u, "2γ(2) t", answer["targets"])


def _share_moved(f: Floats, share: Floats, slope: Floats, level: Floats) -> Floats:
    """How far P moves when the moments about the weighted mean of f are off by slope and level, (lane,): (lane, n).

    There the Hessian is diagonal, Σ w (f − f̄)² and Σ w with w = P(1 − P). Infinite where all scores are one.
    """
    weight = share * (1 - share)
    total = np.maximum(weight.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    away = f - (weight * f).sum(axis=1, keepdims=True) / total
    spread = (weight * away**2).sum(axis=1, keepdims=True)
    with np.errstate(over="ignore", invalid="ignore"):
        tilt = slope[:, None] / np.where(spread > 0, spread, 1.0)
        moved = weight * (np.abs(away) * tilt + level[:, None] / total)
    return np.asarray(np.where((spread > 0) & np.isfinite(moved), moved, np.inf))


def fitted_share(answer: Answer, cases: Cases) -> Bound:
    """How far two fits may be apart: what the moments' errors move P by, twice, and as much again for curvature."""
    f, a, b = cases["f"], answer["a"], answer["b"]
    share = oracle.share(f, a, b)
    level, slope = bounds.moment_error(cases, f, a, b)
    slope_about = slope.value + np.abs(f).max(axis=1) * level.value
    far = absolute(4 * _share_moved(f, share, slope_about, level.value), "4 P(1−P)|(f, 1)||H⁻¹| ε")
    return far + bounds.share_error(cases, share, f, a, b).scaled(2.0, "· 2")


def _value(answer: Answer, cases: Cases) -> Bound:
    return bounds.objective_error(cases, cases["f"], cases["a"], cases["b"]).scaled(2.0, "· 2")


def _share(answer: Answer, cases: Cases) -> Bound:
    sigmoid = cases["f"], cases["a"], cases["b"]
    return bounds.share_error(cases, oracle.share(*sigmoid), *sigmoid).scaled(2.0, "· 2")


def centred(answer: Answer) -> Array:
    """Scores less their mean: what the machine's w alone decides, whatever interval the bias may come from."""
    return np.asarray(answer["score"] - answer["score"].mean(axis=1, keepdims=True))


def two_machines(answer: Answer, cases: Cases) -> Bound:
    """‖w − w*‖² ≤ 2G, G the port's gap: |Δ w·φ(x)| ≤ √(2G K_ii), for two machines, and the same of the mean."""
    n, size = cases["y"].shape[1], cases["K"]
    gap = 256 * n**2 * cases.u * cases["C"] * (1 + cases["C"] * np.abs(size).sum(axis=2).max(axis=1))
    top = np.abs(np.diagonal(size, axis1=1, axis2=2)).max(axis=1)
    return absolute(4 * np.sqrt(2 * gap * top)[:, None], "4√(2G max K_ii), G = 256 n² u C (1 + C max Σ|K|)")


def two_levels(answer: Answer, cases: Cases) -> Bound:
    """What scores that move by δ, see `two_machines`, move P by: a constant added to all of them changes nothing.

    Moments move by Σ(|t − P| + |f − f̄| w |a|) δ and Σ w |a| δ, w = P(1 − P); P itself by w |a| δ. All times four for
    curvature, and the errors of two fits.
    """
    f, a, b = centred(answer), answer["a"], answer["b"] + answer["a"] * answer["score"].mean(axis=1)
    share, delta = oracle.share(f, a, b), two_machines(answer, cases).value[:, 0]
    weight, steep = share * (1 - share), np.abs(a)
    apart = np.abs(oracle.targets(cases["y"]) - share).sum(axis=1)
    range_of = 2 * np.abs(f).max(axis=1)
    level = weight.sum(axis=1) * steep * delta
    slope = apart * delta + range_of * level
    far = _share_moved(f, share, slope, level) + weight * (steep * delta)[:, None]
    own = fitted_share(answer, cases.with_arrays(f=answer["score"]))
    return absolute(4 * far, "4 P(1−P)[|a|δ + |(f, 1)||H⁻¹| ε(δ)]") + own


def _soft(answer: Answer, cases: Cases) -> Bound:
    below = cases["z"] - cases["z"].max(axis=-1, keepdims=True)
    return bounds.softmax_error(cases, answer["softmax"], below).scaled(2.0, "· 2")


def _log_soft(answer: Answer, cases: Cases) -> Bound:
    below = cases["z"] - cases["z"].max(axis=-1, keepdims=True)
    return bounds.log_softmax_error(cases, answer["log_softmax"], below).scaled(2.0, "· 2")


def permuted(*names: str) -> Callable[[Cases, NDArray[np.intp]], Cases]:
    """Rows of these arrays in another order."""

    def reorder(cases: Cases, order: NDArray[np.intp]) -> Cases:
        return cases.with_arrays(**{name: cases[name][:, order] for name in names})

    return reorder


def _machines_permuted(cases: Cases, order: NDArray[np.intp]) -> Cases:
    return cases.with_arrays(K=cases["K"][:, order][:, :, order], y=cases["y"][:, order])


def nan(name: str) -> Refusal:
    """A value that is no number."""
    return Refusal(f"NaN in {name}", put(name, np.nan), f"{name} must be finite")


ONE_CLASS = Refusal("one class", changed("y", np.abs), "y must hold both")
WRONG_LABEL = Refusal("a label of 2", put("y", 2.0), "y must be one of")
SHORT = Refusal("a label too few", changed("y", lambda y: y[:, :-1]), "y must have shape")

SPREAD = Domain(FITTED.shapes, ("overlapping", "separable"), draw_scores, FITTED.axes, valid=both_labels)
"""Scores that differ, so that there is one best sigmoid."""

SMALL_MACHINES = Domain(MACHINES.shapes, ("linear", "rbf"), draw_machines, MACHINES.axes, valid=valid_machines)
"""Machines whose scores differ."""

PLATT_QUESTIONS: tuple[Question, ...] = (
    Question(
        "platt_targets",
        LABELLED,
        (Output("targets", bound=_targets, by_sample=True),),
        floats=("targets",),
        permuted=permuted("y"),
        rows="y",
        refusals=(WRONG_LABEL, nan("y")),
    ),
    Question(
        "platt_fit",
        SPREAD,
        (Output("probability", bound=fitted_share, by_sample=True),),
        floats=("a", "b", "probability", "value"),
        permuted=permuted("f", "y"),
        rows="f",
        refusals=(nan("f"), ONE_CLASS, WRONG_LABEL, SHORT),
    ),
    Question(
        "platt_objective",
        EXPONENTS,
        (Output("value", bound=_value), Output("probability", bound=_share)),
        floats=("value", "probability"),
        refusals=(nan("f"), nan("a"), nan("b"), WRONG_LABEL),
    ),
    Question(
        "two_level",
        SMALL_MACHINES,
        (
            Output("score", read=centred, bound=two_machines, by_sample=True),
            Output("probability", bound=two_levels, by_sample=True),
        ),
        floats=("score", "a", "b", "probability"),
        permuted=_machines_permuted,
        rows="y",
        refusals=(nan("K"), Refusal("C of 0", put("C", 0.0), "C must be positive")),
    ),
    Question(
        "softmax",
        LOGITS,
        (Output("softmax", bound=_soft), Output("log_softmax", bound=_log_soft)),
        floats=("softmax", "log_softmax"),
        refusals=(nan("z"), Refusal("no entries", changed("z", lambda z: z[..., :0]), "z must not be empty")),
    ),
)
