"""What the cross-cutting claims ask of this group."""

from __future__ import annotations

from theory.core.crosscutting import Question

UNIT_QUESTIONS: tuple[Question, ...] = ()
