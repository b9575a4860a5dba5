"""The port's operations of this group, in arrays."""

from __future__ import annotations

from dataclasses import dataclass

from impl.core.subject import Operation, Parts, built


@dataclass(frozen=True)
class Lasso:
    """The formulas that are asked for."""


LASSO = Lasso()


def lasso_operations(formulas: Lasso) -> dict[str, Operation]:
    """The operations of this group, computed by these formulas."""
    return built(formulas, LASSO, PARTS)


PARTS: Parts[Lasso] = {}
