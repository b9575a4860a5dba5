"""Every mutant is bound to claims that must refute it, and every claim is seen to refute a mutant."""

from __future__ import annotations

import pytest

from impl import catalogue
from tests.bindings import BINDINGS
from theory.core import registry


@pytest.mark.parametrize("system", registry.systems())
def test_every_mutant_is_bound(system: str) -> None:
    assert set(BINDINGS[system]) == {mutant.name for mutant in catalogue.mutants(system)}
    assert all(BINDINGS[system].values())


@pytest.mark.parametrize("system", registry.systems())
def test_no_two_mutants_share_a_name(system: str) -> None:
    names = [mutant.name for mutant in catalogue.mutants(system)]

    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("system", registry.systems())
def test_every_claim_has_a_mutant_that_it_must_refute(system: str) -> None:
    bound = {claim for killers in BINDINGS[system].values() for claim in killers}

    assert bound == {claim.id for claim in registry.claims(system)}


@pytest.mark.parametrize("system", registry.systems())
def test_a_mutant_has_a_kebab_case_name_and_says_its_mistake(system: str) -> None:
    for mutant in catalogue.mutants(system):
        assert mutant.name == mutant.name.lower()
        assert " " not in mutant.name
        assert mutant.mistake
