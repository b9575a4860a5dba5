from __future__ import annotations

from impl import catalogue
from theory.core import registry
from tollens.diagnosis import PACKAGED, load


def test_the_packaged_kill_matrix_knows_the_mutants_of_today() -> None:
    """If this fails: `make kill-matrix`."""
    matrix = load(PACKAGED)

    for system in registry.systems():
        assert {m.name for m in matrix.get(system, ())} == {m.name for m in catalogue.mutants(system)}
        assert all(any(m.kills.values()) for m in matrix[system])
