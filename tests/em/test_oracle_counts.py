"""The oracles of coins and multinomials against rationals by hand, plain sums, and derivatives taken another way."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray

from theory.core.bound import U64
from theory.em import oracle_counts as oracle
from theory.em import oracle_rate as rate
from theory.em.cases_counts import (
    COIN_REGIMES,
    COINS,
    MULTINOMIAL_REGIMES,
    MULTINOMIALS,
    PATHS,
    as_counts,
    valid_both,
    valid_coins,
    valid_multinomials,
)
from theory.em.claims_rate import RATES

Floats = NDArray[np.float64]
DIGITS = 40
ROUNDED = 2.0**-46
"""Two values of size at most 64, each rounded to float64."""


def rng() -> np.random.Generator:
    return np.random.default_rng(13)


def fractions(values: NDArray[np.float64]) -> list[Fraction]:
    return [Fraction(float(v)) for v in values]


def by_hand(heads: list[int], tosses: list[int], pi: list[Fraction], theta: list[Fraction]) -> list[Fraction]:
    """θ after one step, in Python's fractions and straight from the definition."""
    shares = []
    for h, n in zip(heads, tosses, strict=True):
        joint = [w * p**h * (1 - p) ** (n - h) for w, p in zip(pi, theta, strict=True)]
        shares.append([value / sum(joint) for value in joint])
    return [
        sum((r[k] * h for r, h in zip(shares, heads, strict=True)), Fraction(0))
        / sum((r[k] * n for r, n in zip(shares, tosses, strict=True)), Fraction(0))
        for k in range(len(theta))
    ]


def test_the_articles_step_has_the_articles_digits() -> None:
    cases = COINS.draw(rng(), {"m": 1, "k": 1}, "article", 1)

    step = oracle.exact_steps(cases)[0]

    assert [round(float(row[0]), 2) for row in step.beta] == [0.71, 0.58]
    assert [f"{float(row[0]):.5f}" for row in step.beta] == ["0.71301", "0.58134"]


def test_ten_steps_of_the_articles_example_end_where_it_says() -> None:
    cases = COINS.draw(rng(), {"m": 1, "k": 1}, "article", 1)
    pi, theta = fractions(cases["pi"][0]), [Fraction(3, 5), Fraction(1, 2)]
    for _ in range(10):  # floats between the steps, exact within each
        theta = [Fraction(float(p)) for p in by_hand([5, 9, 8, 4, 7], [10] * 5, pi, theta)]

    assert [f"{float(p):.2f}" for p in theta] == ["0.80", "0.52"]


def test_equal_coins_jump_to_the_share_of_heads() -> None:
    half = Fraction(1, 2)

    assert by_hand([5, 9, 8, 4, 7], [10] * 5, [half, half], [half, half]) == [Fraction(33, 50)] * 2


@pytest.mark.parametrize("regime", ["fixed-weights", "unequal", "complement", "any-theta"])
def test_the_exact_step_is_the_definition_in_fractions(regime: str) -> None:
    cases = COINS.draw(rng(), {"m": 4, "k": 2}, regime, 4)

    for lane, step in enumerate(oracle.exact_steps(cases)):
        pi, theta = fractions(cases["pi"][lane]), fractions(cases["theta"][lane])
        heads, tosses = ([int(v) for v in cases[name][lane]] for name in ("heads", "tosses"))
        expected = by_hand(heads, tosses, [p / sum(pi) for p in pi], theta)
        assert [Fraction(int(row[0].p), int(row[0].q)) for row in step.beta] == expected


def test_a_coin_that_nothing_belongs_to_keeps_its_theta() -> None:
    cases = COINS.draw(rng(), {"m": 4, "k": 3}, "nobody", 8)

    for lane, step in enumerate(oracle.exact_steps(cases)):
        assert float(step.taken[-1]) == 0
        assert float(step.beta[-1][0]) == cases["theta"][lane, -1]


def test_the_evidence_is_a_sum_over_every_way_to_choose_components_and_counts_its_coefficient() -> None:
    cases = MULTINOMIALS.draw(rng(), {"m": 3, "k": 2, "v": 3}, "generic", 3)

    for lane, step in enumerate(oracle.exact_steps(cases)):
        pi, beta, counts = cases["pi"][lane], cases["beta"][lane], cases["counts"][lane]
        total = Fraction(0)
        for owners in itertools.product(range(2), repeat=3):
            ways = Fraction(1)
            for row, k in zip(counts, owners, strict=True):
                ways *= Fraction(float(pi[k])) * math.factorial(int(row.sum()))
                for x, p in zip(row, beta[k], strict=True):
                    ways *= Fraction(float(p)) ** int(x) / math.factorial(int(x))
            total += ways
        assert math.prod(Fraction(int(e.p), int(e.q)) for e in step.evidence) == total


def test_log_likelihoods_by_balls_are_those_of_forty_digits() -> None:
    cases = PATHS.draw(rng(), {"m": 4, "k": 2, "v": 3, "steps": 1}, "any-theta", 4)
    coins = oracle.log_path(as_counts(replace(cases, arrays=_without_counts(cases))), cases["pi"][:, None], None,
                            cases["theta"][:, None])  # fmt: skip
    rows = oracle.log_path(cases["counts"], cases["pi"][:, None], cases["beta"][:, None], None)

    with mpmath.workdps(DIGITS):
        for lane in range(cases.lanes):
            theta = [(mpmath.mpf(p), 1 - mpmath.mpf(p)) for p in cases["theta"][lane]]
            heads = np.stack([cases["heads"][lane], cases["tosses"][lane] - cases["heads"][lane]], axis=1)
            assert abs(float(coins[lane][0].mid()) - _slow(heads, cases["pi"][lane], theta)) <= ROUNDED
            beta = [[mpmath.mpf(p) / sum(mpmath.mpf(q) for q in row) for p in row] for row in cases["beta"][lane]]
            assert abs(float(rows[lane][0].mid()) - _slow(cases["counts"][lane], cases["pi"][lane], beta)) <= ROUNDED


