"""What every system's tests are: its claims stand, its mutants die, its myths fall.

`tests/<system>/test_claims.py`, `test_mutants.py` and `test_myths.py` import the test that they are named for; the
folder says which system it is about.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tollens.commands.items import judged, settle
from tollens.commands.subjects import Job
from tollens.door import PROPERTY

DEVICES = "cpu,sim"
"""Where our own subjects are judged unless --tollens-device says otherwise."""


def judge_in(request: pytest.FixtureRequest, job: Job) -> dict[str, Any]:
    """The evidence row of a job, handed to whoever writes the session's evidence."""
    entry = judged(request.config, job)
    text = json.dumps(entry, default=lambda v: v.tolist() if hasattr(v, "tolist") else str(v))
    request.node.user_properties.append((PROPERTY, text))
    return entry


def test_claim(job: Job, request: pytest.FixtureRequest) -> None:
    settle(judge_in(request, job))


def test_mutant(job: Job, request: pytest.FixtureRequest) -> None:
    entry = judge_in(request, job)

    assert entry["verdict"] == "refuted", f"{job.claim} does not notice that {entry['mistake']}: {entry['reason']}"


def test_myth(job: Job, request: pytest.FixtureRequest) -> None:
    entry = judge_in(request, job)

    assert entry["verdict"] == "refuted", f"no counterexample to “{entry['sentence']}” was found: {entry['reason']}"
