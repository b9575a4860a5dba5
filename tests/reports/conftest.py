"""Runs for the tests of the reports room, written and read back as any run is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.reports.sample import Row, good_rows, sample_rows
from tollens import diagnosis
from tollens.evidence import Run, Writer, read

Record = Callable[[Iterable[Row]], Run]


@pytest.fixture(autouse=True)
def no_packaged_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    """A diagnosis here rests on the run's own mutants, whatever kill matrix is packaged today."""
    monkeypatch.setattr(diagnosis, "packaged", dict)


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """Writes rows as evidence and reads them back."""

    def recorded(rows: Iterable[Row]) -> Run:
        path = tmp_path / "evidence.jsonl"
        with Writer(path) as writer:
            for row in rows:
                writer.write(row)
        return read(path)

    return recorded


@pytest.fixture
def run(record: Record) -> Run:
    """The sample: a user's subject with a classic mistake."""
    return record(sample_rows())


@pytest.fixture
def good_run(record: Record) -> Run:
    """A run in which everything holds."""
    return record(good_rows())
