"""Popular myths (counts)."""

from __future__ import annotations

from theory.core.claim import Myth

COUNTS_MYTHS: tuple[Myth, ...] = ()
