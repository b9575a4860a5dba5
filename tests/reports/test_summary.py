from __future__ import annotations

import pytest

from tests.reports.conftest import Record
from tests.reports.sample import END, HEADER, Row, good_rows, mutants, myths, nothing, refuted, verdict
from tests.reports.sample_claims import ADABOOST
from tollens.evidence import Run
from tollens.summary import (
    account_sentences,
    exit_code,
    headline,
    mutant_standings,
    myth_standings,
    tallies,
    verdict_sentence,
)

MUTANT: Row = {"role": "mutant", "subject": "no-half", "subject_kind": "mutant"}


def test_a_run_in_which_everything_holds_says_so_in_one_sentence(good_run: Run) -> None:
    assert exit_code(good_run) == 0
    assert headline(good_run) == "Everything holds"
    assert verdict_sentence(good_run) == (
        "All 14 claims about adaboost and receptive_field stand on ours, "
        "all 7 mutants are killed and all 3 myths are refuted."
    )


def test_a_run_with_refutations_names_the_weakest_broken_claim(run: Run) -> None:
    assert exit_code(run) == 1
    assert headline(run) == "Refuted"
    assert verdict_sentence(run) == (
        "4 of 13 claims about adaboost and receptive_field are refuted, "
        "the weakest of them ADA-02 on shop.boost:Booster; "
        "1 of 7 mutants survived; 1 of 3 myths is not refuted; 2 judgements ended in an error; "
        "sklearn-adaboost breaks ADA-15."
    )


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([verdict("ADA-01")], 0),
        ([verdict("ADA-01"), verdict("ADA-02", **nothing("vacuous", "too few"))], 0),
        ([refuted("ADA-02", "ours", "ours")], 1),
        ([verdict("ADA-01"), verdict("ADA-01", dtype="float32", **nothing("error", "it crashed"))], 1),
        ([verdict("ADA-01", subject="sklearn", subject_kind="foreign"), refuted("ADA-02", "sklearn", "foreign")], 1),
        ([verdict("ADA-01"), *mutants("alpha-log2")], 1),
        (mutants(), 0),
        ([verdict("ADA-01"), *myths("ADA-M1")], 1),
        (myths(), 0),
        ([], 5),
        ([verdict("ADA-01", **nothing("skipped", "no cuda"))], 5),
        ([verdict("ADA-01", **nothing("not-applicable", "no fit"))], 5),
    ],
)
def test_the_exit_code_follows_from_the_verdicts(record: Record, rows: list[Row], code: int) -> None:
    assert exit_code(record([HEADER, *rows, END])) == code


def test_a_crash_of_a_killed_mutant_is_no_error_but_one_of_a_survivor_is_no_kill(record: Record) -> None:
    crash = verdict("ADA-02", **nothing("error", "it crashed")) | MUTANT
    kill = refuted("ADA-04", "no-half", "mutant") | MUTANT

    assert exit_code(record([HEADER, crash, kill, END])) == 0
    assert exit_code(record([HEADER, crash, END])) == 1


def test_a_mutant_is_killed_by_one_claim_and_a_myth_by_one_case(run: Run) -> None:
    assert {name for (_, name), s in mutant_standings(run).items() if s == "survived"} == {"uniform-resampling"}
    assert {name for (_, name), s in myth_standings(run).items() if s == "standing"} == {"RCF-M3"}


def test_a_claim_is_counted_once_over_devices_and_by_its_heaviest_verdict(run: Run) -> None:
    tally = tallies(run)[0]

    assert (tally.system, tally.stands, tally.refuted, tally.errors, tally.not_judged) == ("adaboost", 4, 4, 1, 1)
    assert tally.claims == len(ADABOOST)
    assert (tally.killed, tally.mutants, tally.fallen, tally.myths) == (4, 5, 2, 2)
    assert (tally.margin, tally.margin_claim) == ("inf", "ADA-07")


def test_a_run_about_foreign_subjects_alone_is_counted_by_them(record: Record) -> None:
    run = record([HEADER, verdict("ADA-01", subject="sklearn", subject_kind="foreign"), END])

    assert tallies(run)[0].stands == 1
    assert verdict_sentence(run) == "The one claim about adaboost stands on sklearn."


def test_what_could_not_be_judged_is_not_counted_as_standing(record: Record) -> None:
    run = record([HEADER, verdict("ADA-01"), verdict("ADA-18", **nothing("not-applicable", "no fit_r2")), END])

    assert verdict_sentence(run) == "The one claim about adaboost stands on ours (1 could not be judged)."


def test_an_interrupted_run_says_so_first(record: Record) -> None:
    run = record(good_rows()[:5])

    assert headline(run) == "Everything holds so far"
    assert verdict_sentence(run).startswith("Interrupted after 4 verdicts: the one claim about adaboost stands")


def test_nothing_judged_is_no_success(record: Record) -> None:
    run = record([HEADER, verdict("ADA-01", **nothing("skipped", "no cuda")), END])

    assert headline(run) == "Nothing judged"
    assert verdict_sentence(run) == "Nothing was judged: 1 verdict, not applicable, vacuous or skipped."


def test_the_account_gives_the_share_of_each_test_and_the_error_it_could_see(run: Run) -> None:
    first, power = account_sentences(run)

    assert first.startswith(
        "1\u202f234 statistical tests shared a false-alarm probability of 10⁻⁶ for the whole run, 8.1 × 10⁻¹⁰ each"
    )
    assert power == "ADA-14 could have seen a resampling probability off by 0.08."


def test_a_run_without_statistical_tests_has_no_account(record: Record) -> None:
    assert account_sentences(record([{**HEADER, "account": None}, verdict("ADA-01"), END])) == []
