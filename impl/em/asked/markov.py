"""The port's markov operations, in arrays."""

from __future__ import annotations

from dataclasses import dataclass

from impl.core.subject import Operation, Parts, built


@dataclass(frozen=True)
class Markov:
    """The formulas that are asked for."""


MARKOV = Markov()
PARTS: Parts[Markov] = {}


def markov_operations(formulas: Markov) -> dict[str, Operation]:
    """The operations of the port, computed by these formulas."""
    return built(formulas, MARKOV, PARTS)
