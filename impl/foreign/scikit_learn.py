"""scikit-learn's AdaBoost as subjects: fitted by its own code, read through its public attributes.

It hides D, so D is replayed from its votes in float64, with its floor under small weights. Its votes are SAMME's,
twice the textbook's for two classes.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.ensemble import AdaBoostClassifier, AdaBoostRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from impl.adaboost.convention import fitted
from impl.adaboost.ensemble import STOP
from impl.adaboost.reading import Asked, padded, per_round, read
from impl.core.subject import Answers, Arrays, Operation, Settings, Subject

WORSE_THAN_RANDOM = "worse than random"
"""Part of the ValueError with which scikit-learn refuses a sample that no stump can begin."""

Floats = NDArray[np.float64]
SMALLEST = float(np.finfo(np.float64).eps)
"""What scikit-learn raises smaller positive weights to before each round (pull request 20415)."""

NO_WEAK_LEARNER = STOP.index("no_weak_learner")

CLASSIFIER_MISSING = {
    "decision": "decision_function is divided by the sum of the votes",
    "fit_real": "removed from scikit-learn with SAMME.R in version 1.6",
    "fit_r2": "answered by sklearn-adaboost-r2",
    "weighted_median": "answered by sklearn-adaboost-r2",
    "resample": "AdaBoostClassifier reweights",
}
REGRESSOR_MISSING = {
    "fit_discrete": "answered by sklearn-adaboost",
    "fit_samme": "answered by sklearn-adaboost",
    "fit_real": "answered by no estimator of scikit-learn",
    "resample": "AdaBoostRegressor does not expose its draws",
}


def _classifier(n_estimators: int = 50, random_state: int | None = None) -> Any:
    return AdaBoostClassifier(DecisionTreeClassifier(max_depth=1), n_estimators=n_estimators, random_state=random_state)


def _fit_classifier(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """fit_discrete and fit_samme. Where fit raises because no stump can begin, the answer is an empty ensemble.

    An early end without a perfect stump gets the code −1, unstated: its stump was no better than chance, which does
    not mean that none is, for the stump of least Gini impurity need not be the one of least error.
    """
    X, y, w = (np.asarray(arrays[key])[0] for key in ("X", "y", "w"))
    asked = Asked(X, y, w, int(settings["rounds"]), int(settings.get("n_classes", 0)))
    try:
        model = fitted(_classifier, "sklearn-adaboost", asked, settings, seed)
    except ValueError as error:
        if WORSE_THAN_RANDOM not in str(error):
            raise
        model = _Empty()
    asked = replace(asked, w=_floored(w / w.sum()))
    without = ("decision_function", "staged_decision_function")
    found = read(model, asked, "sklearn-adaboost", without=without, reweight=_reweight)
    return found | {"stop": np.where(found["stop"] == NO_WEAK_LEARNER, -1, found["stop"])}


def _floored(D: Floats) -> Floats:
    return np.where(D > 0, np.maximum(D, SMALLEST), 0.0)


def _reweight(D: Floats, miss: NDArray[np.bool_], alpha: float) -> Floats:
    """One round of scikit-learn's own arithmetic: logarithm, exponential, sum, and the floor of the next round."""
    with np.errstate(divide="ignore"):
        new = np.exp(np.log(D) + alpha * miss * (D > 0))
    return _floored(new / new.sum())


class _Empty:
    """What scikit-learn keeps of a fit that it refuses: nothing; it says neither class."""

    estimators_: tuple[Any, ...] = ()
    estimator_weights_ = np.zeros(0)
    estimator_errors_ = np.zeros(0)

    def predict(self, X: Floats) -> Floats:
        return np.zeros(len(X))


def _fit_regressor(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """fit_r2. Losses, β and D are replayed from the recorded hypotheses and mean losses."""
    X, y, w = (np.asarray(arrays[key])[0] for key in ("X", "y", "w"))
    rounds, n = int(settings["rounds"]), len(y)
    model = AdaBoostRegressor(
        DecisionTreeRegressor(max_depth=1),
        n_estimators=rounds,
        loss=str(settings["loss"]),
        random_state=seed % 2**32,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y, sample_weight=w)
    votes, means = np.asarray(model.estimator_weights_), np.asarray(model.estimator_errors_)
    used = int((votes != 0).sum())  # a first hypothesis with a mean loss of ½ or more stays, with vote 0
    says = np.array([tree.predict(X) for tree in model.estimators_[:used]]).reshape(used, n)
    losses = _losses(np.abs(y - says), str(settings["loss"]))
    perfect = used > 0 and means[used - 1] == 0
    betas = means[:used] / (1 - means[:used])
    states = [w / w.sum()]
    for beta, loss in zip(betas, losses, strict=True):
        new = states[-1] * (beta ** (1 - loss) if beta else 1.0)
        states.append(new / new.sum())
    stages = [] if not used else list(model.staged_predict(X))[:used]
    blank = np.zeros((rounds - used, n))
    found: Answers = {
        "predictions": np.concatenate([says, blank]),
        "losses": np.concatenate([losses, blank]),
        "mean_losses": per_round(means, used, rounds, "estimator_errors_"),
        "betas": per_round(betas, used, rounds, "estimator_errors_"),
        "weights": padded(np.array(states), rounds + 1),
        "used": np.array(used),
        "stop": np.array(1 if perfect else 2 if used < rounds else 0),
        "staged": padded(np.array(stages) if used else model.predict(X)[None], rounds),
        "replayed": np.array(1),
    }
    return {key: value[None] for key, value in found.items()}


def _losses(distance: Floats, loss: str) -> Floats:
    """L of |y − h| ÷ its maximum, for distances (rounds, n)."""
    worst = distance.max(axis=1, keepdims=True, initial=0)
    ratio = distance / np.where(worst > 0, worst, 1)
    return {"linear": ratio, "square": ratio**2, "exponential": 1 - np.exp(-ratio)}[loss]


class _Constant:
    """A hypothesis that says one value everywhere."""

    def __init__(self, value: float) -> None:
        self.value = value

    def predict(self, X: Floats) -> Floats:
        return np.full(len(X), self.value)


def _weighted_median(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """weighted_median: the prediction of an AdaBoostRegressor whose hypotheses are the values."""
    model = AdaBoostRegressor()
    model.estimators_ = [_Constant(value) for value in np.asarray(arrays["values"])[0]]
    model.estimator_weights_ = np.asarray(arrays["weights"])[0].astype(np.float64)
    model.n_features_in_ = 1
    return {"median": np.asarray(model.predict(np.zeros((1, 1))))}


def _subject(name: str, operations: dict[str, Operation], missing: dict[str, str]) -> Subject:
    return Subject(
        name,
        "adaboost",
        operations,
        lanes=False,
        version=sklearn.__version__,
        devices=("cpu",),
        dtypes=("float64",),
        missing=missing,
    )


SUBJECTS: tuple[Subject, ...] = (
    _subject("sklearn-adaboost", {"fit_discrete": _fit_classifier, "fit_samme": _fit_classifier}, CLASSIFIER_MISSING),
    _subject("sklearn-adaboost-r2", {"fit_r2": _fit_regressor, "weighted_median": _weighted_median}, REGRESSOR_MISSING),
)
