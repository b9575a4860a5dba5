"""The port's operations of this group, in arrays."""

from __future__ import annotations

from dataclasses import dataclass

from impl.core.subject import Operation, Parts, built


@dataclass(frozen=True)
class Layers:
    """The formulas that are asked for."""


LAYERS = Layers()


def layers_operations(formulas: Layers) -> dict[str, Operation]:
    """The operations of this group, computed by these formulas."""
    return built(formulas, LAYERS, PARTS)


PARTS: Parts[Layers] = {}
