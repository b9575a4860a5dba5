"""What the test files of every system share: a judgement as a test, and the jobs that a session asks for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tollens.commands.items import judged, option
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


def devices(config: pytest.Config) -> str:
    """The devices of this session."""
    return config.getoption("tollens_device") or DEVICES


__all__ = ["Job", "devices", "judge_in", "option"]
