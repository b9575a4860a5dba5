"""The pytest plugin, tried from the outside: a stranger's folder with a class and perhaps a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("my_boost.py", "my_wrong_boost.py"):
        (tmp_path / name).write_text((EXAMPLES / name).read_text(encoding="utf-8"))
    return tmp_path


def run_pytest(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "reports")])
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tollens.door", "-p", "no:cacheprovider", "-q", *words],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": paths, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


WRONG = (
    "--tollens-system",
    "adaboost",
    "--tollens-subject",
    "my_wrong_boost:MyWrongBoost",
    "--tollens-dtype",
    "float64",
)


def test_claims_on_a_class_become_tests(folder: Path) -> None:
    told = run_pytest(*WRONG, "--tollens-claim", "ADA-02", "--tollens-claim", "ADA-01", cwd=folder)

    assert told.returncode == 1
    assert "ADA-02 refuted" in told.stdout
    assert "1 failed, 1 skipped" in told.stdout


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "2")])
def test_each_verdict_is_one_row_of_evidence_whatever_xdist_does(folder: Path, workers: tuple[str, ...]) -> None:
    words = (*WRONG, "--tollens-claim", "ADA-02", "--tollens-claim", "ADA-04", "--tollens-out", "run")

    run_pytest(*words, *workers, cwd=folder)

    lines = [json.loads(line) for line in (folder / "run" / "evidence.jsonl").read_text().splitlines()]
    assert sorted(line["claim"] for line in lines if line["type"] == "verdict") == ["ADA-02", "ADA-04"]
    assert (folder / "run" / "index.html").is_file()


def test_a_test_can_be_parametrised_with_claims(folder: Path) -> None:
    (folder / "test_mine.py").write_text(
        "import tollens\n"
        "from my_boost import MyBoost\n"
        "from my_wrong_boost import MyWrongBoost\n"
        "@tollens.parametrize_with_claims([(MyBoost, 'adaboost'), (MyWrongBoost, 'adaboost')], claims=['ADA-02'])\n"
        "def test_mine(subject, check):\n"
        "    check(subject)\n"
    )

    told = run_pytest("-rpf", cwd=folder)

    assert "PASSED test_mine.py::test_mine[ADA-02-MyBoost-cpu-float64]" in told.stdout
    assert "FAILED test_mine.py::test_mine[ADA-02-MyWrongBoost-cpu-float64]" in told.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--tollens-subject", "my_boost:MyBoost"), "--tollens-subject needs the one system"),
        (("--tollens-subject", "my_boost:Other", "--tollens-system", "adaboost"), "has no class 'Other'"),
        ((*WRONG, "--tollens-claim", "ADA-77"), "unknown claim 'ADA-77'"),
        ((*WRONG, "--tollens-profile", "huge"), "unknown profile 'huge'"),
    ],
)
def test_a_wrong_option_is_a_usage_error(words: tuple[str, ...], message: str, folder: Path) -> None:
    told = run_pytest(*words, cwd=folder)

    assert told.returncode == 4
    assert message in told.stdout + told.stderr
    assert "Traceback" not in told.stdout + told.stderr


def test_a_stranger_s_tests_run_as_before(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own():\n    assert True\n")

    assert "1 passed" in run_pytest(cwd=tmp_path).stdout
