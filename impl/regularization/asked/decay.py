"""The port's operations of this group, in arrays."""

from __future__ import annotations

from dataclasses import dataclass

from impl.core.subject import Operation, Parts, built


@dataclass(frozen=True)
class Decay:
    """The formulas that are asked for."""


DECAY = Decay()


def decay_operations(formulas: Decay) -> dict[str, Operation]:
    """The operations of this group, computed by these formulas."""
    return built(formulas, DECAY, PARTS)


PARTS: Parts[Decay] = {}
