"""Which claims must refute which mutant."""

from __future__ import annotations

from tests.kernel_machines.bindings_kernels import KERNELS_KILLERS
from tests.kernel_machines.bindings_logistic import LOGISTIC_KILLERS
from tests.kernel_machines.bindings_platt import PLATT_KILLERS
from tests.kernel_machines.bindings_svm import SVM_KILLERS

KILLERS: dict[str, tuple[str, ...]] = {
    **KERNELS_KILLERS,
    **SVM_KILLERS,
    **LOGISTIC_KILLERS,
    **PLATT_KILLERS,
}
