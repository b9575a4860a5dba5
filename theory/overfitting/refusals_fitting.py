"""Bad designs, targets and knobs, and the words in which least squares must refuse them."""

from __future__ import annotations

import numpy as np

from theory.core.crosscutting import Refusal, changed, put, set_to
from theory.core.domain import Array, Cases


def dependent(cases: Cases) -> Cases:
    """A last column that is the first, and rows enough."""
    x = np.concatenate([cases["x"], cases["x"][..., :1]], axis=2)
    more = np.concatenate([x, np.eye(x.shape[2])[None, 1:]], axis=1)
    more[..., -1] = more[..., 0]
    return cases.with_arrays(
        x=more, **{name: np.ones((1, more.shape[1])) for name in ("y", "mean") if name in cases.arrays}
    )


def flat(cases: Cases) -> Cases:
    """One row for more columns."""
    return _with_targets(cases, np.ones((1, 1, 2)))


def _with_targets(cases: Cases, x: Array) -> Cases:
    targets = {name: np.ones(x.shape[:2]) for name in ("y", "mean") if name in cases.arrays}
    return cases.with_arrays(x=x, **targets)


def alone(cases: Cases) -> Cases:
    """A column that one row has to itself, without penalty."""
    x = cases["x"].copy()
    x[..., -1] = 0
    x[:, 0, -1] = 1
    return cases.with_arrays(x=x, penalty=np.zeros(1))


WRONG_X = (
    Refusal("NaN in x", put("x", np.nan), "x must be finite"),
    Refusal("an infinite x", put("x", np.inf), "x must be finite"),
    Refusal("no columns", changed("x", lambda x: x[..., :0]), "x must not be empty"),
)
WRONG_Y = (
    Refusal("NaN in y", put("y", np.nan), "y must be finite"),
    Refusal("y of another length", changed("y", lambda y: np.repeat(y, 2, axis=1)), "y must have shape"),
)
WRONG_RANK = (
    Refusal("equal columns", dependent, "x must have full column rank"),
    Refusal("fewer rows than columns", flat, "at least as many rows as columns"),
)
WRONG_NOISE = (
    Refusal("a negative variance", put("noise_variance", -1.0), "noise_variance must be non-negative"),
    Refusal("NaN as variance", put("noise_variance", np.nan), "noise_variance must be finite"),
)
WRONG_PENALTY = (
    Refusal("a negative penalty", put("penalty", -1.0), "penalty must be non-negative"),
    Refusal("NaN as penalty", put("penalty", np.nan), "penalty must be finite"),
)
WRONG_MEAN = (
    Refusal("NaN in the mean", put("mean", np.nan), "mean must be finite"),
    Refusal("a mean of another length", changed("mean", lambda m: np.repeat(m, 2, axis=1)), "mean must have shape"),
)
WRONG_RATE = (
    Refusal("rate 0", put("rate", 0.0), "rate must be positive"),
    Refusal("a negative rate", put("rate", -1.0), "rate must be positive"),
    Refusal("NaN as rate", put("rate", np.nan), "rate must be finite"),
    Refusal("steps below 0", set_to(steps=-1), "steps must be at least 0"),
)
WRONG_KEEP = (
    Refusal("keep 0", put("keep", 0.0), "keep must lie in (0, 1]"),
    Refusal("keep above 1", put("keep", 1.5), "keep must lie in (0, 1]"),
    Refusal("NaN as keep", put("keep", np.nan), "keep must lie in (0, 1]"),
)
WRONG_W = (
    Refusal("NaN in w", put("w", np.nan), "w must be finite"),
    Refusal("a weight too many", changed("w", lambda w: np.repeat(w, 2, axis=1)), "w must have shape"),
)
NO_REPETITIONS = Refusal("no repetitions", set_to(repetitions=0), "repetitions must be at least 1")
