"""The parts of the page that are about what went wrong, what was left out, and where the run took place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tollens.diagnosis import Matrix, diagnose
from tollens.evidence import Refutation, Run, Verdict
from tollens.maths import mathml, prose
from tollens.ordering import Broken, broken_claims
from tollens.plots import strip
from tollens.smallest import Table, picture, tables
from tollens.summary import Tally, mutant_standings, myth_standings, tallies
from tollens.wording import SIMULATED, cell, count, duration, exact, listing, pair, plural, short

Html = str
"""Text that is already HTML: built by `maths` and `plots`, which escape what they are given."""


def anchor(*names: str) -> str:
    """An id for a link target: letters and digits kept, everything else by its code point, so never two alike."""
    return "-".join(re.sub(r"[^a-z0-9_.]", lambda m: f"~{ord(m[0]):x}", name.lower()) for name in names)


@dataclass(frozen=True)
class Glance:
    """A system's line in the first table."""

    tally: Tally
    strip: Html
    good: bool


def glances(run: Run) -> list[Glance]:
    """Systems at a glance."""
    found = []
    for tally in tallies(run):
        parts = {
            "stands": tally.stands,
            "refuted": tally.refuted,
            "error": tally.errors,
            "not-judged": tally.not_judged,
        }
        bad = tally.refuted or tally.errors or tally.killed < tally.mutants or tally.fallen < tally.myths
        found.append(Glance(tally, strip(parts), not bad))
    return found


@dataclass(frozen=True)
class Observed:
    """Both sides of a comparison that failed, in words."""

    label: str
    left: str
    relation: str
    right: str
    bound: str
    terms: str
    times: str


@dataclass(frozen=True)
class Story:
    """One refutation as it is told: claim, smallest input, observed against bound, likely mistake, replay."""

    row: Verdict
    anchor: str
    sentence: Html
    formula: Html
    places: str
    elsewhere: str
    case: str
    tables: tuple[Table, ...]
    picture: Html
    observed: Observed | None
    diagnosis: Html
    link: str
    cascade: tuple[Story, ...]


def stories(run: Run, mutants: Matrix | None = None) -> list[Story]:
    """The refutations, weakest broken claim first, each with its cascade."""
    return [_story(run, entry, mutants, True) for entry in broken_claims(run)]


def _story(run: Run, entry: Broken, mutants: Matrix | None, root: bool) -> Story:
    row, found = entry.shown, entry.shown["refutation"]
    refuted = [other for other in entry.rows if other["verdict"] == "refuted"]
    standing = [cell(other) for other in entry.rows if other["verdict"] == "stands"]
    words = diagnose(run, row["system"], row["subject"], mutants)[0] if root else ""
    return Story(
        row=row,
        anchor=anchor("refuted", row["claim"], row["subject"]),
        sentence=prose(row["sentence"]),
        formula=mathml(row["latex"]),
        places=listing(cell(other) for other in refuted),
        elsewhere=f"stands on {listing(standing)}" if standing else "",
        case=case_words(row),
        tables=tuple(tables(found)) if found else (),
        picture=picture(found, f"Smallest case that refutes {row['claim']}") if found else "",
        observed=observed(found) if found else None,
        diagnosis=prose(words[:1].upper() + words[1:]),
        link=safe_link(row["counterexample"]),
        cascade=tuple(_story(run, child, mutants, False) for child in entry.cascade),
    )


def case_words(row: Verdict) -> str:
    """The sizes, settings and regime of the smallest case; empty without one."""
    found = row["refutation"]
    if found is None:
        return ""
    shape = ", ".join(f"{name} = {size}" for name, size in found["shape"].items())
    settings = [f"{k} = {exact(v)}" for k, v in found["settings"].items() if found["shape"].get(k) != v]
    return "; ".join(part for part in (shape, ", ".join(settings), f"regime {found['regime']}") if part)


def observed(found: Refutation) -> Observed:
    """What was seen on the smallest case, against what should have been."""
    left, right = pair(found["left"], found["right"])
    label = found["label"] + (f" at [{', '.join(map(str, found['entry']))}]" if found["entry"] else "")
    bound = float(found["bound"])
    over = abs(float(found["left"]) - float(found["right"])) / bound if bound else float("inf")
    return Observed(
        label=label,
        left=left,
        relation={"=": "should equal", "<=": "should be at most"}[found["relation"]],
        right=right,
        bound=short(found["bound"]) if bound else "0, they must be exactly so",
        terms=found["terms"] if bound else "",
        times=f"{short(over)} times the bound" if 1 < over < float("inf") else "",
    )


def safe_link(path: str | None) -> str:
    """A relative path that may stand in a link; "" for anything with a scheme or a root."""
    return path if path and re.fullmatch(r"(?!/)[^\s:?#\\]+", path) else ""


@dataclass(frozen=True)
class Trouble:
    """Something beside a refuted claim that keeps the run from being good."""

    what: str
    name: str
    reason: str
    replay: str


