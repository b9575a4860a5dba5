"""Putting a question to a subject: whatever it does wrong becomes one clear line, never a traceback."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from theory.core.claim import Answer
from theory.core.domain import Array, Cases

Operation = Callable[..., Mapping[str, NDArray[Any]]]


class SubjectLike(Protocol):
    """What the judge needs to know of an implementation on trial; it never sees claim, oracle or expected answer."""

    @property
    def name(self) -> str:
        """How reports call it."""
        ...

    @property
    def system(self) -> str:
        """Which system it implements."""
        ...

    @property
    def operations(self) -> Mapping[str, Any]:
        """What it can be asked."""
        ...

    @property
    def lanes(self) -> bool:
        """Whether one call may carry many problems."""
        ...

    @property
    def version(self) -> str:
        """Version of the code on trial."""
        ...

    @property
    def devices(self) -> tuple[str, ...]:
        """Devices it can compute on; () for any."""
        ...

    @property
    def dtypes(self) -> tuple[str, ...]:
        """Dtypes it can compute in; () for any."""
        ...

    @property
    def house(self) -> bool:
        """Whether it is written by the rules of this house."""
        ...

    @property
    def missing(self) -> Mapping[str, str]:
        """Why an operation or answer is absent, by name."""
        ...


class SubjectError(Exception):
    """The subject raised, hung, or answered something that is no answer."""

    def __init__(self, message: str, kinds: tuple[str, ...] = ("answer",)) -> None:
        """`kinds`: the class of what was raised, then its parents."""
        super().__init__(message)
        self.kinds = kinds


def refusal(answer: Answer, operation: str, cases: Cases) -> tuple[str, frozenset[str]]:
    """The error with which the subject refuses these cases: its message and the classes it is of; ("", ∅) if none."""
    try:
        answer.again(operation, cases)
    except SubjectError as error:
        return str(error), frozenset(error.kinds)
    return "", frozenset()


class NotOffered(Exception):
    """The subject lacks an operation or an answer, which the message names."""


class NotAnswered(NotOffered):
    """The subject offers the operation, but said nothing about these cases, such as for a setting that it lacks."""


class _TimeUp(BaseException):
    """Raised by the alarm inside a subject; not an Exception, so that a subject's own `except` cannot swallow it."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Interrupt the block after `seconds` of wall time, where the platform and the thread allow it."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise _TimeUp

    previous = signal.signal(signal.SIGALRM, ring)
    outer, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, outer)
        signal.signal(signal.SIGALRM, previous)


@dataclass(frozen=True)
class Asker:
    """Asks one subject; `seed` is the subject's own randomness, `limit` the seconds it may take for one call."""

    subject: SubjectLike
    seed: int
    limit: float = 20.0

    def __call__(self, operation: str, cases: Cases) -> Answer:
        """The subject's answer for every lane.

        Raises NotOffered when it lacks the operation, NotAnswered when it returns nothing at all, SubjectError when it
        raises, hangs, or when an answer is no array with one entry a lane.
        """
        if operation not in self.subject.operations:
            raise NotOffered(self.subject.missing.get(operation, f"{self.subject.name} does not offer {operation}"))
        if self.subject.lanes or cases.lanes == 1:
            raw, modified = self._call(operation, cases)
        else:
            rows = [self._call(operation, cases.lane(i)) for i in range(cases.lanes)]
            told = rows[0][0] if all(row for row, _ in rows) else {}  # silent about one lane, silent about the batch
            raw = {name: _join(name, [row.get(name) for row, _ in rows]) for name in told}
            modified = frozenset().union(*(names for _, names in rows))
        if not raw:
            why = f"{self.subject.name} answers nothing to {operation}"
            raise NotAnswered(self.subject.missing.get(operation, why))
        checked = {name: _checked(name, value, cases.lanes) for name, value in raw.items()}
        widened = {k: v.astype(np.float64) if v.dtype.kind == "f" else v for k, v in checked.items()}
        return Answer(widened, {k: v.dtype.name for k, v in checked.items()}, self, modified)

    def _call(self, operation: str, cases: Cases) -> tuple[Mapping[str, Array], frozenset[str]]:
        """The raw answer and the names of the inputs that were written to; the subject is handed copies."""
        name = f"{self.subject.name}.{operation}"
        handed = {key: value.copy() for key, value in cases.arrays.items()}
        try:
            with time_limit(self.limit):
                raw = self.subject.operations[operation](
                    handed, dict(cases.settings), device=cases.device, dtype=cases.dtype, seed=self.seed
                )
        except _TimeUp:
            raise SubjectError(f"{name} gave no answer within {self.limit:g} s", ("hang",)) from None
        except Exception as error:
            first = str(error).strip().splitlines() or ["(no message)"]
            kinds = tuple(kind.__name__ for kind in type(error).__mro__)
            raise SubjectError(f"{name} raised {kinds[0]}: {first[0]}", kinds) from error
        if not isinstance(raw, Mapping):
            raise SubjectError(f"{name} must return a mapping of named arrays, got {type(raw).__name__}")
        same = (np.array_equal(handed[k], v, equal_nan=v.dtype.kind == "f") for k, v in cases.arrays.items())
        return raw, frozenset(k for k, kept in zip(cases.arrays, same, strict=True) if not kept)


def _join(name: str, parts: list[Array | None]) -> Array:
    try:
        return np.concatenate([np.asarray(part) for part in parts])
    except ValueError:
        shapes = sorted({np.shape(part) for part in parts})  # type: ignore[arg-type]
        raise SubjectError(f"answer {name!r} changes its shape from lane to lane: {shapes}") from None


def _checked(name: str, value: Any, lanes: int) -> Array:
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise SubjectError(f"answer {name!r} must hold numbers, got dtype {array.dtype}")
    if array.ndim == 0 or len(array) != lanes:
        raise SubjectError(
            f"answer {name!r} has shape {array.shape}, expected {lanes} along its first axis (the lanes)"
        )
    return array
