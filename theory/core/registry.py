"""Which systems there are and which claims they make. Found by looking into the rooms, not by side effects."""

from __future__ import annotations

import functools
import importlib
import pkgutil

import theory
from theory.core.claim import Claim, Myth


class Unknown(LookupError):
    """A system or claim that does not exist; the message lists those that do."""


@functools.cache
def systems() -> tuple[str, ...]:
    """The systems that live here: each package in `theory` except `core`, in alphabetical order."""
    found = (module.name for module in pkgutil.iter_modules(theory.__path__) if module.ispkg)
    return tuple(sorted(name for name in found if name != "core"))


def check_system(name: str) -> str:
    """The name itself. Raises Unknown, listing the systems, when there is none of that name."""
    if name not in systems():
        raise Unknown(f"unknown system {name!r}; there are: {', '.join(systems())}")
    return name


@functools.cache
def claims(system: str) -> tuple[Claim, ...]:
    """The claims of one system in reading order, then the cross-cutting ones.

    Raises Unknown; ValueError when an id occurs twice.
    """
    check_system(system)
    from theory.core.crosscutting import cross_cutting_claims

    own: tuple[Claim, ...] = importlib.import_module(f"theory.{system}.claims").CLAIMS
    questions = importlib.import_module(f"theory.{system}.questions").QUESTIONS
    every = own + cross_cutting_claims(system, questions)
    ids = [claim.id for claim in every]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise ValueError(f"claim ids must be unique, used twice: {', '.join(twice)}")
    return every


@functools.cache
def myths(system: str) -> tuple[Myth, ...]:
    """The myths of one system. Raises Unknown."""
    check_system(system)
    found: tuple[Myth, ...] = importlib.import_module(f"theory.{system}.myths").MYTHS
    return found


def entries(system: str) -> tuple[Claim | Myth, ...]:
    """Claims, then myths of one system. Raises Unknown."""
    return (*claims(system), *myths(system))


def system_of(claim_id: str) -> str:
    """The system that makes a claim or tells a myth. Raises Unknown, naming ids that look alike."""
    import difflib

    every = {entry.id: system for system in systems() for entry in entries(system)}
    if claim_id in every:
        return every[claim_id]
    near = difflib.get_close_matches(claim_id.upper(), every, n=3, cutoff=0.5)
    hint = f"; did you mean {', '.join(near)}?" if near else "; `tollens claims` lists them"
    raise Unknown(f"unknown claim {claim_id!r}{hint}")


def find(claim_id: str) -> Claim | Myth:
    """The claim or myth of that id. Raises Unknown."""
    return next(entry for entry in entries(system_of(claim_id)) if entry.id == claim_id)
