"""`check_subject`: the plain function with a list of verdicts."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

import tollens
from theory.core.registry import Unknown
from tollens.commands.api import ClaimRefuted

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.fixture
def examples(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(EXAMPLES)
    spec = importlib.util.spec_from_file_location("my_wrong_boost_example", EXAMPLES / "my_wrong_boost.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_class_that_obeys_gives_its_verdicts(examples: ModuleType) -> None:
    (judged,) = tollens.check_subject(examples.MyBoost, "adaboost", claims=["ADA-02"])

    assert judged.verdict.outcome == "stands"


def test_an_instance_is_judged_by_its_class(examples: ModuleType) -> None:
    (judged,) = tollens.check_subject(examples.MyBoost(), "adaboost", claims=["ADA-04"])

    assert judged.verdict.outcome == "stands"


def test_a_wrong_class_raises_with_the_claim_and_the_smallest_case(examples: ModuleType) -> None:
    with pytest.raises(ClaimRefuted, match=r"ADA-02 refuted for MyWrongBoost[\s\S]*smallest case: X ="):
        tollens.check_subject(examples.MyWrongBoost, "adaboost", claims=["ADA-02"])


def test_refutations_can_be_collected_instead(examples: ModuleType) -> None:
    judged = tollens.check_subject(examples.MyWrongBoost, "adaboost", claims=["ADA-02", "ADA-04"], on_fail=None)

    assert [entry.verdict.outcome for entry in judged] == ["refuted", "refuted"]


def test_refutations_can_be_warnings(examples: ModuleType) -> None:
    with pytest.warns(UserWarning, match="ADA-02 refuted"):
        tollens.check_subject(examples.MyWrongBoost, "adaboost", claims=["ADA-02"], on_fail="warn")


def test_a_claim_of_another_system_is_refused() -> None:
    with pytest.raises(Unknown, match="RCF-01 is not a claim of adaboost"):
        tollens.check_subject("ours", "adaboost", claims=["RCF-01"])
