"""Mistakes of this group."""

from __future__ import annotations

from impl.core.subject import Mutant

LEARNING_MUTANTS: tuple[Mutant, ...] = ()
