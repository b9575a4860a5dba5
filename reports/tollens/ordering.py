"""Refutations in the order in which they should be read: the weakest broken claim first, its cascade behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tollens.evidence import Run, Verdict

_SUBJECT_ORDER = {"user": 0, "ours": 1, "foreign": 2, "mutant": 3}
Parents = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Broken:
    """A claim that is refuted on a subject.

    shown: the verdict whose counterexample is the smallest. rows: every verdict on this claim and subject. cascade:
    the refuted claims that rest on this one, and say nothing new while it is broken.
    """

    shown: Verdict
    rows: tuple[Verdict, ...]
    cascade: tuple[Broken, ...] = field(default=())


def broken_claims(run: Run) -> list[Broken]:
    """Every refuted claim of the run, each once: as an entry of its own, or in the cascade of one."""
    rows = run.of_role("claim")
    parents = {row["claim"]: tuple(row["parents"]) for row in run.rows}
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for row in rows:
        groups.setdefault((row["system"], row["subject"]), []).append(row)
    ordered = sorted(groups.values(), key=lambda group: _SUBJECT_ORDER[group[0]["subject_kind"]])
    return [entry for group in ordered for entry in _of_subject(group, parents)]


def _of_subject(rows: Iterable[Verdict], parents: Parents) -> list[Broken]:
    by_claim: dict[str, list[Verdict]] = {}
    for row in rows:
        by_claim.setdefault(row["claim"], []).append(row)
    refuted = [claim for claim, own in by_claim.items() if any(row["verdict"] == "refuted" for row in own)]
    refuted.sort(key=lambda claim: (depth(claim, parents), claim))
    above = {claim: [other for other in refuted if other in ancestors(claim, parents)] for claim in refuted}
    roots = [claim for claim in refuted if not above[claim]]

    def entry(claim: str, cascade: tuple[Broken, ...] = ()) -> Broken:
        own = tuple(by_claim[claim])
        return Broken(min((row for row in own if row["verdict"] == "refuted"), key=_size), own, cascade)

    def below(root: str) -> tuple[Broken, ...]:
        return tuple(
            entry(claim) for claim in refuted if next((up for up in above[claim] if up in roots), None) == root
        )

    return [entry(root, below(root)) for root in roots]


def ancestors(claim: str, parents: Parents) -> set[str]:
    """Every claim that `claim` rests on, directly or not; itself never, even where parents run in a circle."""
    found: set[str] = set()
    waiting = list(parents.get(claim, ()))
    while waiting:
        parent = waiting.pop()
        if parent not in found and parent != claim:
            found.add(parent)
            waiting.extend(parents.get(parent, ()))
    return found


def depth(claim: str, parents: Parents) -> int:
    """How many claims this one rests on: a parent always has fewer than its child, unless they run in a circle."""
    return len(ancestors(claim, parents))


def spine(parents: dict[str, tuple[str, ...]]) -> list[str]:
    """The longest chain of claims in which each rests on the one before it: the thread of a system's story.

    Among chains of the same length the one that ends last in the order of `parents`. Empty where no claim rests on
    another.
    """
    length: dict[str, int] = {}
    for claim in sorted(parents, key=lambda name: depth(name, parents)):
        length[claim] = 1 + max((length.get(up, 0) for up in parents[claim]), default=0)
    chain: list[str] = []
    here = max(reversed(parents), key=length.__getitem__, default=None)
    while here is not None and here not in chain:
        chain.append(here)
        here = max((up for up in parents[here] if up in length), key=length.__getitem__, default=None)
    return chain[::-1] if len(chain) > 1 else []


def _size(row: Verdict) -> tuple[bool, int, bool, bool]:
    """Smallest counterexample first; among equals a real device, then float64."""
    found = row["refutation"]
    entries = sum(count_numbers(value) for value in found["arrays"].values()) if found else 0
    return found is None, entries, row["simulated"], row["dtype"] != "float64"


def count_numbers(value: object) -> int:
    """How many numbers a nested list holds."""
    return sum(count_numbers(item) for item in value) if isinstance(value, list) else 1
