"""Which claims must refute which mistake (mixture)."""

from __future__ import annotations

MIXTURE_KILLERS: dict[str, tuple[str, ...]] = {}
