"""scikit-learn's least squares, ridge, folds and neighbours as subjects in overfitting; lanes are a loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn
from sklearn.linear_model import LinearRegression, Ridge, RidgeCV
from sklearn.model_selection import (
    KFold,
    LeaveOneOut,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    learning_curve,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import PolynomialFeatures

from impl.core.subject import Settings, Subject
from impl.foreign.lane_by_lane import Asked, Numbers, Random, fit_of, lane_by_lane

SCORE = "neg_mean_squared_error"


def _design(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """polynomial_design: powers only."""
    if settings["basis"] != "monomial":
        return {}
    return {"x": PolynomialFeatures(int(settings["degree"])).fit_transform(arrays["t"][:, None])}


def _linear(default: bool) -> dict[str, Asked]:
    """LinearRegression; `tol`, the part of the largest singular value that counts as 0, at rounding or by default."""

    def model(x: Numbers) -> Any:
        tol = {} if default else {"tol": max(x.shape) * float(np.finfo(x.dtype).eps)}
        return LinearRegression(fit_intercept=False, **tol)

    def least_squares(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
        x, y = arrays["x"], arrays["y"]
        return fit_of(x, y, model(x).fit(x, y).coef_)

    def minimum_norm(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
        return {"coef": model(arrays["x"]).fit(arrays["x"], arrays["y"]).coef_}

    def pseudo_inverse(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
        x = arrays["x"]
        return {"inverse": model(x).fit(x, np.eye(len(x), dtype=x.dtype)).coef_.T}

    def curve(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
        """learning_curve of one split into training and test rows; it sorts the sizes and drops repeated ones."""
        x, y, sizes = arrays["x"], arrays["y"], arrays["sizes"].astype(int)
        rows = np.concatenate([x, arrays["test_x"]]), np.concatenate([y, arrays["test_y"]])
        split = [(np.arange(len(y)), np.arange(len(y), len(rows[1])))]
        asked, training, test = learning_curve(model(x), *rows, train_sizes=sizes, cv=split, scoring=SCORE)
        place = np.searchsorted(asked, sizes)
        return {"training": -training[place, 0], "test": -test[place, 0]}

    return {
        "polynomial_design": _design,
        "least_squares": least_squares,
        "minimum_norm": minimum_norm,
        "pseudo_inverse": pseudo_inverse,
        "learning_curve": curve,
    }


def _hat(model: Any, x: Numbers) -> Numbers:
    """What the model predicts at its rows for the columns of the identity as targets."""
    return np.asarray(model.fit(x, np.eye(len(x), dtype=x.dtype)).predict(x)).reshape(len(x), len(x))


def _left(x: Numbers, y: Numbers, model: Any, residual: Numbers, score: float) -> dict[str, Any]:
    """The answers of `leave_one_out`: press is the mean score, n times; gcv is made of the model's predictions."""
    away = (y - model.fit(x, y).predict(x)) / (1 - np.trace(_hat(model, x)) / len(x))
    return {"residual": residual, "press": -len(x) * score, "gcv": (away * away).mean()}


def _ridge(penalty: float, intercept: bool) -> Any:
    return Ridge(penalty, fit_intercept=intercept, solver="svd")


