"""Popular myths about kernel machines, each stated as if it were true."""

from __future__ import annotations

from theory.core.claim import Myth
from theory.kernel_machines.myths_kernels import KERNELS_MYTHS
from theory.kernel_machines.myths_logistic import LOGISTIC_MYTHS
from theory.kernel_machines.myths_platt import PLATT_MYTHS
from theory.kernel_machines.myths_svm import SVM_MYTHS

MYTHS: tuple[Myth, ...] = (
    *KERNELS_MYTHS,
    *SVM_MYTHS,
    *LOGISTIC_MYTHS,
    *PLATT_MYTHS,
)
