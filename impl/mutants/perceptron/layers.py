"""Mistakes of this group."""

from __future__ import annotations

from impl.core.subject import Mutant

LAYERS_MUTANTS: tuple[Mutant, ...] = ()
