"""Averages over every noise and every mask against fractions by hand, and statistics against their exact laws."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from theory.core.bound import U64
from theory.core.domain import Domain
from theory.overfitting import (
    claims_bases,
    claims_double_descent,
    claims_dropout,
    claims_early_stopping,
    claims_left_out,
    claims_leverage,
    claims_minimum_norm,
    claims_optimism,
    claims_samples,
)
from theory.overfitting import oracle_enumeration as enumeration
from theory.overfitting.cases_fitting import FITS
from theory.overfitting.data import diabetes

DOMAINS = {
    "fits": FITS,
    "nodes": claims_bases.NODES,
    "interpolation": claims_bases.INTERPOLATION,
    "hats": claims_leverage.HAT_DOMAIN,
    "left out": claims_left_out.LEFT_OUT_DOMAIN,
    "noisy": claims_optimism.NOISY,
    "criteria": claims_optimism.CRITERIA,
    "predictions": claims_optimism.PREDICTIONS,
    "any rank": claims_minimum_norm.ANY_RANK,
    "curves": claims_minimum_norm.CURVES,
    "descents": claims_early_stopping.DESCENTS,
    "shaken": claims_dropout.SHAKEN,
    "problems": claims_samples.PROBLEMS,
    "dropouts": claims_samples.DROPOUTS,
    "risks": claims_double_descent.RISKS,
}
REGIMES = [(domain, regime) for domain in DOMAINS.values() for regime in domain.regimes]
NAMES = [f"{name}: {regime}" for name, domain in DOMAINS.items() for regime in domain.regimes]


def test_every_noise_comes_once() -> None:
    assert sorted(map(tuple, enumeration.signs(3).tolist())) == sorted(itertools.product((-1.0, 1.0), repeat=3))


def test_the_mean_of_two_rows_is_half_as_optimistic_as_the_noise() -> None:
    """H = ½ everywhere, B² = ((0 − 2)∕2)² = 1, σ² = 9: 1 + 9 ∕ 2 and 1 + 9 · 3 ∕ 2."""
    hat, mean = np.full((1, 2, 2), 0.5), np.array([[0.0, 2.0]])
    training, in_sample = enumeration.risks(hat, mean, np.array([3.0]))

    assert (training[0], in_sample[0]) == (1 + 4.5, 1 + 13.5)


def test_masks_weigh_as_likely_as_they_are() -> None:
    x, y, w, keep = [[1, 2], [3, -1]], [2, 1], [1, -2], Fraction(1, 4)
    total = Fraction(0)
    for mask in itertools.product((0, 1), repeat=4):
        chance = math.prod((keep if m else 1 - keep) for m in mask)
        kept = [sum(mask[2 * i + j] * x[i][j] / keep * w[j] for j in range(2)) for i in range(2)]
        total += chance * sum((y[i] - kept[i]) ** 2 for i in range(2))
    arrays = (np.array([part], dtype=np.float64) for part in (x, y, w, float(keep)))

    assert enumeration.masked(*arrays).tolist() == [float(total)]


def test_noise_in_the_inputs_is_added_with_either_sign() -> None:
    x, y, w, deviation = [[1, 2]], [2], [1, -2], 3
    errors = [
        (y[0] - sum((x[0][j] + deviation * s[j]) * w[j] for j in range(2))) ** 2
        for s in itertools.product((-1, 1), repeat=2)
    ]
    arrays = (np.array([part], dtype=np.float64) for part in (x, y, w, deviation))

    assert enumeration.shaken(*arrays).tolist() == [sum(errors) / 4]


def test_a_sum_of_squares_is_as_unlikely_as_its_law_says() -> None:
    total = np.array([1.0, 5.0, 30.0])
    expected = 2 * np.minimum(stats.chi2.cdf(total, 5), stats.chi2.sf(total, 5))
    found = claims_samples.both_tails(total, 5, np.zeros(3))

    assert (np.abs(found - expected) <= 64 * U64).all()


def test_rounding_only_forgives() -> None:
    total = np.array([1.0, 5.0, 30.0])
    plain, forgiving = (claims_samples.both_tails(total, 5, np.full(3, off)) for off in (0.0, 0.1))

    assert (forgiving >= plain).all()


def test_a_distance_is_that_of_kolmogorov_and_smirnov() -> None:
    values = np.random.default_rng(5).random(200)
    found = claims_double_descent.distance(values, values)

    assert abs(found - float(stats.kstest(values, "uniform").statistic)) <= 64 * U64


def test_an_interval_is_as_near_as_its_kinder_end() -> None:
    assert claims_double_descent.distance(np.array([0.0, 0.0]), np.array([1.0, 1.0])) == 0.0


def test_the_diabetes_study_is_as_it_was_published() -> None:
    x, y = diabetes()

    assert (x.shape, y.shape) == ((442, 10), (442,))
    assert (y.min(), y.max()) == (25.0, 346.0)


def valid_share(domain: Domain, regime: str, dtype: str) -> float:
    """Share of valid lanes of eight batches."""
    drawn = []
    for seed in range(8):
        generator = np.random.default_rng(seed)
        shape = {name: int(generator.integers(low, high + 1)) for name, (low, high) in domain.shapes.items()}
        cases = replace(domain.draw(generator, shape, regime, 16), dtype=dtype).rounded()
        drawn.append(domain.valid(cases))
    return float(np.concatenate(drawn).mean())


@pytest.mark.parametrize(("domain", "regime"), REGIMES, ids=NAMES)
def test_most_of_what_a_regime_draws_is_inside_its_domain(domain: Domain, regime: str) -> None:
    assert valid_share(domain, regime, "float64") >= 1 / 2


@pytest.mark.parametrize(("domain", "regime"), REGIMES, ids=NAMES)
def test_what_a_regime_draws_is_inside_its_domain_in_float32_too(domain: Domain, regime: str) -> None:
    if regime == "monomial: many":
        pytest.skip("14 powers are dependent in float32")

    assert valid_share(domain, regime, "float32") >= 1 / 4
