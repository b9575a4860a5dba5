"""The two doors into Tollens: the console script and the pytest plugin.

pytest imports this module in every run of everyone who has Tollens installed, so it imports nothing but the standard
library; NumPy, torch and Hypothesis come in when a claim is judged.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

PROPERTY = "tollens"
"""Name under which a test hands its evidence row to the process that writes it."""

MARKERS = (
    "claim(id): judges this claim",
    "myth(id): puts this myth to the search",
    "mutant(name): judges this mutant",
    "system(name): is about this system",
    "gpu: needs a real accelerator, and says why it was skipped without one",
    "statistical: rests on a test with a stated false-alarm probability",
    "slow: takes more than a few seconds",
)

OPTIONS = (
    ("subject", "append", "judge this class, package.module:Class, on every claim of --tollens-system"),
    ("system", "append", "only this system (repeatable)"),
    ("claim", "append", "only this claim, or family such as XC-01 (repeatable)"),
    ("device", "store", "devices, comma-separated: cpu, sim, sim-mps, cuda, mps, or auto"),
    ("dtype", "store", "dtypes, comma-separated: float64, float32"),
    ("profile", "store", "how hard to search: quick, standard, deep"),
    ("seed", "store", "seed of the search (--hypothesis-seed is honoured too)"),
    ("out", "store", "write evidence and report of this run into this folder"),
)


def main() -> None:
    """Console script `tollens`."""
    from tollens.commands.app import run

    run()


def pytest_addoption(parser: pytest.Parser) -> None:
    """One group of options, all with the prefix --tollens-."""
    group = parser.getgroup("tollens", "claims about machine-learning algorithms")
    for name, action, text in OPTIONS:
        group.addoption(f"--tollens-{name}", action=action, default=None, help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers; write evidence from the controlling process alone, whatever xdist does."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    if config.getoption("tollens_out") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Recorder(config), "tollens-recorder")


def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """With --tollens-subject, add one test for each claim on the subject."""
    if config.getoption("tollens_subject"):
        from tollens.commands.items import claim_items

        items.extend(claim_items(session, config))


class _Recorder:
    """Collects the rows that tests hand over and writes the run when the session ends."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.rows: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the row of a finished test; properties are complete in its teardown."""
        if report.when == "teardown":
            self.rows += [json.loads(str(text)) for name, text in report.user_properties if name == PROPERTY]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write evidence and report."""
        from tollens.commands.items import write_run

        write_run(self.config, self.rows)
