"""Claims (markov)."""

from __future__ import annotations

from theory.core.claim import Claim

MARKOV_CLAIMS: tuple[Claim, ...] = ()
