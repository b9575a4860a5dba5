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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impl.core.own_class import Floats, Model, Names, accepts, lane, quietly, spoken
from impl.core.subject import Answers, Arrays, Settings, Subject, stack
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

MOST_VISITS = 128
"""Visits of one problem among many whose path is asked for, a fit or a partial fit each."""


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
        lanes=bool(getattr(make, "lanes", True)),
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
        """perceptron_fit: w and bias of one fit, and the path. Nothing where one of the problems cannot be asked."""
        if arrays["w"].any() or arrays["bias"].any() or not (settings["rate"] == 1 or self.model.takes("rate")):
            return {}
        lanes, visits = len(arrays["x"]), arrays["x"].shape[1] * int(settings["epochs"])
        seen = visits <= MOST_VISITS or lanes == 1
        problems = zip(arrays["x"], arrays["y"], strict=True)
        found = [self._answer(x.copy(), y.copy(), settings, seen) for x, y in problems]
        return stack([lane(**each) for each in found]) if all(found) else {}

    def _answer(self, x: Floats, y: NDArray[Any], settings: Settings, seen: bool) -> dict[str, Any]:
        """The answers for one problem; without what happens at each visit unless it can be `seen`."""
        epochs, found, end = int(settings["epochs"]), dict[str, Any](), None
        if seen and (self.steps or not self.refuses_one_label):
            states = [np.zeros(x.shape[1] + 1), *self._path(x, y, settings)]
            if any(state is None for state in states):
                return {}
            found, end = happened(np.array(states), x, bool(settings["intercept"])), states[-1]
        if self.model.takes("epochs") and not (self.refuses_one_label and (y == y[0]).all()):
            fitted = self._fitted(x, y, settings, epochs)
            end = self._plane(fitted, x.shape[1], bool(settings["intercept"]))
            found |= {key: getattr(fitted, own) for key, own in COUNTED.items() if hasattr(fitted, own)}
        return {} if end is None else found | {"w": end[:-1], "bias": end[-1]}

    def _path(self, x: Floats, y: NDArray[Any], settings: Settings) -> Iterator[Floats | None]:
        """The weights after each visit, the bias last."""
        d, intercept, epochs = x.shape[1], bool(settings["intercept"]), int(settings["epochs"])
        rows, labels = np.tile(x, (epochs, 1)), np.tile(y, epochs)
        if not self.steps:
            for t in range(1, len(rows) + 1):
                yield self._plane(self._fitted(rows[:t], labels[:t], settings, 1), d, intercept)
            return
        learner = self._new(settings, 1)
        told = {"classes": LABELS} if accepts(learner.partial_fit, "classes") else {}
        for t in range(len(rows)):
            with quietly():
                learner.partial_fit(rows[t : t + 1], labels[t : t + 1], **told)
            yield self._plane(learner, d, intercept)

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
        """Its weights, the bias last: (d + 1,); None where it has a bias that nobody wants, or none.

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
