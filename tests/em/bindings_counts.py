"""Which claims must refute which mistake (counts)."""

from __future__ import annotations

COUNTS_KILLERS: dict[str, tuple[str, ...]] = {}
