"""A user's own penalised regressor as a subject, without an adapter.

What is read, on NumPy arrays and one problem at a time, the way of scikit-learn: a constructor with the penalty `alpha`
(`lam`, `lambda_`, `penalty`), `fit(X, y)`, `predict(X)`, the attributes `coef_` and `intercept_`, and `dual_gap_` where
there is one. Which penalty is meant is told by a class attribute `regularizer` = "ridge", "lasso" or "elastic net", or
by the class's name. Conventions are those of the port: ‖y − Xβ‖² + α‖β‖² for ridge, ‖y − Xβ‖²∕2n + α(ρ‖β‖₁ +
(1 − ρ)∕2 ‖β‖²) for the others, ρ = `l1_ratio`.

How much rounding is forgiven depends on the solver. A constructor's `solver` is handed the port's name of it; a class
attribute `solver` says which one the class has; a class that says nothing is taken for the one that is forgiven most.

A method that takes (arrays, settings, device, dtype, seed) and is named like an operation of the port is taken as it
is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from impl.core.own_class import Floats, Model, Names, lane, one, quietly, spoken
from impl.core.subject import Answers, Arrays, Operation, Settings, Subject
from impl.regularization.subject import SUBJECT

NAMES: Names = {
    "penalty": ("alpha", "lam", "lambda_", "penalty", "reg"),
    "ratio": ("l1_ratio", "ratio", "rho"),
    "intercept": ("fit_intercept", "intercept"),
    "solver": ("solver",),
    "steps": ("max_iter", "n_iter", "iterations"),
    "tol": ("tol",),
}
"""What each constructor argument that a reader may fill is called."""

KINDS = ("elastic net", "ridge", "lasso")
"""Values of the class attribute `regularizer`."""

FORGIVEN = {"ridge": "cholesky", "lasso": "fista", "elastic net": "fista"}
"""The solver that a class is taken for which says nothing: normal equations, and steps that end within a gap."""

STEPS, TOLERANCE = 100_000, 1e-15
"""What an iterative class is told, so that it does not stop early."""


def adapt(make: Callable[..., Any], name: str) -> Subject:
    """The user's class (or factory) as a subject of that name.

    Raises TypeError for a class without `fit`, without a penalty, or whose penalty is not told.
    """
    said = spoken(make, SUBJECT.operations)
    model = _model(make, name)
    read = {} if said and not model.has("fit") else _read(model)
    found = read | said
    return Subject(
        name,
        "regularization",
        found,
        lanes=not read and bool(getattr(make, "lanes", True)),
        devices=("cpu",) if read else (),
        dtypes=("float64",) if read else (),
        missing={key: f"{name} has nothing that answers {key}" for key in SUBJECT.operations if key not in found}
        | {"gap": f"{name} has no dual_gap_"}
        | dict.fromkeys(("df", "covariance"), f"no convention says how to ask {name} for it"),
    )


def _model(make: Callable[..., Any], name: str) -> Model:
    """The class, its penalty by one name alone: beside `alpha`, `penalty` is something else."""
    model = Model.of(make, name, NAMES)
    first = [one for one in NAMES["penalty"] if one in model.known][:1]
    return replace(model, names={**NAMES, "penalty": tuple(first)})


def _read(model: Model) -> dict[str, Operation]:
    """The operations that follow from the class's shape."""
    if not model.has("fit") or not model.takes("penalty"):
        raise TypeError(
            f"{model.name}: expected fit(X, y) and a constructor with alpha, "
            f"or an operation (arrays, settings, device, dtype, seed) called {', '.join(SUBJECT.operations)}"
        )
    kind = kind_of(model)
    if kind == "elastic net" and not model.takes("ratio"):
        raise TypeError(f"{model.name}: an elastic net needs a constructor with l1_ratio")
    reader = _Reader(model, FORGIVEN[kind])
    if kind == "ridge":
        return {"ridge": reader.fit, "ridge_path": reader.path}
    if kind == "lasso":
        return {"lasso": reader.fit, "lasso_path": reader.path}
    return {"elastic_net": reader.mixed, "lasso": reader.fit, "lasso_path": reader.path}


def kind_of(model: Model) -> str:
    """Which penalty the class has. Raises TypeError where neither its attribute nor its name tells."""
    told = str(getattr(model.make, "regularizer", getattr(model.make, "__name__", model.name)))
    plain = told.lower().replace("_", "").replace(" ", "")
    for kind in KINDS:
        if kind.replace(" ", "") in plain:
            return kind
    raise TypeError(
        f"{model.name}: a class attribute regularizer must say which of {', '.join(KINDS)} it is, got {told!r}"
    )


class _Reader:
    """Asks one class one question at a time; `forgiven` is the solver that it has unless it says otherwise."""

    def __init__(self, model: Model, forgiven: str) -> None:
        self.model = model
        self.solver = str(getattr(model.make, "solver", forgiven))

    def fit(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        """One fit."""
        x, y, penalty = one(arrays, "x", "y", "penalty")
        return lane(**self._asked(x, y, float(penalty), 1.0, settings))

    def mixed(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        """One fit with both penalties."""
        x, y, penalty, ratio = one(arrays, "x", "y", "penalty", "ratio")
        return lane(**self._asked(x, y, float(penalty), float(ratio), settings))

    def path(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        """A fit for each penalty."""
        x, y, penalties = one(arrays, "x", "y", "penalties")
        each = [self._asked(x, y, float(penalty), 1.0, settings) for penalty in penalties]
        if not all(each):
            return {}
        found = {name: np.stack([fit[name] for fit in each]) for name in each[0] if name != "fitted"}
        rss = [((y - fit["fitted"]) ** 2).sum() for fit in each]
        return lane(**found, rss=np.array(rss))

    def _asked(self, x: Floats, y: Floats, penalty: float, ratio: float, settings: Settings) -> dict[str, Any]:
        """What a fresh fit answers; nothing where the class has no switch for what is asked."""
        intercept = bool(int(settings.get("intercept", 0)))
        if not self.model.takes("intercept") and intercept != bool(getattr(self.model.make, "fit_intercept", False)):
            return {}
        told = {"solver": settings["solver"]} if "solver" in settings else {}
        if told and not self.model.takes("solver") and told["solver"] != self.solver:
            return {}
        made = self.model.new(penalty=penalty, ratio=ratio, intercept=intercept, steps=STEPS, tol=TOLERANCE, **told)
        with quietly():
            made.fit(x, y)
            coef = np.asarray(made.coef_, dtype=np.float64).reshape(-1)
            constant = float(np.asarray(getattr(made, "intercept_", 0.0)).reshape(()))
            fitted = made.predict(x) if self.model.has("predict") else x @ coef + constant
        found = {"coef": coef, "intercept": np.float64(constant), "fitted": np.asarray(fitted, dtype=np.float64)}
        return found | ({"gap": np.float64(made.dual_gap_)} if hasattr(made, "dual_gap_") else {})
