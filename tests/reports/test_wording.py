from __future__ import annotations

import pytest

from tollens.evidence import Number
from tollens.wording import count, duration, exact, listing, pair, plural, short


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "–"),
        (0.0, "0"),
        (0.23, "0.23"),
        (0.8251, "0.825"),
        (12.34, "12.3"),
        (-0.5, "−0.5"),
        (3, "3"),
        (1e-9, "10⁻⁹"),
        (1.25e-15, "1.25 × 10⁻¹⁵"),
        (-2e20, "−2 × 10²⁰"),
        (12345, "12\u202f345"),
        ("inf", "∞"),
        ("-inf", "−∞"),
        ("nan", "NaN"),
    ],
)
def test_a_number_is_short(value: Number | None, words: str) -> None:
    assert short(value) == words


@pytest.mark.parametrize(
    ("value", "words"), [(0.1, "0.1"), (2.0, "2"), (True, "True"), ("inf", "∞"), (1e-300, "1e-300")]
)
def test_a_number_of_a_counterexample_has_every_digit(value: object, words: str) -> None:
    assert exact(value) == words


def test_two_sides_show_every_digit_only_where_they_agree_in_the_first() -> None:
    assert pair(1.0, 1.0000000000000002) == ("1", "1.0000000000000002")
    assert pair(0.6931471805599453, 0.34657359027997264) == ("0.693147", "0.346574")
    assert pair("nan", 1.0) == ("NaN", "1")


def test_times_lists_and_counts_read_as_words() -> None:
    assert [duration(s) for s in (0.84, 93.1, 720, 7500)] == ["0.8 s", "93 s", "12 min", "2 h 5 min"]
    assert [listing("ABC"[:n]) for n in range(4)] == ["", "A", "A and B", "A, B and C"]
    assert listing("ABCDE", 3) == "A, B and 3 more"
    assert [plural(n, "claim") for n in (1, 2)] == ["1 claim", "2 claims"]
    assert count(1234567) == "1\u202f234\u202f567"
