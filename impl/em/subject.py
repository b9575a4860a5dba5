"""Our EM as a subject. Formulas are arguments, so that a mutant is one line."""

from __future__ import annotations

from impl.core.subject import Subject
from impl.em.asked.allocation import ALLOCATION, Allocation, allocation_operations
from impl.em.asked.counts import COUNTS, Counts, counts_operations
from impl.em.asked.markov import MARKOV, Markov, markov_operations
from impl.em.asked.mixture import MIXTURE, Mixture, mixture_operations


def subject(
    name: str,
    *,
    mixture: Mixture = MIXTURE,
    counts: Counts = COUNTS,
    markov: Markov = MARKOV,
    allocation: Allocation = ALLOCATION,
) -> Subject:
    """EM with these formulas, as a subject that answers every operation of the port."""
    operations = {
        **mixture_operations(mixture),
        **counts_operations(counts),
        **markov_operations(markov),
        **allocation_operations(allocation),
    }
    return Subject(name, "em", operations, version="0.1.0", house=True)


SUBJECT = subject("ours")
