"""The port's operations of this group, in arrays."""

from __future__ import annotations

from dataclasses import dataclass

from impl.core.subject import Operation, Parts, built


@dataclass(frozen=True)
class Ridge:
    """The formulas that are asked for."""


RIDGE = Ridge()


def ridge_operations(formulas: Ridge) -> dict[str, Operation]:
    """The operations of this group, computed by these formulas."""
    return built(formulas, RIDGE, PARTS)


PARTS: Parts[Ridge] = {}
