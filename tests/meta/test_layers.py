from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from theory.core.registry import systems

ROOT = Path(__file__).parents[2]
ROOMS = {"theory": ROOT / "theory", "impl": ROOT / "impl", "tollens": ROOT / "reports" / "tollens"}
TESTS = ("bindings.py", "test_claims.py", "test_mutants.py", "test_myths.py")
FORBIDDEN = {
    "theory": {"torch", "impl", "tollens", "pytest", "sklearn.ensemble"},
    "impl": {"theory", "hypothesis", "pytest", "tollens"},
}


def files(room: str) -> list[Path]:
    return sorted(ROOMS[room].rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports anywhere, in functions too; names of `from` imports are included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


@pytest.mark.parametrize("room", FORBIDDEN)
def test_a_room_imports_only_what_it_may_know(room: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files(room)
        for module in imports(path)
        if any(within(module, package) for package in FORBIDDEN[room])
    ]

    assert wrong == []


def test_theory_returns_gaps_and_asserts_nothing() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in files("theory")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assert)
    ]

    assert wrong == []


@pytest.mark.parametrize("room", ["theory", "impl"])
def test_the_core_knows_none_of_the_systems(room: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sorted((ROOMS[room] / "core").rglob("*.py"))
        for module in imports(path)
        if any(within(module, f"{room}.{system}") for system in systems())
    ]

    assert wrong == []


def test_systems_do_not_import_each_other() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for room in ("theory", "impl")
        for system in systems()
        for path in sorted((ROOMS[room] / system).rglob("*.py"))
        for module in imports(path)
        for other in systems()
        if other != system and within(module, f"{room}.{other}")
    ]

    assert wrong == []


def test_what_renders_reads_evidence_alone() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files("tollens")
        if "commands" not in path.parts
        for module in imports(path)
        if within(module, "theory") or within(module, "impl")
    ]

    assert wrong == []


@pytest.mark.parametrize("system", systems())
def test_a_system_has_the_same_stem_in_every_room(system: str) -> None:
    from impl.catalogue import SYSTEMS
    from tests.bindings import BINDINGS

    impl = ROOMS["impl"]
    here = {
        "impl": (impl / system).is_dir() or (impl / f"{system}.py").is_file(),
        "mutants": (impl / "mutants" / system).is_dir() or (impl / "mutants" / f"{system}.py").is_file(),
        "tests": all((ROOT / "tests" / system / name).is_file() for name in TESTS),
        "catalogue": system in SYSTEMS,
        "bindings": system in BINDINGS,
    }

    assert all(here.values()), here


def test_no_room_has_a_system_that_theory_lacks() -> None:
    from impl.catalogue import SYSTEMS
    from tests.bindings import BINDINGS

    assert set(SYSTEMS) == set(BINDINGS) == set(systems())


def test_the_import_linter_agrees() -> None:
    import os
    import subprocess
    import sys

    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "reports")])}
    linter = Path(sys.executable).parent / "lint-imports"

    told = subprocess.run([linter], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stdout + told.stderr
