from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theory.core.chance import (
    FALSE_ALARM,
    Account,
    binomial_p_value,
    binomial_sample_size,
    dkw_distance,
    hoeffding_distance,
)


@given(st.integers(1, 30), st.integers(0, 16), st.floats(1e-6, 1.0))
def test_the_binomial_test_keeps_its_level(n: int, sixteenths: int, level: float) -> None:
    """The probability of rejecting a true p, computed exactly, never exceeds the level (plus SciPy's own rounding)."""
    p = Fraction(sixteenths, 16)
    p_values = binomial_p_value(np.arange(n + 1), n, float(p))

    rejected = [k for k in range(n + 1) if p_values[k] < level * (1 - 2.0**-30)]
    probability = sum((comb(n, k) * p**k * (1 - p) ** (n - k) for k in rejected), Fraction(0))

    assert probability <= level


def test_the_p_value_of_the_expected_count_is_one() -> None:
    assert binomial_p_value(50, 100, 0.5) == 1.0


def test_the_sample_size_has_the_power_that_was_asked_for() -> None:
    n = binomial_sample_size(0.4, 0.5, level=1e-6, power=0.99)

    rejected = binomial_p_value(np.arange(n + 1), n, 0.5) < 1e-6
    pmf = np.array([comb(n, k) * Fraction(2, 5) ** k * Fraction(3, 5) ** (n - k) for k in range(n + 1)], dtype=float)
    assert pmf[rejected].sum() >= 0.99


def test_a_sample_size_needs_a_difference() -> None:
    with pytest.raises(ValueError, match="two different probabilities"):
        binomial_sample_size(0.5, 0.5, level=1e-6, power=0.9)


def test_the_account_is_never_overdrawn() -> None:
    account = Account(judgements=7)

    assert account.level(tests=13) * 13 * 7 <= FALSE_ALARM * (1 + 2.0**-50)
    assert Account(judgements=0).share == FALSE_ALARM


def test_a_judgement_without_tests_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 test, got 0"):
        Account(1).level(0)


@given(st.integers(1, 10**6), st.floats(1e-12, 0.5))
def test_distances_shrink_with_the_sample_and_grow_with_the_width(n: int, level: float) -> None:
    assert dkw_distance(4 * n, level) <= dkw_distance(n, level) / 2 * (1 + 2.0**-50)
    assert hoeffding_distance(n, level, width=3.0) == 3.0 * dkw_distance(n, level)
