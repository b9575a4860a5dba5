"""Every claim is well formed: unique, sourced, typeset, asked of an operation that exists."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from latex2mathml.converter import convert

from theory.core import registry
from theory.core.claim import Claim, Myth

ROOT = Path(__file__).parents[2]
ENTRIES = [(system, entry) for system in registry.systems() for entry in registry.entries(system)]
CLAIMS = [(system, entry) for system, entry in ENTRIES if isinstance(entry, Claim)]


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

    assert entry.asks in operations


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
