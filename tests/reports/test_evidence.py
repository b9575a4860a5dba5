from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.reports.conftest import Record
from tests.reports.sample import END, HEADER, good_rows, sample_rows, verdict
from tollens.evidence import EvidenceError, Run, Writer, read


def written(path: Path, *lines: Any) -> Path:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "evidence.jsonl"


def test_what_is_written_is_read_back(record: Record) -> None:
    run = record(sample_rows())

    assert [run.header, *run.rows, run.end] == sample_rows()
    assert not run.interrupted


def test_each_row_is_on_disk_as_soon_as_it_is_written(path: Path) -> None:
    with Writer(path) as writer:
        writer.write(HEADER)
        writer.write(verdict("ADA-01"))

        assert len(read(path).rows) == 1


def test_a_run_without_its_end_counts_as_interrupted(record: Record) -> None:
    assert record(sample_rows()[:-1]).interrupted


def test_a_run_that_was_stopped_counts_as_interrupted(record: Record) -> None:
    assert record([*sample_rows()[:-1], {**END, "interrupted": True}]).interrupted


@pytest.mark.parametrize("kept", [1, 10, -1])
def test_half_a_last_line_is_what_a_killed_run_leaves(path: Path, kept: int) -> None:
    whole = "".join(json.dumps(row) + "\n" for row in (HEADER, verdict("ADA-01")))
    path.write_text(whole + json.dumps(verdict("ADA-02"))[:kept], encoding="utf-8")

    run = read(path)

    assert run.truncated
    assert run.interrupted
    assert [row["claim"] for row in run.rows] == ["ADA-01"]


def test_a_line_cut_inside_a_letter_is_read_as_cut(path: Path) -> None:
    line = json.dumps(verdict("ADA-01", sentence="α"), ensure_ascii=False).encode()
    path.write_bytes(json.dumps(HEADER).encode() + b"\n" + line[: line.index("α".encode()) + 1])

    assert read(path).truncated


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ([HEADER, "{broken", END], r":2: not a line of JSON"),
        ([HEADER, '{"type": "verdict", "margin": NaN}'], r":2: .*NaN is not JSON"),
        ([{**HEADER, "schema": 2}], r":1: evidence schema 2, this version reads 1"),
        ([verdict("ADA-01")], r":1: the first row must be the run"),
        ([HEADER, HEADER], r":2: a second run row"),
        ([HEADER, {"type": "story"}], r":2: a row's type must be one of run, verdict, end, got 'story'"),
        ([HEADER, "[1]"], r":2: a row's type must be one of"),
        ([HEADER, verdict("ADA-01", cases="many")], r":2: cases must be a whole number, got 'many'"),
        ([HEADER, verdict("ADA-01", cases=True)], r":2: cases must be a whole number, got True"),
        ([HEADER, verdict("ADA-01", margin="nan")], r":2: margin must be .*'inf'.* got 'nan'"),
        ([HEADER, verdict("ADA-01", verdict="fine")], r":2: verdict must be 'stands' or .* got 'fine'"),
        ([HEADER, verdict("ADA-01", parents=["a", 1])], r":2: parents\[1\] must be text, got 1"),
        ([HEADER, verdict("ADA-01", regimes={"ties": 1.5})], r":2: regimes\[ties\] must be a whole number, got 1.5"),
        ([HEADER, verdict("ADA-01", refutation={"label": "x"})], r":2: refutation has no 'arrays'"),
        ([HEADER, {"type": "verdict", "claim": "ADA-01"}], r":2: the row has no 'device_asked'"),
    ],
)
def test_what_is_not_evidence_is_refused_in_one_line_that_says_where(
    path: Path, lines: list[Any], complaint: str
) -> None:
    with pytest.raises(EvidenceError, match=complaint) as caught:
        read(written(path, *lines))

    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_empty_file_is_no_run(path: Path) -> None:
    path.write_bytes(b"")

    with pytest.raises(EvidenceError, match=":1: the first row must be the run"):
        read(path)


def test_a_file_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(EvidenceError, match=r"evidence\.jsonl: No such file"):
        read(path)


def test_what_a_row_leaves_out_gets_its_default(path: Path) -> None:
    needed = (
        "type",
        "role",
        "claim",
        "system",
        "subject",
        "subject_kind",
        "verdict",
        "dtype",
        "device_asked",
        "device_used",
    )
    row = {key: value for key, value in verdict("ADA-01").items() if key in needed}

    run = read(written(path, HEADER, row))

    assert run.rows[0]["margin"] is None
    assert run.rows[0]["histogram"] == []


def test_keys_of_a_later_version_are_let_pass(path: Path) -> None:
    assert read(written(path, HEADER, verdict("ADA-01", mood="good"))).rows[0]["claim"] == "ADA-01"


def test_the_writer_puts_numpy_and_infinities_into_words_of_json(record: Record) -> None:
    real = {"iris": np.float64(0.5)}
    run = record([HEADER, verdict("ADA-01", margin=math.inf, cases=np.int64(3), real=real, histogram=(("zero", 2),))])

    assert run.rows[0]["margin"] == "inf"
    assert run.rows[0]["cases"] == 3
    assert run.rows[0]["real"] == {"iris": 0.5}
    assert run.rows[0]["histogram"] == [["zero", 2]]


def test_the_writer_refuses_a_row_that_could_not_be_read(path: Path) -> None:
    with Writer(path) as writer, pytest.raises(EvidenceError, match="seconds must be a number, got None"):
        writer.write(verdict("ADA-01", seconds=None))

    assert path.read_bytes() == b""


def test_a_resumed_run_keeps_whole_rows_and_loses_its_end(path: Path) -> None:
    written(path, HEADER, verdict("ADA-01"), {**END, "interrupted": True})
    with path.open("a") as file:
        file.write('{"type": "verd')

    with Writer(path, resume=True) as writer:
        writer.write(verdict("ADA-02"))
        writer.write(END)

    run = read(path)
    assert [row["claim"] for row in run.rows] == ["ADA-01", "ADA-02"]
    assert not run.interrupted


def test_rows_are_told_apart_by_role(run: Run) -> None:
    roles = [len(run.of_role(role)) for role in ("claim", "mutant", "myth")]

    assert sum(roles) == len(run.rows)
    assert all(roles)


def test_the_good_sample_is_all_good(record: Record) -> None:
    assert {row["verdict"] for row in record(good_rows()).of_role("claim")} == {"stands"}
