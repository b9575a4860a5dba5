"""geomloss as subjects: its Sinkhorn divergence between samples, and its solver for a matrix of costs.

Both follow a symmetrised Sinkhorn iteration with a falling temperature, one step for each temperature, and say nothing
of convergence.
"""

from __future__ import annotations

import warnings

import numpy as np
import torch
from geomloss import SamplesLoss, __version__, ot

from impl.core.arrays import tensors, to_numpy
from impl.core.subject import Answers, Arrays, Operation, Settings, Subject
from impl.transport.convention import lane

SCALING = 0.9
"""Ratio of one temperature's scale to the one before: geomloss calls it accurate from here on; its default is 0.5."""


def _divergence(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """divergence: SamplesLoss("sinkhorn"), whose cost is |x − y|^p ÷ p for p = 1 and 2.

    For p = 2 its value at the temperature ε/2 is half of the port's at ε. Another cost is handed to it.
    """
    p, eps = float(settings["p"]), float(settings["eps"])
    own = p in (1, 2)
    told = {"p": int(p)} if own else {"p": p, "cost": lambda x, y: (x[:, :, None] - y[:, None]).norm(dim=-1) ** p}
    unit = p if own else 1.0
    loss = SamplesLoss("sinkhorn", blur=(eps / unit) ** (1 / p), scaling=SCALING, backend="tensorized", **told)
    x, a, y, b = (tensors({"": arrays[key][0]}, device=device, dtype=dtype)[""] for key in ("x", "a", "y", "b"))
    with torch.no_grad():  # it leaves gradients switched on, whatever they were
        return lane({"divergence": unit * to_numpy(loss(a, x, b, y))})


def _solve(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """sinkhorn: geomloss.ot.solve_batch, all lanes in one call, with as many steps as there are sweeps.

    With tol 0 the port's f and g are Sinkhorn's iterates, which this is not.
    """
    eps = float(settings["eps"])
    asked = tensors({key: arrays[key] for key in ("a", "b", "C")}, device=device, dtype=dtype)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = ot.solve_batch(asked["C"], a=asked["a"], b=asked["b"], reg=eps, max_iter=int(settings["sweeps"]))
        answers = {
            name: to_numpy(getattr(found, key))
            for name, key in (("plan", "plan"), ("f", "potential_a"), ("g", "potential_b"), ("value", "value"))
        }
    if not settings["tol"]:
        del answers["f"], answers["g"]
    error = np.abs(answers["plan"].sum(axis=2) - to_numpy(asked["a"])).sum(axis=1)
    return answers | {
        "marginal_error": error,
        "converged": (error <= float(settings["tol"])).astype(np.int64),
        "transport": (answers["plan"] * to_numpy(asked["C"])).sum(axis=(1, 2)),
    }


def _subject(name: str, operation: str, asked: Operation, lanes: bool, **missing: str) -> Subject:
    return Subject(
        name, "transport", {operation: asked}, lanes=lanes, version=__version__, devices=("cpu",), missing=missing
    )


ONE_NUMBER = "SamplesLoss returns one number and says nothing of convergence"

SUBJECTS: tuple[Subject, ...] = (
    _subject(
        "geomloss-sinkhorn",
        "divergence",
        _divergence,
        False,
        sinkhorn="answered by geomloss-solve",
        **dict.fromkeys(("ab", "aa", "bb", "marginal_error", "osc"), ONE_NUMBER),
    ),
    _subject(
        "geomloss-solve",
        "sinkhorn",
        _solve,
        True,
        divergence="answered by geomloss-sinkhorn",
        **dict.fromkeys(("f", "g"), "its steps are not Sinkhorn's sweeps from g = 0"),
    ),
)
