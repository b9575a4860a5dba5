"""Classic mistakes (allocation)."""

from __future__ import annotations

from impl.core.subject import Mutant

ALLOCATION_MUTANTS: tuple[Mutant, ...] = ()
