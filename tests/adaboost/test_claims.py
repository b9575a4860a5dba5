from __future__ import annotations

import pytest

from tests.suite import Job, judge_in
from tollens.commands.items import settle

SYSTEM = "adaboost"


def test_claim(job: Job, request: pytest.FixtureRequest) -> None:
    settle(judge_in(request, job))
