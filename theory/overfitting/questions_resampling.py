"""What the cross-cutting claims ask of this group."""

from __future__ import annotations

from theory.core.crosscutting import Question

RESAMPLING_QUESTIONS: tuple[Question, ...] = ()
