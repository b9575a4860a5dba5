"""`tollens verify`: judge the claims, write evidence and report, print the verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tollens.commands.options import (
    Claims,
    Jobs,
    Out,
    ProfileName,
    Seed,
    Systems,
    UsageError,
    chosen_claims,
    chosen_devices,
    chosen_dtypes,
    chosen_profile,
    chosen_systems,
    command_line,
    run_folder,
    seconds,
    workers,
)


def verify(
    systems: Systems = None,
    subject: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="What to judge instead of our own: package.module:Class, foreign:NAME or mutant:NAME (repeatable).",
            show_default=False,
        ),
    ] = None,
    claim: Claims = None,
    device: Annotated[
        str, typer.Option(help="cpu, sim, sim-mps, cuda, mps (comma-separated), or auto: the CPU and what is found.")
    ] = "auto",
    dtype: Annotated[str, typer.Option(help="float64, float32, or both, comma-separated.")] = "float64,float32",
    profile: ProfileName = "standard",
    budget: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Wind the search down after this time: 90s, 5m, 1h.", show_default=False),
    ] = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN", help="Go on with an interrupted run; what it has judged is kept.", show_default=False
        ),
    ] = None,
    out: Out = None,
    only_claims: Annotated[
        bool, typer.Option("--only-claims", help="Leave out the myths and the kill matrix.")
    ] = False,
) -> None:
    """Judge the claims on generated and real data; write evidence and report; say what came out.

    Without `--subject` our own implementations are judged, the myths are put to the search, and every mutant is tried.
    """
    from impl import catalogue
    from tollens.commands.execute import Plan, execute
    from tollens.commands.reporting import conclude
    from tollens.commands.subjects import claim_jobs, mutant_jobs, myth_jobs
    from tollens.wording import plural

    console = Console()
    names = chosen_systems(systems)
    only = chosen_claims(claim, names)
    if subject and len(names) != 1:
        raise UsageError(
            "--subject needs the one system that it implements, e.g. tollens verify adaboost --subject m:C"
        )
    for spec in subject or ():
        catalogue.resolve(spec, names[0])
    axis = chosen_devices(device, chosen_dtypes(dtype))
    jobs_ = claim_jobs(names, subject or ["ours"], axis, profile=chosen_profile(profile), only=only)
    if not subject and not only_claims:
        jobs_ += myth_jobs(names, profile="quick", only=only) + mutant_jobs(names, only=only)
    folder = resume if resume is not None else run_folder(out)
    if resume is not None and not (resume / "evidence.jsonl").is_file():
        raise UsageError(f"--resume {resume}: there is no evidence.jsonl in it")
    if resume is None and (folder / "evidence.jsonl").exists():
        raise UsageError(f"{folder} already holds a run; choose another --out, or --resume {folder}")
    plan = Plan(
        jobs=tuple(jobs_),
        folder=folder,
        command=command_line(),
        systems=names,
        profile=profile,
        seed=seed,
        workers=workers(jobs),
        devices=tuple(name for name, _ in axis),
        budget=seconds(budget),
        resume=resume is not None,
    )
    console.print(
        f"judging {len(jobs_):,} (claim, subject, device, dtype) in {plural(len(names), 'system')} → {folder}",
        highlight=False,
    )
    raise typer.Exit(conclude(execute(plan, console), folder, console))
