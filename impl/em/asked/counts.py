"""The port's counts operations, in arrays."""

from __future__ import annotations

from dataclasses import dataclass

from impl.core.subject import Operation, Parts, built


@dataclass(frozen=True)
class Counts:
    """The formulas that are asked for."""


COUNTS = Counts()
PARTS: Parts[Counts] = {}


def counts_operations(formulas: Counts) -> dict[str, Operation]:
    """The operations of the port, computed by these formulas."""
    return built(formulas, COUNTS, PARTS)
