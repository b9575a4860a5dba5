"""`tollens report` and `tollens diff`, and the words at the end of every run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tollens.evidence import Run, read


def _html(run: Run) -> str:
    from tollens import page

    return page.render(run)


def _markdown(run: Run) -> str:
    from tollens import markdown

    return markdown.render(run)


def _junit(run: Run) -> str:
    from tollens import junit

    return junit.render(run)


def _matrix(run: Run) -> str:
    from tollens import diagnosis

    return diagnosis.dump(diagnosis.matrix_of(run))


INTERRUPTED = 130
"""Exit code of a run that Ctrl-C ended before anything was refuted: no success, and nothing against the subject."""

FORMATS: dict[str, tuple[str, Callable[[Run], str]]] = {
    "html": ("index.html", _html),
    "md": ("report.md", _markdown),
    "junit": ("junit.xml", _junit),
    "matrix": ("kill_matrix.json", _matrix),
}


def write(run: Run, folder: Path, formats: tuple[str, ...] = ("html", "md", "junit")) -> list[Path]:
    """Render a run into its folder; the files written."""
    paths = []
    for name in formats:
        file, render = FORMATS[name]
        path = folder / file
        path.write_text(render(run), encoding="utf-8")
        paths.append(path)
    return paths


def conclude(run: Run, folder: Path, console: Console) -> int:
    """Render the reports of a finished run, print the summary, and give the exit code."""
    from tollens import summary

    write(run, folder)
    console.print(overview(run))
    code = summary.exit_code(run)
    if code == 0 and run.interrupted:
        code = INTERRUPTED
    colour = {0: "green", 1: "red"}.get(code, "yellow")
    console.print(f"[bold {colour}]{summary.headline(run)}.[/] ", end="")
    console.print(summary.verdict_sentence(run), markup=False, highlight=False)
    console.print(f"report: {folder / 'index.html'}", highlight=False, soft_wrap=True)
    return code


def overview(run: Run) -> Table:
    """A line a system: claims, mutants, myths, worst margin, cases."""
    from tollens import summary
    from tollens.wording import count, short

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("system", "claims stand", "refuted", "error", "not judged", "mutants killed", "myths refuted"):
        table.add_column(name, justify="left" if name == "system" else "right")
    table.add_column("worst margin", justify="right")
    table.add_column("cases", justify="right")
    for tally in summary.tallies(run):
        table.add_row(
            tally.system, str(tally.stands), str(tally.refuted), str(tally.errors), str(tally.not_judged),
            f"{tally.killed}/{tally.mutants}", f"{tally.fallen}/{tally.myths}",
            short(tally.margin), count(tally.cases),
        )  # fmt: skip
    return table


def evidence_of(run: Path) -> Path:
    """The evidence file that a run's folder holds, or the file itself."""
    return run / "evidence.jsonl" if run.is_dir() else run


def report(
    run: Annotated[Path, typer.Argument(help="Folder of a run, or its evidence.jsonl.")],
    format_: Annotated[
        str,
        typer.Option("--format", help="html, md, junit (comma-separated), or json: the evidence on standard output."),
    ] = "html,md,junit",
) -> None:
    """Render a run again: index.html, report.md, junit.xml."""
    from tollens.commands.options import UsageError

    path = evidence_of(run)
    names = tuple(part.strip() for part in format_.split(","))
    if unknown := [name for name in names if name not in (*FORMATS, "json")]:
        raise UsageError(f"unknown format {unknown[0]!r}; there are: {', '.join((*FORMATS, 'json'))}")
    found = read(path)
    if "json" in names:
        typer.echo(path.read_text(encoding="utf-8"), nl=False)
    for written in write(found, path.parent, tuple(name for name in names if name != "json")):
        typer.echo(str(written))


def diff_command(
    before: Annotated[Path, typer.Argument(help="Folder of a run.")],
    after: Annotated[Path, typer.Argument(help="Folder of a later run.")],
) -> None:
    """Compare two runs: verdicts that changed, margins that moved, claims that came or went."""
    from tollens import compare

    changes = compare.diff(read(evidence_of(before)), read(evidence_of(after)))
    for line in compare.lines(changes):
        typer.echo(line)
