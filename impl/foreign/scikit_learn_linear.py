"""Third-party subjects of regularization."""

from __future__ import annotations

from impl.core.subject import Subject

SUBJECTS: tuple[Subject, ...] = ()
