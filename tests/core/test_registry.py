from __future__ import annotations

import pytest

from theory.core import registry


def test_the_systems_are_the_rooms_of_theory() -> None:
    assert {"adaboost", "receptive_field"} <= set(registry.systems())
    assert "core" not in registry.systems()


def test_an_unknown_system_is_answered_with_those_there_are() -> None:
    with pytest.raises(registry.Unknown, match="unknown system 'svm'; there are: adaboost"):
        registry.claims("svm")


def test_an_unknown_claim_is_answered_with_one_that_looks_alike() -> None:
    with pytest.raises(registry.Unknown, match="unknown claim 'ada-5'; did you mean ADA-"):
        registry.find("ada-5")


def test_a_claim_is_found_with_its_system() -> None:
    assert registry.find("RCF-01").id == "RCF-01"
    assert registry.system_of("RCF-01") == "receptive_field"
