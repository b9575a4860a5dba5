"""The claims that Tollens makes about kernel machines, in reading order."""

from __future__ import annotations

from theory.core.claim import Claim
from theory.kernel_machines.claims_kernels import KERNELS_CLAIMS
from theory.kernel_machines.claims_logistic import LOGISTIC_CLAIMS
from theory.kernel_machines.claims_platt import PLATT_CLAIMS
from theory.kernel_machines.claims_svm import SVM_CLAIMS

CLAIMS: tuple[Claim, ...] = (
    *KERNELS_CLAIMS,
    *SVM_CLAIMS,
    *LOGISTIC_CLAIMS,
    *PLATT_CLAIMS,
)
