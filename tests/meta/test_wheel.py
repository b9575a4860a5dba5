from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    from hatchling.builders.wheel import WheelBuilder

    folder = tmp_path_factory.mktemp("wheel")
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        return frozenset(archive.namelist())


def packaged(content: frozenset[str]) -> set[str]:
    return {name for name in content if ".dist-info/" not in name}


def test_the_wheel_holds_the_three_packages_and_nothing_else(content: frozenset[str]) -> None:
    assert {name.partition("/")[0] for name in packaged(content)} == {"theory", "impl", "tollens"}


def test_every_source_file_is_in_the_wheel(content: frozenset[str]) -> None:
    sources = {
        path.relative_to(base).as_posix()
        for base, room in ((ROOT, "theory"), (ROOT, "impl"), (ROOT / "reports", "tollens"))
        for path in (base / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert packaged(content) == sources


@pytest.mark.parametrize("package", ["theory", "impl", "tollens"])
def test_each_package_says_that_it_is_typed(content: frozenset[str], package: str) -> None:
    assert f"{package}/py.typed" in content


def test_the_references_and_the_templates_travel_along(content: frozenset[str]) -> None:
    assert "theory/references.bib" in content
    assert any(name.startswith("tollens/templates/") for name in content)
    assert "tollens/schema/evidence.schema.json" in content
