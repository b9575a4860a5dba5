"""Each rule of the simulated device catches the mistake it is there for, and leaves the fixed twin alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from impl.core import devices, simulated_backend
from tests.devices import bug_pairs
from tests.devices.bug_pairs import PAIRS, SIMULATED, Pair, verdict

pairs = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
caught = pytest.mark.parametrize(
    ("pair", "name"),
    [pytest.param(p, name, id=f"{p.name}-{name}") for p in PAIRS for name in SIMULATED if name in p.caught_on],
)
passed = pytest.mark.parametrize(
    ("pair", "name"),
    [pytest.param(p, name, id=f"{p.name}-{name}") for p in PAIRS for name in SIMULATED if name not in p.caught_on],
)


def device(name: str) -> devices.Device:
    if name in SIMULATED and not simulated_backend.registered():
        pytest.skip("this run computes on a real accelerator; a simulated one needs a run of its own")
    return devices.probe(name)


def verdicts_of_a_process_on(name: str) -> dict[str, tuple[str, str]]:
    script = Path(bug_pairs.__file__)
    root = str(script.parents[2])
    run = subprocess.run(
        [sys.executable, str(script), name],
        cwd=root,
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=True,
    )
    return {pair: (bug, twin) for pair, (bug, twin) in json.loads(run.stdout.splitlines()[-1]).items()}


def test_there_are_nineteen_pairs_and_each_mistake_is_caught_by_some_profile() -> None:
    assert len({pair.name for pair in PAIRS}) == 19
    assert all(set(pair.caught_on) & set(SIMULATED) for pair in PAIRS)


@caught
def test_the_mistake_is_caught(pair: Pair, name: str) -> None:
    assert verdict(pair.bug, device(name), pair.waits)


@passed
def test_a_profile_allows_what_its_device_can_do(pair: Pair, name: str) -> None:
    assert verdict(pair.bug, device(name), pair.waits) == ""


@pytest.mark.parametrize("name", ["cpu", *SIMULATED])
@pairs
def test_the_fixed_twin_is_clean(pair: Pair, name: str) -> None:
    assert verdict(pair.twin, device(name), pair.waits) == ""


@pairs
def test_the_number_of_waits_of_a_twin_is_stated_exactly(pair: Pair) -> None:
    there = device("sim")
    devices.strict(False)
    x = torch.ones(64, 8).to(there.torch)
    with there.watch() as counts, torch.no_grad():
        pair.twin(x)
    assert counts["syncs"] == pair.waits


@pytest.mark.gpu
def test_cuda_itself_rejects_the_mistakes_it_must_and_no_twin() -> None:
    # In a process of its own: torch knows one current accelerator, and here it may be the simulated one.
    if missing := devices.probe("cuda").missing:
        pytest.skip(missing)
    verdicts = verdicts_of_a_process_on("cuda")
    assert {name: twin for name, (_, twin) in verdicts.items() if twin} == {}
    assert [p.name for p in PAIRS if "cuda" in p.caught_on and not verdicts[p.name][0]] == []


def test_the_pairs_run_as_a_script_as_the_test_on_a_gpu_runs_them() -> None:
    verdicts = verdicts_of_a_process_on("cpu")
    assert list(verdicts) == [pair.name for pair in PAIRS]
    assert {name: twin for name, (_, twin) in verdicts.items() if twin} == {}
