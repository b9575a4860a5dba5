"""The claims that Tollens makes about overfitting, in reading order."""

from __future__ import annotations

from theory.core.claim import Claim
from theory.overfitting.claims_capacity import CAPACITY_CLAIMS
from theory.overfitting.claims_fitting import FITTING_CLAIMS
from theory.overfitting.claims_resampling import RESAMPLING_CLAIMS

CLAIMS: tuple[Claim, ...] = (
    *FITTING_CLAIMS,
    *RESAMPLING_CLAIMS,
    *CAPACITY_CLAIMS,
)
