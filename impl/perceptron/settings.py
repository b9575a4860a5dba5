"""Settings of the port that several operations share."""

from __future__ import annotations

from impl.core.subject import Settings


def intercept_of(settings: Settings) -> bool:
    """Whether there is a bias. Raises ValueError for a setting other than 0 and 1."""
    value = settings["intercept"]
    if value not in (0, 1):
        raise ValueError(f"intercept must be 0 or 1, got {value!r}")
    return bool(value)
