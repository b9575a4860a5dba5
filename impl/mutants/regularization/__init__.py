"""Regularization with one classic mistake each."""

from __future__ import annotations

from impl.core.subject import Mutant
from impl.mutants.regularization.decay import DECAY_MUTANTS
from impl.mutants.regularization.lasso import LASSO_MUTANTS
from impl.mutants.regularization.ridge import RIDGE_MUTANTS

MUTANTS: tuple[Mutant, ...] = (
    *RIDGE_MUTANTS,
    *LASSO_MUTANTS,
    *DECAY_MUTANTS,
)
