"""Claims (emission)."""

from __future__ import annotations

from theory.core.claim import Claim

EMISSION_CLAIMS: tuple[Claim, ...] = ()
