"""A user's own splitter, least squares or neighbours as a subject in overfitting, without an adapter.

What is read, on NumPy arrays and one problem at a time, the way of scikit-learn: a splitter (a constructor with
`n_splits`, and `shuffle` and `random_state` if it shuffles; `split(X)` or `split(X, y)`, which gives training and test
indices), stratified where its name or a class attribute `stratified = True` says so; a neighbours classifier (a
constructor with `n_neighbors` or `k`; `fit`, `predict`); else a least-squares regressor (`fit(X, y)`, the attribute
`coef_`). A method that takes (arrays, settings, device, dtype, seed) under the name of an operation of the port is
taken as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impl.core.own_class import Floats, Model, Names, accepts, lane, one, quietly, spoken
from impl.core.subject import Answers, Arrays, Operation, Settings, Subject, stack
from impl.overfitting.subject import SUBJECT

NAMES: Names = {
    "folds": ("n_splits", "n_folds", "k"),
    "shuffle": ("shuffle",),
    "seed": ("random_state", "seed"),
    "neighbours": ("n_neighbors", "n_neighbours", "k"),
    "intercept": ("fit_intercept", "intercept"),
}
"""What each constructor argument that a reader may fill is called."""

DEPENDENT = "{} refuses designs of dependent columns"
SILENT = {"kfold": "{} cannot be told to shuffle"} | dict.fromkeys(
    ("minimum_norm", "pseudo_inverse", "learning_curve"), DEPENDENT
)
"""Why a class that was read may say nothing about some problems."""

Lane = Callable[[Arrays, Settings, int], Answers]


def adapt(make: Callable[..., Any], name: str) -> Subject:
    """The user's class (or factory) as a subject of that name.

    Raises TypeError for a class with none of the methods that the module's docstring lists.
    """
    said = spoken(make, SUBJECT.operations)
    read = {key: value for key, value in _read(Model.of(make, name, NAMES)).items() if key not in said}
    if not said and not read:
        raise TypeError(
            f"{name}: expected split(X) and a number of folds called {', '.join(NAMES['folds'])}, fit, predict and a "
            f"number of neighbours called {', '.join(NAMES['neighbours'])}, fit of least squares, or an operation "
            f"(arrays, settings, device, dtype, seed) called {', '.join(SUBJECT.operations)}"
        )
    found = said | read
    return Subject(
        name,
        "overfitting",
        found,
        lanes=bool(getattr(make, "lanes", True)),
        devices=("cpu",) if read else (),
        dtypes=("float64",) if read else (),
        missing={key: f"{name} has nothing that answers {key}" for key in SUBJECT.operations if key not in found}
        | {key: why.format(name) for key, why in SILENT.items() if key in read},
    )


def _read(model: Model) -> dict[str, Operation]:
    """The operations that follow from the class's shape."""
    if model.has("split") and model.takes("folds"):
        return _splitter(model)
    if model.has("fit", "predict") and model.takes("neighbours"):
        return {"nearest_neighbours": _each(_neighbours(model))}
    return _least_squares(model) if model.has("fit") else {}


