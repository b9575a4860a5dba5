from __future__ import annotations

from pathlib import Path

import pytest

from tests.reports.conftest import Record
from tests.reports.sample import BOOSTER, END, HEADER, mutants, refuted, verdict
from tests.reports.sample_claims import KILLS
from tollens import diagnosis
from tollens.diagnosis import Mutant, diagnose, dump, likenesses, load, matrix_of
from tollens.evidence import EvidenceError, Run

NO_HALF = Mutant("no-half", "", {"A": True, "B": True, "C": False})
LOG2 = Mutant("log2", "", {"A": True, "B": False, "C": False})
OTHER = Mutant("other", "", {"A": False, "B": False, "C": True})


def test_a_subject_with_a_classic_mistake_is_told_which(run: Run) -> None:
    words, named = diagnose(run, "adaboost", BOOSTER)

    assert words == "looks like `alpha-without-half`: 4 of 4 failing claims agree, 4 of 4 standing claims agree"
    assert [likeness.mutant.name for likeness in named] == ["alpha-without-half"]


def test_the_mutant_that_agrees_on_most_comes_first_and_strangers_are_left_out() -> None:
    ranked = likenesses({"A": True, "B": True, "C": False}, [OTHER, LOG2, NO_HALF])

    assert [likeness.mutant.name for likeness in ranked] == ["no-half", "log2"]


def test_a_mutant_that_would_break_what_stands_is_less_alike() -> None:
    wide = Mutant("wide", "", {"A": True, "B": True, "C": True})

    ranked = likenesses({"A": True, "B": False, "C": False}, [wide, LOG2])

    assert [likeness.mutant.name for likeness in ranked] == ["log2", "wide"]


def test_a_claim_that_was_not_tried_on_a_mutant_is_none_that_it_breaks() -> None:
    (likeness,) = likenesses({"A": True, "Z": True, "Y": False}, [LOG2])

    assert (likeness.failing, likeness.failing_agree) == (2, 1)
    assert (likeness.standing, likeness.standing_agree) == (1, 1)


def test_a_general_mistake_is_compared_on_the_laws_alone() -> None:
    leaks = Mutant("leaks-across-lanes", "", {"XC-01.adaboost.fit": True})

    (likeness,) = likenesses({"XC-01.adaboost.fit": True, "XC-04.adaboost.fit": False, "A": True}, [leaks])

    assert (likeness.failing, likeness.failing_agree, likeness.standing) == (1, 1, 0)


def test_mutants_that_agree_equally_well_are_named_together(run: Run) -> None:
    failing = ("ADA-02", "ADA-04", "ADA-05", "ADA-07")
    twins = tuple(Mutant(name, "", dict.fromkeys(failing, True)) for name in ("left", "right"))

    words, named = diagnose(run, "adaboost", BOOSTER, {"adaboost": twins})

    assert words.startswith("looks like `left` or `right`: 4 of 4 failing claims agree")
    assert len(named) == 2


def test_a_poor_likeness_is_not_called_one(run: Run) -> None:
    poor = Mutant("poor", "", {"ADA-02": True, "ADA-04": False, "ADA-05": False, "ADA-07": False})

    words, named = diagnose(run, "adaboost", BOOSTER, {"adaboost": (poor,)})

    assert words.startswith("no known classic mistake fits; the nearest is `poor`: 1 of 4 failing claims agree")
    assert named == []


def test_without_known_mutants_nothing_is_said(run: Run) -> None:
    assert diagnose(run, "adaboost", BOOSTER, {}) == ("", [])


def test_the_matrix_of_a_run_holds_what_each_claim_killed(run: Run) -> None:
    found = {mutant.name: mutant for mutant in matrix_of(run)["adaboost"]}

    assert {claim for claim, kills in found["alpha-log2"].kills.items() if kills} == KILLS["alpha-log2"][2]
    assert found["alpha-log2"].mistake == KILLS["alpha-log2"][1]


def test_a_matrix_that_is_packaged_is_read_as_it_was_written(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "kill_matrix.json"
    path.write_text(dump(matrix_of(run)), encoding="utf-8")

    loaded = load(path)

    by_name = {mutant.name: mutant for mutant in matrix_of(run)["adaboost"]}
    assert {mutant.name: mutant for mutant in loaded["adaboost"]} == by_name


def test_a_file_that_is_no_matrix_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "kill_matrix.json"
    path.write_text("{}", encoding="utf-8")

    with pytest.raises(EvidenceError, match=r"kill_matrix\.json: not a kill matrix"):
        load(path)


def test_a_run_without_mutants_is_diagnosed_by_the_packaged_matrix(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kill_matrix.json"
    path.write_text(dump(matrix_of(record([HEADER, *mutants(), END]))), encoding="utf-8")
    monkeypatch.setattr(diagnosis, "packaged", lambda: load(path))
    run = record([HEADER, refuted("ADA-09", "ours", "ours"), verdict("ADA-01"), END])

    assert diagnose(run, "adaboost", "ours")[0].startswith("looks like `one-polarity`: 1 of 1 failing claims agree")
