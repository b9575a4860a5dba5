"""Mistakes of this group."""

from __future__ import annotations

from impl.core.subject import Mutant
from impl.mutants.overfitting.fitting_errors import ERROR_MUTANTS
from impl.mutants.overfitting.fitting_solutions import SOLUTION_MUTANTS

FITTING_MUTANTS: tuple[Mutant, ...] = (*SOLUTION_MUTANTS, *ERROR_MUTANTS)
