"""Our overfitting as a subject. Formulas are arguments, so that a mutant is one line."""

from __future__ import annotations

from impl.core.subject import Subject
from impl.overfitting.asked.capacity import CAPACITY, Capacity, capacity_operations
from impl.overfitting.asked.fitting import FITTING, Fitting, fitting_operations
from impl.overfitting.asked.resampling import RESAMPLING, Resampling, resampling_operations


def subject(
    name: str,
    *,
    fitting: Fitting = FITTING,
    resampling: Resampling = RESAMPLING,
    capacity: Capacity = CAPACITY,
) -> Subject:
    """A subject with these formulas that answers every operation of the port."""
    operations = {
        **fitting_operations(fitting),
        **resampling_operations(resampling),
        **capacity_operations(capacity),
    }
    return Subject(name, "overfitting", operations, version="0.1.0", house=True)


SUBJECT = subject("ours")
