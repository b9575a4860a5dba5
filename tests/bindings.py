"""Which claims must refute which mutant. A claim bound to no mutant, or a mutant bound to no claim, fails the suite.

A system's own mutants are bound in `tests/<system>/bindings.py`: KILLERS, and LAWS where a general mistake shows
elsewhere than below.
"""

from __future__ import annotations

import importlib

from theory.core import registry

LAWS = {
    "leaks-across-lanes": "XC-01",
    "other-numbers-off-the-cpu": "XC-02",
    "computes-in-double": "XC-03",
    "counts-the-padding": "XC-04",
    "first-row-counts-extra": "XC-05",
    "scribbles-on-its-input": "XC-06",
    "different-every-time": "XC-06",
    "repairs-bad-input": "XC-07",
}
"""The cross-cutting mutants and the law that each breaks, in every operation to which the law applies."""


def _bindings(system: str) -> dict[str, tuple[str, ...]]:
    own = importlib.import_module(f"tests.{system}.bindings")
    claims = [claim.id for claim in registry.claims(system)]
    laws = LAWS | getattr(own, "LAWS", {})
    return own.KILLERS | {name: tuple(i for i in claims if i.startswith(f"{law}.")) for name, law in laws.items()}


BINDINGS = {system: _bindings(system) for system in registry.systems()}
