"""What adapters of linear models share: one problem at a time, in its dtype, without the library's warnings."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impl.core.subject import Answers, Arrays, Operation, Settings

Numbers = NDArray[Any]
Random = np.random.RandomState
Asked = Callable[[dict[str, Any], Settings, Random], dict[str, Any]]


def lane_by_lane(answer: Asked) -> Operation:
    """An operation from one that answers for one problem; nothing where some lane has no answer.

    answer(arrays of the lane, settings, source of random numbers): lanes draw from the source in turn.
    """

    @functools.wraps(answer)
    def asked(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        typed = {
            name: value.astype(dtype if value.dtype.kind == "f" else value.dtype) for name, value in arrays.items()
        }
        lanes, random = len(next(iter(typed.values()))), Random(seed % 2**32)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = [answer({name: value[i] for name, value in typed.items()}, settings, random) for i in range(lanes)]
        return {name: np.stack([each[name] for each in found]) for name in found[0]} if all(found) else {}

    return asked


def fit_of(x: Numbers, y: Numbers, coef: Numbers, rss: Numbers | None = None) -> dict[str, Any]:
    """The answers of `least_squares` but for leverages; rss as the library gives it, or from the fitted values."""
    fitted = x @ coef
    left = y - fitted
    return {"coef": coef, "fitted": fitted, "rss": left @ left if rss is None else rss}
