"""What the pytest plugin does once it is needed: claims as tests, and the evidence of a session."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tollens.commands.options import (
    UsageError,
    chosen_claims,
    chosen_devices,
    chosen_dtypes,
    chosen_profile,
    chosen_systems,
    settings,
)
from tollens.commands.subjects import Job, claim_jobs
from tollens.door import PROPERTY

DEFAULTS = {"device": "cpu", "dtype": "float64,float32", "profile": "quick", "seed": "0"}


def option(config: pytest.Config, name: str) -> str:
    """One setting: command line before environment (TOLLENS_…) before [tool.tollens] before the default."""
    given = config.getoption(f"tollens_{name}")
    if given is None and name == "seed":
        given = config.getoption("hypothesis_seed", None)
    found = given or os.environ.get(f"TOLLENS_{name.upper()}") or settings().get(name) or DEFAULTS[name]
    return str(found)


def jobs_for(config: pytest.Config, systems: tuple[str, ...], subjects: list[str], device: str) -> list[Job]:
    """The judgements that the options of a session ask for. Raises pytest.UsageError for a wrong value."""
    try:
        axis = chosen_devices(device, chosen_dtypes(option(config, "dtype")))
        only = chosen_claims(config.getoption("tollens_claim"), systems)
        return claim_jobs(systems, subjects, axis, profile=chosen_profile(option(config, "profile")), only=only)
    except (LookupError, UsageError) as error:
        raise pytest.UsageError(str(error.args[0])) from None


def claim_items(session: pytest.Session, config: pytest.Config) -> Iterator[pytest.Item]:
    """One test for each claim on each subject of --tollens-subject."""
    from impl import catalogue

    subjects = list(config.getoption("tollens_subject"))
    try:
        systems = chosen_systems(config.getoption("tollens_system"))
        if len(systems) != 1:
            raise UsageError("--tollens-subject needs the one system that it implements: --tollens-system NAME")
        for spec in subjects:
            catalogue.resolve(spec, systems[0])
    except (LookupError, UsageError) as error:
        raise pytest.UsageError(str(error.args[0])) from None
    for job in jobs_for(config, systems, subjects, option(config, "device")):
        name = f"{job.claim}-{job.subject}-{job.device}-{job.dtype}"
        yield ClaimItem.from_parent(session, name=name, job=job)


class ClaimItem(pytest.Item):
    """One claim judged on one subject, as a test."""

    def __init__(self, *, job: Job, **rest: Any) -> None:
        super().__init__(**rest)
        self.job = job
        self.add_marker(pytest.mark.claim(job.claim))
        self.add_marker(pytest.mark.system(job.system))

    def runtest(self) -> None:
        """Judge the claim; fail on a refutation or an error, skip where it does not apply."""
        entry = judged(self.config, self.job)
        self.user_properties.append((PROPERTY, json.dumps(entry, default=_listed)))
        settle(entry)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """The verdict alone: where in Tollens it was reached is of no interest."""
        if isinstance(excinfo.value, pytest.fail.Exception):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo, style))

    def reportinfo(self) -> tuple[Path, None, str]:
        """Shown as the name of the test."""
        return self.path, None, self.name


def judged(config: pytest.Config, job: Job) -> dict[str, Any]:
    """The evidence row of one judgement in this session."""
    from theory.core.chance import FALSE_ALARM
    from tollens.commands.execute import Plan, work

    folder = Path(config.getoption("tollens_out") or "reports/runs/pytest")
    plan = Plan(
        jobs=(job,), folder=folder, command="pytest", systems=(job.system,), profile=job.profile,
        seed=int(option(config, "seed")), workers=1, devices=(job.device,),
    )  # fmt: skip
    keep = config.getoption("tollens_out") is not None
    return work(job, plan, FALSE_ALARM / 1000, float("inf"), float("inf"), keep=keep)


def settle(entry: dict[str, Any]) -> None:
    """End a test as its verdict demands."""
    silent = (
        ("not-applicable", "skipped") if entry["subject_kind"] == "ours" else ("not-applicable", "skipped", "vacuous")
    )
    if entry["verdict"] in silent:
        pytest.skip(entry["reason"])
    if entry["verdict"] != "stands":
        found = entry["refutation"]
        told = found["arrays"] | found["settings"] if found else {}
        case = "".join(f"\n  {name} = {_short(value)}" for name, value in told.items())
        pytest.fail(f"{entry['claim']} {entry['verdict']}: {entry['sentence']}\n{entry['reason']}{case}", pytrace=False)


def _short(value: Any) -> str:
    text = str(value.tolist() if hasattr(value, "tolist") else value).replace("\n", " ")
    return text if len(text) <= 400 else f"{text[:400]} …"


def _listed(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def write_run(config: pytest.Config, rows: list[dict[str, Any]]) -> None:
    """Write evidence.jsonl and the reports of a finished session into --tollens-out."""
    from tollens.commands.execute import Plan, write_evidence
    from tollens.commands.reporting import write

    folder = Path(config.getoption("tollens_out"))
    systems = tuple(dict.fromkeys(row["system"] for row in rows))
    plan = Plan(
        jobs=(), folder=folder, command=" ".join(["pytest", *config.invocation_params.args]), systems=systems,
        profile=option(config, "profile"), seed=int(option(config, "seed")), workers=1,
        devices=tuple(dict.fromkeys(row["device_asked"] for row in rows)) or ("cpu",),
    )  # fmt: skip
    run = write_evidence(plan, rows)
    write(run, folder)
    Console().print(f"tollens: {len(rows)} verdicts, report {folder / 'index.html'}", highlight=False)
