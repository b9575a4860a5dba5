"""The record of a run: one JSON object a line, written as it goes, read back by everything that renders.

The first line is the run, then comes one line per verdict, and the end if the run came to one. The published schema
is `schema/evidence.schema.json`; the types below are the same thing for Python and are what `read` checks against.
Numbers that JSON has no word for are the strings "inf", "-inf" and "nan".
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn, Self, TypedDict, cast

from tollens.typecheck import misfit

SCHEMA = 1

Number = int | float | Literal["inf", "-inf", "nan"]
Margin = int | float | Literal["inf"]
Role = Literal["claim", "myth", "mutant"]
Outcome = Literal["stands", "refuted", "not-applicable", "vacuous", "error", "skipped"]
SubjectKind = Literal["ours", "mutant", "foreign", "user"]
Setting = int | float | str | bool


class _Power(TypedDict, total=False):
    detectable: dict[str, str]


class Account(_Power):
    """The false-alarm account: `total` probability shared by `tests` statistical tests at `level` each.

    detectable (may be absent): for each statistical claim, in words, the smallest error its sample could have seen.
    """

    total: float
    tests: int
    level: float


class Header(TypedDict):
    """The first row: what was run, where, with which versions, devices and seed."""

    type: Literal["run"]
    schema: int
    tollens: str
    revision: str | None
    command: str
    started: str
    python: str
    platform: str
    cpu: str
    cores: int
    libraries: dict[str, str]
    devices: list[dict[str, Any]]
    not_verified: list[list[str]]
    seed: int
    profile: str
    systems: list[str]
    account: Account | None


class Refutation(TypedDict):
    """The smallest case found that refutes: left relation right fails by more than bound at `entry`."""

    label: str
    relation: Literal["=", "<="]
    left: Number
    right: Number
    bound: Number
    terms: str
    entry: list[int]
    regime: str
    shape: dict[str, int]
    arrays: dict[str, Any]
    settings: dict[str, Setting]
    confirmed: str
    shrink_calls: int


class Verdict(TypedDict):
    """One claim or myth judged on one subject, on one device, in one dtype."""

    type: Literal["verdict"]
    role: Role
    claim: str
    claim_version: int
    system: str
    title: str
    sentence: str
    latex: str
    source: list[list[str]]
    kind: str
    position: int
    parents: list[str]
    subject: str
    subject_kind: SubjectKind
    subject_version: str
    mistake: str
    device_asked: str
    device_used: str
    simulated: bool
    dtype: str
    verdict: Outcome
    reason: str
    grade: str
    regimes: dict[str, int]
    real: dict[str, Margin | None]
    cases: int
    rejected: int
    margin: Margin | None
    margin_label: str
    margin_terms: str
    margin_regime: str
    histogram: list[list[int | float | str]]
    seconds: float
    cases_per_second: float
    refutation: Refutation | None
    counterexample: str | None
    replay: str | None
    smallest: str
    truth: str


class End(TypedDict):
    """The last row, absent when the run was killed."""

    type: Literal["end"]
    finished: str
    seconds: float
    interrupted: bool


_HEADER_DEFAULTS: dict[str, Any] = {
    "revision": None, "command": "", "python": "", "platform": "", "cpu": "", "cores": 0, "libraries": {},
    "devices": [], "not_verified": [], "seed": 0, "profile": "", "systems": [], "account": None,
}  # fmt: skip
_VERDICT_DEFAULTS: dict[str, Any] = {
    "claim_version": 1, "title": "", "sentence": "", "latex": "", "source": [], "kind": "", "position": 0,
    "parents": [],
    "subject_version": "", "mistake": "", "simulated": False, "reason": "", "grade": "", "regimes": {}, "real": {},
    "cases": 0, "rejected": 0, "margin": None, "margin_label": "", "margin_terms": "", "margin_regime": "",
    "histogram": [], "seconds": 0.0, "cases_per_second": 0.0, "refutation": None, "counterexample": None,
    "replay": None, "smallest": "", "truth": "",
}  # fmt: skip
_TYPES: dict[str, tuple[type, dict[str, Any]]] = {
    "run": (Header, _HEADER_DEFAULTS),
    "verdict": (Verdict, _VERDICT_DEFAULTS),
    "end": (End, {"interrupted": False}),
}


class EvidenceError(ValueError):
    """Evidence that cannot be read or written, in one line: file, line number and what is wrong."""


@dataclass(frozen=True)
class Run:
    """A run as read: its header, its verdicts in the order they were reached, its end if it came to one."""

    header: Header
    rows: tuple[Verdict, ...]
    end: End | None
    truncated: bool = False

    @property
    def interrupted(self) -> bool:
        """Whether the run was killed or stopped before all that was asked for was judged."""
        return self.truncated or self.end is None or self.end["interrupted"]

    def of_role(self, role: Role) -> tuple[Verdict, ...]:
        """The verdicts on claims, on myths or on mutants."""
        return tuple(row for row in self.rows if row["role"] == role)


def number(value: Number | None) -> float:
    """A number of the evidence as a float; None (nothing was said) becomes NaN."""
    return math.nan if value is None else float(value)


class Writer:
    """Writes evidence, one flushed line per row, so that a killed run loses at most the row in hand.

    Rows are plain mappings; what a row leaves out is filled in with its default, NumPy values and numbers that are
    not finite are put into JSON's words, and a row that `read` would refuse raises EvidenceError at once. With
    `resume` the file is continued: a half-written last line and an end row are cut off first.
    """

    def __init__(self, path: str | Path, *, resume: bool = False) -> None:
        self.path = Path(path)
        kept = _resumable(self.path) if resume else b""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(kept)
        self._file = self.path.open("a", encoding="utf-8", newline="\n")
        self._lines = kept.count(b"\n")

    def write(self, row: Mapping[str, Any]) -> None:
        """Append one row. Raises EvidenceError, naming what is wrong, when the row does not fit its type."""
        complete = _complete(_plain(row), self.path, self._lines + 1)
        self._file.write(json.dumps(complete, ensure_ascii=False, allow_nan=False) + "\n")
        self._file.flush()
        self._lines += 1

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read(path: str | Path) -> Run:
    """Read a run. A last line without its newline that does not parse is what a killed run leaves: `truncated`.

    Raises EvidenceError for anything else that is not evidence of schema 1.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EvidenceError(f"{path}: {error.strerror or error}") from error
    rows, truncated = _parse(path, content)
    if not rows or rows[0]["type"] != "run":
        _refuse(path, 1, "the first row must be the run, is this an evidence.jsonl?")
    for position, row in enumerate(rows[1:], start=2):
        if row["type"] == "run":
            _refuse(path, position, "a second run row: one file holds one run")
    verdicts = tuple(cast(Verdict, row) for row in rows if row["type"] == "verdict")
    ends = [cast(End, row) for row in rows if row["type"] == "end"]
    return Run(cast(Header, rows[0]), verdicts, ends[-1] if ends else None, truncated)


