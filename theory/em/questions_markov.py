"""What the cross-cutting claims ask (markov)."""

from __future__ import annotations

from theory.core.crosscutting import Question

MARKOV_QUESTIONS: tuple[Question, ...] = ()
