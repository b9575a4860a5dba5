"""POT's functions, asked without their warnings and without what they print."""

from __future__ import annotations

import contextlib
import functools
import io
import warnings
from collections.abc import Callable

import numpy as np

from impl.core.subject import Answers, Arrays, Operation, Settings


def quietly(operation: Callable[..., Answers]) -> Operation:
    """The operation without POT's warnings (no convergence, underflow) and without what it prints."""

    @functools.wraps(operation)
    def asked(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        with warnings.catch_warnings(), np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            return operation(arrays, settings, dtype)

    return asked
