"""The command line as a user types it: exit codes, one-line errors, no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

RIGHT = (ROOT / "docs" / "examples" / "my_boost.py").read_text(encoding="utf-8")
WRONG = (ROOT / "docs" / "examples" / "my_wrong_boost.py").read_text(encoding="utf-8")
FIT = "class MyBoost:\n    n_rounds = 3\n    def fit(self, X, y, sample_weight=None):\n        "
RAISES = f"{FIT}raise RuntimeError('no luck')\n"
HANGS = f"import time\n{FIT}time.sleep(3600)\n"
APPLIES = ("ADA-02", "ADA-04", "ADA-05", "ADA-08", "ADA-11")
FAST = ("--jobs", "1", "--profile", "quick")


def tollens(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "reports")])
    return subprocess.run(
        [sys.executable, "-c", "from tollens.door import main; main()", *words],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": paths, "COLUMNS": "200", "NO_COLOR": "1"} | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def rows(folder: Path) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in (folder / "evidence.jsonl").read_text().splitlines()]
    return [line for line in lines if line["type"] == "verdict"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("verify", "svm"), "unknown system 'svm'; there are: adaboost"),
        (("show", "ADA-99"), "unknown claim 'ADA-99'; did you mean ADA-"),
        (("verify", "adaboost", "--claim", "RCF-01"), "RCF-01 is not a claim of adaboost"),
        (("verify", "adaboost", "--subject", "nowhere:Nothing"), "no module 'nowhere'"),
        (("verify", "adaboost", "--subject", "json:Nothing"), "module 'json' has no class 'Nothing'"),
        (("verify", "adaboost", "--subject", "mutant:none"), "unknown mutant 'none' of adaboost; there are: "),
        (("verify", "adaboost", "--subject", "thing"), "unknown subject 'thing': write ours"),
        (("verify", "--subject", "ours"), "--subject needs the one system that it implements"),
        (("verify", "--device", "tpu"), "tpu"),
        (("verify", "--dtype", "int8"), "unknown dtype 'int8'; there are: float64, float32"),
        (("verify", "--profile", "huge"), "unknown profile 'huge'; there are: glance, quick, standard, deep"),
        (("verify", "--budget", "soon"), "budget 'soon' is no duration; write for example 90s, 5m or 1h"),
        (("verify", "--jobs", "0"), "--jobs must be at least 1, got 0"),
        (("verify", "--resume", "nowhere"), "--resume nowhere: there is no evidence.jsonl in it"),
        (("replay", "nowhere.json"), "nowhere.json: no such file"),
        (("report", "nowhere"), "nowhere: No such file"),
        (("report", "nowhere", "--format", "pdf"), "unknown format 'pdf'; there are: html, md, junit, matrix, json"),
    ],
)
def test_a_usage_error_is_one_line_and_exit_two(words: tuple[str, ...], message: str, tmp_path: Path) -> None:
    told = tollens(*words, cwd=tmp_path)

    assert told.returncode == 2, told.stderr
    assert message in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_device_that_is_absent_is_a_usage_error(tmp_path: Path) -> None:
    import torch

    if torch.backends.mps.is_available():
        pytest.skip("this machine has the device")

    told = tollens("verify", "--device", "mps", cwd=tmp_path)

    assert told.returncode == 2
    assert "mps" in told.stderr


@pytest.mark.parametrize("words", [(), ("verify", "--help"), ("replay", "--help")])
def test_help_teaches(words: tuple[str, ...], tmp_path: Path) -> None:
    assert "Usage" in tollens(*words, cwd=tmp_path).stdout


def test_show_explains_a_claim(tmp_path: Path) -> None:
    told = tollens("show", "ADA-05", cwd=tmp_path)

    assert told.returncode == 0
    for word in ("ADA-05", "formula", "regimes", "source"):
        assert word in told.stdout


def test_verify_writes_evidence_and_all_reports(tmp_path: Path) -> None:
    told = tollens("verify", "adaboost", "--claim", "ADA-05", "--only-claims", *FAST, "--out", "run", cwd=tmp_path)

    assert told.returncode == 0, told.stdout + told.stderr
    files = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"evidence.jsonl", "index.html", "report.md", "junit.xml"} <= files
    judged = {(row["device_used"], row["dtype"], row["verdict"]) for row in rows(tmp_path / "run")}
    assert ("cpu", "float64", "stands") in judged
    assert ("cpu", "float32", "stands") in judged


def test_a_run_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "evidence.jsonl").write_text("")

    told = tollens("verify", "adaboost", "--out", "run", cwd=tmp_path)

    assert told.returncode == 2
    assert "already holds a run" in told.stderr


def test_a_killed_run_is_resumed_where_it_ended(tmp_path: Path) -> None:
    words = ("verify", "adaboost", "--claim", "ADA-05", "--claim", "ADA-04", "--only-claims", "--device", "cpu", *FAST)
    tollens(*words, "--out", "run", cwd=tmp_path)
    evidence = tmp_path / "run" / "evidence.jsonl"
    lines = evidence.read_text().splitlines(keepends=True)
    evidence.write_text("".join(lines[:3]) + lines[3][:40])  # killed while writing the third verdict

    told = tollens(*words, "--resume", "run", cwd=tmp_path)

    assert told.returncode == 0, told.stdout + told.stderr
    again = evidence.read_text().splitlines(keepends=True)
    assert again[:3] == lines[:3]
    keys = [(row["claim"], row["dtype"]) for row in rows(tmp_path / "run")]
    assert sorted(keys) == sorted((c, d) for c in ("ADA-04", "ADA-05") for d in ("float64", "float32"))


def test_the_reader_s_own_class_stands(tmp_path: Path) -> None:
    (tmp_path / "my_boost.py").write_text(RIGHT)

    told = tollens(
        "verify", "adaboost", "--subject", "my_boost:MyBoost", "--device", "cpu", "--dtype", "float64", *FAST,
        *(word for claim in APPLIES for word in ("--claim", claim)), "--out", "run", cwd=tmp_path,
    )  # fmt: skip

    assert told.returncode == 0, told.stdout + told.stderr
    assert {row["verdict"] for row in rows(tmp_path / "run")} == {"stands"}


def test_the_reader_s_wrong_class_is_refuted_with_few_samples(tmp_path: Path) -> None:
    (tmp_path / "my_boost.py").write_text(RIGHT)
    (tmp_path / "my_wrong_boost.py").write_text(WRONG)
    subject = ("--subject", "my_wrong_boost:MyWrongBoost")

    told = tollens(
        "verify", "adaboost", *subject, "--claim", "ADA-02", "--device", "cpu", "--dtype", "float64", *FAST,
        "--out", "run", cwd=tmp_path,
    )  # fmt: skip

    assert told.returncode == 1, told.stdout + told.stderr
    (row,) = rows(tmp_path / "run")
    assert row["verdict"] == "refuted"
    assert row["refutation"]["shape"]["n"] <= 6  # type: ignore[index]
    file = str(Path("run") / str(row["counterexample"]))
    assert tollens("replay", file, cwd=tmp_path).returncode == 2
    still = tollens("replay", file, *subject, cwd=tmp_path)
    assert (still.returncode, still.stdout.split(" ADA")[0]) == (1, "STILL FAILS")
    mended = tollens("replay", file, "--subject", "my_boost:MyBoost", cwd=tmp_path)
    assert (mended.returncode, mended.stdout.split(" ADA")[0]) == (0, "FIXED")


def test_the_stand_alone_script_shows_input_and_answer(tmp_path: Path) -> None:
    tollens(
        "verify", "adaboost", "--subject", "mutant:alpha-without-half", "--claim", "ADA-02", "--device", "cpu",
        "--dtype", "float64", *FAST, "--out", "run", cwd=tmp_path,
    )  # fmt: skip
    (script,) = (tmp_path / "run" / "counterexamples").glob("*.py")

    paths = os.pathsep.join([str(ROOT), str(ROOT / "reports")])
    told = subprocess.run(
        [sys.executable, script], env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )

    assert told.returncode == 0, told.stderr
    assert "alphas =" in told.stdout


@pytest.mark.parametrize(
    ("source", "message"), [(RAISES, "raised RuntimeError: no luck"), (HANGS, "gave no answer within 5 s")]
)
def test_a_class_that_fails_is_an_error_and_the_run_goes_on(source: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "my_boost.py").write_text(source)

    told = tollens(
        "verify", "adaboost", "--subject", "my_boost:MyBoost", "--claim", "ADA-02", "--claim", "ADA-04",
        "--device", "cpu", "--dtype", "float64", *FAST, "--out", "run", cwd=tmp_path,
    )  # fmt: skip

    assert told.returncode == 1, told.stdout + told.stderr
    assert [row["verdict"] for row in rows(tmp_path / "run")] == ["error", "error"]
    assert message in told.stdout
    assert "Traceback" not in told.stdout + told.stderr


def test_corrupt_evidence_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "evidence.jsonl").write_text("{]\n{}\n")

    told = tollens("report", str(tmp_path), cwd=tmp_path)

    assert told.returncode == 2
    assert "evidence.jsonl:1" in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1


def test_two_runs_are_compared(tmp_path: Path) -> None:
    words = ("verify", "adaboost", "--claim", "ADA-05", "--only-claims", "--device", "cpu", "--dtype", "float64", *FAST)
    for name in ("a", "b"):
        tollens(*words, "--out", name, cwd=tmp_path)

    told = tollens("diff", "a", "b", cwd=tmp_path)

    assert told.returncode == 0, told.stderr


def test_the_doctor_names_rooms_devices_and_versions(tmp_path: Path) -> None:
    told = tollens("doctor", cwd=tmp_path)

    assert told.returncode == 0, told.stderr
    for word in ("theory", "impl", "tollens", "cpu", "sim", "torch"):
        assert word in told.stdout
