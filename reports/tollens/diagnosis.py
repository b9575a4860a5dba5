"""Which classic mistake does a failing subject look like? Its pattern of verdicts against each mutant's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tollens.evidence import EvidenceError, Run
from tollens.summary import claim_standings, heaviest
from tollens.wording import listing

PACKAGED = Path(__file__).parent / "kill_matrix.json"


@dataclass(frozen=True)
class Mutant:
    """One row of the kill matrix: what the mutant does wrong, and by claim whether that claim refutes it."""

    name: str
    mistake: str
    kills: Mapping[str, bool]

    def killed_by(self, claim: str) -> bool | None:
        """Whether a claim refutes the mutant, None where that is not known.

        A claim of the system that was not tried on a mutant asks nothing that the mistake touches, and stands. The
        general mistakes (those tried on the laws XC-…) touch everything, and are tried on the laws alone.
        """
        special = any(not tried.startswith("XC-") for tried in self.kills)
        return self.kills.get(claim, False if special and not claim.startswith("XC-") else None)


@dataclass(frozen=True)
class Likeness:
    """How well a subject's failing and standing claims agree with a mutant's, over the claims judged on both."""

    mutant: Mutant
    failing: int
    failing_agree: int
    standing: int
    standing_agree: int

    @property
    def share(self) -> float:
        """Of all that fails on either, the share that fails on both; standing claims break ties (see `likenesses`)."""
        either = self.failing + self.standing - self.standing_agree
        return self.failing_agree / either if either else 0.0

    def words(self) -> str:
        """5 of 5 failing claims agree, 11 of 11 standing claims agree."""
        return (
            f"{self.failing_agree} of {self.failing} failing claims agree, "
            f"{self.standing_agree} of {self.standing} standing claims agree"
        )


Matrix = Mapping[str, tuple[Mutant, ...]]
"""System → its mutants."""


def matrix_of(run: Run) -> Matrix:
    """The kill matrix that a run's mutant rows hold. A claim kills when it refutes on any device or dtype."""
    judged: dict[tuple[str, str], dict[str, list[Any]]] = {}
    mistakes: dict[tuple[str, str], str] = {}
    for row in run.of_role("mutant"):
        key = (row["system"], row["subject"])
        judged.setdefault(key, {}).setdefault(row["claim"], []).append(row["verdict"])
        mistakes[key] = mistakes.get(key) or row["mistake"]
    matrix: dict[str, tuple[Mutant, ...]] = {}
    for (system, name), claims in judged.items():
        outcomes = {claim: heaviest(verdicts) for claim, verdicts in claims.items()}
        kills = {claim: outcome == "refuted" for claim, outcome in outcomes.items() if outcome in ("refuted", "stands")}
        matrix[system] = (*matrix.get(system, ()), Mutant(name, mistakes[system, name], kills))
    return matrix


def dump(matrix: Matrix) -> str:
    """A kill matrix as JSON with a line for each mutant, the form in which one is packaged with Tollens."""
    systems = [
        f'"{system}": {{\n' + ",\n".join(map(_line, sorted(mutants, key=lambda m: m.name))) + "\n}"
        for system, mutants in sorted(matrix.items())
    ]
    return '{"schema": 2, "systems": {\n' + ",\n".join(systems) + "\n}}\n"


def _line(mutant: Mutant) -> str:
    claims = {kills: sorted(c for c, killed in mutant.kills.items() if killed == kills) for kills in (True, False)}
    entry = {"mistake": mutant.mistake, "refuted_by": claims[True], "withstands": claims[False]}
    return f"{json.dumps(mutant.name)}: {json.dumps(entry, ensure_ascii=False)}"


def load(path: Path) -> Matrix:
    """A kill matrix from a file that `dump` wrote. Raises EvidenceError when it is not one."""
    try:
        systems = json.loads(path.read_text(encoding="utf-8"))["systems"]
        return {
            system: tuple(Mutant(name, entry["mistake"], _kills(entry)) for name, entry in mutants.items())
            for system, mutants in systems.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EvidenceError(f"{path}: not a kill matrix ({error!r})") from error


def _kills(entry: Mapping[str, list[str]]) -> dict[str, bool]:
    return dict.fromkeys(entry["withstands"], False) | dict.fromkeys(entry["refuted_by"], True)


@cache
def packaged() -> Matrix:
    """The kill matrix that came with Tollens; empty where there is none."""
    return load(PACKAGED) if PACKAGED.exists() else {}


def known_mutants(run: Run) -> Matrix:
    """The packaged kill matrix, overlaid with what this very run measured."""
    merged = {system: {mutant.name: mutant for mutant in mutants} for system, mutants in packaged().items()}
    for system, mutants in matrix_of(run).items():
        known = merged.setdefault(system, {})
        for mutant in mutants:
            before = known.get(mutant.name, mutant)
            known[mutant.name] = Mutant(mutant.name, mutant.mistake or before.mistake, {**before.kills, **mutant.kills})
    return {system: tuple(mutants.values()) for system, mutants in merged.items()}


def pattern(run: Run, system: str, subject: str) -> dict[str, bool]:
    """Claim → whether it fails on the subject, for the claims that were judged on it."""
    standings = claim_standings(run)
    mine = {claim: v for (where, claim, who), v in standings.items() if (where, who) == (system, subject)}
    return {claim: verdict == "refuted" for claim, verdict in mine.items() if verdict in ("refuted", "stands")}


def likenesses(fails: Mapping[str, bool], mutants: Iterable[Mutant]) -> list[Likeness]:
    """Every mutant that shares a failing claim with the subject, the most alike first."""
    found = [_compare(fails, mutant) for mutant in mutants]
    alike = [likeness for likeness in found if likeness.failing_agree]
    return sorted(alike, key=lambda k: (-k.share, -k.failing_agree, -k.standing_agree, k.mutant.name))


def _compare(fails: Mapping[str, bool], mutant: Mutant) -> Likeness:
    killed = {claim: told for claim in fails if (told := mutant.killed_by(claim)) is not None}
    failing = [claim for claim in killed if fails[claim]]
    standing = [claim for claim in killed if not fails[claim]]
    return Likeness(
        mutant,
        failing=len(failing),
        failing_agree=sum(killed[claim] for claim in failing),
        standing=len(standing),
        standing_agree=sum(not killed[claim] for claim in standing),
    )


def diagnose(run: Run, system: str, subject: str, mutants: Matrix | None = None) -> tuple[str, list[Likeness]]:
    """One line about a failing subject's likely mistake, and the mutants it names; "" where nothing can be said.

    A mutant is named when at least half of what fails on either fails on both; equally good ones are named together.
    """
    matrix = known_mutants(run) if mutants is None else mutants
    ranked = likenesses(pattern(run, system, subject), matrix.get(system, ()))
    if not ranked:
        return "", []
    best = [k for k in ranked if (k.share, k.words()) == (ranked[0].share, ranked[0].words())]
    names = listing((f"`{k.mutant.name}`" for k in best), 4).replace(" and ", " or ")
    if ranked[0].share < 0.5:
        return f"no known classic mistake fits; the nearest is {names}: {best[0].words()}", []
    return f"looks like {names}: {best[0].words()}", best
