"""Nobody types a tolerance, and no bound is so wide that nothing comes near it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from impl import catalogue
from theory.core import registry
from theory.core.bound import ZERO
from theory.core.judge import Setup, judge
from theory.core.search import PROFILES

ROOT = Path(__file__).parents[2]
BANNED_KEYWORDS = {"atol", "rtol", "rel_tol", "abs_tol"}
BANNED_NAMES = {"approx", "allclose", "isclose", "assert_allclose", "assert_almost_equal", "assert_array_almost_equal"}
REACHED = 1 / 1000
NUMERIC = [
    claim
    for system in registry.systems()
    for claim in registry.claims(system)
    if claim.kind not in ("exact", "statistical") and not claim.id.startswith("XC-")
]


def typed_tolerances(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        keywords = {k.arg for k in node.keywords} if isinstance(node, ast.Call) else set()
        called = {node.attr} if isinstance(node, ast.Attribute) else {node.id} if isinstance(node, ast.Name) else set()
        if keywords & BANNED_KEYWORDS or called & BANNED_NAMES:
            found.append(f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}")
    return found


@pytest.mark.parametrize("room", ["theory", "tests", "impl"])
def test_nobody_types_a_tolerance(room: str) -> None:
    assert [place for path in sorted((ROOT / room).rglob("*.py")) for place in typed_tolerances(path)] == []


@pytest.mark.parametrize("claim", NUMERIC, ids=lambda claim: claim.id)
def test_some_case_comes_within_a_thousandth_of_the_bound(claim: registry.Claim) -> None:
    if claim.slack_reason:
        pytest.skip(claim.slack_reason)
    subject = catalogue.ours(registry.system_of(claim.id))
    seen = [judge(claim, subject, Setup(profile=PROFILES["quick"], dtype=dtype)) for dtype in ("float64", "float32")]

    exact = all(verdict.margin_terms == ZERO.terms for verdict in seen)
    assert exact or max(verdict.margin or 0.0 for verdict in seen) >= REACHED
