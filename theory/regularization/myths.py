"""Popular myths about regularization, each stated as if it were true."""

from __future__ import annotations

from theory.core.claim import Myth
from theory.regularization.myths_decay import DECAY_MYTHS
from theory.regularization.myths_lasso import LASSO_MYTHS
from theory.regularization.myths_ridge import RIDGE_MYTHS

MYTHS: tuple[Myth, ...] = (
    *RIDGE_MYTHS,
    *LASSO_MYTHS,
    *DECAY_MYTHS,
)
