"""Claims (start)."""

from __future__ import annotations

from theory.core.claim import Claim

START_CLAIMS: tuple[Claim, ...] = ()
