"""A claim: a falsifiable mathematical statement, its domain, and the check that tries to break it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from theory.core.domain import Array, Cases, Domain
from theory.core.gap import Gap

Kind = Literal["exact", "identity", "inequality", "certificate", "monotone", "rate", "statistical"]


@dataclass(frozen=True)
class Answer(Mapping[str, Array]):
    """What a subject answered: named arrays, (lane, ...). Floats arrive in float64, `dtypes` keeps their origin.

    `again` asks the same subject another question (metamorphic claims: permuted rows, one lane of a batch):
    again(operation, cases) -> Answer, with the same seed, on the device and dtype of `cases`. `modified` names the
    inputs that the subject wrote to; it only ever holds copies, so the case itself stays what it was.
    """

    arrays: Mapping[str, Array]
    dtypes: Mapping[str, str]
    again: Callable[[str, Cases], Answer]
    modified: frozenset[str] = frozenset()

    def __getitem__(self, name: str) -> Array:
        """The array called `name`."""
        return self.arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)


Check = Callable[[Answer, Cases], "Gap | tuple[Gap, ...]"]


@dataclass(frozen=True)
class Claim:
    """A statement that a program can try to refute.

    id: never reused, e.g. "ADA-05". sentence, latex: the statement in words and as a formula. source: key of
    references.bib and the place in it, e.g. ("freund1997", "Fig. 2"). asks: the operation of the system's port
    that is put to the subject. also: other operations that the check puts to it through `again`. needs: answers that
    the check reads; a subject without one of them makes the claim not applicable, by name. exact: the same check for
    one lane in exact or ball arithmetic, used to confirm a counterexample. lanes: most problems per call (exact
    oracles are slower than NumPy). slack_reason: why no case comes within 1/1000 of the bound, where none does.
    on_cpu: False for what only another device can refute. house_rule: True for what this project asks of its own code
    and mathematics does not, such as the words of an error.
    """

    id: str
    version: int
    title: str
    sentence: str
    latex: str
    source: tuple[tuple[str, str], ...]
    kind: Kind
    asks: str
    check: Check
    domain: Domain
    also: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    exact: Check | None = None
    lanes: int = 256
    tests: int = 1
    slack_reason: str = ""
    on_cpu: bool = True
    house_rule: bool = False

    def grade(self, exact: bool) -> str:
        """Grade of proof of a standing verdict; `exact` says whether every comparison was made without tolerance."""
        if self.kind == "statistical":
            return "statistical"
        return "proved-for-input" if exact and self.kind in ("exact", "certificate") else "within-rounding"


@dataclass(frozen=True)
class Myth:
    """A popular false statement. It falls when the search finds a case that its check refutes.

    `check` states the myth as if it were true; `smallest` is the known smallest counterexample, in words.
    """

    id: str
    title: str
    sentence: str
    truth: str
    source: tuple[tuple[str, str], ...]
    asks: str
    check: Check
    domain: Domain
    smallest: str
    lanes: int = 256


def gaps_of(result: Gap | tuple[Gap, ...]) -> tuple[Gap, ...]:
    """A check's result as a tuple."""
    return result if isinstance(result, tuple) else (result,)
