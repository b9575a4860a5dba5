"""What the cross-cutting claims ask (allocation)."""

from __future__ import annotations

from theory.core.crosscutting import Question

ALLOCATION_QUESTIONS: tuple[Question, ...] = ()
