"""Popular myths about the soft-margin machine, each stated as if it were true: SVM-M2, SVM-M3, SVM-M5."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import ZERO
from theory.core.claim import Answer, Myth
from theory.core.domain import Axes, Cases, Domain, Shape
from theory.core.gap import Gap, at_most, equal
from theory.kernel_machines.bounds_svm import named, reached
from theory.kernel_machines.cases_linear import LINEAR_AXES
from theory.kernel_machines.cases_svm import SVM_AXES, both_labels, labels, linear

Rng = np.random.Generator
Floats = NDArray[np.float64]
CLEAR = 1 / 64
"""A score nearer 0 than this is not counted as an error, so that no rounding is blamed."""


def draw_line(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Whole points on a line; in the first lane the example of the regime."""
    x = rng.integers(-6, 7, (lanes, shape["n"], 1)).astype(np.float64)
    y, c = labels(rng, lanes, shape["n"], regime), 2.0 ** rng.integers(-6, 1, lanes)
    known = {"separable": ((-1, 1, 6, 0), (-1, 1, 1, -1)), "larger-C": ((1, -1, 2, 4, -1), (-1, 1, 1, -1, 1))}[regime]
    if shape["n"] == len(known[0]):
        x[0, :, 0], y[0], c[0] = *known, 1 / 16
    return Cases({"x": x, "y": y, "C": c}, {}, regime)


def fewest_errors(x: Floats, y: Floats) -> NDArray[np.int64]:
    """The least number of errors of any threshold on a line, with either side positive: (lane,)."""
    above = x[:, None, :, 0] >= np.concatenate([x[:, :, 0], np.full((len(x), 1), np.inf)], axis=1)[:, :, None]
    wrong = (np.where(above, 1.0, -1.0) != y[:, None]).sum(axis=2)
    return np.asarray(np.minimum(wrong, y.shape[1] - wrong).min(axis=1))


def margins(answer: Answer, cases: Cases) -> Floats:
    """Scores y(w·x + b): (lane, n)."""
    return np.asarray(cases["y"] * (np.einsum("lnd,ld->ln", cases["x"], answer["w"]) + answer["bias"][:, None]))


def check_fewest(answer: Answer, cases: Cases) -> Gap:
    """The machine makes no more training errors than the best threshold."""
    errors = (margins(answer, cases) < -CLEAR).sum(axis=1)
    return at_most("training errors are the fewest", errors, fewest_errors(cases["x"], cases["y"]), ZERO)


def check_larger(answer: Answer, cases: Cases) -> Gap:
    """The machine with 4C makes no more training errors than the one with C."""
    later = answer.again("linear_svm", cases.with_arrays(C=4 * cases["C"]))
    errors = (margins(later, cases) < -CLEAR).sum(axis=1)
    return at_most("errors with 4C ≤ errors with C", errors, (margins(answer, cases) < CLEAR).sum(axis=1), ZERO)


def draw_pairs(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Whole points on a line with the linear kernel; in the first lane the points −1 and 1 with C = 1∕8."""
    x = rng.integers(-3, 4, (lanes, shape["n"], 1)).astype(np.float64)
    y, c = labels(rng, lanes, shape["n"], regime), 2.0 ** rng.integers(-4, 3, lanes)
    if shape["n"] == 2:
        x[0, :, 0], y[0], c[0] = (-1, 1), (-1, 1), 1 / 8
    return Cases({"K": linear(x, x), "y": y, "C": c}, {}, regime)


def check_on_the_margin(answer: Answer, cases: Cases) -> Gap:
    """Every point with α > 0 has y f = 1, up to how far f may be from the optimal one."""
    fit = reached(cases, answer["alpha"], answer["bias"], answer["bias"])
    near = named((fit.bias + fit.score)[:, None], "ε ∕ C + √(2ε) max √K_ii")
    score = cases["y"] * fit.machine.score
    return equal("a support vector has y f = 1", score, np.ones_like(score), near, answer["alpha"] > 0)


_SOURCE = (("scholkopf2002", "section 7.5"),)

SVM_MYTHS: tuple[Myth, ...] = (
    Myth(
        id="SVM-M2",
        title="The least hinge loss makes the fewest errors",
        sentence="A soft-margin machine makes as few training errors as any hyperplane can.",
        truth="It minimises a bound of the errors, in which one far point on the wrong side outweighs many.",
        source=(("hastie2009", "section 12.3.2"),),
        asks="linear_svm",
        check=check_fewest,
        domain=Domain({"n": (4, 6)}, ("separable",), draw_line, LINEAR_AXES, valid=both_labels),
        smallest="x = (−1, 1, 6, 0), y = (−, +, +, −), C = 1∕16: separable, yet one error",
    ),
    Myth(
        id="SVM-M3",
        title="A larger C never makes more training errors",
        sentence="Raising C never raises the number of training errors.",
        truth="Raising C never raises the sum of hinge losses; the number of errors may rise while the sum falls.",
        source=(("hastie2009", "section 12.3.2"),),
        asks="linear_svm",
        check=check_larger,
        domain=Domain({"n": (4, 6)}, ("larger-C",), draw_line, LINEAR_AXES, valid=both_labels),
        smallest="x = (1, −1, 2, 4, −1), y = (−, +, +, −, +): one error at C = 1∕16, two at C = 1∕4",
    ),
    Myth(
        id="SVM-M5",
        title="Every support vector lies on the margin",
        sentence="A point with a positive multiplier has y f = 1.",
        truth="Only a free one, 0 < α < C, has; at α = C the point may be anywhere inside the margin or beyond.",
        source=_SOURCE,
        asks="svm_fit",
        check=check_on_the_margin,
        domain=Domain({"n": (2, 5)}, ("integers",), draw_pairs, {**SVM_AXES, "C": Axes((), "weight")},
                      valid=both_labels),
        smallest="x = (−1, 1), y = (−, +), C = 1∕8: both α are C, and y f = 1∕4",
    ),
)  # fmt: skip
"""Popular myths of this group, each stated as if it were true."""
