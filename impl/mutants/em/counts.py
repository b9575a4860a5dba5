"""Classic mistakes (counts)."""

from __future__ import annotations

from impl.core.subject import Mutant

COUNTS_MUTANTS: tuple[Mutant, ...] = ()
