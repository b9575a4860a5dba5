"""report.md: the verdict, the systems, the refutations and what was not tested, short enough for a merge request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tollens.diagnosis import Matrix, diagnose
from tollens.evidence import Run
from tollens.findings import observed, troubles, untested
from tollens.ordering import Broken, broken_claims
from tollens.smallest import tables
from tollens.summary import account_sentences, headline, tallies, verdict_sentence
from tollens.wording import cell, count, duration, listing, short

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~])")


def render(run: Run, mutants: Matrix | None = None) -> str:
    """The run as Markdown (CommonMark with tables). Text from the evidence is escaped."""
    parts = [f"# {headline(run)}", _text(verdict_sentence(run))]
    if run.header["command"]:
        parts.append(f"{_code(run.header['command'])}, seed {run.header['seed']}")
    parts += ["## Systems at a glance", _glance(run)]
    parts += ["## Refutations", *(_refutations(run, mutants) or ["None."])]
    parts += ["## What was not tested, and why", _untested(run)]
    if account := account_sentences(run):
        parts += ["## Statistical tests", *map(_text, account)]
    return "\n\n".join(parts) + "\n"


def _glance(run: Run) -> str:
    counts = ("Stand", "Refuted", "Errors", "Not judged", "Mutants killed", "Myths refuted")
    head = ("System", *counts, "Worst margin", "Cases", "Time")
    rows = [
        (
            _text(t.system),
            *map(str, (t.stands, t.refuted, t.errors, t.not_judged)),
            f"{t.killed} of {t.mutants}",
            f"{t.fallen} of {t.myths}",
            f"{short(t.margin)} {_text(t.margin_claim)}".strip(),
            count(t.cases),
            duration(t.seconds),
        )
        for t in tallies(run)
    ]
    return _table(head, rows) if rows else "No system was judged."


def _refutations(run: Run, mutants: Matrix | None) -> list[str]:
    parts = [part for entry in broken_claims(run) for part in _story(run, entry, mutants)]
    beside = [f"- **{t.what}**: {_text(t.name)}: {_text(t.reason)}" for t in troubles(run)]
    return [*parts, "\n".join(beside)] if beside else parts


def _story(run: Run, entry: Broken, mutants: Matrix | None) -> list[str]:
    row, found = entry.shown, entry.shown["refutation"]
    parts = [f"### {_text(row['claim'])} {_text(row['title'])} on {_text(row['subject'])}", _text(row["sentence"])]
    if found is not None:
        parts += [_table(table.head, table.rows) for table in tables(found)]
        seen = observed(found)
        terms = f" = {_text(seen.terms)}" if seen.terms else ""
        parts.append(f"{_text(seen.label)}: {seen.left} {seen.relation} {seen.right}; bound {seen.bound}{terms}.")
    places = listing(cell(other) for other in entry.rows if other["verdict"] == "refuted")
    parts.append(f"Refuted on {_text(places)}.")
    if likely := diagnose(run, row["system"], row["subject"], mutants)[0]:
        parts.append(f"Likely mistake: {_prose(likely)}.")
    if row["replay"]:
        parts.append(f"Replay: {_code(row['replay'])}")
    if entry.cascade:
        parts.append(f"With it fall {_text(listing((child.shown['claim'] for child in entry.cascade), 12))}.")
    return parts


def _untested(run: Run) -> str:
    items = [f"- {_text(item.what)} ({_text(item.where)}): {_text(item.reason)}" for item in untested(run)]
    return "\n".join(items) or "Everything that was asked for was judged."


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _text(words: str) -> str:
    """Words as Markdown text on one line: nothing in them is read as markup."""
    return _text_inside(" ".join(words.split()))


def _prose(words: str) -> str:
    """Words in which `names` are code."""
    pieces = words.split("`")
    return "".join(_code(piece) if i % 2 else _text_inside(piece) for i, piece in enumerate(pieces))


def _text_inside(words: str) -> str:
    return _SPECIAL.sub(r"\\\1", words)


def _code(words: str) -> str:
    fence = "``" if "`" in words else "`"
    return f"{fence} {words} {fence}" if fence == "``" else f"`{words}`"
