"""Which claims must refute which mutant."""

from __future__ import annotations

from tests.overfitting.bindings_capacity import CAPACITY_KILLERS
from tests.overfitting.bindings_fitting import FITTING_KILLERS
from tests.overfitting.bindings_resampling import RESAMPLING_KILLERS

KILLERS: dict[str, tuple[str, ...]] = {
    **FITTING_KILLERS,
    **RESAMPLING_KILLERS,
    **CAPACITY_KILLERS,
}
