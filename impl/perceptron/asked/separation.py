"""The port's operations of this group, in arrays."""

from __future__ import annotations

from dataclasses import dataclass

from impl.core.subject import Operation, Parts, built


@dataclass(frozen=True)
class Separation:
    """The formulas that are asked for."""


SEPARATION = Separation()


def separation_operations(formulas: Separation) -> dict[str, Operation]:
    """The operations of this group, computed by these formulas."""
    return built(formulas, SEPARATION, PARTS)


PARTS: Parts[Separation] = {}
