"""Claims (allocation)."""

from __future__ import annotations

from theory.core.claim import Claim

ALLOCATION_CLAIMS: tuple[Claim, ...] = ()
