"""Popular myths about ridge regression, each stated as if it were true: REG-M3, REG-M6."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from theory.core.bound import absolute
from theory.core.claim import Answer, Myth
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal
from theory.regularization import bounds_ridge as bounds
from theory.regularization.cases_ridge import RIDGE, penalised, without_intercept
from theory.regularization.cases_ridge_path import PATHS, as_ridge, by_path

UNITS = 10.0
"""Features in millimetres instead of centimetres."""


def check_each_shrinks(answer: Answer, cases: Cases) -> Gap:
    """|β_j(λ)| never rises with λ, for every single j."""
    one, size = as_ridge(cases), np.abs(answer["coef"])
    error = by_path(bounds.sizes_of(one, "any").coef(answer["coef"].reshape(one.lanes, -1)), cases)[..., None]
    both = absolute(error[:, 1:] + error[:, :-1], "E + E'")
    return at_most("|β_j(λ)| falls", size[:, 1:], size[:, :-1], both)


def check_units(answer: Answer, cases: Cases) -> Gap:
    """Features in other units give the same fit."""
    other = replace(cases, arrays={**cases.arrays, "x": UNITS * cases["x"]})
    again = answer.again("ridge", other)
    bound = bounds.fitted_bound(bounds.sizes_of(cases), answer["coef"])
    return equal("ŷ in other units", again["fitted"], answer["fitted"],
                 bound + bounds.fitted_bound(bounds.sizes_of(other), again["coef"]))  # fmt: skip


RIDGE_MYTHS: tuple[Myth, ...] = (
    Myth(
        id="REG-M3",
        title="Every ridge coefficient shrinks",
        sentence="As the penalty of ridge regression rises, no coefficient gets larger in absolute value.",
        truth="The length of the coefficient vector falls, and each coordinate along a singular direction does. A "
        "single coefficient is a mixture of those and may rise, or change its sign, on the way to 0.",
        source=(("hoerl1970", "section 3"), ("hastie2009", "section 3.4.1")),
        asks="ridge_path",
        check=check_each_shrinks,
        domain=replace(PATHS, regimes=("integers", "generic"), real={}),
        smallest="X = [[−1, −1], [−1, 0]], y = (−1, 0): β₁ = 0, 0.182, 0.200, 0.182, 0.138 at λ = 0, ½, 1, 2, 4",
    ),
    Myth(
        id="REG-M6",
        title="Ridge does not mind units",
        sentence="Ridge regression fits the same values whether features come in centimetres or in millimetres.",
        truth="Least squares does. The penalty weighs coefficients, and a coefficient per millimetre is a tenth of one "
        "per centimetre: features in smaller units are penalised less.",
        source=(("hastie2009", "section 3.4.1"),),
        asks="ridge",
        check=check_units,
        domain=without_intercept(replace(RIDGE, valid=penalised), "integers", "generic"),
        smallest="one sample, x = 1, y = 1, λ = 1: ŷ = ½, and with x = 10 it is 100∕101",
    ),
)