def troubles(run: Run) -> list[Trouble]:
    """Errors of subjects, mutants that survived, myths that the search could not refute."""
    errors: dict[tuple[str, str, str], list[Verdict]] = {}
    for row in run.rows:
        if row["verdict"] == "error" and row["role"] != "mutant":
            errors.setdefault((row["claim"], row["subject"], row["reason"]), []).append(row)
    found = []
    for (claim, subject, reason), rows in errors.items():
        name = f"{claim} on {subject}, {listing(cell(row) for row in rows)}"
        found.append(Trouble("Error", name, reason, rows[0]["replay"] or ""))
    mistakes = {(row["system"], row["subject"]): row["mistake"] for row in run.of_role("mutant")}
    for key, standing in mutant_standings(run).items():
        if standing == "survived":
            words = f"{mistakes[key]}: no claim refutes it".removeprefix(": ")
            found.append(Trouble("Mutant survived", key[1], words, ""))
    sentences = {(row["system"], row["claim"]): row["sentence"] for row in run.of_role("myth")}
    for key, outcome in myth_standings(run).items():
        if outcome == "standing":
            words = f"{sentences[key]} The search found no counterexample."
            found.append(Trouble("Myth not refuted", key[1], words, ""))
    return found


@dataclass(frozen=True)
class Untested:
    """Something that was not tested: what, the reason, and how much it concerns."""

    what: str
    reason: str
    where: str


def untested(run: Run) -> list[Untested]:
    """What was not tested and why: devices first, then claims gathered by reason."""
    found = [Untested(f"device {name}", reason, "NOT VERIFIED") for name, reason in _unverified(run)]
    if any(row["simulated"] for row in run.rows):
        names = listing(dict.fromkeys(row["device_used"] for row in run.rows if row["simulated"]))
        found.append(Untested(f"device {names}", SIMULATED, "no accelerator was tested by it"))
    if run.interrupted:
        found.append(
            Untested("the rest of the run", "it was interrupted before its end", "nothing after the last verdict")
        )
    groups: dict[tuple[str, str, str], list[Verdict]] = {}
    for row in run.rows:
        if row["verdict"] in ("not-applicable", "vacuous", "skipped") and row["role"] != "mutant":
            groups.setdefault((row["subject"], row["verdict"], row["reason"]), []).append(row)
    for (subject, verdict, reason), rows in groups.items():
        claims = listing(dict.fromkeys(row["claim"] for row in rows), 8)
        places = listing(dict.fromkeys(cell(row) for row in rows), 4)
        words = f"{verdict.replace('-', ' ')}" + (f": {reason}" if reason else "")
        found.append(Untested(f"{claims} on {subject}", words, places))
    return found


def _unverified(run: Run) -> list[tuple[str, str]]:
    return [(entry[0], entry[1] if len(entry) > 1 else "") for entry in run.header["not_verified"] if entry]


@dataclass(frozen=True)
class Foreign:
    """A third party's subject: what it keeps and what it breaks."""

    subject: str
    version: str
    system: str
    stands: int
    not_judged: int
    refuted: tuple[tuple[str, str], ...]
    errors: tuple[str, ...]


def foreigners(run: Run) -> list[Foreign]:
    """Foreign subjects, one line each; refuted claims with the anchor of their story."""
    groups: dict[tuple[str, str], dict[str, set[str]]] = {}
    versions: dict[str, str] = {}
    for row in run.of_role("claim"):
        if row["subject_kind"] == "foreign":
            claims = groups.setdefault((row["system"], row["subject"]), {})
            claims.setdefault(row["claim"], set()).add(row["verdict"])
            versions[row["subject"]] = row["subject_version"]
    found = []
    for (system, subject), claims in groups.items():
        refuted = [claim for claim, verdicts in claims.items() if "refuted" in verdicts]
        errors = [c for c, verdicts in claims.items() if "error" in verdicts and c not in refuted]
        stands = [c for c, verdicts in claims.items() if "stands" in verdicts and c not in [*refuted, *errors]]
        rest = len(claims) - len(refuted) - len(errors) - len(stands)
        links = tuple((claim, anchor("refuted", claim, subject)) for claim in refuted)
        found.append(Foreign(subject, versions[subject], system, len(stands), rest, links, tuple(errors)))
    return found


def environment(run: Run) -> list[tuple[str, str]]:
    """Where the run took place, as terms and their values."""
    header = run.header
    libraries = ", ".join(f"{name} {version}" for name, version in header["libraries"].items())
    facts = {
        "command": header["command"],
        "started": header["started"],
        "took": duration(run.end["seconds"]) if run.end else "it was killed before its end",
        "Tollens": header["tollens"] + (f", revision {header['revision']}" if header["revision"] else ""),
        "seed": str(header["seed"]),
        "profile": header["profile"],
        "Python": f"{header['python']} on {header['platform']}".removesuffix(" on "),
        "processor": f"{header['cpu']}, {plural(header['cores'], 'core')}".removeprefix(", "),
        "libraries": libraries,
        **{f"device {device.get('device', '?')}": _device(device) for device in header["devices"]},
        "cases judged": count(sum(row["cases"] for row in run.rows)),
    }
    return [(term, value) for term, value in facts.items() if value]


def _device(record: Mapping[str, Any]) -> str:
    """One device's record in words: simulated or not, then its facts by name."""
    parts = [SIMULATED] if record.get("simulated") else ["ran on it"]
    for name, value in record.items():
        if name not in ("device", "simulated") and value not in ("", None, [], {}):
            parts.append(f"{name} {_words(value)}")
    return "; ".join(parts)


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
