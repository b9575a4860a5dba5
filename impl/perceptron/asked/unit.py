"""The port's operations of this group, in arrays."""

from __future__ import annotations

from dataclasses import dataclass

from impl.core.subject import Operation, Parts, built


@dataclass(frozen=True)
class Unit:
    """The formulas that are asked for."""


UNIT = Unit()


def unit_operations(formulas: Unit) -> dict[str, Operation]:
    """The operations of this group, computed by these formulas."""
    return built(formulas, UNIT, PARTS)


PARTS: Parts[Unit] = {}
