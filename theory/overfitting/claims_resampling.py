"""Claims of this group."""

from __future__ import annotations

from theory.core.claim import Claim

RESAMPLING_CLAIMS: tuple[Claim, ...] = ()
