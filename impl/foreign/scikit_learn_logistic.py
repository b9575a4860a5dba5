"""scikit-learn's logistic regression and Gaussian processes as subjects in kernel_machines; lanes are a loop.

Its C Σ log(1 + exp(−y x·w)) + ½‖w‖² has C = 1 ∕ 2λ. A solver is asked twice: to go on until nothing moves, and as it
comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import sklearn
from scipy.special import expit
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import PairwiseKernel
from sklearn.linear_model import LogisticRegression

from impl.core.subject import Settings, Subject
from impl.foreign.lane_by_lane import Asked, Numbers, Random, lane_by_lane
from impl.foreign.scikit_learn_sparse import trusting

ENOUGH = 10_000
"""Most steps of a solver that is to go on until nothing moves."""

ARITHMETIC = {"newton-cholesky": "newton", "newton-cg": "newton", "liblinear": "newton", "lbfgs": "gradient"}
"""Which of the port's solvers each one of scikit-learn is of the kind of: liblinear's is Newton's in a trust region."""


def _weights(solver: str, x: Numbers, y: Numbers, penalty: float, *, tight: bool) -> Numbers:
    kept = {"tol": float(np.finfo(x.dtype).eps), "max_iter": ENOUGH} if tight else {}
    model = LogisticRegression(C=1 / (2 * penalty), fit_intercept=False, solver=solver, **kept)
    return np.asarray(model.fit(x, y).coef_[0])


def root(k: Numbers) -> Numbers:
    """Points (n, n) whose inner products are K up to rounding."""
    size, direction = np.linalg.eigh(k)
    return np.asarray(direction * np.sqrt(np.maximum(size, 0)))


def objective(k: Numbers, y: Numbers, penalty: float, beta: Numbers) -> Any:
    """(λ∕n) βᵀKβ + (1∕n) Σ log(1 + exp(−y Kβ)), which LogisticRegression does not tell."""
    f = k @ beta
    return penalty / len(y) * (beta @ f) + np.logaddexp(0, -y * f).mean()


def _operations(solver: str, *, tight: bool) -> dict[str, Asked]:
    def linear(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
        y = arrays["y"]
        if len(np.unique(y)) < 2:
            return {}
        return {"w": _weights(solver, arrays["x"], y, float(arrays["penalty"]), tight=tight)}

    def kernel(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
        """klr_fit: w for points whose kernel is K, and 2λβ = y σ(−y f), where the gradient in w is 0."""
        k, y, penalty = arrays["K"], arrays["y"], float(arrays["penalty"])
        if settings["solver"] != ARITHMETIC[solver] or len(np.unique(y)) < 2:
            return {}
        points = root(k)
        f = points @ _weights(solver, points, y, penalty, tight=tight)
        beta = y * expit(-y * f) / (2 * penalty)
        return {"beta": beta, "value": objective(k, y, penalty, beta)}

    return {"logistic_fit": linear, "klr_fit": kernel}


def _laplace(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """klr_fit: Laplace's approximation is at the mode of −½ fᵀ(K∕2λ)⁻¹f + Σ log σ(y f), where 2λβ = (y + 1)∕2 − P."""
    k, y, penalty = arrays["K"], arrays["y"], float(arrays["penalty"])
    if settings["solver"] != "newton" or len(np.unique(y)) < 2:
        return {}
    model = GaussianProcessClassifier(PairwiseKernel(metric="precomputed"), optimizer=None)
    share = model.fit(k / (2 * penalty), y).base_estimator_.pi_
    beta = ((y + 1) / 2 - share) / (2 * penalty)
    return {"beta": beta, "value": objective(k, y, penalty, beta)}


SILENT = "asked with two classes and for the solver that it is like only"


def _subject(name: str, operations: dict[str, Asked]) -> Subject:
    found = {key: lane_by_lane(trusting(asked)) for key, asked in operations.items()}
    return Subject(
        name,
        "kernel_machines",
        found,
        version=sklearn.__version__,
        devices=("cpu",),
        missing=dict.fromkeys(("klr_fit", "logistic_fit"), SILENT),
    )


def _subjects() -> Iterator[Subject]:
    for solver in ARITHMETIC:
        for suffix, tight in (("", True), ("-default", False)):
            yield _subject(f"sklearn-logistic-{solver}{suffix}", _operations(solver, tight=tight))
    yield _subject("sklearn-gp-laplace", {"klr_fit": _laplace})


LOGISTIC_SUBJECTS: tuple[Subject, ...] = tuple(_subjects())
