"""Which subjects, mutants and foreign subjects each system has. Plain data: nothing is imported until it is used."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from impl.core.subject import Mutant, Subject

SYSTEMS: dict[str, dict[str, str]] = {
    "adaboost": {"sklearn": "scikit_learn"},
    "receptive_field": {"torch": "torch_nn"},
    "em": {"sklearn": "scikit_learn_em", "hmmlearn": "hmm_learn", "pomegranate": "pomegranate"},
    "kernel_machines": {"sklearn": "scikit_learn_kernels", "torch": "torch_kernels", "scipy": "scipy_kernels"},
    "overfitting": {
        "sklearn": "scikit_learn_overfitting",
        "numpy": "numpy_least_squares",
        "torch": "torch_overfitting",
        "statsmodels": "statsmodels_overfitting",
    },
    "perceptron": {"sklearn": "scikit_learn_perceptron", "scipy": "scipy_separation", "torch": "torch_perceptron"},
    "regularization": {
        "sklearn": "scikit_learn_linear",
        "statsmodels": "statsmodels_linear",
        "torch": "torch_optim",
    },
    "transport": {"ot": "pot", "scipy": "scipy_transport", "torch": "torch_transport", "geomloss": "geomloss"},
}
"""The third-party libraries whose code is on trial in each system, and where in `impl.foreign` their adapters are.

All else is found by the system's stem: `impl.<system>.subject:SUBJECT` is ours, `impl.mutants.<system>:MUTANTS` are
its classic mistakes, and `impl.<system>.convention:adapt` sees a user's own class as a subject.
"""


class UnknownSubject(LookupError):
    """No subject of that name, or a class that cannot be imported; the message says which and what there is."""


def _get(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(importlib.import_module(module), attribute)


def ours(system: str) -> Subject:
    """Our implementation of a system."""
    subject: Subject = _get(f"impl.{system}.subject:SUBJECT")
    return subject


def mutants(system: str) -> tuple[Mutant, ...]:
    """The system's classic mistakes, then those that any system can make."""
    from impl.mutants.crosscutting import mutants_of

    own: tuple[Mutant, ...] = _get(f"impl.mutants.{system}:MUTANTS")
    return own + mutants_of(ours(system))


def foreign(system: str) -> tuple[Subject, ...]:
    """Third-party subjects whose library is installed."""
    found: list[Subject] = []
    for library, adapters in SYSTEMS[system].items():
        if importlib.util.find_spec(library) is not None:
            found += (s for s in _get(f"impl.foreign.{adapters}:SUBJECTS") if s.system == system)
    return tuple(found)


@functools.cache
def documented_deviations() -> dict[tuple[str, str], str]:
    """What foreign libraries document as different, by (subject, claim): the reason and its link."""
    path = Path(__file__).parent / "foreign" / "excuses.toml"
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["excuse"]
    return {
        (subject, claim): f"{entry['reason']} ({entry['link']})"
        for entry in entries
        for subject in entry["subjects"]
        for claim in entry["claims"]
    }


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
    seen: Callable[[Callable[[], object], str], Subject] = _get(f"impl.{system}.convention:adapt")
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
