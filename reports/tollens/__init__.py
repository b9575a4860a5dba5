"""Tollens: claims about machine-learning algorithms that a program can try to refute.

`check_subject` judges an object from Python, `parametrize_with_claims` makes pytest do it, the `tollens` command
does it from the shell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from tollens.commands.api import check_subject, parametrize_with_claims

__all__ = ["__version__", "check_subject", "parametrize_with_claims"]


def __getattr__(name: str) -> Any:
    """Import the Python API when it is first used, so that `import tollens` costs nothing."""
    if name in ("check_subject", "parametrize_with_claims"):
        from tollens.commands import api

        return getattr(api, name)
    raise AttributeError(f"module 'tollens' has no attribute {name!r}")
