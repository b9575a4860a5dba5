"""A user's own boosting class as a subject, without an adapter.

What is read, the scikit-learn way: `fit(X, y, sample_weight)`, `predict`, `decision_function`,
`staged_decision_function`; then `estimators_` (each with `predict`), the votes in `alphas_` (½ ln((1−ε)/ε)) or
`estimator_weights_` (SAMME's ln((1−ε)/ε)), `estimator_errors_`, `sample_weights_` (rounds or rounds+1, n) and
`stop_reason_`. An attribute `alpha_convention` = "half" or "samme" overrides which votes are meant.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from impl.adaboost.reading import NEEDED, Asked, alpha_scale, read
from impl.core.subject import Answers, Arrays, Operation, Settings, Subject

OPERATIONS = ("fit_discrete", "fit_samme", "fit_real", "fit_r2", "weighted_median", "resample")
ROUNDS = ("n_rounds", "n_estimators", "rounds", "T")
"""What the number of rounds may be called, as an argument of the constructor or as an attribute."""


def adapt(make: Callable[..., object], name: str) -> Subject:
    """The user's class (or factory) as a subject of that name.

    An object with methods named like the port's operations is taken as is. Otherwise its `fit` answers fit_discrete
    with labels −1 and +1, and fit_samme with classes 0 … K−1 where its votes follow SAMME. D is replayed from the
    votes where the object does not expose it, which the extra answer `replayed` says. A fit without sample_weight is
    called without: claims about example weights will then refute it.

    Raises TypeError for an object that has neither `fit` nor a method of the port.
    """
    made = make()
    spoken = {key: getattr(made, key) for key in OPERATIONS if callable(getattr(made, key, None))}
    if spoken:
        lacking = {key: f"{name} has no method {key}" for key in OPERATIONS if key not in spoken}
        return Subject(name, "adaboost", spoken, lanes=bool(getattr(made, "lanes", True)), missing=lacking)
    if not callable(getattr(made, "fit", None)):
        raise TypeError(f"{name}: expected fit(X, y, sample_weight), or a method called {', '.join(OPERATIONS)}")
    operations: dict[str, Operation] = {
        "fit_discrete": fit_operation(make, name),
        "fit_samme": samme_operation(make, name),
    }
    return Subject(
        name,
        "adaboost",
        operations,
        lanes=False,
        devices=("cpu",),
        dtypes=("float64",),
        missing=reasons(name, operations),
    )


def reasons(name: str, operations: Mapping[str, Operation]) -> dict[str, str]:
    """Why an operation or an answer may be absent, by its name."""
    silent = {key: f"{name}.fit does not answer it, and {name} has no method {key}" for key in OPERATIONS}
    hidden = {key: f"{name} lacks {attributes}" for key, attributes in NEEDED.items()}
    return {key: reason for key, reason in (silent | hidden).items() if key not in operations}


def fit_operation(make: Callable[..., object], name: str) -> Operation:
    """fit_discrete and fit_samme alike: the settings say how many classes there are."""

    def fit_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        X, y, w = (np.asarray(arrays[key])[0] for key in ("X", "y", "w"))
        asked = Asked(X, y, w.astype(np.float64), int(settings["rounds"]), int(settings.get("n_classes", 0)))
        return read(fitted(make, name, asked, settings, seed), asked, name)

    return fit_


def samme_operation(make: Callable[..., object], name: str) -> Operation:
    """fit_samme, with no answers where a first fit of four points shows that the votes are not SAMME's.

    That fit waits until the first question, so that a class that hangs is noticed by whoever asks.
    """
    fit, like_samme = fit_operation(make, name), functools.cache(lambda: _votes_like_samme(make, name))

    def fit_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        return fit(arrays, settings, device=device, dtype=dtype, seed=seed) if like_samme() else {}

    return fit_


def fitted(make: Callable[..., object], name: str, asked: Asked, settings: Settings, seed: int) -> Any:
    """A new object, told its rounds (and mode and random_state, where it knows them) and fitted to the problem.

    A class without examples is shown one row of weight 0, so that the object counts K classes.
    """
    wanted = {"random_state": seed % 2**32, "mode": settings.get("mode", "reweight")}
    model = _told(make, _rounds_name(make, name), asked.rounds, wanted)
    X, y, w = asked.X, asked.y, asked.w
    weighted = "sample_weight" in inspect.signature(model.fit).parameters
    if weighted and asked.n_classes:
        absent = np.setdiff1d(np.arange(asked.n_classes), y)
        X, y = np.concatenate([X, np.repeat(X[:1], len(absent), axis=0)]), np.concatenate([y, absent])
        w = np.concatenate([w, np.zeros(len(absent))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y, **({"sample_weight": w} if weighted else {}))
    return model


def _parameters(make: Callable[..., object]) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(make).parameters)
    except (TypeError, ValueError):  # built without a signature
        return ()


def _rounds_name(make: Callable[..., object], name: str) -> str:
    known = _parameters(make)
    for candidate in ROUNDS:
        if candidate in known or hasattr(make(), candidate):
            return candidate
    raise TypeError(f"{name} must take its number of rounds as one of {', '.join(ROUNDS)}")


def _told(make: Callable[..., object], rounds_name: str, rounds: int, wanted: Mapping[str, object]) -> Any:
    """A new object with its settings, as arguments where the constructor has them, else as attributes."""
    settings = {rounds_name: rounds, **wanted}
    known = _parameters(make)
    model: Any = make(**{key: value for key, value in settings.items() if key in known})
    for key, value in settings.items():
        if key not in known and hasattr(model, key):
            setattr(model, key, value)
    return model


def _votes_like_samme(make: Callable[..., object], name: str) -> bool:
    """Whether a fit of four points shows SAMME's votes; a fit that fails here will be judged, not hidden."""
    four = Asked(np.arange(4.0)[:, None], np.array([-1, 1, 1, -1]), np.ones(4), 2)
    try:
        return alpha_scale(fitted(make, name, four, {}, 0), name) == 2
    except Exception:
        return False
