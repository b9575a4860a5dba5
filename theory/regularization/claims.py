"""The claims that Tollens makes about regularization, in reading order."""

from __future__ import annotations

from theory.core.claim import Claim
from theory.regularization.claims_decay import DECAY_CLAIMS
from theory.regularization.claims_lasso import LASSO_CLAIMS
from theory.regularization.claims_ridge import RIDGE_CLAIMS

CLAIMS: tuple[Claim, ...] = (
    *RIDGE_CLAIMS,
    *LASSO_CLAIMS,
    *DECAY_CLAIMS,
)
