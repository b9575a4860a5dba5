"""statsmodels' ordinary least squares and its influence measures as subjects in overfitting."""

from __future__ import annotations

from typing import Any

import numpy as np
import statsmodels
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.outliers_influence import OLSInfluence
from statsmodels.tools.tools import add_constant

from impl.core.subject import Settings, Subject
from impl.foreign.lane_by_lane import Numbers, Random, lane_by_lane


def _fit(x: Numbers, y: Numbers) -> Any:
    return OLS(y, x, hasconst=False).fit()


def _least_squares(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    found = _fit(arrays["x"], arrays["y"])
    leverage = OLSInfluence(found).hat_matrix_diag
    return {"coef": found.params, "fitted": found.fittedvalues, "rss": found.ssr, "leverage": leverage}


def _minimum_norm(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    return {"coef": _fit(arrays["x"], arrays["y"]).params}


def _pseudo_inverse(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    return {"inverse": _fit(arrays["x"], arrays["x"][:, 0]).model.pinv_wexog}


def _nested(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """nested_errors: a fit of each prefix; the sum of squares of no column is the uncentred total."""
    x, y = arrays["x"], arrays["y"]
    models = [_fit(x[:, :k], y) for k in range(1, x.shape[1] + 1)]
    rss = np.array([models[0].uncentered_tss, *(model.ssr for model in models)])
    return {"rss": rss, "gain": rss[:-1] - rss[1:]}


def _left_out(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """leave_one_out: resid_press; gcv with the mean of hat_matrix_diag."""
    x, y = arrays["x"], arrays["y"]
    if arrays["penalty"]:
        return {}
    found = OLSInfluence(_fit(add_constant(x, has_constant="add") if settings["intercept"] else x, y))
    residual, alike = found.resid_press, found.resid / (1 - found.hat_matrix_diag.mean())
    return {"residual": residual, "press": residual @ residual, "gcv": (alike * alike).mean()}


SUBJECTS: tuple[Subject, ...] = (
    Subject(
        "statsmodels-ols",
        "overfitting",
        {
            name: lane_by_lane(asked)
            for name, asked in {
                "least_squares": _least_squares,
                "minimum_norm": _minimum_norm,
                "pseudo_inverse": _pseudo_inverse,
                "nested_errors": _nested,
                "leave_one_out": _left_out,
            }.items()
        },
        version=statsmodels.__version__,
        devices=("cpu",),
        missing={"leave_one_out": "OLS has no penalty"},
    ),
)
