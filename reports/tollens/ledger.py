"""The parts of the page that go through the run claim by claim: claims, the kill matrix, the myths."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tollens.evidence import Outcome, Run, Verdict, number
from tollens.findings import Html, anchor, case_words, safe_link
from tollens.maths import mathml, prose
from tollens.ordering import spine
from tollens.plots import gauge, histogram
from tollens.smallest import Table, picture, tables
from tollens.summary import MythStanding, heaviest, mutant_standings, myth_standings, principal, systems
from tollens.wording import cell, count, duration, exact, short


@dataclass(frozen=True)
class Cell:
    """One claim on one subject, device and dtype."""

    subject: str
    place: str
    simulated: bool
    verdict: Outcome
    reason: Html
    margin: str
    cases: str
    seconds: str


@dataclass(frozen=True)
class ClaimView:
    """One claim with all that was seen of it."""

    row: Verdict
    anchor: str
    verdict: Outcome
    margin: str
    gauge: Html
    sentence: Html
    formula: Html
    source: str
    grade: str
    bound: Html
    worst: str
    histogram: Html
    regimes: tuple[tuple[str, str], ...]
    real: tuple[tuple[str, str], ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Chapter:
    """The claims of one system in reading order.

    laws: the cross-cutting ones, which every system keeps. thread: the longest chain in which each claim rests on the
    one before.
    """

    system: str
    claims: tuple[ClaimView, ...]
    laws: tuple[ClaimView, ...]
    thread: tuple[ClaimView, ...]

    @property
    def law_abiding(self) -> bool:
        """Whether every law stands."""
        return all(view.verdict == "stands" for view in self.laws)


def claims_by_system(run: Run) -> list[Chapter]:
    """Every claim judged on a subject that is not a mutant, a chapter for each system."""
    views: dict[str, list[ClaimView]] = {system: [] for system in systems(run)}
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for row in run.of_role("claim"):
        groups.setdefault((row["system"], row["claim"]), []).append(row)
    about = {row["subject_kind"] for row in principal(run)}
    for (system, _), rows in sorted(groups.items(), key=_reading_order):
        views[system].append(_claim(rows, [row for row in rows if row["subject_kind"] in about] or rows))
    return [_chapter(system, found) for system, found in views.items() if found]


def _chapter(system: str, views: list[ClaimView]) -> Chapter:
    by_id = {view.row["claim"]: view for view in views}
    parents = {claim: tuple(up for up in view.row["parents"] if up in by_id) for claim, view in by_id.items()}
    own, laws = (tuple(v for v in views if ("." in v.row["claim"]) == law) for law in (False, True))
    return Chapter(system, own, laws, tuple(by_id[claim] for claim in spine(parents)))


def _reading_order(group: tuple[tuple[str, str], list[Verdict]]) -> tuple[int, str]:
    (_, claim), rows = group
    return rows[0]["position"], claim


def _claim(everywhere: list[Verdict], rows: list[Verdict]) -> ClaimView:
    """The claim as `rows`, those that the run is about, show it; the table has what was judged elsewhere, too."""
    measured = [row for row in rows if row["margin"] is not None]
    worst = max(measured, key=lambda row: number(row["margin"]), default=rows[0])
    bins: Counter[int | float | str] = Counter()
    regimes: Counter[str] = Counter()
    for row in rows:
        for edge, n in row["histogram"]:
            bins[edge] += int(n)
        regimes.update(row["regimes"])
    return ClaimView(
        row=rows[0],
        anchor=anchor("claim", rows[0]["claim"]),
        verdict=heaviest(row["verdict"] for row in rows),
        margin=short(worst["margin"]),
        gauge=gauge(number(worst["margin"])) if measured else "",
        sentence=prose(rows[0]["sentence"]),
        formula=mathml(rows[0]["latex"]),
        source=source_words(rows[0]),
        grade=next((row["grade"] for row in rows if row["grade"]), "").replace("-", " "),
        bound=prose(worst["margin_terms"]),
        worst=_worst(worst) if measured else "",
        histogram=histogram(bins.items(), rows[0]["claim"]),
        regimes=tuple((regime, count(n)) for regime, n in regimes.items()),
        real=_real(rows),
        cells=tuple(_cell(row) for row in everywhere),
    )


def _worst(row: Verdict) -> str:
    regime = f", regime {row['margin_regime']}" if row["margin_regime"] else ""
    label = f": {row['margin_label']}" if row["margin_label"] else ""
    return f"{short(row['margin'])} on {row['subject']}, {cell(row)}{regime}{label}"


def _real(rows: Iterable[Verdict]) -> tuple[tuple[str, str], ...]:
    """Real data by name with the worst margin over subjects and devices."""
    worst: dict[str, float] = {}
    for row in rows:
        for name, margin in row["real"].items():
            worst[name] = max((worst.get(name, math.nan), number(margin)), key=lambda m: -1.0 if math.isnan(m) else m)
    return tuple((name, "–" if math.isnan(margin) else short(margin)) for name, margin in worst.items())


def _cell(row: Verdict) -> Cell:
    return Cell(
        subject=row["subject"],
        place=cell(row),
        simulated=row["simulated"],
        verdict=row["verdict"],
        reason=prose(row["reason"]) if row["verdict"] not in ("stands", "refuted") else "",
        margin=short(row["margin"]),
        cases=count(row["cases"]) + (f" (+{count(row['rejected'])} rejected)" if row["rejected"] else ""),
        seconds=duration(row["seconds"]),
    )


def source_words(row: Verdict) -> str:
    """Where a claim comes from: key and place, several apart by semicolons."""
    return "; ".join(", ".join(part for part in entry if part) for entry in row["source"])


@dataclass(frozen=True)
class MutantView:
    """A row of the kill matrix; cells are the verdicts in the order of the claims, None where not tried."""

    name: str
    mistake: Html
    killed: bool
    kills: int
    cells: tuple[Outcome | None, ...]


@dataclass(frozen=True)
class KillMatrix:
    """A system's mutants against its claims. totals: how many mutants each claim kills."""

    system: str
    claims: tuple[str, ...]
    mutants: tuple[MutantView, ...]
    totals: tuple[int, ...]
    killed: int


