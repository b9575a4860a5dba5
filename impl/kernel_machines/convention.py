"""A user's own support vector machine, logistic regression or Platt scaling as a subject, without an adapter.

What is read, on NumPy arrays and one problem at a time, the way of scikit-learn. A class attribute `machine` = "svm",
"logistic" or "platt", or the class's name, or else its constructor tells which of these a class with `fit` is:

svm: a constructor with `C`; `fit(X, y)` with labels −1 and 1, and `fit(K, y)` where it takes `kernel`; the multipliers
as `alphas_` or `alpha_` (n,) or as α y in `dual_coef_` for the rows `support_`; `intercept_`, and `coef_`.
logistic: a constructor with λ (`alpha`, `lam`, …) or C = 1 ∕ 2λ; `fit(X, y)`, `coef_`.
platt: `fit(f, y)`, `a_`, `b_`, `predict_proba(f)`; of the targets either `targets(y)` or `targets_`.

A class without `fit` may have `softmax(z)`, `log_softmax(z)` and kernels, `kernel(X, Z)` or `rbf_kernel(X, Z, gamma)`
and its like. A method that takes (arrays, settings, device, dtype, seed) and is named like an operation of the port is
taken as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from impl.core.own_class import Model, spoken
from impl.core.subject import Operation, Subject
from impl.kernel_machines.reading import (
    BIASES,
    EXTRAS,
    LEVELS,
    MULTIPLIERS,
    NAMES,
    PARAMETERS,
    SLOPES,
    WEIGHTS,
    Calibrator,
    Functions,
    Logistic,
    Machine,
    either,
)
from impl.kernel_machines.subject import SUBJECT

MACHINES = {
    "svm": ("svm", "svc", "supportvector"),
    "logistic": ("logistic", "logreg"),
    "platt": ("platt", "calibrat"),
}
"""Value of the class attribute `machine` → what a class of this kind has in its name."""


def adapt(make: Callable[..., Any], name: str) -> Subject:
    """The user's class (or factory) as a subject of that name.

    Raises TypeError for a class in which nothing of what the module's docstring lists is found.
    """
    said = spoken(make, SUBJECT.operations)
    model = _model(make, name)
    read = {key: how for key, how in _read(model, bool(said)).items() if key not in said}
    if not read and not said:
        raise TypeError(
            f"{name}: expected fit(X, y) and a constructor with C or alpha, fit(f, y) and predict_proba(f), "
            f"rbf_kernel(X, Z, gamma) or softmax(z), or an operation (arrays, settings, device, dtype, seed) called "
            f"{', '.join(SUBJECT.operations)}"
        )
    found = read | said
    return Subject(
        name,
        "kernel_machines",
        found,
        lanes=not read and bool(getattr(make, "lanes", True)),
        devices=("cpu",) if read else (),
        dtypes=("float64",) if read else (),
        missing=_missing(name, found),
    )


def _missing(name: str, found: dict[str, Operation]) -> dict[str, str]:
    return (
        {key: f"{name} has nothing that answers {key}" for key in SUBJECT.operations if key not in found}
        | {key: f"{name} has no {own}" for key, own in EXTRAS.items()}
        | {
            "linear_svm": f"{name} has no {either(WEIGHTS)}, or no {either(BIASES)}",
            "logistic_fit": f"{name} has no {either(WEIGHTS)}, or a constant that cannot be left out",
            "platt_fit": f"{name} has no {either(SLOPES)}, or no {either(LEVELS)}",
            "platt_targets": f"{name} has neither targets(y) nor targets_",
            "svm_fit": f"{name} cannot be fitted to a kernel matrix, or has no {either((*MULTIPLIERS, 'dual_coef_'))}",
            "kernel": f"{name} has no such kernel, or no argument for a parameter of it",
            "probability": f"{name} has no predict_proba",
            "log_softmax": f"{name} has no log_softmax",
        }
    )


def _model(make: Callable[..., Any], name: str) -> Model:
    """The class, its penalty by one name alone: beside C or `alpha`, `penalty` is the name of a norm."""
    model = Model.of(make, name, NAMES)
    first = [] if model.takes("cost") else [one for one in NAMES["penalty"] if one in model.known][:1]
    return replace(model, names={**NAMES, "penalty": tuple(first)})


def _read(model: Model, speaks: bool) -> dict[str, Operation]:
    """The operations that follow from the class's shape; `speaks`: whether it has operations of its own anyway."""
    if not model.has("fit"):
        return _functions(model)
    kind = kind_of(model)
    if kind == "svm" and model.takes("cost"):
        machine = Machine(model)
        return {"linear_svm": machine.linear} | ({"svm_fit": machine.fit} if model.takes("kernel") else {})
    if kind == "logistic" and (model.takes("cost") or model.takes("penalty")):
        return {"logistic_fit": Logistic(model).fit}
    if kind == "platt":
        calibrator = Calibrator(model)
        return {"platt_fit": calibrator.fit, "platt_targets": calibrator.targets}
    if kind and not speaks:
        needed = {"svm": "C", "logistic": "alpha or C"}[kind]
        raise TypeError(f"{model.name}: a machine of the kind {kind} needs a constructor with {needed}")
    return {}


def kind_of(model: Model) -> str:
    """Which machine the class is: what its attribute or its name says, else what its shape does; "" for none.

    Raises TypeError for an attribute `machine` that names none.
    """
    told = getattr(model.make, "machine", None)
    if told is not None and told not in MACHINES:
        raise TypeError(f"{model.name}: machine must be one of {', '.join(MACHINES)}, got {told!r}")
    if told is not None:
        return str(told)
    plain = str(getattr(model.make, "__name__", model.name)).lower().replace("_", "")
    for kind, words in MACHINES.items():
        if any(word in plain for word in words):
            return kind
    if model.takes("cost"):
        return "svm"
    return "logistic" if model.takes("penalty") else "platt" if model.has("predict_proba") else ""


def _functions(model: Model) -> dict[str, Operation]:
    """The kernels and softmax of a class that learns nothing."""
    reader = Functions(model)
    one_for_all = model.has("kernel") and model.takes("kernel")
    found: dict[str, Operation] = {"softmax": reader.softmax} if model.has("softmax") else {}
    kernels = one_for_all or any(model.has(f"{key}_kernel") for key in PARAMETERS)
    return found | ({"kernel": reader.kernel} if kernels else {})
