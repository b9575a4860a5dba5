"""Options that several commands share, and the reading of their values."""

from __future__ import annotations

import datetime as dt
import re
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from theory.core.registry import check_system, systems

DTYPES = ("float64", "float32")
ALWAYS_THERE = {"cpu", "sim"}
"""Devices that need no torch to be known: listing and collecting stay without it."""


class UsageError(ValueError):
    """A wrong option value; the message names the value and what would be right."""


Systems = Annotated[
    list[str] | None, typer.Argument(help="Systems to judge; all when none is named.", show_default=False)
]
Claims = Annotated[
    list[str] | None,
    typer.Option(
        "--claim", metavar="ID", help="Only this claim, or family such as XC-01 (repeatable).", show_default=False
    ),
]
Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", help="Worker processes; one for each core by default.", show_default=False)
]
Seed = Annotated[int, typer.Option(help="Seed of the search: the same seed gives the same cases.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder of the run.", show_default=False)]
ProfileName = Annotated[str, typer.Option("--profile", help="How hard to search: glance, quick, standard or deep.")]


def chosen_systems(names: list[str] | None) -> tuple[str, ...]:
    """The systems named, or all. Raises Unknown for a name that is none, listing those that are."""
    return tuple(dict.fromkeys(check_system(name) for name in names)) if names else systems()


def chosen_claims(ids: list[str] | None, names: tuple[str, ...]) -> frozenset[str]:
    """The claims asked for, as ids or families. Raises Unknown when one is neither."""
    from theory.core.registry import entries, find

    every = {entry.id for name in names for entry in entries(name)}
    for wanted in ids or ():
        if wanted not in every and not any(i.startswith(f"{wanted}.") for i in every):
            found = find(wanted)
            raise UsageError(f"{found.id} is not a claim of {', '.join(names)}")
    return frozenset(ids or ())


def chosen_profile(name: str) -> str:
    """The profile's name. Raises UsageError, listing the profiles, when there is none of that name."""
    from theory.core.search import PROFILES

    if name not in PROFILES:
        raise UsageError(f"unknown profile {name!r}; there are: {', '.join(PROFILES)}")
    return name


def chosen_dtypes(spec: str) -> tuple[str, ...]:
    """Comma-separated dtypes. Raises UsageError for one that no claim is judged in."""
    names = tuple(dict.fromkeys(part.strip() for part in spec.split(",")))
    for name in names:
        if name not in DTYPES:
            raise UsageError(f"unknown dtype {name!r}; there are: {', '.join(DTYPES)}")
    return names


def chosen_devices(spec: str, dtypes: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Devices with the dtypes that each can hold. Raises UsageError for a device that is unknown or absent."""
    names = tuple(dict.fromkeys(part.strip() for part in spec.split(",")))
    if set(names) <= ALWAYS_THERE:
        return tuple((name, dtypes) for name in names)
    from impl.core import devices

    try:
        found = devices.resolve(spec)
    except ValueError as error:
        raise UsageError(str(error)) from None
    return tuple((d.name, tuple(t for t in dtypes if t in d.floats)) for d in found)


def seconds(text: str | None) -> float | None:
    """A duration such as "90s", "5m", "1h" or "45" in seconds. Raises UsageError."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip())
    if match is None or float(match[1]) == 0:
        raise UsageError(f"budget {text!r} is no duration; write for example 90s, 5m or 1h")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def workers(number: int | None) -> int:
    """Number of worker processes: as asked, else one for each core. Raises UsageError below 1."""
    from joblib import cpu_count

    if number is not None and number < 1:
        raise UsageError(f"--jobs must be at least 1, got {number}")
    return number or int(cpu_count())


def run_folder(out: Path | None) -> Path:
    """Where a run is written: --out, else reports/runs/<time> in a checkout, else tollens-runs/<time>."""
    if out is not None:
        if out.exists() and not out.is_dir():
            raise UsageError(f"--out {out} is a file, not a folder")
        return out
    stamp = dt.datetime.now().strftime("%Y%m%d-%H%M%S")
    home = Path("reports/runs") if Path("reports/tollens").is_dir() else Path("tollens-runs")
    return home / stamp


def command_line() -> str:
    """The command as it was typed."""
    import shlex

    return shlex.join(["tollens", *sys.argv[1:]])


def settings() -> dict[str, Any]:
    """The table [tool.tollens] of pyproject.toml in the working directory; empty when there is none."""
    path = Path("pyproject.toml")
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"pyproject.toml cannot be read: {error}") from None
    found: dict[str, Any] = table.get("tool", {}).get("tollens", {})
    return found
