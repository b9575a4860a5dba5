"""Claims (counts)."""

from __future__ import annotations

from theory.core.claim import Claim

COUNTS_CLAIMS: tuple[Claim, ...] = ()
