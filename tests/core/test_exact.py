from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theory.core.exact import ball, middle, rational, rationals, total
from theory.core.quotient import as_set, up_to_order, up_to_scale

FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@given(FLOATS)
def test_a_float_is_its_rational_and_its_ball_contains_it(value: float) -> None:
    assert float(rational(value)) == value
    assert middle(ball(value)) == value
    assert ball(value).contains(ball(rational(value)))


@given(st.lists(FLOATS, max_size=8))
def test_the_exact_total_rounds_to_the_correctly_rounded_sum(values: list[float]) -> None:
    exact = total(rationals(np.array(values)))

    assert exact == sum((Fraction(v) for v in values), Fraction(0))
    if abs(exact) < Fraction(2) ** 1000:
        assert float(exact) == math.fsum(values)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_has_no_rational(value: float) -> None:
    with pytest.raises(ValueError, match="has no rational value"):
        rational(value)


def test_vectors_are_compared_up_to_a_positive_factor() -> None:
    a = np.array([[1.0, 3.0], [0.0, 0.0]])

    np.testing.assert_array_equal(up_to_scale(a), up_to_scale(4 * a))
    assert not np.array_equal(up_to_scale(a), up_to_scale(-a))


def test_multisets_and_sets_forget_the_order() -> None:
    np.testing.assert_array_equal(up_to_order(np.array([[3.0, 1.0]])), up_to_order(np.array([[1.0, 3.0]])))
    np.testing.assert_array_equal(as_set(np.array([[2, 0, 2]]), 3), [[True, False, True]])
