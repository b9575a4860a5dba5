"""Claims (rise)."""

from __future__ import annotations

from theory.core.claim import Claim

RISE_CLAIMS: tuple[Claim, ...] = ()
