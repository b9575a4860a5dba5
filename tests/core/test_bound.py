from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theory.core.bound import Bound, absolute, gamma, rounding, unit


@given(st.integers(1, 10**6), st.sampled_from([2.0**-53, 2.0**-24]))
def test_gamma_is_n_u_over_one_minus_n_u(n: int, u: float) -> None:
    exact = n * Fraction(u) / (1 - n * Fraction(u))

    assert abs(Fraction(float(gamma(n, u))) / exact - 1) <= 4 * Fraction(2) ** -53


def test_gamma_refuses_what_the_theory_says_nothing_about() -> None:
    with pytest.raises(ValueError, match="n u < 1, got n u = 1"):
        gamma(2**24, 2.0**-24)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_a_sum_errs_by_at_most_gamma_times_the_sum_of_magnitudes(values: list[float]) -> None:
    x = np.array(values)
    exact = sum((Fraction(v) for v in values), Fraction(0))

    error = abs(Fraction(float(x.sum())) - exact)

    assert error <= Fraction(float(gamma(len(values), unit("float64")))) * sum(abs(Fraction(v)) for v in values)


def test_the_unit_roundoff_belongs_to_dtype_and_device() -> None:
    assert unit("float64") == 2.0**-53
    assert unit("float32", "sim") == 2.0**-23
    assert unit("tf32", "cuda") == 2.0**-9


@pytest.mark.parametrize(("dtype", "device"), [("int64", "cpu"), ("float64", "tpu")])
def test_an_unknown_dtype_or_device_is_named(dtype: str, device: str) -> None:
    with pytest.raises(ValueError, match=f"dtype '{dtype}' on device '{device}'"):
        unit(dtype, device)


def test_bounds_add_up_in_value_and_words() -> None:
    total = rounding(3, 2.0**-53, "γ(3) x", [2.0]) + absolute([1.0], "slope")

    assert total.terms == "γ(3) x + slope"
    assert total.value[0] == 1.0 + 2 * gamma(3, 2.0**-53)


def test_a_bound_scales_with_a_magnitude() -> None:
    assert Bound(np.array([2.0]), "b").scaled([-3.0], "|x|") == Bound(np.array([6.0]), "(b) |x|")
