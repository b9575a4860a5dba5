"""The claims about least squares, in reading order; each is declared next to its check."""

from __future__ import annotations

from theory.core.claim import Claim
from theory.overfitting.claims_bases import BASES_CLAIM, INTERPOLATION_CLAIM
from theory.overfitting.claims_double_descent import RISK_CLAIMS
from theory.overfitting.claims_dropout import DROPOUT_CLAIM, NOISE_CLAIM
from theory.overfitting.claims_early_stopping import FILTER_CLAIM
from theory.overfitting.claims_left_out import LEFT_OUT_CLAIM
from theory.overfitting.claims_leverage import LEVERAGE_CLAIM, NESTED_CLAIM
from theory.overfitting.claims_minimum_norm import CURVE_CLAIM, MINIMUM_NORM_CLAIM
from theory.overfitting.claims_optimism import CRITERIA_CLAIM, DECOMPOSITION_CLAIM, OPTIMISM_CLAIM
from theory.overfitting.claims_samples import MASKS_CLAIM, PREDICTIONS_CLAIM

FITTING_CLAIMS: tuple[Claim, ...] = (
    BASES_CLAIM,
    LEVERAGE_CLAIM,
    NESTED_CLAIM,
    INTERPOLATION_CLAIM,
    OPTIMISM_CLAIM,
    CRITERIA_CLAIM,
    DECOMPOSITION_CLAIM,
    PREDICTIONS_CLAIM,
    LEFT_OUT_CLAIM,
    MINIMUM_NORM_CLAIM,
    CURVE_CLAIM,
    FILTER_CLAIM,
    DROPOUT_CLAIM,
    MASKS_CLAIM,
    NOISE_CLAIM,
    *RISK_CLAIMS,
)
