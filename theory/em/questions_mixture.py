"""What the cross-cutting claims ask (mixture)."""

from __future__ import annotations

from theory.core.crosscutting import Question

MIXTURE_QUESTIONS: tuple[Question, ...] = ()
