"""Which claims must refute which mutant of this group."""

from __future__ import annotations

UNIT_KILLERS: dict[str, tuple[str, ...]] = {}
