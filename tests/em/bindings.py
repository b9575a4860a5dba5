"""Which claims must refute which mutant."""

from __future__ import annotations

from tests.em.bindings_allocation import ALLOCATION_KILLERS
from tests.em.bindings_counts import COUNTS_KILLERS
from tests.em.bindings_markov import MARKOV_KILLERS
from tests.em.bindings_mixture import MIXTURE_KILLERS

KILLERS: dict[str, tuple[str, ...]] = {
    **MIXTURE_KILLERS,
    **COUNTS_KILLERS,
    **MARKOV_KILLERS,
    **ALLOCATION_KILLERS,
}
