"""What a run comes to: the standing of each claim, mutant and myth, one sentence, one exit code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from tollens.evidence import Number, Outcome, Run, Verdict, number
from tollens.ordering import broken_claims
from tollens.wording import count, listing, plural, short

MutantStanding = Literal["killed", "survived", "skipped"]
MythStanding = Literal["fallen", "standing", "error", "skipped"]
Key = tuple[str, str, str]
"""System, claim, subject."""

_BY_WEIGHT: tuple[Outcome, ...] = ("refuted", "error", "stands", "vacuous", "not-applicable", "skipped")
_JUDGED = ("refuted", "error", "stands")


@dataclass(frozen=True)
class Tally:
    """One system at a glance. Claims are counted once, however many devices and dtypes they were judged on."""

    system: str
    stands: int
    refuted: int
    errors: int
    not_judged: int
    killed: int
    mutants: int
    fallen: int
    myths: int
    margin: Number | None
    margin_claim: str
    cases: int
    seconds: float

    @property
    def claims(self) -> int:
        """How many claims were asked for."""
        return self.stands + self.refuted + self.errors + self.not_judged


def heaviest(outcomes: Iterable[Outcome]) -> Outcome:
    """The verdict that counts when a claim was judged in several places: refuted before error before stands."""
    return min(outcomes, key=_BY_WEIGHT.index)


def claim_standings(run: Run) -> dict[Key, Outcome]:
    """For each claim on each subject that is not a mutant: its heaviest verdict over devices and dtypes."""
    gathered: dict[Key, list[Outcome]] = {}
    for row in run.of_role("claim"):
        gathered.setdefault((row["system"], row["claim"], row["subject"]), []).append(row["verdict"])
    return {key: heaviest(outcomes) for key, outcomes in gathered.items()}


def mutant_standings(run: Run) -> dict[tuple[str, str], MutantStanding]:
    """For each (system, mutant): killed when at least one claim refuted it."""
    gathered: dict[tuple[str, str], set[Outcome]] = {}
    for row in run.of_role("mutant"):
        gathered.setdefault((row["system"], row["subject"]), set()).add(row["verdict"])
    return {key: _mutant_standing(outcomes) for key, outcomes in gathered.items()}


def _mutant_standing(outcomes: set[Outcome]) -> MutantStanding:
    if "refuted" in outcomes:
        return "killed"
    return "skipped" if outcomes == {"skipped"} else "survived"


def myth_standings(run: Run) -> dict[tuple[str, str], MythStanding]:
    """For each (system, myth): fallen when a counterexample was found anywhere."""
    gathered: dict[tuple[str, str], set[Outcome]] = {}
    for row in run.of_role("myth"):
        gathered.setdefault((row["system"], row["claim"]), set()).add(row["verdict"])
    return {key: _myth_standing(outcomes) for key, outcomes in gathered.items()}


def _myth_standing(outcomes: set[Outcome]) -> MythStanding:
    if "refuted" in outcomes:
        return "fallen"
    if "error" in outcomes:
        return "error"
    return "skipped" if outcomes == {"skipped"} else "standing"


def principal(run: Run) -> tuple[Verdict, ...]:
    """The claims' verdicts that the run is about: on our or the user's subjects; if there are none, on foreign ones."""
    rows = run.of_role("claim")
    return tuple(row for row in rows if row["subject_kind"] in ("ours", "user")) or rows


def systems(run: Run) -> list[str]:
    """The systems in the run, in the order asked for, then in the order met."""
    return list(dict.fromkeys([*run.header["systems"], *(row["system"] for row in run.rows)]))


def tallies(run: Run) -> list[Tally]:
    """One tally per system that has a verdict."""
    present = {row["system"] for row in run.rows}
    return [_tally(run, system) for system in systems(run) if system in present]


def _tally(run: Run, system: str) -> Tally:
    rows = [row for row in principal(run) if row["system"] == system]
    outcomes = list(_by_claim(rows).values())
    mutants = [standing for (where, _), standing in mutant_standings(run).items() if where == system]
    myths = [standing for (where, _), standing in myth_standings(run).items() if where == system]
    worst = max((row for row in rows if row["margin"] is not None), key=lambda r: number(r["margin"]), default=None)
    everything = [row for row in run.rows if row["system"] == system]
    return Tally(
        system=system,
        stands=outcomes.count("stands"),
        refuted=outcomes.count("refuted"),
        errors=outcomes.count("error"),
        not_judged=sum(outcome not in _JUDGED for outcome in outcomes),
        killed=mutants.count("killed"),
        mutants=len(mutants),
        fallen=myths.count("fallen"),
        myths=len(myths),
        margin=worst["margin"] if worst else None,
        margin_claim=worst["claim"] if worst else "",
        cases=sum(row["cases"] for row in everything),
        seconds=sum(row["seconds"] for row in everything),
    )


def _by_claim(rows: Iterable[Verdict]) -> dict[tuple[str, str], Outcome]:
    gathered: dict[tuple[str, str], list[Outcome]] = {}
    for row in rows:
        gathered.setdefault((row["system"], row["claim"]), []).append(row["verdict"])
    return {key: heaviest(outcomes) for key, outcomes in gathered.items()}


def exit_code(run: Run) -> int:
    """0: every claim judged stands, every mutant dies, every myth falls. 1: something did not. 5: nothing was judged.

    An error counts as 1, except on a mutant that some claim killed: a mistake may well crash. A run in which nothing
    was judged because everything was skipped, vacuous or not applicable is 5 too, not a success.
    """
    claims = claim_standings(run).values()
    mutants, myths = mutant_standings(run).values(), myth_standings(run).values()
    if any(outcome in ("refuted", "error") for outcome in claims) or "survived" in mutants:
        return 1
    if "standing" in myths or any(row["verdict"] == "error" for row in run.of_role("myth")):
        return 1
    return 0 if "stands" in claims or "killed" in mutants or "fallen" in myths else 5


def headline(run: Run) -> str:
    """The verdict in two or three words."""
    code = exit_code(run)
    if code == 5:
        return "Nothing judged"
    if code == 0:
        return "Everything holds so far" if run.interrupted else "Everything holds"
    refuted = any(outcome == "refuted" for outcome in claim_standings(run).values())
    return "Refuted" if refuted else "Not all holds"


def verdict_sentence(run: Run) -> str:
    """What was judged and what came out, in one sentence."""
    start = f"Interrupted after {plural(len(run.rows), 'verdict')}: " if run.interrupted else ""
    code = exit_code(run)
    if code == 5:
        idle = f": {plural(len(run.rows), 'verdict')}, not applicable, vacuous or skipped" if run.rows else ""
        body = f"nothing was judged{idle}"
    else:
        parts = [part for part in (_claims_part(run), _mutants_part(run), _myths_part(run), *_others(run)) if part]
        body = "; ".join(parts) if code else listing(parts)
    sentence = f"{start}{body}."
    return sentence[0].upper() + sentence[1:]


def _claims_part(run: Run) -> str:
    rows = principal(run)
    outcomes = _by_claim(rows)
    if not outcomes:
        return ""
    judged = [outcome for outcome in outcomes.values() if outcome in _JUDGED]
    systems_named = listing(dict.fromkeys(system for system, _ in outcomes), 3)
    of_judged = f"{plural(len(judged), 'claim')} about {systems_named}"
    if refuted := judged.count("refuted"):
        weakest = broken_claims(run)[0].shown
        named = f"{weakest['claim']} on {weakest['subject']}"
        which = named if refuted == 1 else f"the weakest of them {named}"
        return f"{count(refuted)} of {of_judged} {_is(refuted)} refuted, {which}"
    if judged.count("error"):
        return f"{count(judged.count('stands'))} of {of_judged} {'stands' if len(judged) == 1 else 'stand'}"
    aside = f" ({count(len(outcomes) - len(judged))} could not be judged)" if len(judged) < len(outcomes) else ""
    subjects = listing(dict.fromkeys(row["subject"] for row in rows), 3)
    if not judged:
        return f"none of the {plural(len(outcomes), 'claim')} about {systems_named} could be judged"
    every = f"the one claim about {systems_named} stands" if len(judged) == 1 else f"all {of_judged} stand"
    return f"{every} on {subjects}{aside}"


def _mutants_part(run: Run) -> str:
    standings = [standing for standing in mutant_standings(run).values() if standing != "skipped"]
    if not standings:
        return ""
    if survivors := standings.count("survived"):
        return f"{count(survivors)} of {plural(len(standings), 'mutant')} survived"
    return "the one mutant is killed" if len(standings) == 1 else f"all {plural(len(standings), 'mutant')} are killed"


def _myths_part(run: Run) -> str:
    standings = [standing for standing in myth_standings(run).values() if standing != "skipped"]
    if not standings:
        return ""
    if unbroken := len(standings) - standings.count("fallen"):
        return f"{count(unbroken)} of {plural(len(standings), 'myth')} {_is(unbroken)} not refuted"
    return "the one myth is refuted" if len(standings) == 1 else f"all {plural(len(standings), 'myth')} are refuted"


def _others(run: Run) -> list[str]:
    """Errors, and what foreign subjects break when the run is about our own."""
    parts = []
    errors = sum(row["verdict"] == "error" for row in run.rows if row["role"] != "mutant")
    if errors:
        parts.append(f"{plural(errors, 'judgement')} ended in an error")
    own = {(row["system"], row["claim"], row["subject"]) for row in principal(run)}
    foreign: dict[str, list[str]] = {}
    for key, outcome in claim_standings(run).items():
        if outcome == "refuted" and key not in own:
            foreign.setdefault(key[2], []).append(key[1])
    return parts + [f"{subject} breaks {listing(claims)}" for subject, claims in foreign.items()]


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def account_sentences(run: Run) -> list[str]:
    """The account of the statistical tests, and the smallest error each could have seen where that is known."""
    account = run.header["account"]
    if account is None or not account["tests"]:
        return []
    share = f"{short(account['level'])} each" if account["tests"] > 1 else "all of it"
    first = (
        f"{plural(account['tests'], 'statistical test')} shared a false-alarm probability of {short(account['total'])} "
        f"for the whole run, {share}: a correct subject fails one of them with at most that probability."
    )
    return [first, *(f"{claim} could have seen {words}." for claim, words in account.get("detectable", {}).items())]