def _parse(path: Path, content: bytes) -> tuple[list[dict[str, Any]], bool]:
    rows: list[dict[str, Any]] = []
    lines = content.split(b"\n")
    for position, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode("utf-8"), parse_constant=_no_constant)
        except ValueError as error:
            if position == len(lines) and rows:
                return rows, True
            _refuse(path, position, f"not a line of JSON ({error})")
        rows.append(_complete(row, path, position))
    return rows, False


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON, write it as a string")


def _complete(row: Any, path: Path, position: int) -> dict[str, Any]:
    """The row with its defaults filled in, checked against its type."""
    kind = row.get("type") if isinstance(row, dict) else None
    if not isinstance(kind, str) or kind not in _TYPES:
        _refuse(path, position, f"a row's type must be one of {', '.join(_TYPES)}, got {kind!r}")
    if kind == "run" and row.get("schema") != SCHEMA:
        _refuse(path, position, f"evidence schema {row.get('schema')!r}, this version reads {SCHEMA}")
    hint, defaults = _TYPES[kind]
    complete = {**defaults, **row}
    if problem := misfit(complete, hint):
        _refuse(path, position, problem)
    return complete


def _refuse(path: Path, position: int, problem: str) -> NoReturn:
    raise EvidenceError(f"{path}:{position}: {problem}")


def _resumable(path: Path) -> bytes:
    """The content to continue after: whole rows, without the end."""
    read(path)
    lines = path.read_bytes().split(b"\n")[:-1]
    return b"".join(line + b"\n" for line in lines if line.strip() and json.loads(line)["type"] != "end")


def _plain(value: Any) -> Any:
    """`value` in JSON's words: arrays as lists, numbers that are not finite as strings, keys as strings."""
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value
