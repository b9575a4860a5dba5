"""Kernel machines with one classic mistake each."""

from __future__ import annotations

from impl.core.subject import Mutant
from impl.mutants.kernel_machines.kernels import KERNELS_MUTANTS
from impl.mutants.kernel_machines.logistic import LOGISTIC_MUTANTS
from impl.mutants.kernel_machines.platt import PLATT_MUTANTS
from impl.mutants.kernel_machines.svm import SVM_MUTANTS

MUTANTS: tuple[Mutant, ...] = (
    *KERNELS_MUTANTS,
    *SVM_MUTANTS,
    *LOGISTIC_MUTANTS,
    *PLATT_MUTANTS,
)
