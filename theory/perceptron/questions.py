"""What the cross-cutting claims ask of perceptrons and bias."""

from __future__ import annotations

from theory.core.crosscutting import Question
from theory.perceptron.questions_layers import LAYERS_QUESTIONS
from theory.perceptron.questions_learning import LEARNING_QUESTIONS
from theory.perceptron.questions_separation import SEPARATION_QUESTIONS
from theory.perceptron.questions_unit import UNIT_QUESTIONS

QUESTIONS: tuple[Question, ...] = (
    *UNIT_QUESTIONS,
    *LEARNING_QUESTIONS,
    *SEPARATION_QUESTIONS,
    *LAYERS_QUESTIONS,
)
