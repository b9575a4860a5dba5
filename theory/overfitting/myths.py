"""Popular myths about overfitting, each stated as if it were true."""

from __future__ import annotations

from theory.core.claim import Myth
from theory.overfitting.myths_capacity import CAPACITY_MYTHS
from theory.overfitting.myths_fitting import FITTING_MYTHS
from theory.overfitting.myths_resampling import RESAMPLING_MYTHS

MYTHS: tuple[Myth, ...] = (
    *FITTING_MYTHS,
    *RESAMPLING_MYTHS,
    *CAPACITY_MYTHS,
)
