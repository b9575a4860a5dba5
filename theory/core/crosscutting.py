"""Claims that hold for every system: batch = loop, device, dtype, padding, permutation, purity, validation.

They are written once. A system says in `questions.py` what each of its operations must keep: which answers are
determined by the case (and within which bound), how rows may be permuted or padded, and which inputs are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from theory.core.ask import NotOffered, refusal
from theory.core.bound import ZERO, Bound
from theory.core.claim import Answer, Claim, Kind
from theory.core.domain import Array, Cases, Domain
from theory.core.gap import Gap, equal, exactly

SOURCE = (("claessen2000", "section 2"), ("chen2018", "section 2"))
Spoil = Callable[[Cases], Cases]
LOOPED = 3
"""Lanes of a batch that are asked again one by one."""


@dataclass(frozen=True)
class Output:
    """An answer that the case determines, stable under rounding.

    name: the answer. read: the part that is stable (default: all of it). bound(answer, cases): how far two correct
    computations of that part may be apart; exact agreement by default. by_sample: its last axis follows the rows.
    """

    name: str
    read: Callable[[Answer], Array] | None = None
    bound: Callable[[Answer, Cases], Bound] | None = None
    by_sample: bool = False

    def value(self, answer: Answer) -> NDArray[np.float64]:
        """The stable part, (lane, ...), as float64."""
        return np.asarray(self.read(answer) if self.read else answer[self.name], dtype=np.float64)

    def tolerance(self, answer: Answer, cases: Cases) -> Bound:
        """How far two correct computations may be apart."""
        return self.bound(answer, cases) if self.bound else ZERO


@dataclass(frozen=True)
class Refusal:
    """An input that must be refused: `spoil` makes it from a good case, `says` must occur in the error's message."""

    label: str
    spoil: Spoil
    says: str


def put(name: str, value: float) -> Spoil:
    """Write one bad value into the first entry of an array, which becomes float."""

    def spoil(cases: Cases) -> Cases:
        array = np.array(cases[name], dtype=np.float64, order="C")  # another order would be reshaped into a copy
        array.reshape(-1)[0] = value
        return cases.with_arrays(**{name: array})

    return spoil


def changed(name: str, change: Callable[[Array], Array]) -> Spoil:
    """Replace a whole array by what `change` makes of it."""
    return lambda cases: cases.with_arrays(**{name: change(cases[name])})


def set_to(**settings: float | str) -> Spoil:
    """Give settings bad values."""
    return lambda cases: cases.with_settings(**settings)


@dataclass(frozen=True)
class Question:
    """What one operation of a port must keep, whatever the system.

    permuted(cases, order): the same problems with rows in another order; None where there are no rows. padded(cases):
    the same problems with padding whose content must not matter; None where there is none. floats: answers that
    carry the dtype of the input.
    """

    operation: str
    domain: Domain
    outputs: tuple[Output, ...]
    floats: tuple[str, ...] = ()
    permuted: Callable[[Cases, NDArray[np.intp]], Cases] | None = None
    rows: str = ""
    padded: Callable[[Cases], Cases] | None = None
    refusals: tuple[Refusal, ...] = ()


Checks = tuple[Gap, ...]


def _offered(question: Question, answer: Answer) -> tuple[Output, ...]:
    """The outputs that the subject answers. Raises NotOffered when it answers none of them."""
    found = tuple(out for out in question.outputs if out.name in answer)
    if not found:
        names = ", ".join(out.name for out in question.outputs)
        raise NotOffered(f"answers none of {names} to {question.operation}")
    return found


def _two(question: Question, label: str, a: Answer, b: Answer, cases: Cases) -> Checks:
    return tuple(
        equal(f"{label}: {out.name}", out.value(a), out.value(b), out.tolerance(a, cases))
        for out in _offered(question, a)
    )


def _batch(question: Question) -> Callable[[Answer, Cases], Checks]:
    def check(answer: Answer, cases: Cases) -> Checks:
        gaps: list[Gap] = []
        few = np.arange(min(LOOPED, cases.lanes))
        alone = [answer.again(question.operation, cases.lane(int(i))) for i in few]
        chosen = np.isin(np.arange(cases.lanes), few)
        for out in _offered(question, answer):
            batch = out.value(answer)
            looped = batch.copy()
            looped[few] = np.concatenate([out.value(one) for one in alone])
            where = np.broadcast_to(chosen.reshape(-1, *[1] * (batch.ndim - 1)), batch.shape)
            gaps.append(equal(f"batch = loop: {out.name}", batch, looped, out.tolerance(answer, cases), where))
        return tuple(gaps)

    return check


def _device(question: Question) -> Callable[[Answer, Cases], Checks]:
    def check(answer: Answer, cases: Cases) -> Checks:
        host = answer.again(question.operation, replace(cases, device="cpu"))
        return _two(question, f"{cases.device} = cpu", answer, host, cases)

    return check


def _dtype(question: Question) -> Callable[[Answer, Cases], Checks]:
    def check(answer: Answer, cases: Cases) -> Checks:
        named = [name for name in question.floats if name in answer.dtypes]
        kept = np.array([[answer.dtypes[name] == cases.dtype for name in named]] * cases.lanes)
        return (exactly(f"dtype of {', '.join(named)} is {cases.dtype}", kept, np.ones_like(kept)),)

    return check


