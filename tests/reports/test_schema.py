from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.reports.conftest import Record
from tests.reports.sample import END, HEADER, good_rows, sample_rows, verdict
from tollens import evidence

SCHEMA: dict[str, Any] = json.loads(
    (Path(evidence.__file__).parent / "schema" / "evidence.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("rows", [sample_rows(), good_rows()], ids=["sample", "good"])
def test_every_line_that_the_writer_writes_is_valid(record: Record, tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    record(rows)

    for line in (tmp_path / "evidence.jsonl").read_text(encoding="utf-8").splitlines():
        assert list(VALIDATOR.iter_errors(json.loads(line))) == []


@pytest.mark.parametrize(
    "row",
    [
        verdict("ADA-01", mood="good"),
        verdict("ADA-01", margin=-1),
        verdict("ADA-01", margin="nan"),
        verdict("ADA-01", histogram=[["zero", 1, 2]]),
        verdict("ADA-01", grade="certain"),
        {**HEADER, "schema": 2},
        {**END, "seconds": "93"},
        {key: value for key, value in END.items() if key != "finished"},
    ],
)
def test_a_row_that_departs_from_the_format_is_invalid(row: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(row)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("run", evidence.Header),
        ("verdict", evidence.Verdict),
        ("refutation", evidence.Refutation),
        ("account", evidence.Account),
        ("end", evidence.End),
    ],
)
def test_schema_and_types_have_the_same_fields(name: str, kind: Any) -> None:
    assert set(SCHEMA["$defs"][name]["properties"]) == kind.__required_keys__ | kind.__optional_keys__
    assert set(SCHEMA["$defs"][name]["required"]) == kind.__required_keys__
