"""scipy as subjects: distances on the line, the transport programme through HiGHS, cost matrices, divergences."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy
from scipy.optimize import linprog
from scipy.spatial.distance import cdist, cityblock, jensenshannon
from scipy.stats import entropy, wasserstein_distance, wasserstein_distance_nd

from impl.core.subject import Answers, Arrays, Operation, Settings, Subject
from impl.transport.convention import lane, one


def _on_the_line(distance: Callable[..., float], axes: int) -> Operation:
    """wasserstein_1d at p = 1, nothing at another p; the points become vectors of length 1 where axes is 2."""

    def wasserstein_1d(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        if settings["p"] != 1:
            return {}
        x, y, a, b = one(arrays, "x", "y", "a", "b")
        return lane({"distance": distance(x.reshape(-1, *[1] * (axes - 1)), y.reshape(-1, *[1] * (axes - 1)), a, b)})

    return wasserstein_1d


def _linprog(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """solve: linprog on the transport programme as it stands, potentials from the marginals of its equations.

    Raises ArithmeticError, with HiGHS's own words, where no optimum is found.
    """
    a, b, C = one(arrays, "a", "b", "C")
    n, m = C.shape
    rows = np.concatenate([np.kron(np.eye(n), np.ones((1, m))), np.kron(np.ones((1, n)), np.eye(m))])
    found = linprog(C.ravel(), A_eq=rows, b_eq=np.concatenate([a, b]), method="highs")
    if found.x is None:
        raise ArithmeticError(f"HiGHS: {found.message}")
    duals = found.eqlin.marginals
    return lane({"plan": found.x.reshape(n, m), "cost": found.fun, "f": duals[:n], "g": duals[n:]})


def _cost(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """cost: cdist. The 0–1 metric, which it lacks, is 1 where its Hamming distance is positive."""
    x, y = one(arrays, "x", "y")
    told: dict[str, Any] = {"metric": settings["metric"]}
    if told["metric"] == "discrete":
        return lane({"C": (cdist(x, y, metric="hamming") > 0).astype(np.float64)})
    if told["metric"] == "minkowski":
        told["p"] = settings["p"]
    return lane({"C": cdist(x, y, **told)})


def _discrepancies(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """discrepancies: the square of jensenshannon, which is a root, entropy of two arguments, half of cityblock."""
    a, b = one(arrays, "a", "b")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return lane({"jsd": jensenshannon(a, b) ** 2, "kl": entropy(a, b), "tv": cityblock(a, b) / 2})


OTHER_P = "scipy's distance on the line has p = 1 only"

OFFERED: tuple[tuple[str, str, Operation], ...] = (
    ("scipy-wasserstein", "wasserstein_1d", _on_the_line(wasserstein_distance, 1)),
    ("scipy-wasserstein-nd", "wasserstein_1d", _on_the_line(wasserstein_distance_nd, 2)),
    ("scipy-linprog", "solve", _linprog),
    ("scipy-cdist", "cost", _cost),
    ("scipy-divergences", "discrepancies", _discrepancies),
)
"""Each subject: its name, and the one operation that it answers."""

ELSEWHERE = {operation: f"answered by {name}" for name, operation, _ in reversed(OFFERED)}

SUBJECTS: tuple[Subject, ...] = tuple(
    Subject(
        name,
        "transport",
        {operation: asked},
        lanes=False,
        version=scipy.__version__,
        devices=("cpu",),
        dtypes=("float64",),
        missing={key: why for key, why in ELSEWHERE.items() if key != operation}
        | {"distance": OTHER_P, "sliced": "scipy has no sliced distance"},
    )
    for name, operation, asked in OFFERED
)