def kill_matrices(run: Run) -> list[KillMatrix]:
    """One kill matrix per system that had mutants."""
    standings = mutant_standings(run)
    return [_kill_matrix(run, system, standings) for system in systems(run) if any(s == system for s, _ in standings)]


def _kill_matrix(run: Run, system: str, standings: Mapping[tuple[str, str], str]) -> KillMatrix:
    rows = [row for row in run.of_role("mutant") if row["system"] == system]
    claims = tuple(claim for _, claim in sorted({(row["position"], row["claim"]) for row in rows}))
    outcomes: dict[tuple[str, str], list[Outcome]] = {}
    mistakes: dict[str, str] = {}
    for row in rows:
        outcomes.setdefault((row["subject"], row["claim"]), []).append(row["verdict"])
        mistakes[row["subject"]] = row["mistake"]
    mutants = []
    for name, mistake in mistakes.items():
        tried = [outcomes.get((name, claim)) for claim in claims]
        cells = tuple(heaviest(verdicts) if verdicts else None for verdicts in tried)
        killed = standings[system, name] == "killed"
        mutants.append(MutantView(name, prose(mistake), killed, cells.count("refuted"), cells))
    totals = tuple(sum(mutant.cells[i] == "refuted" for mutant in mutants) for i in range(len(claims)))
    return KillMatrix(system, claims, tuple(mutants), totals, sum(mutant.killed for mutant in mutants))


@dataclass(frozen=True)
class MythView:
    """A popular false statement, what is true instead, and the smallest counterexample found."""

    row: Verdict
    anchor: str
    standing: MythStanding
    sentence: Html
    truth: Html
    smallest: Html
    found: str
    tables: tuple[Table, ...]
    picture: Html
    link: str


def myths(run: Run) -> list[MythView]:
    """The myths, each with the smallest counterexample over subjects and devices."""
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for row in run.of_role("myth"):
        groups.setdefault((row["system"], row["claim"]), []).append(row)
    standings = myth_standings(run)
    place = {system: number for number, system in enumerate(systems(run))}
    ordered = sorted(groups.items(), key=lambda group: (place[group[0][0]], *_reading_order(group)))
    return [_myth(rows, standings[key]) for key, rows in ordered]


def _myth(rows: list[Verdict], standing: MythStanding) -> MythView:
    fallen = [row for row in rows if row["refutation"] is not None]
    row = min(fallen, key=_entries, default=rows[0])
    found = row["refutation"]
    seen = f"{found['label']}: {exact(found['left'])} against {exact(found['right'])}" if found else row["reason"]
    return MythView(
        row=row,
        anchor=anchor("myth", row["claim"]),
        standing=standing,
        sentence=prose(row["sentence"]),
        truth=prose(row["truth"]),
        smallest=prose(row["smallest"]),
        found="; ".join(part for part in (case_words(row), seen) if part),
        tables=tuple(tables(found)) if found else (),
        picture=picture(found, f"Smallest counterexample to {row['claim']}") if found else "",
        link=safe_link(row["counterexample"]),
    )


def _entries(row: Verdict) -> int:
    found = row["refutation"]
    return sum(len(str(value)) for value in found["arrays"].values()) if found else 0
