"""What the cross-cutting claims ask (counts)."""

from __future__ import annotations

from theory.core.crosscutting import Question

COUNTS_QUESTIONS: tuple[Question, ...] = ()
