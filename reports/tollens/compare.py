"""What changed between two runs: verdicts, margins by more than a factor of ten, claims that came or went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tollens.evidence import Run, Verdict, number
from tollens.wording import VERDICTS, cell, plural, short

MOVED = 10.0
"""A margin that changes by more than this factor has moved."""

FLOOR = 1e-3
"""Margins below this are alike: a bound is held to be idle where nothing comes within a thousandth of it."""

What = Literal["verdict", "margin", "version", "new", "removed"]
_TITLES: dict[What, str] = {
    "verdict": "verdicts that changed", "margin": "margins that moved by more than ten times",
    "version": "claims whose statement changed", "new": "only in the second run", "removed": "only in the first run",
}  # fmt: skip
Key = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Change:
    """One difference: which judgement, what about it, from what to what."""

    what: What
    role: str
    system: str
    name: str
    before: str
    after: str

    def line(self) -> str:
        """The change in one line of text."""
        sides = " → ".join(side for side in (self.before, self.after) if side)
        return f"{self.name}: {sides}"


def diff(a: Run, b: Run) -> list[Change]:
    """The changes from run a to run b, the weightiest kind first, each kind in the order of the runs."""
    first = {_key(row): row for row in a.rows}
    second = {_key(row): row for row in b.rows}
    found = [change for key, row in first.items() if key in second for change in _changes(row, second[key])]
    found += [_change("new", row, "", _verdict(row)) for key, row in second.items() if key not in first]
    found += [_change("removed", row, _verdict(row), "") for key, row in first.items() if key not in second]
    return sorted(found, key=lambda change: list(_TITLES).index(change.what))


def lines(changes: list[Change]) -> list[str]:
    """The changes as text, a heading for each kind, one line when there is nothing to tell."""
    if not changes:
        return ["no verdict changed, no margin moved by more than ten times, nothing came or went"]
    text: list[str] = []
    for what, title in _TITLES.items():
        group = [change for change in changes if change.what == what]
        if group:
            text += [f"{title} ({plural(len(group), 'row')})", *(f"  {change.line()}" for change in group)]
    return text


def _key(row: Verdict) -> Key:
    return row["role"], row["claim"], row["subject"], row["device_asked"], row["dtype"]


def _changes(before: Verdict, after: Verdict) -> list[Change]:
    changes = []
    if before["claim_version"] != after["claim_version"]:
        versions = f"version {before['claim_version']}", f"version {after['claim_version']}"
        changes.append(_change("version", after, *versions))
    if before["verdict"] != after["verdict"]:
        changes.append(_change("verdict", after, _verdict(before), _verdict(after)))
    elif _moved(before, after):
        margins = f"margin {short(before['margin'])}", short(after["margin"])
        changes.append(_change("margin", after, *margins))
    return changes


def _moved(before: Verdict, after: Verdict) -> bool:
    if before["margin"] is None or after["margin"] is None:
        return False
    low, high = sorted(max(FLOOR, number(row["margin"])) for row in (before, after))
    return high > MOVED * low


def _verdict(row: Verdict) -> str:
    return VERDICTS[row["verdict"]] + (f" ({row['reason']})" if row["reason"] else "")


def _change(what: What, row: Verdict, before: str, after: str) -> Change:
    name = f"{row['role']} {row['claim']} on {row['subject']}, {cell(row)}"
    return Change(what, row["role"], row["system"], name, before, after)
