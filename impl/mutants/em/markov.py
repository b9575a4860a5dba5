"""Classic mistakes (markov)."""

from __future__ import annotations

from impl.core.subject import Mutant

MARKOV_MUTANTS: tuple[Mutant, ...] = ()
