from __future__ import annotations

import math

import numpy as np
import pytest

from theory.core.bound import ZERO, absolute
from theory.core.gap import at_most, equal, exactly

ONE = absolute(1.0, "1")


def test_the_margin_is_the_worst_excess_over_the_bound_in_each_lane() -> None:
    gap = equal("x", [[1.0, 2.0], [0.0, 0.0]], [[1.5, 4.0], [0.0, 0.0]], ONE)

    np.testing.assert_array_equal(gap.margin, [2.0, 0.0])
    assert gap.worst_entry(0) == (1,)


def test_an_inequality_counts_only_what_is_too_much() -> None:
    np.testing.assert_array_equal(at_most("x", [3.0, 1.0], [1.0, 3.0], ONE).margin, [2.0, 0.0])


def test_equality_without_tolerance_is_infinitely_violated_by_any_difference() -> None:
    np.testing.assert_array_equal(exactly("x", [1.0, 1.0], [1.0, math.nextafter(1.0, 2.0)]).margin, [0.0, math.inf])


def test_equal_infinities_are_equal_and_opposite_ones_are_not() -> None:
    np.testing.assert_array_equal(equal("x", [math.inf, math.inf], [math.inf, -math.inf], ONE).margin, [0.0, math.inf])


def test_entries_outside_where_say_nothing() -> None:
    gap = equal("x", [[9.0, 1.0], [9.0, 9.0]], [[1.0, 1.0], [1.0, 1.0]], ONE, where=[[False, True], [False, False]])

    np.testing.assert_array_equal(gap.margin, [0.0, math.nan])


def test_a_lane_without_entries_says_nothing() -> None:
    assert math.isnan(equal("x", np.zeros((1, 0)), np.zeros((1, 0)), ONE).margin[0])


def test_a_gap_needs_a_lane_axis() -> None:
    with pytest.raises(ValueError, match="'x' has no lane axis"):
        equal("x", 1.0, 1.0, ZERO)


def test_integers_that_floats_cannot_hold_are_refused() -> None:
    with pytest.raises(ValueError, match=r"above 2\*\*53"):
        exactly("x", np.array([2**53 + 1]), np.array([2**53]))


def test_a_difference_too_large_for_a_float_is_an_infinite_margin_and_no_warning() -> None:
    gap = equal("x", [1e300, 1.7e308], [-1e300, -1.7e308], absolute(1e-300, "tiny"))

    np.testing.assert_array_equal(gap.margin, [math.inf, math.inf])
