"""NumPy's least squares, pseudo-inverse and polynomial bases as subjects in overfitting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev, legendre, polynomial

from impl.core.subject import Operation, Settings, Subject
from impl.foreign.lane_by_lane import Numbers, Random, fit_of, lane_by_lane

VANDERMONDE: dict[str, Callable[..., Any]] = {
    "monomial": polynomial.polyvander,
    "chebyshev": chebyshev.chebvander,
    "legendre": legendre.legvander,
}


def _design(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    return {"x": VANDERMONDE[str(settings["basis"])](arrays["t"], int(settings["degree"]))}


def _lstsq(x: Numbers, y: Numbers) -> Numbers:
    solution: Numbers = np.linalg.lstsq(x, y, rcond=None)[0]
    return solution


def _inverse(x: Numbers) -> Numbers:
    """The solutions for the columns of the identity."""
    return _lstsq(x, np.eye(len(x), dtype=x.dtype))


def _lstsq_fit(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    """With lstsq's own sum of squares, which it leaves out where there are no more rows than columns."""
    x, y = arrays["x"], arrays["y"]
    coef, rss = np.linalg.lstsq(x, y, rcond=None)[:2]
    return fit_of(x, y, coef, rss[0] if len(rss) else None)


def _pinv_fit(arrays: dict[str, Any], settings: Settings, random: Random) -> dict[str, Any]:
    x, y = arrays["x"], arrays["y"]
    return fit_of(x, y, np.linalg.pinv(x) @ y)


def _subject(name: str, operations: dict[str, Any]) -> Subject:
    found: dict[str, Operation] = {key: lane_by_lane(asked) for key, asked in operations.items()}
    return Subject(name, "overfitting", found, version=np.__version__, devices=("cpu",))


SUBJECTS: tuple[Subject, ...] = (
    _subject(
        "numpy-lstsq",
        {
            "polynomial_design": _design,
            "least_squares": _lstsq_fit,
            "minimum_norm": lambda arrays, settings, random: {"coef": _lstsq(arrays["x"], arrays["y"])},
            "pseudo_inverse": lambda arrays, settings, random: {"inverse": _inverse(arrays["x"])},
        },
    ),
    _subject(
        "numpy-pinv",
        {
            "polynomial_design": _design,
            "least_squares": _pinv_fit,
            "minimum_norm": lambda arrays, settings, random: {"coef": np.linalg.pinv(arrays["x"]) @ arrays["y"]},
            "pseudo_inverse": lambda arrays, settings, random: {"inverse": np.linalg.pinv(arrays["x"])},
        },
    ),
)
