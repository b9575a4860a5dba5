"""Which claims must refute which mistake (markov)."""

from __future__ import annotations

MARKOV_KILLERS: dict[str, tuple[str, ...]] = {}
