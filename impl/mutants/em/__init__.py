"""EM with one classic mistake each."""

from __future__ import annotations

from impl.core.subject import Mutant
from impl.mutants.em.allocation import ALLOCATION_MUTANTS
from impl.mutants.em.counts import COUNTS_MUTANTS
from impl.mutants.em.markov import MARKOV_MUTANTS
from impl.mutants.em.mixture import MIXTURE_MUTANTS

MUTANTS: tuple[Mutant, ...] = (*MIXTURE_MUTANTS, *COUNTS_MUTANTS, *MARKOV_MUTANTS, *ALLOCATION_MUTANTS)
