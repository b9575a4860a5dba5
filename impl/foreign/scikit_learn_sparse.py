"""scikit-learn's lasso and elastic net, their paths, and the lasso by least angles, as subjects in regularization.

Coordinate descent is asked to stop at the gap that the port asks for, which it can be told, and as it comes. None is
asked at λ = 0, against which their documentation advises, and where the gap that is reported is another quantity.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sklearn
from sklearn.linear_model import ElasticNet, Lasso, LassoLars, enet_path, lasso_path

from impl.core.subject import Settings, Subject
from impl.foreign.lane_by_lane import Asked, Numbers, Random, lane_by_lane

Make = Callable[[float, float, bool, Numbers], Any]
"""An unfitted model from λ, ρ, whether there is an intercept, and the features."""

ENOUGH = 100_000
"""Most sweeps of coordinate descent that is to reach the gap which the port asks for."""


def trusting(asked: Asked) -> Asked:
    """Without scikit-learn's own checks of its arguments, which take longer than small fits."""

    def trusted(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
        with sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
            return asked(arrays, settings, random)

    return trusted


def required(x: Numbers) -> float:
    """`tol` such that gap ≤ tol ‖y‖² ∕ n is the port's 16 (n + p + 8) u ‖y‖² ∕ 2n."""
    return 4 * (sum(x.shape) + 8) * float(np.finfo(x.dtype).eps)


def _operations(make: Make, solver: str, *names: str, reports: bool = True) -> dict[str, Asked]:
    """The operations of these names by a model that answers to this solver; `reports`: whether it has a gap."""

    def fit(arrays: dict[str, Any], penalty: float, ratio: float, intercept: bool) -> dict[str, Any]:
        x = arrays["x"]
        model = make(penalty, ratio, intercept, x).fit(x, arrays["y"])
        found = {"coef": model.coef_, "intercept": np.asarray(model.intercept_)}
        return found | ({"gap": np.asarray(model.dual_gap_), "iterations": model.n_iter_} if reports else {})

    def one(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
        if settings["solver"] != solver or not arrays["penalty"]:
            return {}
        return fit(arrays, float(arrays["penalty"]), float(arrays.get("ratio", 1.0)), bool(settings["intercept"]))

    def path(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
        """A fit for each penalty."""
        each = [fit(arrays, float(penalty), 1.0, bool(settings["intercept"])) for penalty in arrays["penalties"]]
        return {name: np.stack([found[name] for found in each]) for name in each[0] if name != "iterations"}

    every = {"lasso": one, "elastic_net": one, "lasso_path": path}
    return {name: every[name] for name in names}


def _lasso(**chosen: Any) -> Make:
    def make(penalty: float, ratio: float, intercept: bool, x: Numbers) -> Any:
        told = {"tol": required(x), "max_iter": ENOUGH} | chosen
        return Lasso(penalty, fit_intercept=intercept, **told)

    return make


def _elastic_net(**chosen: Any) -> Make:
    def make(penalty: float, ratio: float, intercept: bool, x: Numbers) -> Any:
        told = {"tol": required(x), "max_iter": ENOUGH} | chosen
        return ElasticNet(penalty, l1_ratio=ratio, fit_intercept=intercept, **told)

    return make


def _least_angles(penalty: float, ratio: float, intercept: bool, x: Numbers) -> Any:
    return LassoLars(penalty, fit_intercept=intercept)


DEFAULT = {"tol": 1e-4, "max_iter": 1000}
"""scikit-learn's own `tol` and `max_iter`."""


def _along(arrays: dict[str, Any], penalties: Numbers, ratio: float) -> dict[str, Any]:
    """lasso_path where all of the penalty is ℓ1, else enet_path: coef (l, p), gap (l,), intercept 0."""
    x, y = arrays["x"], arrays["y"]
    asked = {"alphas": penalties, "tol": required(x), "max_iter": ENOUGH}
    _, coefs, gaps = lasso_path(x, y, **asked) if ratio == 1 else enet_path(x, y, l1_ratio=ratio, **asked)
    return {"coef": coefs.T, "gap": gaps, "intercept": np.zeros(len(gaps))}


def _path(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    return {} if settings["intercept"] else _along(arrays, arrays["penalties"], 1.0)


def _point(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """The lasso: a path of one penalty."""
    return _mixed(arrays | {"ratio": 1.0}, settings, random)


def _mixed(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """The elastic net: a path of one penalty."""
    if settings["intercept"] or settings["solver"] != "cd" or not arrays["penalty"]:
        return {}
    found = _along(arrays, arrays["penalty"][None], float(arrays["ratio"]))
    return {name: value[0] for name, value in found.items()}


def _top(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """lambda_max: where the path begins that chooses its penalties itself."""
    if settings["intercept"]:
        return {}
    return {"penalty": np.asarray(lasso_path(arrays["x"], arrays["y"], alphas=1)[0][0])}


NO_ZERO = "scikit-learn advises against a lasso without a penalty"
NO_GAP = "LassoLars reports no gap"
NO_INTERCEPT = "scikit-learn's path functions have no intercept, and no lasso without a penalty"


def _subject(name: str, operations: dict[str, Asked], **missing: str) -> Subject:
    found = {key: lane_by_lane(trusting(asked)) for key, asked in operations.items()}
    return Subject(name, "regularization", found, version=sklearn.__version__, devices=("cpu",), missing=missing)


SPARSE_SUBJECTS: tuple[Subject, ...] = (
    *(
        _subject(name, _operations(_lasso(**chosen), "cd", "lasso", "lasso_path"), lasso=NO_ZERO)
        for name, chosen in (
            ("sklearn-lasso", {}),
            ("sklearn-lasso-gram", {"precompute": True}),
            ("sklearn-lasso-default", DEFAULT),
        )
    ),
    *(
        _subject(name, _operations(_elastic_net(**chosen), "cd", "elastic_net"), elastic_net=NO_ZERO)
        for name, chosen in (("sklearn-elastic-net", {}), ("sklearn-elastic-net-default", DEFAULT))
    ),
    _subject(
        "sklearn-lasso-lars",
        _operations(_least_angles, "fista", "lasso", "lasso_path", reports=False),
        gap=NO_GAP,
        lasso=NO_ZERO,
    ),
    _subject(
        "sklearn-lasso-path",
        {"lasso": _point, "lasso_path": _path, "lambda_max": _top},
        **dict.fromkeys(("lasso", "lasso_path", "lambda_max"), NO_INTERCEPT),
    ),
    _subject("sklearn-enet-path", {"elastic_net": _mixed}, elastic_net=NO_INTERCEPT),
)
