"""The port's operations of this group, in arrays."""

from __future__ import annotations

from dataclasses import dataclass

from impl.core.subject import Operation, Parts, built


@dataclass(frozen=True)
class Resampling:
    """The formulas that are asked for."""


RESAMPLING = Resampling()


def resampling_operations(formulas: Resampling) -> dict[str, Operation]:
    """The operations of this group, computed by these formulas."""
    return built(formulas, RESAMPLING, PARTS)


PARTS: Parts[Resampling] = {}
