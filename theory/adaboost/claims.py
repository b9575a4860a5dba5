"""The claims that Tollens makes about AdaBoost: ADA-01 … ADA-19."""

from __future__ import annotations

from theory.adaboost.claims_loss import LOSS_CLAIMS
from theory.adaboost.claims_regression import REGRESSION_CLAIMS
from theory.adaboost.claims_stumps import STUMP_CLAIMS
from theory.adaboost.claims_variants import VARIANT_CLAIMS
from theory.adaboost.claims_weights import WEIGHT_CLAIMS
from theory.core.claim import Claim

CLAIMS: tuple[Claim, ...] = tuple(
    sorted(
        (*WEIGHT_CLAIMS, *LOSS_CLAIMS, *STUMP_CLAIMS, *VARIANT_CLAIMS, *REGRESSION_CLAIMS), key=lambda claim: claim.id
    )
)
