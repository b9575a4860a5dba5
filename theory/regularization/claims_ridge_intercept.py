"""An intercept that is not penalised, and conventions for λ: REG-08, REG-20."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from theory.core.bound import U64, Bound, absolute, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, equal, exactly
from theory.regularization import bounds_ridge as bounds
from theory.regularization import oracle_ridge as oracle
from theory.regularization.cases_conventions import CONVERSIONS
from theory.regularization.cases_ridge_twins import SHIFTS, moved_by

Floats = NDArray[np.float64]


def check_intercept(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Moving y by c moves β₀ by c and leaves β; moving X by m leaves β and ŷ, β₀ falls by mβ; residuals sum to 0.

    Shifts are whole and the data multiples of 1∕8, so the moved problem is exact: both answers are within their own
    bounds of the same solution. Σ(y − ŷ) is a sum of n terms, each off by `fitted_bound`.
    """
    up, across = cases["shift_y"], cases["shift_x"]
    higher, aside = moved_by(cases, up=True), moved_by(cases, aside=True)
    exact = oracle.exact_ridge(cases).coef
    first = _sizes(cases, exact)
    rest = (cases["y"] - answer["fitted"]).sum(axis=1)
    n = cases["y"].shape[1]
    gaps = [
        equal("Σ (y − ŷ) = 0", rest, np.zeros(cases.lanes), _summed(first["fitted"], cases["y"], n)),
    ]
    for label, moved, level, fit in (
        ("y + c", higher, up, up[:, None]),
        ("X + m", aside, -(across * answer["coef"]).sum(axis=1), np.zeros((cases.lanes, 1))),
    ):
        other, second = answer.again("ridge", moved), _sizes(moved, exact)
        slack = rounding(
            cases["x"].shape[2] + 2, U64, "γ64(p+2) Σ|m||β|", (np.abs(across) * np.abs(answer["coef"])).sum(axis=1)
        )
        drift = absolute(np.linalg.norm(across, axis=1) * first["coef"].value[:, 0], "‖m‖‖Δβ‖")
        gaps += [
            equal(f"β at {label}", other["coef"], answer["coef"], first["coef"] + second["coef"]),
            equal(
                f"β₀ at {label}",
                other["intercept"],
                answer["intercept"] + level,
                first["intercept"] + second["intercept"] + drift + slack,
            ),
            equal(f"ŷ at {label}", other["fitted"], answer["fitted"] + fit, first["fitted"] + second["fitted"]),
        ]
    return tuple(gaps)


def _sizes(cases: Cases, coef: Floats) -> dict[str, Bound]:
    size = bounds.sizes_of(cases)
    return {
        "coef": bounds.coef_bound(size, coef),
        "intercept": bounds.intercept_bound(size, coef),
        "fitted": bounds.fitted_bound(size, coef),
    }


def _summed(bound: Bound, y: Floats, n: int) -> Bound:
    size = np.abs(y).sum(axis=1)
    return absolute(bound.value.sum(axis=1), f"Σ ({bound.terms})") + rounding(n + 2, U64, "γ64(n+2) Σ|y|", 3 * size)


FACTORS = {"sum": lambda n: Fraction(1), "mean": lambda n: Fraction(n), "half-mean": lambda n: Fraction(2 * n)}
"""λ of the sum = factor · λ of this convention."""


def check_conversion(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """λ_sum = n λ_mean = 2n λ_half-mean: one product with a factor that is rounded first, γ(2); back again γ(4).

    For one feature of ones and answers 1 the mean convention's solution is 1 ∕ (1 + λ_mean) whatever n, in rationals;
    the subject's ridge must give it at the converted λ: `coef_bound`, and γ(2) of λ moves β by as much at most.
    """
    n, source = cases.integer("n"), str(cases.settings["source"])
    to, value = FACTORS[str(cases.settings["target"])](n), [Fraction(float(v)) for v in cases["value"]]
    sums = [v * FACTORS[source](n) for v in value]
    right = np.array([float(v / to) for v in sums])
    mean = np.array([float(1 / (1 + v / n)) for v in sums])
    back = answer.again("convert", _turned_round(cases, answer["value"]))["value"]
    total = answer.again("convert", cases.with_settings(target="sum"))["value"]
    ones = np.ones((cases.lanes, n))
    fit = {"x": ones[..., None], "y": ones, "penalty": total}
    one = replace(cases, arrays=fit, settings={"intercept": 0, "solver": "cholesky"})
    size = bounds.Sizes(fit["x"], ones, total, False, "any", cases.u)
    moved = bounds.coef_bound(size, mean[:, None]) + rounding(2, cases.u, "γ(2) λ", mean[:, None])
    return (
        equal("converted", answer["value"], right, rounding(2, cases.u, "γ(2) λ", right)),
        equal("there and back", back, cases["value"], rounding(4, cases.u, "γ(4) λ", cases["value"])),
        exactly("0 stays 0", answer["value"] == 0, cases["value"] == 0),
        equal("ridge at the converted λ", answer.again("ridge", one)["coef"], mean[:, None], moved),
    )


def _turned_round(cases: Cases, value: Floats) -> Cases:
    source, to = cases.settings["source"], cases.settings["target"]
    return cases.with_arrays(value=value).with_settings(source=to, target=source)


RIDGE_INTERCEPT_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="REG-08",
        version=1,
        title="The intercept is not penalised",
        sentence="Moving the answers by a constant moves the intercept alone, moving the features leaves coefficients "
        "and fit, and residuals sum to 0.",
        latex=r"\beta(X+1m^\top,y+c)=\beta(X,y),\quad\beta_0\mapsto\beta_0+c-m^\top\beta,\quad"
        r"\textstyle\sum_i(y_i-\hat y_i)=0",
        source=(("hastie2009", "section 3.4.1"),),
        kind="identity",
        asks="ridge",
        check=check_intercept,
        domain=SHIFTS,
        needs=("coef", "intercept", "fitted"),
        parents=("REG-01",),
        lanes=32,
    ),
    Claim(
        id="REG-20",
        version=1,
        title="Conventions convert",
        sentence="The same ridge regression has λ beside the sum of squares, λ∕n beside their mean and λ∕2n beside "
        "half their mean.",
        latex=r"\lambda_{\mathrm{sum}}=n\,\lambda_{\mathrm{mean}}=2n\,\lambda_{\mathrm{half\,mean}}",
        source=(("hastie2009", "section 3.4.1"), ("higham2002", "section 2.2")),
        kind="identity",
        asks="convert",
        also=("ridge",),
        check=check_conversion,
        domain=CONVERSIONS,
        needs=("value",),
        parents=("REG-01",),
        lanes=32,
    ),
)
