"""Mistakes of this group."""

from __future__ import annotations

from impl.core.subject import Mutant

RIDGE_MUTANTS: tuple[Mutant, ...] = ()
