"""What the cross-cutting claims ask of kernel machines."""

from __future__ import annotations

from theory.core.crosscutting import Question
from theory.kernel_machines.questions_kernels import KERNELS_QUESTIONS
from theory.kernel_machines.questions_logistic import LOGISTIC_QUESTIONS
from theory.kernel_machines.questions_platt import PLATT_QUESTIONS
from theory.kernel_machines.questions_svm import SVM_QUESTIONS

QUESTIONS: tuple[Question, ...] = (
    *KERNELS_QUESTIONS,
    *SVM_QUESTIONS,
    *LOGISTIC_QUESTIONS,
    *PLATT_QUESTIONS,
)
