from __future__ import annotations

import pytest

from tests.reports.conftest import Record
from tests.reports.sample import END, HEADER, nothing, refuted, verdict
from tollens.compare import diff, lines
from tollens.evidence import Run


def kinds(a: Run, b: Run) -> list[str]:
    return [change.what for change in diff(a, b)]


def test_a_run_does_not_differ_from_itself(run: Run) -> None:
    assert diff(run, run) == []
    assert lines([]) == ["no verdict changed, no margin moved by more than ten times, nothing came or went"]


def test_a_verdict_that_changed_comes_first_with_both_sides(record: Record) -> None:
    before = record([HEADER, verdict("ADA-01", margin=0.002), verdict("ADA-02"), END])
    after = record([HEADER, verdict("ADA-01", margin=0.5), refuted("ADA-02", "ours", "ours"), END])

    text = lines(diff(before, after))

    assert text == [
        "verdicts that changed (1 row)",
        "  claim ADA-02 on ours, cpu float64: stands → refuted (α_1: 1.0986 ≠ 0.5493)",
        "margins that moved by more than ten times (1 row)",
        "  claim ADA-01 on ours, cpu float64: margin 0.002 → 0.5",
    ]


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [(0.01, 0.09, False), (0.01, 0.11, True), (0.11, 0.01, True), (0.0, 1e-9, False), (0.0, 0.5, True)],
)
def test_a_margin_has_moved_when_it_changed_tenfold_above_the_floor(
    record: Record, before: float, after: float, moved: bool
) -> None:
    a = record([HEADER, verdict("ADA-01", margin=before), END])
    b = record([HEADER, verdict("ADA-01", margin=after), END])

    assert kinds(a, b) == ["margin"] * moved


def test_infinite_and_absent_margins_are_compared(record: Record) -> None:
    finite, infinite = (record([HEADER, refuted("ADA-02", "ours", "ours", margin=m), END]) for m in (5.0, "inf"))
    absent = record([HEADER, verdict("ADA-02", **nothing("skipped", "")), END])

    assert kinds(finite, infinite) == ["margin"]
    assert kinds(infinite, infinite) == []
    assert kinds(absent, absent) == []


def test_what_came_and_what_went_is_listed(record: Record) -> None:
    a, b = record([HEADER, verdict("ADA-01"), END]), record([HEADER, verdict("ADA-02"), END])

    assert [(change.what, change.name) for change in diff(a, b)] == [
        ("new", "claim ADA-02 on ours, cpu float64"),
        ("removed", "claim ADA-01 on ours, cpu float64"),
    ]


def test_a_claim_whose_statement_changed_is_named(record: Record) -> None:
    a, b = (record([HEADER, verdict("ADA-01", claim_version=v), END]) for v in (1, 2))

    assert [change.line() for change in diff(a, b)] == ["claim ADA-01 on ours, cpu float64: version 1 → version 2"]
