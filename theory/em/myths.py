"""Popular myths about EM, each stated as if it were true."""

from __future__ import annotations

from theory.core.claim import Myth
from theory.em.myths_allocation import ALLOCATION_MYTHS
from theory.em.myths_counts import COUNTS_MYTHS
from theory.em.myths_markov import MARKOV_MYTHS
from theory.em.myths_mixture import MIXTURE_MYTHS
from theory.em.myths_symmetry import SYMMETRY_MYTHS

MYTHS: tuple[Myth, ...] = (*MIXTURE_MYTHS, *SYMMETRY_MYTHS, *COUNTS_MYTHS, *MARKOV_MYTHS, *ALLOCATION_MYTHS)
