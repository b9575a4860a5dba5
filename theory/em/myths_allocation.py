"""Popular myths (allocation)."""

from __future__ import annotations

from theory.core.claim import Myth

ALLOCATION_MYTHS: tuple[Myth, ...] = ()
