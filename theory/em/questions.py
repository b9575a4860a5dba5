"""What the cross-cutting claims ask of EM."""

from __future__ import annotations

from theory.core.crosscutting import Question
from theory.em.questions_allocation import ALLOCATION_QUESTIONS
from theory.em.questions_counts import COUNTS_QUESTIONS
from theory.em.questions_markov import MARKOV_QUESTIONS
from theory.em.questions_mixture import MIXTURE_QUESTIONS

QUESTIONS: tuple[Question, ...] = (
    *MIXTURE_QUESTIONS,
    *COUNTS_QUESTIONS,
    *MARKOV_QUESTIONS,
    *ALLOCATION_QUESTIONS,
)
