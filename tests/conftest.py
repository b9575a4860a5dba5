"""What the whole suite shares: one torch thread, the simulated device, and claims as parameters."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from tests.bindings import BINDINGS
from tests.suite import DEVICES, Job
from theory.core import registry
from tollens.commands.items import jobs_for

settings.register_profile("tollens-tests", deadline=None, database=None, print_blob=True, derandomize=False)
settings.load_profile("tollens-tests")  # explicit: with CI=true Hypothesis would switch to a profile of its own


def pytest_configure(config: pytest.Config) -> None:
    if config.option.collectonly:
        return  # listing the tests stays without torch
    from impl.core import devices

    asked = config.getoption("tollens_device") or DEVICES
    if "sim" in asked:
        devices.probe("sim")  # must be registered before the first backward pass of the process
    devices.strict(True)
    import torch

    torch.set_num_threads(1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`job` stands for each judgement that a system's test module asks for, with a stable, readable id."""
    if "job" not in metafunc.fixturenames:
        return
    system, role = Path(str(metafunc.module.__file__)).parent.name, metafunc.function.__name__.removeprefix("test_")
    jobs = {"claim": _claims, "myth": _myths, "mutant": _mutants}[role](system, metafunc.config)
    metafunc.parametrize("job", [pytest.param(job, id=_id(job), marks=_marks(job)) for job in jobs])


def _claims(system: str, config: pytest.Config) -> list[Job]:
    return jobs_for(config, (system,), ["ours"], config.getoption("tollens_device") or DEVICES)


def _myths(system: str, config: pytest.Config) -> list[Job]:
    return [Job("myth", system, myth.id, "ours", "cpu", "float64", "quick") for myth in registry.myths(system)]


def _mutants(system: str, config: pytest.Config) -> list[Job]:
    from tollens.commands.subjects import place

    claims = {claim.id: claim for claim in registry.claims(system)}
    return [
        Job("mutant", system, claim, f"mutant:{mutant}", *place(claims[claim]), "quick")
        for mutant, killers in BINDINGS[system].items()
        for claim in killers
    ]


def _id(job: Job) -> str:
    subject = job.subject.removeprefix("mutant:")
    return f"{job.claim}-{subject}" if job.role == "mutant" else f"{job.claim}-{subject}-{job.device}-{job.dtype}"


def _marks(job: Job) -> list[pytest.MarkDecorator]:
    named = {"claim": pytest.mark.claim(job.claim), "myth": pytest.mark.myth(job.claim)}
    role = named.get(job.role, pytest.mark.mutant(job.subject.removeprefix("mutant:")))
    return [role, pytest.mark.system(job.system)]
