from __future__ import annotations

from tests.reports.conftest import Record
from tests.reports.sample import END, HEADER, SMALLEST, placed, refuted, verdict
from tollens.evidence import Run
from tollens.ledger import claims_by_system
from tollens.ordering import ancestors, broken_claims, depth, spine

CHAIN = {"A": (), "B": ("A",), "C": ("B",), "D": ("A", "C")}


def test_the_weakest_broken_claim_comes_first_and_carries_its_cascade(run: Run) -> None:
    first, second = broken_claims(run)

    assert first.shown["claim"] == "ADA-02"
    assert [child.shown["claim"] for child in first.cascade] == ["ADA-04", "ADA-05", "ADA-07"]
    assert (second.shown["claim"], second.shown["subject"], second.cascade) == ("ADA-15", "sklearn-adaboost", ())


def test_every_refuted_claim_is_told_once(run: Run) -> None:
    told = [row.shown for entry in broken_claims(run) for row in (entry, *entry.cascade)]

    refuted_pairs = {(row["claim"], row["subject"]) for row in run.of_role("claim") if row["verdict"] == "refuted"}
    assert sorted((row["claim"], row["subject"]) for row in told) == sorted(refuted_pairs)


def test_a_claim_whose_parents_stand_is_never_in_a_cascade(record: Record) -> None:
    run = record([HEADER, verdict("ADA-02"), refuted("ADA-05", "ours", "ours"), END])

    assert [entry.shown["claim"] for entry in broken_claims(run)] == ["ADA-05"]


def test_a_cascade_reaches_over_a_claim_that_was_not_refuted(record: Record) -> None:
    rows = [refuted("ADA-01", "ours", "ours"), verdict("ADA-02"), refuted("ADA-04", "ours", "ours")]

    (root,) = broken_claims(record([HEADER, *rows, END]))

    assert [child.shown["claim"] for child in root.cascade] == ["ADA-04"]


def test_the_smallest_counterexample_is_shown_whatever_its_device(record: Record) -> None:
    tiny = {**SMALLEST, "arrays": {"y": [1]}}
    rows = [
        refuted("ADA-02", "ours", "ours"),
        refuted("ADA-02", "ours", "ours", refutation=tiny, **placed("sim", "float32")),
    ]

    (entry,) = broken_claims(record([HEADER, *rows, END]))

    assert entry.shown["device_used"] == "sim"
    assert len(entry.rows) == 2


def test_a_parent_always_rests_on_fewer_claims_than_its_child() -> None:
    assert [depth(claim, CHAIN) for claim in "ABCD"] == [0, 1, 2, 3]


def test_a_circle_of_parents_ends() -> None:
    assert ancestors("A", {"A": ("B",), "B": ("A",)}) == {"B"}


def test_the_claims_are_told_in_the_reading_order_of_their_system(record: Record) -> None:
    run = record([HEADER, verdict("ADA-01", position=2), verdict("ADA-05", position=0), verdict("ADA-02", position=1)])

    [chapter] = claims_by_system(run)

    assert [view.row["claim"] for view in chapter.claims] == ["ADA-05", "ADA-02", "ADA-01"]


def test_the_spine_is_the_longest_chain_of_claims_that_rest_on_each_other() -> None:
    assert spine({**CHAIN, "E": ("A",)}) == ["A", "B", "C", "D"]
    assert spine({"A": (), "B": ()}) == []
    assert set(spine({"A": ("B",), "B": ("A",)})) <= {"A", "B"}
