"""What third-party subjects are known to do differently is documented, for claims and subjects that exist."""

from __future__ import annotations

from impl import catalogue
from theory.core import registry


def test_every_documented_deviation_names_a_subject_a_claim_and_a_link() -> None:
    subjects = {subject.name for system in registry.systems() for subject in catalogue.foreign(system)}
    claims = {claim.id for system in registry.systems() for claim in registry.claims(system)}

    for (subject, claim), text in catalogue.documented_deviations().items():
        assert subject in subjects
        assert claim in claims
        assert "https://" in text
