"""Claims (rate)."""

from __future__ import annotations

from theory.core.claim import Claim

RATE_CLAIMS: tuple[Claim, ...] = ()
