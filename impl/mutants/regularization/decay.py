"""Mistakes of this group."""

from __future__ import annotations

from impl.core.subject import Mutant

DECAY_MUTANTS: tuple[Mutant, ...] = ()
