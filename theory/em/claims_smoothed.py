"""Claims (smoothed)."""

from __future__ import annotations

from theory.core.claim import Claim

SMOOTHED_CLAIMS: tuple[Claim, ...] = ()
