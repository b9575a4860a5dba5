"""Popular myths of this group, each stated as if it were true."""

from __future__ import annotations

from theory.core.claim import Myth

LASSO_MYTHS: tuple[Myth, ...] = ()
