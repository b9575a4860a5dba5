"""A stranger who only has Tollens installed pays nothing for it, and listing stays without torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def python(code: str, **environment: str) -> str:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "reports")])
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": paths} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    return told.stdout


def test_the_door_imports_the_standard_library_only() -> None:
    code = "import sys, json, tollens.door; print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))"

    loaded = set(json.loads(python(code)))

    assert {name for name in loaded - sys.stdlib_module_names if not name.startswith("_")} <= {
        "tollens",
        "sitecustomize",
    }


@pytest.mark.parametrize(
    "command",
    [
        "import tollens.commands.browse as b; b.claims(None)",
        "import tollens.commands.browse as b; b.show('ADA-05')",
        "import pytest; pytest.main('--collect-only -qq -p no:cacheprovider tests/adaboost/test_claims.py'.split())",
    ],
)
def test_listing_does_not_import_torch(command: str) -> None:
    last = python(f"{command}\nimport sys; print('torch' in sys.modules)").splitlines()[-1]

    assert last == "False"


def test_the_hypothesis_profiles_are_ours_under_ci_too() -> None:
    code = """
from hypothesis import settings
from theory.core import search
for name, profile in search.PROFILES.items():
    s = settings.get_profile(f"tollens-{name}")
    print(s.max_examples == profile.examples, s.derandomize, s.database, s.deadline, s.print_blob)
"""

    assert set(python(code, CI="true").splitlines()) == {"True False None None False"}


def test_the_users_hypothesis_profile_is_left_alone() -> None:
    code = """
from hypothesis import settings
settings.register_profile("mine", max_examples=7)
settings.load_profile("mine")
from theory.core import search
print(settings().max_examples)
"""

    assert python(code).strip() == "7"
