"""What the cross-cutting claims ask of regularization."""

from __future__ import annotations

from theory.core.crosscutting import Question
from theory.regularization.questions_decay import DECAY_QUESTIONS
from theory.regularization.questions_lasso import LASSO_QUESTIONS
from theory.regularization.questions_ridge import RIDGE_QUESTIONS

QUESTIONS: tuple[Question, ...] = (
    *RIDGE_QUESTIONS,
    *LASSO_QUESTIONS,
    *DECAY_QUESTIONS,
)