def _padding(question: Question) -> Callable[[Answer, Cases], Checks]:
    def check(answer: Answer, cases: Cases) -> Checks:
        if question.padded is None:
            return ()
        padded = answer.again(question.operation, question.padded(cases))
        return tuple(
            equal(f"padding: {out.name}", _front(out.value(padded), out.value(answer)), out.value(answer),
                  out.tolerance(answer, cases))
            for out in _offered(question, answer)
        )  # fmt: skip

    return check


def _front(padded: NDArray[np.float64], plain: NDArray[np.float64]) -> NDArray[np.float64]:
    """The leading corner of `padded` that has the shape of `plain`: padding comes last on every axis."""
    return padded[tuple(slice(0, size) for size in plain.shape)]


def _another_order(rows: int) -> NDArray[np.intp]:
    """A fixed permutation of so many rows that leaves them as they are only where there is one."""
    order = np.random.default_rng(rows).permutation(rows)
    return np.roll(order, 1) if (order == np.arange(rows)).all() else order


def _permutation(question: Question) -> Callable[[Answer, Cases], Checks]:
    def check(answer: Answer, cases: Cases) -> Checks:
        if question.permuted is None:
            return ()
        order = _another_order(cases[question.rows].shape[1])
        there = question.permuted(cases, order)
        other = answer.again(question.operation, there)
        return tuple(
            equal(f"permuted rows: {out.name}", out.value(other),
                  out.value(answer)[..., order] if out.by_sample else out.value(answer), out.tolerance(other, there))
            for out in _offered(question, answer)
        )  # fmt: skip

    return check


def _purity(question: Question) -> Callable[[Answer, Cases], Checks]:
    def check(answer: Answer, cases: Cases) -> Checks:
        again = answer.again(question.operation, cases)
        written = np.array([[name in answer.modified for name in cases.arrays]] * cases.lanes)
        untouched = exactly("inputs written to", written, np.zeros_like(written))
        same = tuple(
            exactly(f"second call: {name}", np.nan_to_num(again[name]), np.nan_to_num(answer[name])) for name in answer
        )
        return (untouched, *(same if cases.device == "cpu" else ()))

    return check


def _validation(question: Question) -> Callable[[Answer, Cases], Checks]:
    def check(answer: Answer, cases: Cases) -> Checks:
        one = cases.lane(0)
        gaps = []
        for bad in question.refusals:
            told, kinds = refusal(answer, question.operation, bad.spoil(one))
            right = np.full(cases.lanes, bad.says in told and not kinds.isdisjoint({"ValueError", "TypeError"}))
            label = f"{bad.label} is refused with a ValueError or TypeError that says {bad.says!r}"
            gaps.append(exactly(f"{label}, got {told or 'an answer'}", right, np.ones_like(right)))
        return tuple(gaps)

    return check


@dataclass(frozen=True)
class _Law:
    number: str
    title: str
    sentence: str
    latex: str
    kind: Kind
    check: Callable[[Question], Callable[[Answer, Cases], Checks]]
    applies: Callable[[Question], bool]
    lanes: int = 8
    on_cpu: bool = True
    house_rule: bool = False


LAWS = (
    _Law("XC-01", "A batch is a loop", "Asking many problems at once gives what asking them one by one gives.",
         r"f(\mathrm{stack}(x_1,\dots,x_B))_i=f(x_i)", "identity", _batch, lambda q: bool(q.outputs)),
    _Law("XC-02", "The device does not matter", "The answer on a device is the CPU's, within the bound of the output.",
         r"|f_{\mathrm{device}}(x)-f_{\mathrm{cpu}}(x)|\le\mathrm{bound}", "identity", _device,
         lambda q: bool(q.outputs), on_cpu=False),
    _Law("XC-03", "The dtype is kept", "Answers are computed and returned in the dtype of the input.",
         r"\mathrm{dtype}(f(x))=\mathrm{dtype}(x)", "exact", _dtype, lambda q: bool(q.floats), house_rule=True),
    _Law("XC-04", "Padding does not matter", "Padded problems give the answers of the unpadded ones.",
         r"f(\mathrm{pad}(x))=f(x)", "identity", _padding, lambda q: q.padded is not None),
    _Law("XC-05", "The order of the samples does not matter",
         "Permuting the samples permutes per-sample answers and leaves the others.",
         r"f(\pi x)=\pi f(x)", "identity", _permutation, lambda q: q.permuted is not None),
    _Law("XC-06", "Asking changes nothing", "No input is modified, and a second call gives the same bits on the CPU.",
         r"f(x)=f(x)\ \text{and}\ x=x_{\mathrm{before}}", "exact", _purity, lambda q: True),
    _Law("XC-07", "Bad input is refused by name", "Bad input raises an error that names the argument.",
         r"x\notin\mathrm{dom}\,f\Rightarrow\text{error}", "exact", _validation, lambda q: bool(q.refusals), lanes=1,
         house_rule=True),
)  # fmt: skip


def cross_cutting_claims(system: str, questions: tuple[Question, ...]) -> tuple[Claim, ...]:
    """The seven laws for every operation of a system to which they apply, e.g. "XC-01.adaboost.fit_discrete"."""
    return tuple(
        Claim(
            id=f"{law.number}.{system}.{question.operation}",
            version=1,
            title=f"{law.title} ({question.operation})",
            sentence=law.sentence,
            latex=law.latex,
            source=SOURCE,
            kind=law.kind,
            asks=question.operation,
            check=law.check(question),
            domain=question.domain,
            lanes=law.lanes,
            on_cpu=law.on_cpu,
            house_rule=law.house_rule,
            slack_reason="the two computations may agree bit for bit",
        )
        for law in LAWS
        for question in questions
        if law.applies(question)
    )
