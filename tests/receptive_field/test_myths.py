from __future__ import annotations

import pytest

from tests.suite import Job, judge_in

SYSTEM = "receptive_field"


def test_myth(job: Job, request: pytest.FixtureRequest) -> None:
    entry = judge_in(request, job)

    assert entry["verdict"] == "refuted", f"no counterexample to “{entry['sentence']}” was found: {entry['reason']}"
