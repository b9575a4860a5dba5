"""Perceptrons and bias with one classic mistake each."""

from __future__ import annotations

from impl.core.subject import Mutant
from impl.mutants.perceptron.layers import LAYERS_MUTANTS
from impl.mutants.perceptron.learning import LEARNING_MUTANTS
from impl.mutants.perceptron.separation import SEPARATION_MUTANTS
from impl.mutants.perceptron.unit import UNIT_MUTANTS

MUTANTS: tuple[Mutant, ...] = (
    *UNIT_MUTANTS,
    *LEARNING_MUTANTS,
    *SEPARATION_MUTANTS,
    *LAYERS_MUTANTS,
)
