"""Every claim is well formed: unique, sourced, typeset, asked of an operation that exists."""

from __future__ import annotations

import importlib
import re
from dataclasses import replace
from pathlib import Path

import pytest
from latex2mathml.converter import convert

from impl.core.subject import Answers, Arrays, Operation, Settings
from theory.core import registry
from theory.core.claim import Claim, Myth
from theory.core.judge import Setup, judge
from theory.core.search import PROFILES
from tollens.commands.subjects import place

ROOT = Path(__file__).parents[2]
ENTRIES = [(system, entry) for system in registry.systems() for entry in registry.entries(system)]
CLAIMS = [(system, entry) for system, entry in ENTRIES if isinstance(entry, Claim)]

OWN = [(system, claim) for system, claim in CLAIMS if not claim.id.startswith("XC-")]


def name(value: object) -> str | None:
    return value.id if isinstance(value, (Claim, Myth)) else None


@pytest.fixture(scope="session")
def references() -> frozenset[str]:
    from pybtex.database import parse_file

    return frozenset(parse_file(str(ROOT / "theory" / "references.bib")).entries)


def test_ids_are_unique_over_all_systems() -> None:
    ids = [entry.id for _, entry in ENTRIES]

    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize(("system", "entry"), ENTRIES, ids=name)
def test_every_source_is_in_the_references(system: str, entry: Claim | Myth, references: frozenset[str]) -> None:
    assert entry.source
    assert {key for key, _ in entry.source} <= references


@pytest.mark.parametrize(("system", "claim"), CLAIMS, ids=name)
def test_the_formula_is_mathematics(system: str, claim: Claim) -> None:
    assert "<math" in convert(claim.latex)
    assert "merror" not in convert(claim.latex)


@pytest.mark.parametrize(("system", "entry"), ENTRIES, ids=name)
def test_the_question_exists_in_the_port(system: str, entry: Claim | Myth) -> None:
    port = importlib.import_module(f"theory.{system}.port")
    operations = {name for value in vars(port).values() if isinstance(value, type) for name in vars(value)}

    assert {entry.asks, *getattr(entry, "also", ())} <= operations


@pytest.mark.parametrize(("system", "claim"), OWN, ids=name)
def test_the_claim_says_what_it_asks(system: str, claim: Claim) -> None:
    """The kill matrix leaves out mutants whose mistake is in no operation that a claim says it asks."""
    from impl import catalogue

    ours, asked = catalogue.ours(system), set()

    def noted(operation: str) -> Operation:
        def ask(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
            asked.add(operation)
            return ours.operations[operation](arrays, settings, device=device, dtype=dtype, seed=seed)

        return ask

    subject = replace(ours, operations={operation: noted(operation) for operation in ours.operations})
    device, dtype = place(claim)
    judge(claim, subject, Setup(profile=PROFILES["glance"], device=device, dtype=dtype, real=False))

    assert asked == {claim.asks, *claim.also}


@pytest.mark.parametrize(("system", "claim"), CLAIMS, ids=name)
def test_parents_exist(system: str, claim: Claim) -> None:
    assert set(claim.parents) <= {other.id for other in registry.claims(system)}


@pytest.mark.parametrize(("system", "claim"), CLAIMS, ids=name)
def test_the_id_has_the_house_form(system: str, claim: Claim) -> None:
    assert re.fullmatch(r"[A-Z]{2,3}-\d{2}|XC-0[1-7]\.[a-z_]+\.[a-z_0-9]+", claim.id)


@pytest.mark.parametrize(("system", "claim"), CLAIMS, ids=name)
def test_the_sentence_is_a_sentence(system: str, claim: Claim) -> None:
    assert claim.sentence[0].isupper() or not claim.sentence[0].isalpha()
    assert claim.sentence.endswith(".")
