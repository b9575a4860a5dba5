"""The port's operations of this group, in arrays."""

from __future__ import annotations

from dataclasses import dataclass

from impl.core.subject import Operation, Parts, built


@dataclass(frozen=True)
class Fitting:
    """The formulas that are asked for."""


FITTING = Fitting()


def fitting_operations(formulas: Fitting) -> dict[str, Operation]:
    """The operations of this group, computed by these formulas."""
    return built(formulas, FITTING, PARTS)


PARTS: Parts[Fitting] = {}
