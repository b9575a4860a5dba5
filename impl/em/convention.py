"""A user's own EM class as a subject, without an adapter.

What is read, on NumPy arrays and one problem at a time: a Gaussian mixture shaped like scikit-learn's (a constructor
with `n_components`, `max_iter`, `weights_init`, `means_init` and `covariances_init` or `precisions_init`; `fit`,
`predict_proba`, `score_samples`, `m_step(X, resp)`; the attributes `weights_`, `means_`, `covariances_`), or a hidden
Markov model shaped like hmmlearn's (`n_components`, `n_iter`; `score_samples`, `decode`, `fit(X, lengths)`; the
attributes `startprob_`, `transmat_`, `emissionprob_`, which are set from outside). A method that takes (arrays,
settings, device, dtype, seed) under the name of an operation of the port is taken as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from impl.core.own_class import Model, Names, spoken
from impl.core.subject import Operation, Subject
from impl.em.reading_markov import markov_from
from impl.em.reading_mixture import mixture_from
from impl.em.subject import SUBJECT

NAMES: Names = {
    "components": ("n_components", "n_states", "K"),
    "covariance": ("covariance_type",),
    "steps": ("max_iter", "n_iter", "steps"),
    "tol": ("tol",),
    "ridge": ("reg_covar", "ridge"),
    "seed": ("random_state", "seed"),
    "symbols": ("n_features", "n_symbols"),
    "init": ("init_params",),
    "method": ("implementation",),
    "pi": ("weights_init",),
    "mu": ("means_init",),
    "covariances": ("covariances_init",),
    "precisions": ("precisions_init",),
}
"""What each constructor argument that a reader may fill is called."""


def adapt(make: Callable[..., Any], name: str) -> Subject:
    """The user's class (or factory) as a subject of that name.

    Raises TypeError for a class with none of the methods that the module's docstring lists.
    """
    said = spoken(make, SUBJECT.operations)
    read = {key: value for key, value in _read(make, name).items() if key not in said}
    if not said and not read:
        raise TypeError(
            f"{name}: expected a mixture with fit or predict_proba and a means_init, a hidden Markov model with "
            f"score_samples, decode or fit and a transmat_, or an operation (arrays, settings, device, dtype, seed) "
            f"called {', '.join(SUBJECT.operations)}"
        )
    found = said | read
    return Subject(
        name,
        "em",
        found,
        lanes=not read and bool(getattr(make, "lanes", True)),
        devices=("cpu",) if read else (),
        dtypes=("float64",) if read else (),
        missing={key: f"{name} has nothing that answers {key}" for key in SUBJECT.operations if key not in found}
        | dict.fromkeys(("log_joint", "elbo", "alpha", "xi"), f"no convention says how to ask {name} for it"),
    )


def _read(make: Callable[..., Any], name: str) -> dict[str, Operation]:
    """The operations that follow from the class's shape: a Markov model has transitions, a mixture has none."""
    model = Model.of(make, name, NAMES)
    if callable(getattr(make, "decode", None)) or hasattr(make, "transmat_"):
        return markov_from(model)
    return mixture_from(model)
