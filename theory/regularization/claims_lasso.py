"""Claims of this group."""

from __future__ import annotations

from theory.core.claim import Claim

LASSO_CLAIMS: tuple[Claim, ...] = ()