def _each(answer: Lane) -> Operation:
    """An operation on each lane alone, without warnings; nothing where one lane has no answer.

    answer(arrays of one lane, settings, seed of the lane): a seed of its own, so that lanes shuffle apart.
    """

    def asked(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        lanes = len(next(iter(arrays.values())))
        seeds = np.random.SeedSequence(seed).generate_state(lanes) >> 1  # below 2^31, as some constructors want it
        alone = ({name: value[i : i + 1] for name, value in arrays.items()} for i in range(lanes))
        with quietly():
            found = [answer(each, settings, int(own)) for each, own in zip(alone, seeds, strict=True)]
        return stack(found) if all(found) else {}

    return asked


def _splitter(model: Model) -> dict[str, Operation]:
    """Stratified folds if the class says so, else plain ones."""
    known: str = getattr(model.make, "__name__", "")
    if getattr(model.make, "stratified", "stratified" in known.lower()):
        return {"stratified_kfold": _each(lambda arrays, settings, seed: _split(model, arrays["y"][0], settings, seed))}
    return {"kfold": _each(lambda arrays, settings, seed: _split(model, np.zeros(int(settings["n"])), settings, seed))}


def _split(model: Model, y: NDArray[Any], settings: Settings, seed: int) -> Answers:
    """How often each row is in the training and the test indices of each fold.

    Nothing where the class refuses labels of which none has as many rows as there are folds.
    """
    shuffle = bool(settings["shuffle"])
    if shuffle and not model.takes("shuffle"):
        return {}
    made = model.new(folds=int(settings["k"]), shuffle=shuffle, seed=seed if shuffle else None)
    rows = np.zeros((len(y), 1))
    try:
        splits = list(made.split(rows, y) if accepts(model.make.split, "y") else made.split(rows))  # type: ignore[attr-defined]
    except ValueError:
        if np.unique(y, return_counts=True)[1].max() >= int(settings["k"]):
            raise
        return {}
    train, test = ([np.bincount(split[part], minlength=len(y)) for split in splits] for part in (0, 1))
    return lane(train=train, test=test)


def _neighbours(model: Model) -> Lane:
    """nearest_neighbours: the label, and the nearest row, which is its label when each row has a label of its own."""

    def answer(arrays: Arrays, settings: Settings, seed: int) -> Answers:
        x, y, query = one(arrays, "x", "y", "query")
        label, nearest = (
            np.asarray(_fitted(model.new(neighbours=few), x, labels).predict(query))
            for few, labels in ((int(settings["neighbours"]), y), (1, np.arange(len(x))))
        )
        return lane(label=label, nearest=nearest)

    return answer


def _fitted(model: Any, *rows: Any) -> Any:
    """The model after its fit, whatever `fit` returns."""
    model.fit(*rows)
    return model


def _least_squares(model: Model) -> dict[str, Operation]:
    """What can be asked of coefficients without an intercept."""

    def coef(x: Floats, y: Floats) -> Floats:
        return np.asarray(_fitted(model.new(intercept=False), x, y).coef_, dtype=np.float64).reshape(x.shape[1])

    def fit(arrays: Arrays, settings: Settings, seed: int) -> Answers:
        x, y = one(arrays, "x", "y")
        w = coef(x, y)
        return lane(coef=w, fitted=x @ w, rss=_squares(x, y, w))

    def nested(arrays: Arrays, settings: Settings, seed: int) -> Answers:
        x, y = one(arrays, "x", "y")
        rss = np.array([y @ y, *(_squares(x[:, :k], y, coef(x[:, :k], y)) for k in range(1, x.shape[1] + 1))])
        return lane(rss=rss, gain=rss[:-1] - rss[1:])

    def shortest(arrays: Arrays, settings: Settings, seed: int) -> Answers:
        return lane(coef=coef(*one(arrays, "x", "y")))

    def inverse(arrays: Arrays, settings: Settings, seed: int) -> Answers:
        (x,) = one(arrays, "x")
        return lane(inverse=np.stack([coef(x, unit) for unit in np.eye(len(x))], axis=1))

    def curve(arrays: Arrays, settings: Settings, seed: int) -> Answers:
        x, y, test_x, test_y, sizes = one(arrays, "x", "y", "test_x", "test_y", "sizes")
        ends = [(int(size), coef(x[: int(size)], y[: int(size)])) for size in sizes]
        training = [_squares(x[:size], y[:size], w) / size for size, w in ends]
        return lane(training=training, test=[_squares(test_x, test_y, w) / len(test_y) for _, w in ends])

    return {
        "least_squares": _each(fit),
        "nested_errors": _each(nested),
        "minimum_norm": _each(_determined(shortest)),
        "pseudo_inverse": _each(_determined(inverse)),
        "learning_curve": _each(_determined(curve)),
    }


def _squares(x: Floats, y: Floats, w: Floats) -> float:
    """The residual sum of squares."""
    left = y - x @ w
    return float(left @ left)


def _determined(answer: Lane) -> Lane:
    """Nothing where the class refuses a design of dependent columns with a LinAlgError."""

    def asked(arrays: Arrays, settings: Settings, seed: int) -> Answers:
        try:
            return answer(arrays, settings, seed)
        except np.linalg.LinAlgError:
            return {}

    return asked
