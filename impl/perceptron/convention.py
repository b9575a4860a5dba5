"""A user's own perceptron as a subject, without an adapter.

What is read, on NumPy arrays and one problem at a time: a class shaped like scikit-learn's Perceptron. Its constructor
may know the arguments of `NAMES`; `fit(X, y)` learns from rows with labels −1 and 1, and leaves the weights in `coef_`,
`w_` or `weights_`, the bias in `intercept_`, `b_` or `bias_`. The path is read visit by visit: through `partial_fit`
where there is one, else from fits of one epoch to the rows that were visited by then. A method that takes (arrays,
settings, device, dtype, seed) under the name of an operation of the port is taken as it is.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impl.core.own_class import Floats, Model, Names, accepts, lane, one, quietly, spoken
from impl.core.subject import Answers, Arrays, Settings, Subject
from impl.perceptron.subject import SUBJECT

NAMES: Names = {
    "intercept": ("fit_intercept", "use_bias"),
    "rate": ("eta0", "learning_rate", "lr", "eta"),
    "epochs": ("max_iter", "n_iter", "n_epochs", "epochs"),
    "shuffle": ("shuffle",),
    "tol": ("tol",),
    "patience": ("n_iter_no_change",),
    "seed": ("random_state", "seed"),
}
"""What each constructor argument that a reader may fill is called."""

WEIGHTS = ("coef_", "w_", "weights_")
BIASES = ("intercept_", "b_", "bias_")
COUNTED = {"mistakes": "n_mistakes_", "converged": "converged_"}
"""What a class may say of itself. WEIGHTS, BIASES: what it may call what it learned."""

LABELS = np.array([-1, 1])

MOST_EPOCHS = 16
"""Epochs up to which the path is asked for, where each visit may cost a fit."""


def adapt(make: Callable[..., Any], name: str) -> Subject:
    """The user's class (or factory) as a subject of that name.

    Raises TypeError for a class with none of the methods that the module's docstring lists.
    """
    said = spoken(make, SUBJECT.operations)
    model = Model.of(make, name, NAMES)
    reader = Reader(model)
    read = model.has("fit") and (model.takes("epochs") or reader.steps) and "perceptron_fit" not in said
    if not said and not read:
        raise TypeError(
            f"{name}: expected fit(X, y) and a number of epochs called {', '.join(NAMES['epochs'])}, or an operation "
            f"(arrays, settings, device, dtype, seed) called {', '.join(SUBJECT.operations)}"
        )
    found = said | ({"perceptron_fit": reader.fit} if read else {})
    return Subject(
        name,
        "perceptron",
        found,
        lanes=not read and bool(getattr(make, "lanes", True)),
        devices=("cpu",) if read else (),
        dtypes=("float64",) if read else (),
        missing={key: f"{name} has nothing that answers {key}" for key in SUBJECT.operations if key not in found}
        | ({"perceptron_fit": f"{name} cannot be told the start, rate or intercept that are asked for"} if read else {})
        | dict.fromkeys(
            ("path_w", "path_bias", "mistake", "mistakes", "converged"),
            f"{name} has no partial_fit, and no fit to rows of one label: what it does at each visit is not seen",
        ),
    )


def happened(states: Floats, x: Floats, intercept: bool) -> dict[str, NDArray[Any]]:
    """What the weights before and after each visit tell: the path, the mistakes, whether the last epoch had none.

    states (1 + epochs·n, d + 1), the bias last; x (n, d). A visit that moved them was a mistake. A row of zeros without
    an intercept moves nothing, but lies on every plane: it is a mistake whenever it is visited.
    """
    path = states[1:].reshape(-1, *x.shape[:1], states.shape[1])  # (epochs, n, d + 1)
    moved = (states[1:] != states[:-1]).any(axis=1).reshape(path.shape[:2])
    mistake = moved | (~x.any(axis=1) & (not intercept))
    return {
        "path_w": path[..., :-1],
        "path_bias": path[..., -1],
        "mistake": mistake,
        "mistakes": mistake.sum(),
        "converged": ~mistake[-1].any(),
    }


@dataclass(frozen=True)
class Reader:
    """Asks one class one question, a problem at a time."""

    model: Model

    @property
    def steps(self) -> bool:
        """Whether it can be taught row by row."""
        return self.model.has("partial_fit")

    @functools.cached_property
    def refuses_one_label(self) -> bool:
        """Whether its fit raises ValueError for rows of one label, as scikit-learn's does."""
        try:
            self._fitted(np.ones((1, 1)), LABELS[1:], {"intercept": 1, "rate": 1.0}, 1)
        except ValueError:
            return True
        return False

    def fit(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        """perceptron_fit: w and bias of one fit, and the path where it is short; nothing where it cannot be asked."""
        x, y, w, bias = one(arrays, "x", "y", "w", "bias")
        if w.any() or bias.any() or not (settings["rate"] == 1 or self.model.takes("rate")):
            return {}
        intercept, epochs, found, end = bool(settings["intercept"]), int(settings["epochs"]), dict[str, Any](), None
        if epochs <= MOST_EPOCHS and (self.steps or not self.refuses_one_label):
            states = (self._by_steps if self.steps else self._by_fits)(x, y, settings)
            if states is None:
                return {}
            found, end = happened(states, x, intercept), states[-1]
        if self.model.takes("epochs") and not (self.refuses_one_label and (y == y[0]).all()):
            fitted = self._fitted(x, y, settings, epochs)
            end = self._plane(fitted, x.shape[1], intercept)
            found |= {key: getattr(fitted, own) for key, own in COUNTED.items() if hasattr(fitted, own)}
        return {} if end is None else lane(**found, w=end[:-1], bias=end[-1])

    def _by_steps(self, x: Floats, y: NDArray[Any], settings: Settings) -> Floats | None:
        """The weights before and after each visit, the bias last, row by row; None where `_plane` has none."""
        learner, states = self._new(settings, 1), [np.zeros(x.shape[1] + 1)]
        told = {"classes": LABELS} if accepts(learner.partial_fit, "classes") else {}
        for i in [*range(len(x))] * int(settings["epochs"]):
            with quietly():
                learner.partial_fit(x[i : i + 1], y[i : i + 1], **told)
            state = self._plane(learner, x.shape[1], bool(settings["intercept"]))
            if state is None:
                return None
            states.append(state)
        return np.array(states)

    def _by_fits(self, x: Floats, y: NDArray[Any], settings: Settings) -> Floats | None:
        """The same from a fit to the first row, to the first two, and so on.

        Where each row in turn has moved nothing, none will, and no further fit is asked for.
        """
        n, epochs, states = len(x), int(settings["epochs"]), [np.zeros(x.shape[1] + 1)]
        rows, labels, intercept = np.tile(x, (epochs, 1)), np.tile(y, epochs), bool(settings["intercept"])
        for t in range(1, len(rows) + 1):
            if t > n and (np.array(states[-n - 1 :]) == states[-1]).all():
                return np.array(states + states[-1:] * (len(rows) + 1 - t))
            state = self._plane(self._fitted(rows[:t], labels[:t], settings, 1), x.shape[1], intercept)
            if state is None:
                return None
            states.append(state)
        return np.array(states)

    def _new(self, settings: Settings, epochs: int) -> Any:
        """An unfitted model that visits the rows in order, `epochs` times, whatever comes of it."""
        roles = {"intercept": bool(settings["intercept"]), "rate": float(settings["rate"]), "epochs": epochs}
        never = None if self.model.takes("patience") else -math.inf  # scikit-learn says None, others compare
        return self.model.new(**roles, shuffle=False, tol=never, seed=0)

    def _fitted(self, x: Floats, y: NDArray[Any], settings: Settings, epochs: int) -> Any:
        learner = self._new(settings, epochs)
        with quietly():
            learner.fit(x, y)
        return learner

    def _plane(self, fitted: Any, d: int, intercept: bool) -> Floats | None:
        """Its weights, the bias last: (d + 1,); None where it has a bias that nobody asked for, or lacks one.

        Raises ValueError for weights of another number than the d columns.
        """
        w, bias = _attribute(fitted, WEIGHTS), _attribute(fitted, BIASES)
        if w is None or w.size != d:
            raise ValueError(f"{self.model.name}: expected {d} weights called {', '.join(WEIGHTS)}, got {w}")
        if (bias is None) if intercept else (bias is not None and not self.model.takes("intercept")):
            return None
        return np.append(w, 0.0 if bias is None else bias)


def _attribute(fitted: Any, names: tuple[str, ...]) -> Floats | None:
    """The first attribute of these names, as a vector."""
    found = next((getattr(fitted, name) for name in names if hasattr(fitted, name)), None)
    return None if found is None else np.array(found, dtype=np.float64).reshape(-1)
