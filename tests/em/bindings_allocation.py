"""Which claims must refute which mistake (allocation)."""

from __future__ import annotations

ALLOCATION_KILLERS: dict[str, tuple[str, ...]] = {}
