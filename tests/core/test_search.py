from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import settings

from tests.core.toy import DOMAIN
from theory.core.search import PROFILES, Draw, explore


def search(margin: object, seed: int = 0, profile: str = "quick") -> Draw | None:
    until = time.monotonic() + 10
    return explore(DOMAIN, margin, profile=PROFILES[profile], seed=seed, until=until)  # type: ignore[arg-type]


def test_every_regime_is_tried_before_hypothesis_begins() -> None:
    seen: list[str] = []

    search(lambda draw: seen.append(draw.regime) or 0.0)

    assert seen[:2] == ["integers", "generic"]


def test_nothing_is_found_where_nothing_fails() -> None:
    assert search(lambda draw: 1.0) is None


def test_a_failing_shape_is_shrunk_to_the_smallest_that_fails() -> None:
    found = search(lambda draw: 2.0 if dict(draw.shape)["n"] >= 9 else 0.5, profile="standard")

    assert found is not None
    assert dict(found.shape)["n"] == 9


def test_the_search_climbs_towards_larger_margins() -> None:
    """A margin that grows with n is driven to the end of its range, where it exceeds 1."""
    found = search(lambda draw: dict(draw.shape)["n"] / 11.5, profile="standard")

    assert found is not None
    assert dict(found.shape)["n"] == 12


def test_the_same_seed_searches_the_same_draws() -> None:
    def drawn(seed: int) -> list[Draw]:
        seen: list[Draw] = []
        search(lambda draw: seen.append(draw) or 0.0, seed=seed)
        return seen

    assert drawn(5) == drawn(5)
    assert drawn(5) != drawn(6)


def test_a_search_whose_time_is_up_ends_at_once() -> None:
    calls: list[Draw] = []

    found = explore(
        DOMAIN, lambda draw: calls.append(draw) or 0.0, profile=PROFILES["deep"], seed=0, until=time.monotonic() - 1
    )

    assert found is None
    assert len(calls) == 1


def test_what_the_first_batch_loads_does_not_count_as_searching(monkeypatch: pytest.MonkeyPatch) -> None:
    profile, now = replace(PROFILES["quick"], seconds=0.05), [0.0]
    calls: list[Draw] = []
    monkeypatch.setattr("theory.core.search.time", SimpleNamespace(monotonic=lambda: now[0]))

    def margin(draw: Draw) -> float:
        calls.append(draw)
        now[0] += 0.2 if len(calls) == 1 else 0
        return 0.0

    explore(DOMAIN, margin, profile=profile, seed=0, until=10)

    assert len(calls) > len(DOMAIN.regimes)


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_never_reads_the_example_database(name: str) -> None:
    assert settings.get_profile(f"tollens-{name}").database is None
