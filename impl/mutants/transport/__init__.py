"""Optimal transport with one classic mistake each."""

from __future__ import annotations

from impl.core.subject import Mutant
from impl.mutants.transport.closed import CLOSED_MUTANTS
from impl.mutants.transport.critic import CRITIC_MUTANTS
from impl.mutants.transport.entropic import ENTROPIC_MUTANTS
from impl.mutants.transport.linear import LINEAR_MUTANTS

MUTANTS: tuple[Mutant, ...] = (*LINEAR_MUTANTS, *CLOSED_MUTANTS, *ENTROPIC_MUTANTS, *CRITIC_MUTANTS)
