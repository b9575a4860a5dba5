"""The port's operations of this group, in arrays."""

from __future__ import annotations

from dataclasses import dataclass

from impl.core.subject import Operation, Parts, built


@dataclass(frozen=True)
class Capacity:
    """The formulas that are asked for."""


CAPACITY = Capacity()


def capacity_operations(formulas: Capacity) -> dict[str, Operation]:
    """The operations of this group, computed by these formulas."""
    return built(formulas, CAPACITY, PARTS)


PARTS: Parts[Capacity] = {}
