"""Our receptive-field arithmetic, tracer and measurements as a subject of the port."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from impl.core.subject import Answers, Arrays, Operation, Settings, Subject
from impl.receptive_field.asked import graphs, layer, scopes, stacks, supports
from impl.receptive_field.asked.question import Part, Question
from impl.receptive_field.rules import RULES, Rules

ROOMS = (stacks, supports, layer, graphs, scopes)
COMPUTED: dict[str, Part] = {name: part for room in ROOMS for name, part in room.COMPUTED.items()}
MEASURED: dict[str, Part] = {name: part for room in ROOMS for name, part in room.MEASURED.items()}


def _answer(
    parts: tuple[Part, ...],
    rules: Rules,
    arrays: Arrays,
    settings: Settings,
    *,
    device: str,
    dtype: str,
    seed: int,
) -> Answers:
    question = Question(arrays, settings, device, dtype, seed, rules)
    return {name: value for part in parts for name, value in part(question).items()}


def operations(rules: Rules, *tables: Mapping[str, Part]) -> dict[str, Operation]:
    """The operations of the port that some tables answer, with one set of formulas."""
    names = dict.fromkeys(name for table in tables for name in table)
    return {name: partial(_answer, tuple(t[name] for t in tables if name in t), rules) for name in names}


def subject_with(rules: Rules, name: str) -> Subject:
    """Our subject with other formulas: a mutant, or a proposal."""
    return Subject(name, "receptive_field", operations(rules, COMPUTED, MEASURED), version="0.1.0", house=True)


SUBJECT = subject_with(RULES, "ours")
