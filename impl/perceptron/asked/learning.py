"""The port's operations of this group, in arrays."""

from __future__ import annotations

from dataclasses import dataclass

from impl.core.subject import Operation, Parts, built


@dataclass(frozen=True)
class Learning:
    """The formulas that are asked for."""


LEARNING = Learning()


def learning_operations(formulas: Learning) -> dict[str, Operation]:
    """The operations of this group, computed by these formulas."""
    return built(formulas, LEARNING, PARTS)


PARTS: Parts[Learning] = {}
