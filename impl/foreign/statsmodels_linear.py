"""statsmodels' penalised least squares as subjects in regularization; lanes are a loop.

Its penalty is α (ρ ‖β‖₁ + (1 − ρ)∕2 ‖β‖²) beside ‖y − Xβ‖² ∕ 2n, as the port's elastic net; ridge's λ is nα. An
intercept is a column of ones whose α is 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import statsmodels
from statsmodels.regression.linear_model import OLS

from impl.core.subject import Settings, Subject
from impl.foreign.lane_by_lane import Asked, Numbers, Random, lane_by_lane

ENOUGH = 1_000
"""Most sweeps of coordinate descent."""


def _fit(x: Numbers, y: Numbers, alpha: float, ratio: float, intercept: bool, **chosen: Any) -> dict[str, Any]:
    exog = np.column_stack([np.ones(len(x), dtype=x.dtype), x]) if intercept else x
    weights = np.array([0.0] + [alpha] * x.shape[1]) if intercept else alpha
    found = OLS(y, exog, hasconst=False).fit_regularized(alpha=weights, L1_wt=ratio, **chosen)
    level = found.params[0] if intercept else 0.0
    return {"coef": found.params[int(intercept) :], "intercept": np.asarray(level), "fitted": found.fittedvalues}


def _ridge(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """ridge: by singular values without an intercept, else by an equation in the singular vectors' squares."""
    intercept = bool(settings["intercept"])
    if settings["solver"] != ("cholesky" if intercept else "svd"):
        return {}
    return _fit(arrays["x"], arrays["y"], float(arrays["penalty"]) / len(arrays["y"]), 0.0, intercept)


def _ridge_path(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """A fit for each penalty."""
    x, y = arrays["x"], arrays["y"]
    each = [_fit(x, y, float(v) / len(y), 0.0, bool(settings["intercept"])) for v in arrays["penalties"]]
    rss = np.stack([((y - found.pop("fitted")) ** 2).sum() for found in each])
    return {name: np.stack([found[name] for found in each]) for name in each[0]} | {"rss": rss}


def _lasso(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """The elastic net whose penalty is ℓ1 alone."""
    return _elastic_net(arrays | {"ratio": 1.0}, settings, random)


def _elastic_net(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """The elastic net by coordinate descent until a sweep moves nothing by more than u; ridge where ρ = 0."""
    if settings["solver"] != "cd":
        return {}
    kind = np.finfo(arrays["x"].dtype)
    told = {"maxiter": ENOUGH, "cnvrg_tol": float(kind.eps), "zero_tol": float(kind.tiny)}
    ratio, intercept = float(arrays["ratio"]), bool(settings["intercept"])
    found = _fit(arrays["x"], arrays["y"], float(arrays["penalty"]), ratio, intercept, **told)
    return {name: found[name] for name in ("coef", "intercept")}


NO_GAP = "statsmodels reports no gap"
NO_DF = "statsmodels' ridge reports no degrees of freedom"


def _subject(name: str, operations: dict[str, Asked], **missing: str) -> Subject:
    found = {key: lane_by_lane(asked) for key, asked in operations.items()}
    return Subject(name, "regularization", found, version=statsmodels.__version__, devices=("cpu",), missing=missing)


SUBJECTS: tuple[Subject, ...] = (
    _subject("statsmodels-ridge", {"ridge": _ridge, "ridge_path": _ridge_path}, df=NO_DF),
    _subject("statsmodels-elastic-net", {"lasso": _lasso, "elastic_net": _elastic_net}, gap=NO_GAP),
)
