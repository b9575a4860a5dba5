"""scikit-learn's Perceptron and SGDClassifier as subjects.

`fit` gives w and the bias, from the start that is asked for. It refuses rows of one label, which `partial_fit` takes:
there as many epochs of `partial_fit` stand in for it. The path is taken visit by visit, through the step that `fit` and
`partial_fit` share; a test holds both together. With its defaults Perceptron shuffles the rows and may stop early, and
only the end is asked for.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.linear_model import Perceptron, SGDClassifier

from impl.core.own_class import Floats, lane
from impl.core.subject import Answers, Arrays, Operation, Settings, Subject
from impl.perceptron.convention import LABELS, happened

AS_ASKED = {"shuffle": False, "tol": None, "random_state": 0}
"""Every row in order, every epoch to its end; nothing is drawn, but without a seed the global one would be moved."""

PERCEPTRON_LOSS = {"loss": "perceptron", "penalty": None, "learning_rate": "constant"}
"""With these SGDClassifier is documented to be the Perceptron."""


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without warnings, and without checks of what has been checked."""
    with warnings.catch_warnings(), sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
        warnings.simplefilter("ignore")
        yield


def _place(model: Any, weights: Floats) -> None:
    """Let a model go on from these weights, the bias last."""
    model.coef_, model.intercept_ = weights[None, :-1].copy(), weights[-1:].copy()


def _end(model: Any, x: Floats, y: NDArray[Any], w: Floats, bias: Floats) -> Floats:
    """The weights after max_iter epochs, the bias last: (d + 1,). w (1, d), bias (1,): the start as handed in."""
    if np.ptp(y):
        model.fit(x, y, coef_init=w, intercept_init=bias)
    else:
        _place(model, np.append(w, bias))
        for _ in range(model.max_iter):
            model.partial_fit(x, y, classes=LABELS)
    return np.append(model.coef_[0], model.intercept_)


def _visits(model: Any, x: Floats, y: NDArray[Any], start: Floats, epochs: int) -> Floats:
    """The weights before and after each visit: (1 + epochs·n, d + 1)."""
    model.set_params(random_state=np.random.RandomState(0))  # made once, not from a seed at each visit
    model.partial_fit(x[:1], y[:1], classes=LABELS)  # the checks, once
    _place(model, start)
    step = {"alpha": model.alpha, "learning_rate": "constant", "sample_weight": np.ones(1, x.dtype), "max_iter": 1}
    states = [start]
    for i in [*range(len(x))] * epochs:
        model._fit_binary(x[i : i + 1], y[i : i + 1], **step)
        states.append(np.append(model.coef_[0], model.intercept_))
    return np.array(states)


def _fit(make: Callable[..., Any], told: Mapping[str, Any], *, in_order: bool) -> Operation:
    """perceptron_fit; with the path of a class that is told to visit the rows in order."""

    def perceptron_fit(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        x, w, bias = (np.asarray(arrays[key], dtype) for key in ("x", "w", "bias"))
        y = arrays["y"]
        intercept, epochs = bool(settings["intercept"]), int(settings["epochs"])
        new = functools.partial(make, **told, fit_intercept=intercept, eta0=float(settings["rate"]))
        with _undisturbed():
            states = _visits(new(), x[0], y[0], np.append(w, bias), epochs) if in_order else None
            end = _end(new(max_iter=epochs), x[0], y[0], w, bias)
        path = {} if states is None else happened(states, x[0], intercept)
        return lane(w=end[:-1], bias=end[-1], **path)

    return perceptron_fit


NO_OTHER = "scikit-learn's linear models are asked for perceptron_fit only"
UNSEEN = "with its defaults it shuffles the rows, and does not say in which order it visited them"
OTHERS = (
    *("threshold_unit", "augment", "hyperplane", "pocket_fit", "separability", "boolean_threshold", "boolean_network"),
    *("census", "dichotomies", "layer", "relu_network", "kinks", "normalised", "initial_output"),
)
PATH = ("path_w", "path_bias", "mistake", "mistakes", "converged")


def _subject(name: str, fit: Operation) -> Subject:
    return Subject(
        name,
        "perceptron",
        {"perceptron_fit": fit},
        lanes=False,
        version=sklearn.__version__,
        devices=("cpu",),
        missing=dict.fromkeys(OTHERS, NO_OTHER) | dict.fromkeys(PATH, UNSEEN),
    )


SUBJECTS: tuple[Subject, ...] = (
    _subject("sklearn-perceptron", _fit(Perceptron, AS_ASKED, in_order=True)),
    _subject("sklearn-sgd", _fit(SGDClassifier, PERCEPTRON_LOSS | AS_ASKED, in_order=True)),
    _subject("sklearn-perceptron-default", _fit(Perceptron, {}, in_order=False)),
)
