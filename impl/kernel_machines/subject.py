"""Our kernel machines as a subject. Formulas are arguments, so that a mutant is one line."""

from __future__ import annotations

from impl.core.subject import Subject
from impl.kernel_machines.asked.kernels import KERNELS, Kernels, kernels_operations
from impl.kernel_machines.asked.logistic import LOGISTIC, Logistic, logistic_operations
from impl.kernel_machines.asked.platt import PLATT, Platt, platt_operations
from impl.kernel_machines.asked.svm import SVM, Svm, svm_operations


def subject(
    name: str,
    *,
    kernels: Kernels = KERNELS,
    svm: Svm = SVM,
    logistic: Logistic = LOGISTIC,
    platt: Platt = PLATT,
) -> Subject:
    """A subject with these formulas that answers every operation of the port."""
    operations = {
        **kernels_operations(kernels),
        **svm_operations(svm),
        **logistic_operations(logistic),
        **platt_operations(platt),
    }
    return Subject(name, "kernel_machines", operations, version="0.1.0", house=True)


SUBJECT = subject("ours")
