"""Names of a package that are imported when they are used: faces need scikit-learn, whose import takes a second."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping


def exports(
    package: str, rooms: Mapping[str, tuple[str, ...]]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a package (PEP 562) whose modules `rooms` hold these names.

    The first raises AttributeError for a name that no room holds.
    """
    where = {name: room for room, names in rooms.items() for name in names}

    def get(name: str) -> object:
        if name not in where:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{package}.{where[name]}"), name)

    return get, lambda: sorted(where)
