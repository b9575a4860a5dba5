"""Popular myths about sizes of samples and of models, each stated as if it were true: OV-M1, OV-M2, OV-M3, OV-M6."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np

from theory.core.bound import Bound, rounding
from theory.core.claim import Answer, Myth
from theory.core.domain import Array, Axes, Cases, Domain, Shape
from theory.core.gap import Gap, at_most
from theory.overfitting.cases_fitting import Floats, Mask, Rng
from theory.overfitting.claims_double_descent import RISKS, valid_risks


def draw_means(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Whole-number targets fitted by a constant, and test targets."""
    n, m = shape["n"], shape["m"]
    y, aims = (rng.integers(-1, 2, (lanes, k)).astype(np.float64) for k in (n, m))
    return sized(Cases({"x": np.ones((lanes, n, 1)), "y": y, "test_x": np.ones((lanes, m, 1)), "test_y": aims}))


def sized(cases: Cases) -> Cases:
    """The same rows with the sizes 1 … n."""
    n = cases["x"].shape[1]
    return cases.with_arrays(sizes=np.tile(np.arange(1, n + 1), (cases.lanes, 1)))


MEANS = Domain(
    MappingProxyType({"n": (2, 6), "m": (1, 4)}),
    ("generic",),
    draw_means,
    MappingProxyType(
        {"x": Axes(("n",)), "y": Axes(("n",), "real"), "test_x": Axes(("m",)), "test_y": Axes(("m",), "real")}
    ),
    settle=sized,
)
"""The simplest model there is: a constant."""


def _rounded(cases: Cases) -> Bound:
    """What rounding may do to a mean of squares of whole numbers: γ(n+m+16) of the largest square."""
    n, m = cases["y"].shape[1], cases["test_y"].shape[1]
    largest = np.maximum(np.abs(cases["y"]).max(axis=1), np.abs(cases["test_y"]).max(axis=1)) ** 2
    return rounding(n + m + 16, cases.u, "γ(n+m+16) 4 max y²", 4 * largest[:, None])


def check_more_rows_fit_better(answer: Answer, cases: Cases) -> Gap:
    """The training error never rises from one size to the next."""
    training = answer["training"]
    return at_most("training error at a size ≤ at the size before", training[:, 1:], training[:, :-1], _rounded(cases))


def check_test_above_training(answer: Answer, cases: Cases) -> Gap:
    """The test error is never below the training error."""
    return at_most("training error ≤ test error", answer["training"], answer["test"], _rounded(cases))


def _wide(cases: Cases) -> Mask:
    """At least two more columns than rows, so that the risk is finite."""
    return np.asarray(valid_risks(cases) & (cases["columns"] >= cases["rows"] + 2))


def _risk(answer: Answer) -> Array:
    return np.asarray(answer["variance"] + answer["bias"])


def _risk_bound(risk: Floats, cases: Cases) -> Bound:
    finite = np.where(np.isinf(risk), 0.0, risk)
    return rounding(24, cases.u, "γ(24)(risk + ‖β‖²)", finite + cases["norm"] ** 2)


def check_more_data_help(answer: Answer, cases: Cases) -> Gap:
    """A row more never raises the risk of the solution of least norm."""
    more = _risk(answer.again("minimum_norm_risk", cases.with_arrays(rows=cases["rows"] + 1)))
    return at_most("risk with a row more ≤ risk", more, _risk(answer), _risk_bound(_risk(answer), cases))


def check_more_columns_hurt(answer: Answer, cases: Cases) -> Gap:
    """Beyond as many columns as rows, a further column never lowers the risk."""
    more = _risk(answer.again("minimum_norm_risk", cases.with_arrays(columns=cases["columns"] + 1)))
    return at_most("risk ≤ risk with a column more", _risk(answer), more, _risk_bound(more, cases))


FITTING_MYTHS: tuple[Myth, ...] = (
    Myth(
        id="OV-M1",
        title="A larger training set lowers the training error",
        sentence="The training error never rises as the training set grows.",
        truth="One row is fitted perfectly; every further row is one more to please. On average the training error "
        "rises towards the noise, and the test error falls towards it.",
        source=(("hastie2009", "section 7.4"), ("vapnik1998", "chapter 1")),
        asks="learning_curve",
        check=check_more_rows_fit_better,
        domain=MEANS,
        smallest="a constant fitted to 0 and then to 0 and 1: the training error rises from 0 to 1/4",
    ),
    Myth(
        id="OV-M3",
        title="The test error is always above the training error",
        sentence="No test set has a smaller error than the training set.",
        truth="Optimism is an average: 2σ²d∕n over all noises. One lucky test set lies below the training error, above "
        "all a small one.",
        source=(("hastie2009", "section 7.4"), ("efron2004", "section 2")),
        asks="learning_curve",
        check=check_test_above_training,
        domain=MEANS,
        smallest="a constant fitted to ±1 and tested on 0: the training error is 1, the test error 0",
    ),
    Myth(
        id="OV-M2",
        title="More data never hurt",
        sentence="With a further row the expected test error of the solution of least norm never rises.",
        truth="With fewer rows than columns a further row brings the design nearer to n = d, where the variance is "
        "infinite. With 10 columns it is 1.25σ² at 5 rows, 8σ² at 8, infinite from 9 to 11, and 10σ² at 12.",
        source=(("belkin2020", "section 2"), ("nakkiran2021", "section 7")),
        asks="minimum_norm_risk",
        check=check_more_data_help,
        domain=RISKS,
        smallest="three columns: with one row the variance is σ², with two it is infinite",
    ),
    Myth(
        id="OV-M6",
        title="More parameters than data must overfit",
        sentence="Once there are more columns than rows, each further column raises the expected test error.",
        truth="Beyond n + 1 columns the variance σ²n∕(d − n − 1) of the solution of least norm falls with every "
        "column; only the bias rises, and with little signal the sum falls.",
        source=(("belkin2020", "section 2"), ("hastie2022", "section 3")),
        asks="minimum_norm_risk",
        check=check_more_columns_hurt,
        domain=replace(RISKS, regimes=("wide",), valid=_wide),
        smallest="one row: the variance is σ² with three columns and σ²∕2 with four",
    ),
)
