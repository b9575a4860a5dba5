"""A user's own boosting class as a subject, without an adapter.

What is read, the scikit-learn way: `fit(X, y, sample_weight)`, `predict`, `decision_function`,
`staged_decision_function`; then `estimators_` (each with `predict`), the votes in `alphas_` (½ ln((1−ε)/ε)) or
`estimator_weights_` (SAMME's ln((1−ε)/ε)), `estimator_errors_`, `sample_weights_` (rounds or rounds+1, n) and
`stop_reason_`. An attribute `alpha_convention` = "half" or "samme" overrides which votes are meant.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impl.adaboost.ensemble import STOP
from impl.core.subject import Answers, Arrays, Operation, Settings, Subject

Array = NDArray[Any]
OPERATIONS = ("fit_discrete", "fit_samme", "fit_real", "fit_r2", "weighted_median", "resample")
ROUNDS = ("n_rounds", "n_estimators", "rounds", "T", "n_iterations", "M")
"""What the number of rounds may be called, as a constructor argument or as an attribute."""

NEEDED = {
    "predictions": "estimators_, each with predict(X)",
    "used": "estimators_, each with predict(X)",
    "weights": "sample_weights_ (rounds, n), or estimators_ and alphas_ to replay them",
    "alphas": "alphas_ or estimator_weights_",
    "alpha_scale": "alphas_ or estimator_weights_",
    "errors": "estimator_errors_",
    "stop": "estimators_, each with predict(X)",
    "staged": "staged_decision_function(X)",
    "decision": "decision_function(X)",
    "labels": "predict(X)",
    "scores": "estimators_ and estimator_weights_",
}
"""The attributes from which each answer of a fit is read."""


def adapt(make: Callable[[], object], name: str) -> Subject:
    """The user's class (or factory) as a subject of that name.

    An object with methods named like the port's operations is taken as is. Otherwise its `fit` answers fit_discrete
    with labels −1 and +1, and fit_samme with classes 0 … K−1 where its votes follow SAMME. D is replayed from the
    votes where the object does not expose it, which the extra answer `replayed` says. A fit without sample_weight is
    called without: claims about example weights will then refute it.

    Raises TypeError for an object that has neither `fit` nor a method of the port, with the remedy.
    """
    made = make()
    spoken = {key: getattr(made, key) for key in OPERATIONS if callable(getattr(made, key, None))}
    if spoken:
        lacking = {key: f"{name} has no method {key}" for key in OPERATIONS if key not in spoken}
        return Subject(name, "adaboost", spoken, lanes=bool(getattr(made, "lanes", True)), missing=lacking)
    if not callable(getattr(made, "fit", None)):
        raise TypeError(f"{name}: expected fit(X, y, sample_weight) or a method called {', '.join(OPERATIONS)}")
    seen = _Fitted.probe(make, name)
    operations: dict[str, Operation] = {"fit_discrete": _fit_discrete(make, name)}
    if seen.scale == 2:
        operations["fit_samme"] = _fit_samme(make, name)
    lacking = {
        key: f"{name} has no method {key}, and fit(X, y) does not answer it" for key in OPERATIONS if key not in operations
    }
    return Subject(
        name, "adaboost", operations, lanes=False, devices=("cpu",), dtypes=("float64",), missing=lacking | seen.lacking
    )


@dataclass(frozen=True)
class _Fitted:
    """A fitted object, as far as it shows itself; alphas is empty and scale 0 where it shows no votes."""

    name: str
    model: Any
    estimators: list[Any]
    alphas: Array
    scale: float
    lacking: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def of(model: Any, name: str) -> _Fitted:
        """Read the attributes of a fitted object."""
        estimators = list(getattr(model, "estimators_", []))
        half, samme = getattr(model, "alphas_", None), getattr(model, "estimator_weights_", None)
        votes = samme if half is None else half
        scale = 0.0 if votes is None else (2.0 if half is None else 1.0)
        stated = getattr(model, "alpha_convention", None)
        if stated is not None:
            scale = {"half": 1.0, "samme": 2.0}[_one_of(stated, ("half", "samme"), f"{name}.alpha_convention")]
        alphas = np.zeros(0) if votes is None else _numbers(votes, f"{name}'s votes")[: len(estimators)]
        if votes is not None and len(alphas) < len(estimators):
            raise ValueError(f"{name} has {len(estimators)} estimators_ but {len(alphas)} votes")
        return _Fitted(name, model, estimators, alphas, scale)

    @staticmethod
    def probe(make: Callable[[], object], name: str) -> _Fitted:
        """Fit four points to see what the object exposes; a fit that fails here will be judged, not hidden."""
        X, y = np.arange(4.0)[:, None], np.array([-1, 1, 1, -1])
        try:
            found = _Fitted.of(_fit(make, name, X, y, np.ones(4), 2, 0), name)
        except Exception:
            return _Fitted(name, None, [], np.zeros(0), 1.0)
        has = {attribute for attribute in _ATTRIBUTES if hasattr(found.model, attribute)}
        shown = found.shows(has)
        lacking = {key: f"{name} lacks {needed}" for key, needed in NEEDED.items() if key not in shown}
        return _Fitted(name, found.model, found.estimators, found.alphas, found.scale, lacking)

    def shows(self, has: set[str]) -> set[str]:
        """The answers that can be read from an object with these attributes."""
        votes, rounds = self.scale > 0, "estimators_" in has
        rules = {
            "predictions": rounds, "used": rounds, "stop": rounds, "alphas": votes and rounds, "alpha_scale": votes,
            "weights": rounds and (votes or "sample_weights_" in has), "scores": rounds and votes,
            "errors": "estimator_errors_" in has, "staged": "staged_decision_function" in has,
            "decision": "decision_function" in has, "labels": "predict" in has,
        }  # fmt: skip
        return {key for key, shown in rules.items() if shown}


_ATTRIBUTES = (
    "estimators_", "estimator_errors_", "sample_weights_", "staged_decision_function", "decision_function", "predict",
)  # fmt: skip


def _fit_discrete(make: Callable[[], object], name: str) -> Operation:
    def fit_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        X, y, w = (np.asarray(arrays[key])[0] for key in ("X", "y", "w"))
        rounds = int(settings["rounds"])
        if settings.get("mode") == "resample":
            _resampling(make, name)
        fitted = _Fitted.of(_fit(make, name, X, y, w, rounds, seed), name)
        return _as_lane(_read(fitted, X, y, w, rounds))

    return fit_