def _ridge_left_out(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """leave_one_out: n refits."""
    x, y, model = arrays["x"], arrays["y"], _ridge(float(arrays["penalty"]), bool(settings["intercept"]))
    residual = y - cross_val_predict(model, x, y, cv=LeaveOneOut())
    return _left(x, y, model, residual, cross_val_score(model, x, y, cv=LeaveOneOut(), scoring=SCORE).mean())


def _ridge_validated(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """cross_validate: the error is the mean of the folds' scores by their sizes."""
    x, y, folds = arrays["x"], arrays["y"], KFold(int(settings["k"]))
    model = _ridge(float(arrays["penalty"]), False)
    sizes = [len(test) for _, test in folds.split(x)]
    scores = cross_val_score(model, x, y, cv=folds, scoring=SCORE)
    return {"prediction": cross_val_predict(model, x, y, cv=folds), "error": -np.average(scores, weights=sizes)}


def _ridge_cv(mode: str) -> dict[str, Asked]:
    """RidgeCV with one penalty, which must be positive; asked for scores, it stores predictions."""

    def made(penalty: float, intercept: bool) -> Any:
        return RidgeCV([penalty], fit_intercept=intercept, scoring=SCORE, gcv_mode=mode, store_cv_results=True)

    def left_out(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
        x, y = arrays["x"], arrays["y"]
        if not arrays["penalty"]:
            return {}
        model = made(float(arrays["penalty"]), bool(settings["intercept"])).fit(x, y)
        return _left(x, y, model, y - model.cv_results_[:, 0], float(model.best_score_))

    return {"leave_one_out": left_out}


def _membership(folds: Any, rows: Numbers, labels: Numbers | None) -> dict[str, Any]:
    """The masks of a splitter's index arrays; each may name a row once only."""
    splits = list(folds.split(rows, labels))
    test, train = np.zeros((2, len(splits), len(rows)), dtype=np.int64)
    for fold, (kept, tested) in enumerate(splits):
        np.add.at(train[fold], kept, 1)
        np.add.at(test[fold], tested, 1)
    return {"test": test, "train": train, "fold": test.argmax(axis=0)}


def _kfold(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    shuffle = bool(settings["shuffle"])
    folds = KFold(int(settings["k"]), shuffle=shuffle, random_state=random if shuffle else None)
    return _membership(folds, np.zeros(int(settings["n"])), None)


def _stratified(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """Nothing where every label has fewer rows than there are folds, which StratifiedKFold refuses."""
    y, k, shuffle = arrays["y"], int(settings["k"]), bool(settings["shuffle"])
    if np.unique(y, return_counts=True)[1].max() < k:
        return {}
    return _membership(StratifiedKFold(k, shuffle=shuffle, random_state=random if shuffle else None), y, y)


def _one_out(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """Kfold where every row has a fold of its own."""
    n = int(settings["n"])
    return _membership(LeaveOneOut(), np.zeros(n), None) if (settings["k"], settings["shuffle"]) == (n, 0) else {}


def _neighbours(algorithm: str) -> Asked:
    def nearest_neighbours(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
        model = KNeighborsClassifier(int(settings["neighbours"]), algorithm=algorithm).fit(arrays["x"], arrays["y"])
        nearest = model.kneighbors(arrays["query"], 1, return_distance=False)[:, 0]
        return {"label": model.predict(arrays["query"]), "nearest": nearest}

    return nearest_neighbours


def _subject(name: str, operations: dict[str, Asked], **missing: str) -> Subject:
    found = {key: lane_by_lane(_trusting(asked)) for key, asked in operations.items()}
    return Subject(name, "overfitting", found, version=sklearn.__version__, devices=("cpu",), missing=missing)


def _trusting(asked: Asked) -> Asked:
    """Without scikit-learn's own checks of its arguments, which take longer than small fits."""

    def trusted(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
        with sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
            return asked(arrays, settings, random)

    return trusted


SUBJECTS: tuple[Subject, ...] = (
    *(
        _subject(name, _linear(default), polynomial_design="PolynomialFeatures has powers only")
        for name, default in (("sklearn-linear-regression", False), ("sklearn-linear-regression-default", True))
    ),
    _subject("sklearn-ridge", {"leave_one_out": _ridge_left_out, "cross_validate": _ridge_validated}),
    *(
        _subject(f"sklearn-ridge-cv-{mode}", _ridge_cv(mode), leave_one_out="RidgeCV takes positive penalties only")
        for mode in ("svd", "eigen")
    ),
    _subject(
        "sklearn-kfold",
        {"kfold": _kfold, "stratified_kfold": _stratified},
        stratified_kfold="StratifiedKFold refuses more folds than any label has rows",
    ),
    _subject("sklearn-leave-one-out", {"kfold": _one_out}, kfold="LeaveOneOut has a fold for each row"),
    *(
        _subject(f"sklearn-neighbours-{algorithm.replace('_', '-')}", {"nearest_neighbours": _neighbours(algorithm)})
        for algorithm in ("brute", "kd_tree", "ball_tree")
    ),
)
