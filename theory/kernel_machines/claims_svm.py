"""Claims about the soft-margin machine, in reading order."""

from __future__ import annotations

from theory.core.claim import Claim
from theory.kernel_machines.claims_svm_fit import FIT_CLAIMS
from theory.kernel_machines.claims_svm_kinds import KINDS_CLAIMS
from theory.kernel_machines.claims_svm_objective import OBJECTIVE_CLAIMS
from theory.kernel_machines.claims_svm_path import PATH_CLAIMS

SVM_CLAIMS: tuple[Claim, ...] = (*OBJECTIVE_CLAIMS, *FIT_CLAIMS, *PATH_CLAIMS, *KINDS_CLAIMS)
"""Claims of this group."""
