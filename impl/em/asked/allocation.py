"""The port's allocation operations, in arrays."""

from __future__ import annotations

from dataclasses import dataclass

from impl.core.subject import Operation, Parts, built


@dataclass(frozen=True)
class Allocation:
    """The formulas that are asked for."""


ALLOCATION = Allocation()
PARTS: Parts[Allocation] = {}


def allocation_operations(formulas: Allocation) -> dict[str, Operation]:
    """The operations of the port, computed by these formulas."""
    return built(formulas, ALLOCATION, PARTS)
