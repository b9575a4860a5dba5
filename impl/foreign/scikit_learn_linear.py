"""scikit-learn's ridge regression and its stochastic gradient as subjects in regularization; lanes are a loop.

A solver answers to the setting whose arithmetic it has: "svd" where it works with X, "cholesky" where it works with XᵀX
or XXᵀ. An iterative one is asked twice: to go on until nothing moves any more, and as it comes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sklearn
from sklearn.linear_model import Ridge, RidgeCV, SGDRegressor

from impl.core.subject import Settings, Subject
from impl.foreign.lane_by_lane import Asked, Numbers, Random, lane_by_lane
from impl.foreign.scikit_learn_sparse import SPARSE_SUBJECTS, trusting

Make = Callable[[float, bool, Numbers], Any]
"""An unfitted model from λ, whether there is an intercept, and the features."""

ENOUGH = 10_000
"""Most sweeps of an iterative solver that is to go on until nothing moves."""


def _fit(make: Make, x: Numbers, y: Numbers, penalty: float, intercept: bool) -> dict[str, Any]:
    model = make(penalty, intercept, x).fit(x, y)
    return {"coef": model.coef_, "intercept": np.asarray(model.intercept_), "fitted": model.predict(x)}


def _unit_answers(make: Make, x: Numbers, penalty: float, intercept: bool) -> Numbers:
    """Coefficients for the columns of the identity as answers, (n, p)."""
    coef = make(penalty, intercept, x).fit(x, np.eye(len(x), dtype=x.dtype)).coef_
    return np.asarray(coef).reshape(x.shape)


def _operations(make: Make, solver: str, *, direct: bool, free: bool = True) -> dict[str, Asked]:
    """The operations of a ridge regression that has this solver's arithmetic.

    direct: whether it is asked for degrees of freedom, Σ (x_i − x̄)ᵀβ(e_i), which takes n answers. free: whether it
    knows λ = 0.
    """

    def fit(x: Numbers, y: Numbers, penalty: float, intercept: bool) -> dict[str, Any]:
        found = _fit(make, x, y, penalty, intercept)
        if direct:
            slopes = _unit_answers(make, x, penalty, intercept)
            found["df"] = np.vdot(x - x.mean(axis=0) * intercept, slopes)
        return found

    def ridge(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
        if settings["solver"] != solver or not (free or arrays["penalty"]):
            return {}
        return fit(arrays["x"], arrays["y"], float(arrays["penalty"]), bool(settings["intercept"]))

    def path(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
        """A fit for each penalty."""
        x, y, intercept = arrays["x"], arrays["y"], bool(settings["intercept"])
        each = [fit(x, y, float(penalty), intercept) for penalty in arrays["penalties"]]
        rss = np.stack([((y - found.pop("fitted")) ** 2).sum() for found in each])
        return {name: np.stack([found[name] for found in each]) for name in each[0]} | {"rss": rss}

    def hat_matrix(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
        if settings["solver"] != solver:
            return {}
        x = arrays["x"]
        hat = x @ _unit_answers(make, x, float(arrays["penalty"]), False).T
        return {"hat": hat, "df": np.trace(hat)}

    return {"ridge": ridge, "ridge_path": path} | ({"hat_matrix": hat_matrix} if direct else {})


def _by(solver: str, **chosen: Any) -> Make:
    return lambda penalty, intercept, x: Ridge(penalty, fit_intercept=intercept, solver=solver, **chosen)


def _until_still(solver: str) -> Make:
    """Iterations that stop where they change the solution by its last digit at most."""

    def make(penalty: float, intercept: bool, x: Numbers) -> Any:
        last = float(np.finfo(x.dtype).eps)
        return Ridge(penalty, fit_intercept=intercept, solver=solver, tol=last, max_iter=ENOUGH, random_state=0)

    return make


def _cross_validated(mode: str) -> Make:
    """RidgeCV with one penalty, which it cannot but choose."""
    return lambda penalty, intercept, x: RidgeCV([penalty], fit_intercept=intercept, gcv_mode=mode)


def _descend(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """optimize: a sample x = g at each step, whose absolute error has the gradient x where the prediction is too high.

    Without momentum the step of SGD with L2 and that of SGDW are the same, and SGDRegressor has only that one.
    """
    if settings["optimizer"] not in ("sgd", "sgdw") or settings["momentum"]:
        return {}
    model = SGDRegressor(
        loss="epsilon_insensitive",
        epsilon=0.0,
        penalty="l2",
        alpha=float(settings["decay"]),
        learning_rate="constant",
        eta0=float(settings["rate"]),
        fit_intercept=False,
        max_iter=1,
        tol=None,
    )
    path = [arrays["w"]]  # `fit` goes on in the array that it is given
    for gradient in arrays["gradient"]:
        low = -1 - 2 * np.abs(gradient).sum() * np.abs(path[-1]).max()
        path.append(model.fit(gradient[None], [low], coef_init=path[-1].copy()).coef_)
    return {"path": np.stack(path)}


NO_DF = "an iterative solver is not asked for degrees of freedom, for which it would have to fit n answers"
NO_ZERO = "RidgeCV takes positive penalties only"
NO_MOMENTUM = "SGDRegressor has no momentum"


def _subject(name: str, operations: dict[str, Asked], **missing: str) -> Subject:
    found = {key: lane_by_lane(trusting(asked)) for key, asked in operations.items()}
    return Subject(name, "regularization", found, version=sklearn.__version__, devices=("cpu",), missing=missing)


SUBJECTS: tuple[Subject, ...] = (
    _subject("sklearn-ridge-svd", _operations(_by("svd"), "svd", direct=True)),
    _subject("sklearn-ridge-cholesky", _operations(_by("cholesky"), "cholesky", direct=True)),
    *(
        _subject(
            f"sklearn-ridge-{solver.replace('_', '-')}{suffix}", _operations(make, arithmetic, direct=False), df=NO_DF
        )
        for solver, arithmetic in (
            ("lsqr", "svd"),
            ("sparse_cg", "cholesky"),
            ("sag", "cholesky"),
            ("saga", "cholesky"),
        )
        for suffix, make in (("", _until_still(solver)), ("-default", _by(solver, random_state=0)))
    ),
    *(
        _subject(
            f"sklearn-ridge-cv-{mode}",
            _operations(_cross_validated(mode), arithmetic, direct=True, free=False),
            ridge=NO_ZERO,
        )
        for mode, arithmetic in (("svd", "svd"), ("eigen", "cholesky"))
    ),
    _subject("sklearn-sgd-regressor", {"optimize": _descend}, optimize=NO_MOMENTUM),
    *SPARSE_SUBJECTS,
)
