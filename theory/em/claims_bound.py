"""Claims (bound)."""

from __future__ import annotations

from theory.core.claim import Claim

BOUND_CLAIMS: tuple[Claim, ...] = ()
