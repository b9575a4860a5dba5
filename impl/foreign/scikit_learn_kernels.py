"""scikit-learn's support vector machines as subjects in kernel_machines; lanes are a loop.

A machine is asked twice: to stop at the gap that the port asks for, and as it comes. LinearSVC is left out, since it
penalises the intercept, and NuSVC, since the port has no ν.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.svm import SVC

from impl.core.subject import Settings, Subject
from impl.foreign.lane_by_lane import Asked, Numbers, Random, lane_by_lane
from impl.foreign.scikit_learn_logistic import LOGISTIC_SUBJECTS
from impl.foreign.scikit_learn_pairwise import PAIRWISE_SUBJECTS
from impl.foreign.scikit_learn_platt import PLATT_SUBJECTS
from impl.foreign.scikit_learn_sparse import trusting

Make = Callable[[Numbers, float], SVC]
"""An unfitted machine from K and C."""

ENOUGH = 100_000
"""Most steps of a machine that is to go on until its gap is the port's."""


def _until_closed(k: Numbers, c: float) -> SVC:
    """A gap is at most n C times the violation at which libsvm stops; the port's is 256 n² u C (1 + C max Σ|K|)."""
    tol = 64 * len(k) * float(np.finfo(k.dtype).eps) * (1 + c * float(np.abs(k).sum(axis=1).max()))
    return SVC(C=c, kernel="precomputed", tol=tol, max_iter=ENOUGH)


def _as_it_comes(k: Numbers, c: float) -> SVC:
    return SVC(C=c, kernel="precomputed")


def multipliers(model: SVC) -> Numbers:
    """Every point's α of a machine of two classes, (n,)."""
    alpha = np.zeros(model.shape_fit_[0])
    alpha[model.support_] = np.abs(model.dual_coef_[0])
    return alpha


def _operations(make: Make) -> dict[str, Asked]:
    def fit(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
        k, y = arrays["K"], arrays["y"]
        model = make(k, float(arrays["C"])).fit(k, y)
        alpha = multipliers(model)
        done = np.asarray(model.fit_status_ == 0 and model.n_iter_.max() < ENOUGH)
        return {"alpha": alpha, "bias": model.intercept_[0], "support": alpha > 0, "converged": done}

    def linear(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
        x, y = arrays["x"], arrays["y"]
        model = make(x @ x.T, float(arrays["C"])).set_params(kernel="linear").fit(x, y)
        return {"w": model.coef_[0], "bias": model.intercept_[0]}

    def several(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
        """One against another, which is SVC's own way."""
        if settings["scheme"] != "one-vs-one":
            return {}
        k, y, test = arrays["K"], arrays["y"], arrays["test"]
        model = make(k, float(arrays["C"])).set_params(decision_function_shape="ovo").fit(k, y)
        score = model.decision_function(test)
        if score.ndim == 1:  # of two classes, positive for the second
            score = -score[:, None]
        return {"score": score, "label": model.predict(test).astype(np.int64)}

    def two_level(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
        k, y = arrays["K"], arrays["y"]
        machine = make(k, float(arrays["C"])).fit(k, y)
        every = np.arange(len(y))  # a frozen machine is not fitted again
        model = CalibratedClassifierCV(FrozenEstimator(machine), method="sigmoid", cv=[(every, every)], ensemble=False)
        (calibrated,) = model.fit(k, y).calibrated_classifiers_
        (sigmoid,) = calibrated.calibrators
        return {
            "score": machine.decision_function(k),
            "a": np.asarray(sigmoid.a_),
            "b": np.asarray(sigmoid.b_),
            "probability": model.predict_proba(k)[:, 1],
        }

    return {"svm_fit": fit, "linear_svm": linear, "multiclass": several, "two_level": two_level}


def _rest_scores(model: OneVsRestClassifier, test: Numbers, classes: int) -> Numbers:
    """The scores (m, k); of two classes, one machine serves both."""
    score = model.decision_function(test)
    return np.asarray(score if classes > 2 else np.stack([-score, score], axis=1))


def _pair_scores(model: OneVsOneClassifier, test: Numbers) -> Numbers:
    """The scores (m, k(k−1)∕2) of its machines, which are positive for the second of a pair."""
    pairs = zip(model.estimators_, model.pairwise_indices_, strict=True)
    return np.stack([-machine.decision_function(test[:, rows]) for machine, rows in pairs], axis=1)


def _several(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """Multiclass by the meta-estimators that take any classifier."""
    k, y, test, classes = arrays["K"], arrays["y"], arrays["test"], int(settings["classes"])
    machine = _until_closed(k, float(arrays["C"]))
    if settings["scheme"] == "one-vs-rest":
        model = OneVsRestClassifier(machine).fit(k, y)
        score = _rest_scores(model, test, classes)
    else:
        model = OneVsOneClassifier(machine).fit(k, y)
        score = _pair_scores(model, test)
    return {"score": score, "label": model.predict(test).astype(np.int64)}


NO_INTERVAL = "libsvm tells one bias, and not the interval of those that are optimal"
NO_VALUES = "SVC does not tell of its objectives"
NO_TRACE = "libsvm does not tell of its steps"


def _subject(name: str, operations: dict[str, Asked], **missing: str) -> Subject:
    found = {key: lane_by_lane(trusting(asked)) for key, asked in operations.items()}
    return Subject(name, "kernel_machines", found, version=sklearn.__version__, devices=("cpu",), missing=missing)


def _machines() -> Iterator[Subject]:
    told = {"low": NO_INTERVAL, "high": NO_INTERVAL, "svm_trace": NO_TRACE, "svm_objective": NO_VALUES}
    for suffix, make in (("", _until_closed), ("-default", _as_it_comes)):
        yield _subject(f"sklearn-svc{suffix}", _operations(make), **told)
    fit = _operations(_until_closed)["svm_fit"]
    yield _subject("sklearn-one-vs", {"multiclass": _several, "svm_fit": fit}, **told)


SUBJECTS: tuple[Subject, ...] = (*_machines(), *LOGISTIC_SUBJECTS, *PLATT_SUBJECTS, *PAIRWISE_SUBJECTS)
