"""Running many judgements: in parallel, with progress, evidence written as it comes, and Ctrl-C that leaves a run."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import importlib.metadata
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from theory.core.chance import Account
from theory.core.claim import Claim
from theory.core.judge import STATISTICAL_DRAWS, Setup, judge
from theory.core.registry import find
from theory.core.search import PROFILES
from tollens import __version__
from tollens.commands.rows import mistake_of, row, save_counterexample
from tollens.commands.subjects import Job, kind_of
from tollens.evidence import Run, Writer, read

LIBRARIES = (
    "geomloss", "hypothesis", "joblib", "mpmath", "numpy", "POT", "python-flint", "scikit-learn", "scipy", "torch",
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What is to be run: the jobs, the folder of the run, and how."""

    jobs: tuple[Job, ...]
    folder: Path
    command: str
    systems: tuple[str, ...]
    profile: str
    seed: int
    workers: int
    devices: tuple[str, ...]
    budget: float | None = None
    resume: bool = False


@functools.cache
def libraries() -> dict[str, str]:
    """Versions of what a verdict may depend on, where it is installed."""
    found: dict[str, str] = {}
    for name in LIBRARIES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def account(jobs: tuple[Job, ...]) -> tuple[Account, int]:
    """The false-alarm account of a run and its number of single tests; mutants and myths are meant to be refuted."""
    statistical = [claim for job in jobs if job.role == "claim" and _statistical(claim := find(job.claim))]
    lanes = {job.claim: PROFILES[job.profile].lanes for job in jobs}
    tests = sum(c.tests * min(c.lanes, lanes[c.id]) * STATISTICAL_DRAWS for c in statistical if isinstance(c, Claim))
    return Account(len(statistical)), tests


def _statistical(claim: object) -> bool:
    return isinstance(claim, Claim) and claim.kind == "statistical"


def execute(plan: Plan, console: Console, *, quiet: bool = False) -> Run:
    """Judge everything in the plan, write evidence.jsonl into its folder, and read the run back.

    Raises EvidenceError when the run to be resumed is damaged, or was made by other jobs.
    """
    path = plan.folder / "evidence.jsonl"
    started = time.monotonic()
    done = {key(r) for r in read(path).rows} if plan.resume else set()
    jobs = tuple(job for job in plan.jobs if job.key not in done)
    spread, tests = account(plan.jobs)
    until = started + plan.budget if plan.budget is not None else float("inf")
    interrupted = False
    with Writer(path, resume=plan.resume) as writer:
        if not plan.resume:
            writer.write(_header(plan, spread, tests))
        try:
            for job, entry in _progress(_judged(jobs, plan, spread.share, until), jobs, console, quiet):
                writer.write(entry)
                if not quiet:
                    _tell(console, job, entry)
        except KeyboardInterrupt:
            interrupted = True
            console.print("[yellow]interrupted:[/] the evidence so far is kept, [bold]--resume[/] goes on from there")
        writer.write(
            {"type": "end", "finished": _now(), "seconds": time.monotonic() - started, "interrupted": interrupted}
        )
    return read(path)


def write_evidence(plan: Plan, rows: list[dict[str, Any]]) -> Run:
    """Write a run whose rows were judged elsewhere, and read it back."""
    spread, tests = account(plan.jobs)
    path = plan.folder / "evidence.jsonl"
    with Writer(path) as writer:
        writer.write(_header(plan, spread, tests))
        for entry in rows:
            writer.write(entry)
        seconds = sum(float(entry["seconds"]) for entry in rows)
        writer.write(_end(seconds, False))
    return read(path)


def _end(elapsed: float, interrupted: bool) -> dict[str, Any]:
    return {"type": "end", "finished": _now(), "seconds": elapsed, "interrupted": interrupted}


def key(entry: Any) -> tuple[str, str, str, str, str]:
    """The key of a row, equal to the key of the job that made it."""
    return entry["role"], entry["claim"], entry["subject"], entry["device_asked"], entry["dtype"]


