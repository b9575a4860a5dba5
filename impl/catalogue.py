"""Which subjects, mutants and foreign subjects each system has. Plain data: nothing is imported until it is used."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from impl.core.subject import Mutant, Subject


@dataclass(frozen=True)
class Entry:
    """Where a system's subjects are, as "module:attribute".

    ours: our implementation. mutants: a tuple of Mutant. convention: adapt(make, name) -> Subject, for a user's own
    class. foreign: third-party subjects by the library that they need.
    """

    ours: str
    mutants: str
    convention: str
    foreign: tuple[tuple[str, str], ...] = ()


SYSTEMS = {
    "adaboost": Entry(
        ours="impl.adaboost.subject:SUBJECT",
        mutants="impl.mutants.adaboost:MUTANTS",
        convention="impl.adaboost.convention:adapt",
        foreign=(("sklearn", "impl.foreign.scikit_learn:SUBJECTS"),),
    ),
    "receptive_field": Entry(
        ours="impl.receptive_field.subject:SUBJECT",
        mutants="impl.mutants.receptive_field:MUTANTS",
        convention="impl.receptive_field.convention:adapt",
        foreign=(("torch", "impl.foreign.torch_nn:SUBJECTS"),),
    ),
}


class UnknownSubject(LookupError):
    """No subject of that name, or a class that cannot be imported; the message says which and what there is."""


def _get(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(importlib.import_module(module), attribute)


def ours(system: str) -> Subject:
    """Our implementation of a system."""
    subject: Subject = _get(SYSTEMS[system].ours)
    return subject


def mutants(system: str) -> tuple[Mutant, ...]:
    """The system's classic mistakes, then those that any system can make."""
    from impl.mutants.crosscutting import mutants_of

    own: tuple[Mutant, ...] = _get(SYSTEMS[system].mutants)
    return own + mutants_of(ours(system))


def foreign(system: str) -> tuple[Subject, ...]:
    """Third-party subjects whose library is installed."""
    found: list[Subject] = []
    for library, place in SYSTEMS[system].foreign:
        if importlib.util.find_spec(library) is not None:
            found += _get(place)
    return tuple(found)


@functools.cache
def documented_deviations() -> dict[tuple[str, str], str]:
    """What foreign libraries document as different, by (subject, claim): the reason and its link."""
    path = Path(__file__).parent / "foreign" / "excuses.toml"
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["excuse"]
    return {(entry["subject"], entry["claim"]): f"{entry['reason']} ({entry['link']})" for entry in entries}


def resolve(spec: str, system: str) -> Subject:
    """The subject that a name means: "ours", "mutant:NAME", "foreign:NAME" or "package.module:Class".

    A class is imported from the working directory or the environment and seen through the system's convention.
    Raises UnknownSubject with one line.
    """
    if spec == "ours":
        return ours(system)
    kind, _, name = spec.partition(":")
    if kind in ("mutant", "foreign"):
        named = (
            {m.name: m.subject for m in mutants(system)} if kind == "mutant" else {s.name: s for s in foreign(system)}
        )
        if name not in named:
            raise UnknownSubject(f"unknown {kind} {name!r} of {system}; there are: {', '.join(named) or 'none'}")
        return named[name]
    if not kind or not name:
        raise UnknownSubject(f"unknown subject {spec!r}: write ours, mutant:NAME, foreign:NAME or package.module:Class")
    return adapt(_user_class(kind, name), spec, system)


def adapt(make: Callable[[], object], name: str, system: str) -> Subject:
    """A class that follows its system's convention, as a subject of that name."""
    seen: Callable[[Callable[[], object], str], Subject] = _get(SYSTEMS[system].convention)
    try:
        return seen(make, name)
    except Exception as error:
        raise UnknownSubject(f"{name} does not follow the convention of {system}: {error}") from error


def _user_class(module: str, attribute: str) -> Callable[[], object]:
    """The class (or factory) `module:attribute`, looked up in the working directory first."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise UnknownSubject(
            f"no module {error.name!r} in {here} or in the environment (asked for {module}:{attribute})"
        ) from None
    except Exception as error:
        raise UnknownSubject(f"importing {module!r} raised {type(error).__name__}: {error}") from error
    if not callable(getattr(found, attribute, None)):
        names = ", ".join(n for n, v in vars(found).items() if isinstance(v, type) and v.__module__ == module)
        raise UnknownSubject(f"module {module!r} has no class {attribute!r}; it has: {names or 'no classes'}")
    made: Callable[[], object] = getattr(found, attribute)
    return made
