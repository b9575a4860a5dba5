"""`tollens mutants` and `tollens myths`: proof that the claims can fail, and what is popularly believed but false."""

from __future__ import annotations

import tempfile
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tollens.commands.options import (
    Claims,
    Jobs,
    Out,
    Seed,
    Systems,
    chosen_claims,
    chosen_systems,
    command_line,
    workers,
)
from tollens.commands.subjects import Job
from tollens.evidence import Run


def mutants(systems: Systems = None, claim: Claims = None, seed: Seed = 0, jobs: Jobs = None, out: Out = None) -> None:
    """Try every classic mistake: which claims catch it? Ends with the mutation score."""
    from tollens import summary
    from tollens.commands.subjects import mutant_jobs

    names = chosen_systems(systems)
    console = Console()
    run = _run(mutant_jobs(names, only=chosen_claims(claim, names)), names, seed, jobs, out, console)
    for system in names:
        console.print(_kill_table(run, system))
        console.print()
    standings = [standing for standing in summary.mutant_standings(run).values() if standing != "skipped"]
    killed = standings.count("killed")
    if not standings:
        console.print("no mutant was judged")
        raise typer.Exit(5)
    console.print(f"mutation score: {killed}/{len(standings)} = {killed / len(standings):.0%}", highlight=False)
    raise typer.Exit(0 if killed == len(standings) else 1)


def _kill_table(run: Run, system: str) -> Table:
    table = Table(box=None, pad_edge=False, title=system, title_justify="left", title_style="bold")
    for name in ("mutant", "mistake", "refuted by"):
        table.add_column(name, overflow="fold")
    killers: dict[tuple[str, str], list[str]] = {}
    for row in run.rows:
        if row["system"] == system:
            found = killers.setdefault((row["subject"], row["mistake"]), [])
            found += [row["claim"]] if row["verdict"] == "refuted" else []
    for (name, mistake), claims in killers.items():
        told = escape(_listing(claims)) if claims else "[red]SURVIVED[/]"
        table.add_row(escape(name), escape(mistake), told)
    return table


def _listing(claims: list[str]) -> str:
    few = ", ".join(claims[:6])
    return few if len(claims) <= 6 else f"{few} and {len(claims) - 6} more"


def myths(systems: Systems = None, claim: Claims = None, seed: Seed = 0, jobs: Jobs = None, out: Out = None) -> None:
    """Put popular false statements to the search, and show the smallest counterexamples."""
    from tollens.commands.subjects import myth_jobs

    names = chosen_systems(systems)
    console = Console()
    only = chosen_claims(claim, names)
    run = _run(myth_jobs(names, profile="standard", only=only), names, seed, jobs, out, console)
    for row in sorted(run.rows, key=lambda r: (r["system"], r["position"])):
        fell = row["verdict"] == "refuted"
        mark = "[green]refuted[/]" if fell else f"[red]{row['verdict']}[/]"
        console.print(f"[bold]{escape(row['claim'])}[/] {mark}  “{escape(row['sentence'])}”", highlight=False)
        if row["refutation"]:
            found = row["refutation"]
            case = "; ".join(f"{name} = {value}" for name, value in (found["arrays"] | found["settings"]).items())
            told = [f"counterexample: {case}", f"seen: {row['reason']}", f"true instead: {row['truth']}"]
        else:
            told = [row["reason"] or "the search found no counterexample"]
        for line in told:
            console.print(f"    {escape(line)}", highlight=False)
    if not run.rows:
        console.print("no myth was judged")
        raise typer.Exit(5)
    raise typer.Exit(0 if all(row["verdict"] == "refuted" for row in run.rows) else 1)


def _run(
    planned: list[Job], names: tuple[str, ...], seed: int, jobs: int | None, out: Path | None, console: Console
) -> Run:
    """Execute the jobs; the run is kept where --out says, and only its evidence is looked at otherwise."""
    from tollens.commands.execute import Plan, execute
    from tollens.commands.reporting import write

    with tempfile.TemporaryDirectory() as scratch:
        plan = Plan(
            jobs=tuple(planned),
            folder=out or Path(scratch),
            command=command_line(),
            systems=names,
            profile="quick",
            seed=seed,
            workers=workers(jobs),
            devices=("cpu",),
        )
        run = execute(plan, console)
        if out is not None:
            write(run, out)
        return run
