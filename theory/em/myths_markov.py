"""Popular myths (markov)."""

from __future__ import annotations

from theory.core.claim import Myth

MARKOV_MYTHS: tuple[Myth, ...] = ()
