"""`tollens claims` and `tollens show`: what there is to refute. Neither imports torch."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from theory.core import registry
from theory.core.claim import Claim, Myth
from theory.core.crosscutting import LAWS
from tollens.commands.options import Systems, chosen_systems
from tollens.wording import plural


def claims(systems: Systems = None) -> None:
    """List the claims, the laws that every system keeps, and the myths."""
    console = Console()
    for system in chosen_systems(systems):
        table = Table(box=None, pad_edge=False, title=system, title_justify="left", title_style="bold")
        for name in ("claim", "kind", "title"):
            table.add_column(name, no_wrap=name != "title", overflow="fold")
        ids = [claim.id for claim in registry.claims(system)]
        for claim in registry.claims(system):
            if "." not in claim.id:
                table.add_row(claim.id, claim.kind, escape(claim.title))
        for law in LAWS:
            if asked := sum(i.startswith(f"{law.number}.") for i in ids):
                table.add_row(law.number, "law", f"{law.title}, asked of {plural(asked, 'operation')}")
        for myth in registry.myths(system):
            table.add_row(myth.id, "myth", escape(myth.title))
        console.print(table)
        console.print()


def show(claim: Annotated[str, typer.Argument(metavar="ID", help="A claim or myth, e.g. ADA-05.")]) -> None:
    """Explain one claim: words, formula, source, domain, and what its check asks of a subject."""
    entry = registry.find(claim)
    console = Console()
    console.print(f"[bold]{escape(entry.id)}[/]  {escape(entry.title)}")
    console.print()
    console.print(escape(entry.sentence))
    for name, text in _facts(entry):
        console.print(f"[dim]{name:<10}[/] {escape(text)}", highlight=False)
    if doc := entry.check.__doc__:
        console.print()
        console.print(escape(_dedent(doc)), highlight=False)


def _facts(entry: Claim | Myth) -> list[tuple[str, str]]:
    domain = entry.domain
    shapes = ", ".join(f"{name} {low}…{high}" for name, (low, high) in domain.shapes.items())
    facts = [("asks", entry.asks), ("shapes", shapes), ("regimes", ", ".join(domain.regimes))]
    if domain.real:
        facts.append(("real data", ", ".join(domain.real)))
    facts.append(("source", "; ".join(f"{key}, {place}" for key, place in entry.source)))
    if isinstance(entry, Myth):
        return [("truth", entry.truth), ("smallest", entry.smallest), *facts]
    facts.insert(0, ("formula", entry.latex))
    best, otherwise = entry.grade(exact=True), entry.grade(exact=False)
    graded = best if best == otherwise else f"{best} where every comparison is exact, else {otherwise}"
    facts.insert(1, ("kind", f"{entry.kind}; a standing verdict is {graded}"))
    if entry.parents:
        facts.append(("rests on", ", ".join(entry.parents)))
    if entry.slack_reason:
        facts.append(("slack", entry.slack_reason))
    return facts


def _dedent(doc: str) -> str:
    import inspect

    return inspect.cleandoc(doc)
