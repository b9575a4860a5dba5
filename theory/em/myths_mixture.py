"""Popular myths (mixture)."""

from __future__ import annotations

from theory.core.claim import Myth

MIXTURE_MYTHS: tuple[Myth, ...] = ()
