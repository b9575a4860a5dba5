"""scikit_learn_em on trial in EM."""

from __future__ import annotations

from impl.core.subject import Subject

SUBJECTS: tuple[Subject, ...] = ()
