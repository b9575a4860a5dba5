"""Which claims must refute which mutant."""

from __future__ import annotations

from tests.regularization.bindings_decay import DECAY_KILLERS
from tests.regularization.bindings_lasso import LASSO_KILLERS
from tests.regularization.bindings_ridge import RIDGE_KILLERS

KILLERS: dict[str, tuple[str, ...]] = {
    **RIDGE_KILLERS,
    **LASSO_KILLERS,
    **DECAY_KILLERS,
}
