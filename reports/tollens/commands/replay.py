"""`tollens replay`: a counterexample file judged again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tollens.commands.options import UsageError
from tollens.commands.subjects import kind_of

FIXED, STILL_FAILS, CLAIM_CHANGED = "FIXED", "STILL FAILS", "CLAIM CHANGED"


def replay_command(
    file: Annotated[Path, typer.Argument(help="A counterexample file of a run.")],
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Judge this subject. A class named in the file is data: it is imported only when named here.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Judge one recorded case again: FIXED, STILL FAILS or CLAIM CHANGED.

    Exit code 0 when it is fixed, 1 when it still fails, 2 when the claim is another one now or the file is damaged.
    """
    from theory.core.counterexample import load

    recorded = load(file)
    spec = subject or recorded.subject
    if subject is None and kind_of(recorded.subject) == "user":
        raise UsageError(
            f"{file} is about {recorded.subject}; a file may not make Tollens run code, "
            f"so name it yourself: --subject {recorded.subject}"
        )
    outcome, told = outcome_of(recorded, spec)
    console = Console()
    colour = {FIXED: "green", STILL_FAILS: "red", CLAIM_CHANGED: "yellow"}[outcome]
    console.print(f"[bold {colour}]{outcome}[/] {recorded.claim} on {spec}", highlight=False)
    console.print(told, markup=False, highlight=False)
    raise typer.Exit({FIXED: 0, STILL_FAILS: 1, CLAIM_CHANGED: 2}[outcome])


def outcome_of(recorded: object, spec: str) -> tuple[str, str]:
    """FIXED, STILL FAILS or CLAIM CHANGED, with a line that says what was seen now."""
    from impl import catalogue
    from impl.core import devices
    from theory.core.ask import NotOffered, SubjectError
    from theory.core.claim import Claim
    from theory.core.counterexample import CorruptFile, Counterexample
    from theory.core.judge import replay
    from theory.core.registry import check_system, find
    from theory.core.verdict import observe

    if not isinstance(recorded, Counterexample):
        raise TypeError(f"expected a Counterexample, got {type(recorded).__name__}")
    claim = find(recorded.claim)
    version = claim.version if isinstance(claim, Claim) else 1
    if version != recorded.claim_version:
        return CLAIM_CHANGED, f"the file is about version {recorded.claim_version}, the claim is at version {version}"
    found = devices.probe(recorded.cases.device)
    if found.missing:
        raise UsageError(f"the case was seen on {recorded.cases.device}: {found.missing}")
    try:
        seen = observe(
            replay(claim, catalogue.resolve(spec, check_system(recorded.system)), recorded.cases, recorded.seed)
        )
    except (SubjectError, NotOffered) as error:
        return STILL_FAILS, str(error)
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise CorruptFile(f"the case does not fit the claim: {type(error).__name__}: {error}") from None
    worst = seen.margins[seen.margins == seen.margins]
    if len(worst) and worst.max() > 1:
        return STILL_FAILS, seen.describe()
    return FIXED, "the claim stands on this case now" if len(worst) else "the claim no longer speaks about this case"
