"""What a docstring shows is what happens."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHOWN = sorted(
    ".".join(path.relative_to(base).with_suffix("").parts).removesuffix(".__init__")
    for base in (ROOT, ROOT / "reports")
    for room in ("impl", "theory", "tollens")
    for path in (base / room).rglob("*.py")
    if any(">>> " in line and "+SKIP" not in line for line in path.read_text(encoding="utf-8").splitlines())
)


@pytest.mark.parametrize("module", SHOWN)
def test_the_examples_of_a_docstring_are_true(module: str) -> None:
    told = doctest.testmod(importlib.import_module(module))

    assert told.attempted > 0
    assert told.failed == 0
