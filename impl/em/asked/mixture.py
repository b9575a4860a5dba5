"""The port's mixture operations, in arrays."""

from __future__ import annotations

from dataclasses import dataclass

from impl.core.subject import Operation, Parts, built


@dataclass(frozen=True)
class Mixture:
    """The formulas that are asked for."""


MIXTURE = Mixture()
PARTS: Parts[Mixture] = {}


def mixture_operations(formulas: Mixture) -> dict[str, Operation]:
    """The operations of the port, computed by these formulas."""
    return built(formulas, MIXTURE, PARTS)
