from __future__ import annotations

import pytest

from tests.suite import Job, judge_in

SYSTEM = "receptive_field"


def test_mutant(job: Job, request: pytest.FixtureRequest) -> None:
    entry = judge_in(request, job)

    assert entry["verdict"] == "refuted", f"{job.claim} does not notice that {entry['mistake']}: {entry['reason']}"
