"""`tollens doctor`: what this machine can do, where each room came from, and what will be skipped and why."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform

from rich.console import Console
from rich.markup import escape

REPORT_EXTRA = ("jinja2", "latex2mathml")


def doctor() -> None:
    """Versions, devices, which file each room came from, and what will be skipped and why."""
    from impl import catalogue
    from impl.core import devices
    from theory.core.registry import systems
    from tollens import __version__
    from tollens.commands.execute import libraries

    console = Console()

    def line(name: str, text: str) -> None:
        console.print(f"  [dim]{name:<18}[/] {escape(text)}", highlight=False, soft_wrap=True)

    console.print("[bold]versions[/]")
    line("tollens", __version__)
    line("python", f"{platform.python_version()} on {platform.platform()}")
    for name, version in libraries().items():
        line(name, version)
    console.print("[bold]rooms[/]")
    for room in ("theory", "impl", "tollens"):
        spec = importlib.util.find_spec(room)
        line(room, spec.origin or "?" if spec else "missing")
    console.print("[bold]systems[/]")
    for system in systems():
        foreign = ", ".join(subject.name for subject in catalogue.foreign(system)) or "none installed"
        line(system, f"foreign subjects: {foreign}")
    console.print("[bold]devices[/]")
    for name in devices.NAMES:
        if name.startswith("sim"):
            line(name, "simulated: device rules checked, numbers are the CPU's")
        else:
            missing = devices.probe(name).missing
            line(name, f"NOT VERIFIED: {missing}" if missing else "there")
    console.print("[bold]skipped[/]")
    absent = [name for name in REPORT_EXTRA if importlib.util.find_spec(name) is None]
    line("html report", f"needs tollens\\[report]: {', '.join(absent)} missing" if absent else "nothing is missing")