def _judged(jobs: tuple[Job, ...], plan: Plan, share: float, until: float) -> Iterator[tuple[Job, dict[str, Any]]]:
    """Every job with its row, in the order in which they are ready."""
    seconds = (until - time.monotonic()) * plan.workers / max(1, len(jobs))
    order = sorted(jobs, key=_heavy, reverse=True) if plan.budget is None else list(jobs)
    if plan.workers == 1 or len(jobs) == 1:
        for job in order:
            yield _paired(job, plan, share, seconds, until)
        return
    from joblib import Parallel, delayed

    lean = replace(plan, jobs=())  # a worker needs its own job; all of them would travel with each
    parallel = Parallel(n_jobs=plan.workers, return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs")
    results = parallel(delayed(_paired)(job, lean, share, seconds, until) for job in order)
    try:
        yield from results
    finally:
        results.close()


def _heavy(job: Job) -> bool:
    """Jobs on bundled data and claims on our subjects first: long ones at the end leave the other core idle."""
    return job.role == "claim"


def _paired(job: Job, plan: Plan, share: float, seconds: float, until: float) -> tuple[Job, dict[str, Any]]:
    return job, work(job, plan, share, seconds, until)


def work(job: Job, plan: Plan, share: float, seconds: float, until: float, *, keep: bool = True) -> dict[str, Any]:
    """One judgement in this process, as its row of evidence. Torch computes on one thread here.

    keep: whether a counterexample is written to the run's folder.
    """
    import torch

    from impl import catalogue
    from impl.core import devices

    torch.set_num_threads(1)
    if not set(plan.devices) & set(devices.ACCELERATORS):
        devices.probe("sim")  # must be there before the first backward pass, whichever job brings that
    devices.probe(job.device)
    devices.strict(True)
    claim = find(job.claim)
    subject = catalogue.resolve(job.subject, job.system)
    profile = PROFILES[job.profile]
    matrix = job.role == "mutant"
    setup = Setup(
        profile=replace(profile, seconds=min(profile.seconds, max(0.05, seconds))),
        device=job.device,
        dtype=job.dtype,
        seed=plan.seed,
        share=share,
        shrink=not matrix,
        real=not matrix,
        until=until,
        call_limit=5.0 if kind_of(job.subject) == "user" else 60.0,
    )
    verdict = judge(claim, subject, setup)
    mutants = catalogue.mutants(job.system) if matrix else ()
    entry = row(job, claim, subject, verdict, mistake_of(job, mutants))
    if keep and not matrix:
        save_counterexample(entry, job, claim, verdict, plan.folder, libraries())
    return entry


def _progress(
    results: Iterator[tuple[Job, dict[str, Any]]], jobs: tuple[Job, ...], console: Console, quiet: bool
) -> Iterator[tuple[Job, dict[str, Any]]]:
    """Pass the results through a live bar: what was just judged, how many are done, cases per second, time left."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
    )  # fmt: skip
    cases, started = 0, time.monotonic()
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task("starting the workers", total=len(jobs), rate="")
        for job, entry in results:
            cases += entry["cases"]
            rate = f"{cases / max(1e-9, time.monotonic() - started):,.0f} cases/s"
            bar.update(task, advance=1, description=job.title, rate=rate)
            yield job, entry


def _tell(console: Console, job: Job, entry: dict[str, Any]) -> None:
    """Say at once what should not wait for the report: a refutation or an error of a subject on trial."""
    if job.role == "claim" and entry["verdict"] in ("refuted", "error"):
        colour = "red" if entry["verdict"] == "refuted" else "yellow"
        console.print(f"[{colour}]{entry['verdict'].upper()}[/] {job.title}: ", end="")
        console.print(entry["reason"], markup=False, highlight=False, soft_wrap=True)


def _header(plan: Plan, spread: Account, tests: int) -> dict[str, Any]:
    from impl.core import devices

    return {
        "type": "run",
        "schema": 1,
        "tollens": __version__,
        "revision": _revision(),
        "command": plan.command,
        "started": _now(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": _cpu(),
        "cores": os.cpu_count() or 1,
        "libraries": libraries(),
        "devices": [devices.record(devices.probe(name)) for name in plan.devices],
        "not_verified": [list(pair) for pair in devices.not_verified(plan.devices)],
        "seed": plan.seed,
        "profile": plan.profile,
        "systems": list(plan.systems),
        "account": {"total": spread.total, "tests": tests, "level": spread.total / max(1, tests)},
    }


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _revision() -> str | None:
    """Git revision of the checkout that Tollens runs from, if it is one."""
    try:
        told = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=5,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return told.stdout.strip() if told.returncode == 0 else None


def _cpu() -> str:
    """The processor's name, as the system tells it."""
    info = Path("/proc/cpuinfo")
    if sys.platform == "linux" and info.exists():
        names = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        return names[0] if names else platform.machine()
    return platform.processor() or platform.machine()
