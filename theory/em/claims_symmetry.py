"""Claims (symmetry)."""

from __future__ import annotations

from theory.core.claim import Claim

SYMMETRY_CLAIMS: tuple[Claim, ...] = ()