def _without_counts(cases: object) -> dict[str, Floats]:
    return {name: value for name, value in cases.arrays.items() if name not in ("counts", "beta")}  # type: ignore[attr-defined]


def _slow(counts: Floats, pi: Floats, beta: list[object]) -> float:
    total, norm = mpmath.mpf(0), sum(mpmath.mpf(p) for p in pi)
    for row in counts:
        value = mpmath.mpf(0)
        for weight, ps in zip(pi, beta, strict=True):
            term = mpmath.mpf(weight) / norm
            for x, p in zip(row, ps, strict=True):  # type: ignore[call-overload]
                term *= p ** int(x) / mpmath.factorial(int(x))
            value += term
        total += mpmath.log(value * mpmath.factorial(int(row.sum())))
    return float(total)


def test_a_step_moves_by_its_jacobian_when_theta_moves_a_little() -> None:
    cases = RATES.draw(rng(), {"m": 4, "k": 2}, "anywhere", 4)

    for lane in range(cases.lanes):
        found = rate.exact_rate(cases, lane)
        for j in range(2):
            away = [Fraction(0), Fraction(0)]
            away[j] = Fraction(1, 2**60)
            pi, theta = fractions(cases["pi"][lane]), fractions(cases["theta"][lane])
            heads, tosses = ([int(v) for v in cases[name][lane]] for name in ("heads", "tosses"))
            ends = [
                by_hand(heads, tosses, pi, [p + sign * a for p, a in zip(theta, away, strict=True)]) for sign in (1, -1)
            ]
            slopes = [float((up - down) * 2**59) for up, down in zip(*ends, strict=True)]
            size = 1 + np.abs(found.jacobian[:, j]).max()
            assert np.abs(np.array(slopes) - found.jacobian[:, j]).max() <= 4 * U64 * size


def test_one_coins_jacobian_is_zero() -> None:
    cases = RATES.draw(rng(), {"m": 4, "k": 1}, "anywhere", 4)

    assert [rate.exact_rate(cases, lane).jacobian.tolist() for lane in range(4)] == [[[0.0]]] * 4


def test_the_complete_and_observed_informations_are_second_derivatives() -> None:
    cases = RATES.draw(rng(), {"m": 5, "k": 2}, "maximum-article", 1)
    heads, tosses, pi, theta = (cases[name][0] for name in ("heads", "tosses", "pi", "theta"))

    with mpmath.workdps(DIGITS):

        def likelihood(a: mpmath.mpf, b: mpmath.mpf) -> mpmath.mpf:
            return mpmath.fsum(
                mpmath.log(sum(w * p ** int(h) * (1 - p) ** int(n - h) for w, p in zip(pi, (a, b), strict=True)))
                for h, n in zip(heads, tosses, strict=True)
            )

        at = tuple(mpmath.mpf(p) for p in theta)
        second = [[float(mpmath.diff(likelihood, at, n)) for n in row] for row in (((2, 0), (1, 1)), ((1, 1), (0, 2)))]
    found = rate.exact_rate(cases, 0)

    observed = found.scale[:, None] * (np.eye(2) - found.fixed)
    assert np.abs(observed + np.array(second)).max() <= 64 * U64 * found.scale.max()


@pytest.mark.parametrize("regime", ["maximum", "maximum-article", "maximum-not-tossed"])
def test_the_polished_start_is_a_strict_maximum_in_most_lanes(regime: str) -> None:
    cases = RATES.draw(rng(), {"m": 5, "k": 2}, regime, 32)

    rates = [rate.exact_rate(cases, lane) for lane in range(32)]
    steps = oracle.exact_steps(cases)
    still = [
        np.abs(oracle.rounded([row[0] for row in step.beta]) - cases["theta"][lane]).max() <= 2.0**-48
        for lane, step in enumerate(steps)
    ]

    assert sum(still) >= 24
    assert sum(bool(np.isfinite(found.drift).all()) for found in rates) >= 24


@pytest.mark.parametrize("regime", COIN_REGIMES)
@pytest.mark.parametrize("k", [1, 2, 3])
def test_every_regime_of_coins_draws_valid_cases(regime: str, k: int) -> None:
    for m in (1, 2, 6):
        assert valid_coins(COINS.draw(rng(), {"m": m, "k": k}, regime, 16)).all()
        assert valid_both(PATHS.draw(rng(), {"m": m, "k": k, "v": 2, "steps": 1}, regime, 16)).all()


@pytest.mark.parametrize("regime", MULTINOMIAL_REGIMES)
@pytest.mark.parametrize("v", [1, 2, 4])
def test_every_regime_of_multinomials_draws_valid_cases(regime: str, v: int) -> None:
    for m, k in ((1, 1), (2, 2), (6, 3)):
        assert valid_multinomials(MULTINOMIALS.draw(rng(), {"m": m, "k": k, "v": v}, regime, 16)).all()


def test_a_coin_of_no_interest_says_that_its_sums_are_zero() -> None:
    cases = COINS.draw(rng(), {"m": 3, "k": 2}, "nobody", 4)

    assert np.isneginf(oracle.sizes_of(cases).log_sums[:, -1]).all()
    assert (oracle.sizes_of(cases).share > 0).all()
