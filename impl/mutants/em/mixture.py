"""Classic mistakes (mixture)."""

from __future__ import annotations

from impl.core.subject import Mutant

MIXTURE_MUTANTS: tuple[Mutant, ...] = ()
