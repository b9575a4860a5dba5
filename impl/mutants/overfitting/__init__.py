"""Overfitting with one classic mistake each."""

from __future__ import annotations

from impl.core.subject import Mutant
from impl.mutants.overfitting.capacity import CAPACITY_MUTANTS
from impl.mutants.overfitting.fitting import FITTING_MUTANTS
from impl.mutants.overfitting.resampling import RESAMPLING_MUTANTS

MUTANTS: tuple[Mutant, ...] = (
    *FITTING_MUTANTS,
    *RESAMPLING_MUTANTS,
    *CAPACITY_MUTANTS,
)
