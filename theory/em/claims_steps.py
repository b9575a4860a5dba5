"""Claims (steps)."""

from __future__ import annotations

from theory.core.claim import Claim

STEPS_CLAIMS: tuple[Claim, ...] = ()
