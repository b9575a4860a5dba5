"""Our regularization as a subject. Formulas are arguments, so that a mutant is one line."""

from __future__ import annotations

from impl.core.subject import Subject
from impl.regularization.asked.decay import DECAY, Decay, decay_operations
from impl.regularization.asked.lasso import LASSO, Lasso, lasso_operations
from impl.regularization.asked.ridge import RIDGE, Ridge, ridge_operations


def subject(
    name: str,
    *,
    ridge: Ridge = RIDGE,
    lasso: Lasso = LASSO,
    decay: Decay = DECAY,
) -> Subject:
    """A subject with these formulas that answers every operation of the port."""
    operations = {
        **ridge_operations(ridge),
        **lasso_operations(lasso),
        **decay_operations(decay),
    }
    return Subject(name, "regularization", operations, version="0.1.0", house=True)


SUBJECT = subject("ours")
