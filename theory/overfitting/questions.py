"""What the cross-cutting claims ask of overfitting."""

from __future__ import annotations

from theory.core.crosscutting import Question
from theory.overfitting.questions_capacity import CAPACITY_QUESTIONS
from theory.overfitting.questions_fitting import FITTING_QUESTIONS
from theory.overfitting.questions_resampling import RESAMPLING_QUESTIONS

QUESTIONS: tuple[Question, ...] = (
    *FITTING_QUESTIONS,
    *RESAMPLING_QUESTIONS,
    *CAPACITY_QUESTIONS,
)
