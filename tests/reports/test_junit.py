from __future__ import annotations

from xml.etree import ElementTree

from tests.reports.conftest import Record
from tests.reports.sample import END, HEADER, nothing, verdict
from tollens.evidence import Run
from tollens.junit import render


def cases(run: Run) -> dict[str, ElementTree.Element]:
    tree = ElementTree.fromstring(render(run))
    return {f"{case.get('classname')}.{case.get('name')}": case for case in tree.iter("testcase")}


def outcome(case: ElementTree.Element) -> str:
    return next((child.tag for child in case if child.tag in ("failure", "error", "skipped")), "passed")


def test_every_verdict_on_a_claim_every_mutant_and_every_myth_is_a_case(run: Run) -> None:
    names = cases(run)

    claims = len(run.of_role("claim"))
    assert len(names) == claims + 7 + 3


def test_verdicts_become_the_outcomes_of_junit(run: Run) -> None:
    found = {name: outcome(case) for name, case in cases(run).items()}

    assert found["tollens.adaboost.claim.ADA-02[shop.boost:Booster-cpu-float64]"] == "failure"
    assert found["tollens.adaboost.claim.ADA-01[shop.boost:Booster-cpu-float64]"] == "passed"
    assert found["tollens.adaboost.claim.ADA-15[shop.boost:Booster-cpu-float32]"] == "error"
    assert found["tollens.adaboost.claim.ADA-18[shop.boost:Booster-cpu-float64]"] == "skipped"
    assert found["tollens.receptive_field.claim.RCF-01[ours-sim-float32]"] == "skipped"
    assert found["tollens.adaboost.mutant.alpha-log2"] == "passed"
    assert found["tollens.adaboost.mutant.uniform-resampling"] == "failure"
    assert found["tollens.adaboost.myth.ADA-M1"] == "passed"
    assert found["tollens.receptive_field.myth.RCF-M3"] == "failure"


def test_the_counts_are_those_of_the_cases(run: Run) -> None:
    tree = ElementTree.fromstring(render(run))

    for element in (tree, *tree.iter("testsuite")):
        outcomes = [outcome(case) for case in element.iter("testcase")]
        counted = [int(element.get(name, "-1")) for name in ("tests", "failures", "errors", "skipped")]
        assert counted == [len(outcomes), *(outcomes.count(tag) for tag in ("failure", "error", "skipped"))]


def test_a_failure_tells_the_smallest_case_and_how_to_replay_it(run: Run) -> None:
    text = cases(run)["tollens.adaboost.claim.ADA-02[shop.boost:Booster-cpu-float64]"].findtext("failure", "")

    assert "X = [[0], [1], [2], [2]]" in text
    assert "tollens replay" in text


def test_what_xml_cannot_hold_is_replaced(record: Record) -> None:
    run = record([HEADER, verdict("ADA-01", **nothing("error", "bad \x00 byte \x1b[31m <script>&")), END])

    (case,) = cases(run).values()

    assert "\ufffd" in case.find("error").get("message")  # type: ignore[union-attr, operator]
    assert "<script>&" in case.find("error").get("message")  # type: ignore[union-attr, operator]
