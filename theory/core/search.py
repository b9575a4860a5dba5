"""The search for a counterexample: Hypothesis chooses shape, regime and seed and pushes the margin upwards.

A case drawn entry by entry costs Hypothesis milliseconds; a seed costs microseconds and fills a thousand lanes. So
Hypothesis decides what is structural and NumPy fills in the numbers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings, target
from hypothesis import seed as hypothesis_seed
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

from theory.core.domain import Domain

SHRINK_SECONDS = 2.0
"""How long Hypothesis may look for a smaller shape, regime and seed; the batched shrinker does the rest."""


@dataclass(frozen=True)
class Profile:
    """How hard to search: Hypothesis examples, lanes in each, and seconds for one claim on one subject."""

    name: str
    examples: int
    lanes: int
    seconds: float


PROFILES = {
    "glance": Profile("glance", 3, 32, 3.0),
    "quick": Profile("quick", 10, 32, 4.0),
    "standard": Profile("standard", 20, 128, 4.0),
    "deep": Profile("deep", 400, 512, 300.0),
}

for _profile in PROFILES.values():
    # Every setting that Hypothesis would otherwise take from CI=true or from the user's own profile is fixed here.
    settings.register_profile(
        f"tollens-{_profile.name}",
        settings(
            max_examples=_profile.examples,
            database=None,
            deadline=None,
            derandomize=False,
            print_blob=False,
            report_multiple_bugs=False,
            phases=(Phase.generate, Phase.target, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )


@dataclass(frozen=True)
class Draw:
    """One choice of the search: it names a whole batch of cases."""

    shape: tuple[tuple[str, int], ...]
    regime: str
    seed: int


class _Refuted(Exception):
    """Tells Hypothesis that this draw holds a counterexample."""


def explore(
    domain: Domain, margin: Callable[[Draw], float], *, profile: Profile, seed: int, until: float
) -> Draw | None:
    """Search for a draw with margin > 1; returns the smallest found, or None.

    Each regime is tried once in a middling shape, so that none is left out; then Hypothesis explores. `margin` may
    be −inf where a batch says nothing. The search winds down after the profile's seconds, which count from the end of
    the first batch (what the oracles and the subject import is loaded by then), and at the latest at `until`, a
    `time.monotonic` instant.
    """
    rng = np.random.default_rng(seed)
    for place, regime in enumerate(domain.regimes):
        middle = tuple((name, (low + high + 1) // 2) for name, (low, high) in domain.shapes.items())
        first = Draw(middle, regime, int(rng.integers(2**32)))
        if margin(first) > 1:
            return first
        if place == 0:
            until = min(until, time.monotonic() + profile.seconds)
        if time.monotonic() > until:
            return None
    return _hypothesis(domain, margin, profile=profile, seed=seed, until=until)


def _hypothesis(
    domain: Domain, margin: Callable[[Draw], float], *, profile: Profile, seed: int, until: float
) -> Draw | None:
    failing: set[Draw] = set()
    smallest: Draw | None = None  # Hypothesis replays its smallest example last
    failed_at = math.inf

    @settings(settings.get_profile(f"tollens-{profile.name}"))
    @hypothesis_seed(seed)
    @given(
        shape=st.fixed_dictionaries({name: st.integers(*ends) for name, ends in domain.shapes.items()}),
        regime=st.sampled_from(domain.regimes),
        number=st.integers(0, 2**32 - 1),
    )
    def search(shape: dict[str, int], regime: str, number: int) -> None:
        nonlocal failed_at, smallest
        draw = Draw(tuple(shape.items()), regime, number)
        late = time.monotonic() > min(until, failed_at + SHRINK_SECONDS)
        found = math.inf if draw in failing else -math.inf if late else margin(draw)
        if found > 1:  # one place to raise: Hypothesis tells failures apart by their line
            failing.add(draw)
            smallest, failed_at = draw, min(failed_at, time.monotonic())
            raise _Refuted
        if 0 < found < math.inf:
            target(math.log10(found), label="log10 of the margin")

    try:
        search()
    except _Refuted:
        return smallest
    except (HypothesisException, BaseExceptionGroup):
        if smallest is None:
            raise
        return smallest
    return None
