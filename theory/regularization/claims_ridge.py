"""Claims about ridge regression, in reading order."""

from __future__ import annotations

from theory.core.claim import Claim
from theory.regularization.claims_ridge_intercept import RIDGE_INTERCEPT_CLAIMS
from theory.regularization.claims_ridge_path import RIDGE_PATH_CLAIMS
from theory.regularization.claims_ridge_prior import RIDGE_PRIOR_CLAIMS
from theory.regularization.claims_ridge_solution import RIDGE_SOLUTION_CLAIMS

RIDGE_CLAIMS: tuple[Claim, ...] = (
    *RIDGE_SOLUTION_CLAIMS,
    *RIDGE_INTERCEPT_CLAIMS,
    *RIDGE_PATH_CLAIMS,
    *RIDGE_PRIOR_CLAIMS,
)
