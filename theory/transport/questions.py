"""What the cross-cutting claims ask of optimal transport."""

from __future__ import annotations

from theory.core.crosscutting import Question
from theory.transport.questions_closed import CLOSED_QUESTIONS
from theory.transport.questions_critic import CRITIC_QUESTIONS
from theory.transport.questions_entropic import ENTROPIC_QUESTIONS
from theory.transport.questions_linear import LINEAR_QUESTIONS

QUESTIONS: tuple[Question, ...] = (*LINEAR_QUESTIONS, *CLOSED_QUESTIONS, *ENTROPIC_QUESTIONS, *CRITIC_QUESTIONS)
