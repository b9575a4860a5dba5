"""The oracles of the closed forms against hand values, enumeration and other mathematics."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from theory.core.bound import U64, gamma
from theory.core.claim import Answer
from theory.core.domain import Cases
from theory.transport import cases_closed, cases_gaussian
from theory.transport.myths_closed import CLOSED_MYTHS, check_unbiased
from theory.transport.oracle_closed import (
    barycentre,
    bures_cross,
    cost,
    enclosure,
    entropies,
    line_costs,
    line_unit,
    measure,
    nuclear_norm,
    pieces,
)


def near(found: float, exact: float, roundings: int = 8) -> bool:
    return bool(abs(found - exact) <= gamma(roundings, U64) * abs(exact))


def test_a_merge_cuts_at_every_level() -> None:
    mu, nu = measure([3, 0, 7], [1, 1, 0]), measure([1, 2], [1, 3])

    found = [(width, values) for width, values in pieces([mu, nu])]

    quarter = Fraction(1, 4)
    assert found == [(quarter, [0, 1]), (quarter, [0, 2]), (2 * quarter, [3, 2])]
    assert (cost(mu, nu, 1), cost(mu, nu, 2)) == (1.25, 1.75)
    assert near(cost(mu, nu, 1.5), 0.25 + 0.25 * 2**1.5 + 0.5)


@pytest.mark.parametrize("p", [1, 2, 3])
def test_the_merge_is_the_best_of_all_permutations(p: int) -> None:
    rng = np.random.default_rng(p)
    for _ in range(20):
        x, y = (rng.integers(-6, 7, 5).tolist() for _ in range(2))
        best = min(sum(abs(a - b) ** p for a, b in zip(x, order, strict=True)) for order in itertools.permutations(y))
        assert cost(measure(x, [1] * 5), measure(y, [1] * 5), p) == best / 5


def test_ties_repeats_and_order_do_not_matter() -> None:
    split, whole = measure([1, 0, 1, 5], [1, 2, 1, 0]), measure([0, 1], [1, 1])

    assert cost(split, whole, 1) == 0
    assert split.mass[-1] == whole.mass[-1] == 1


@pytest.mark.parametrize("regime", cases_closed.LINE)
def test_exact_costs_lie_between_plan_and_potentials(regime: str) -> None:
    drawn = cases_closed.draw_line(np.random.default_rng(1), {"n": 7, "m": 5}, regime, 12)
    unit = line_unit((drawn["x"], drawn["a"]), (drawn["y"], drawn["b"]))
    gaps = np.abs(drawn["x"][:, :, None] - drawn["y"][:, None, :]) / unit[:, None, None]

    exact = line_costs(drawn, unit)
    low, high = enclosure(drawn["a"], drawn["b"], gaps ** drawn.settings["p"], 12)

    slack = gamma(1000, U64)
    assert cases_closed.valid_line(drawn).all()
    assert cases_closed.valid_line(replace(drawn, dtype="float32").rounded()).all()
    assert (exact <= high + slack).all()
    assert (low <= exact + slack).all()
    assert (high - low <= 2 * slack).all()


def test_the_barycentre_has_the_mean_quantile_function_and_the_least_objective() -> None:
    mus, t = [measure([0, 4], [1, 1]), measure([10, 20], [1, 3])], [Fraction(1, 4), Fraction(3, 4)]

    best = barycentre(mus, t)

    def objective(points: list[Fraction]) -> float:
        nu = best._replace(points=points)
        return sum(float(share) * cost(nu, mu, 2) for share, mu in zip(t, mus, strict=True))

    assert best.points == [Fraction(15, 2), 15, 16]
    least = objective(best.points)
    for place, step in itertools.product(range(3), (Fraction(-1, 8), Fraction(1, 8))):
        moved = [x + step * (i == place) for i, x in enumerate(best.points)]
        assert objective(moved) > least


def test_cross_terms_of_covariances_agree_with_eigenvalues_and_formulas() -> None:
    rng = np.random.default_rng(3)
    A, B = (rng.integers(-3, 4, (3, 3)).astype(np.float64) for _ in range(2))
    flat, tilted = np.diag([1.0, 0.0]), np.ones((2, 2))

    assert near(bures_cross(flat, tilted), 1.0)
    assert near(bures_cross(np.diag([1.0, 4.0, 9.0]), np.diag([4.0, 1.0, 1.0])), 2 + 2 + 3)
    assert near(bures_cross(A @ A.T, B @ B.T), nuclear_norm(A.T @ B))
    assert near(nuclear_norm(np.array([[3.0, 0.0], [4.0, 5.0]])), math.sqrt(50 + 2 * 15))
    assert near(nuclear_norm(A), float(np.linalg.svd(A, compute_uv=False).sum()), 100)


def test_entropies_by_hand() -> None:
    disjoint = entropies(np.array([0.5, 0.5, 0.0]), np.array([0.0, 0.0, 1.0]))
    coins = entropies(np.array([0.5, 0.5]), np.array([0.25, 0.75]))

    assert near(disjoint[0], math.log(2))
    assert disjoint[1] == math.inf
    assert near(coins[1], math.log(2) - math.log(3) / 2)
    assert entropies(np.array([0.5, 0.5]), np.array([0.5, 0.5])) == (0, 0)


@pytest.mark.parametrize(("n", "bias"), [(1, 0.5), (2, 0.25), (4, 0.1875)])
def test_the_bias_of_a_mini_batch_of_coin_tosses_is_known_exactly(n: int, bias: float) -> None:
    coin = np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]])
    cases = Cases({"x": coin[0], "a": coin[1], "y": coin[0], "b": coin[1]}, {"p": 1.0, "sample": n}, dtype="float64")

    def exact(operation: str, asked: Cases) -> Answer:
        found = line_costs(asked, np.ones(asked.lanes))
        return Answer({"distance": found}, {"distance": "float64"}, exact)

    gap = check_unbiased(exact("wasserstein_1d", cases), cases)

    assert (gap.left[0], gap.right[0]) == (bias, 0)


def test_matching_in_order_costs_two_where_the_best_costs_the_root_of_two() -> None:
    myth = next(myth for myth in CLOSED_MYTHS if myth.id == "OT-M4")
    x, y = np.array([[0.0, 1.0]]), np.array([[1.0, 2.0]])
    C = np.sqrt(np.abs(x[:, :, None] - y[:, None, :]))
    best = Answer({"cost": np.array([math.sqrt(2)])}, {"cost": "float64"}, lambda operation, asked: best)

    gap = myth.check(best, Cases({"x": x, "y": y, "C": C}))

    assert not isinstance(gap, tuple)
    assert (gap.left[0], gap.right[0]) == (math.sqrt(2), 2)


@pytest.mark.parametrize("regime", cases_closed.FAMILY_DOMAIN.regimes)
def test_families_survive_rounding(regime: str) -> None:
    drawn = cases_closed.draw_family(np.random.default_rng(1), {"k": 3, "n": 4}, regime, 20)

    assert cases_closed.valid_family(drawn).all()
    assert cases_closed.valid_family(replace(drawn, dtype="float32").rounded()).all()


@pytest.mark.parametrize("regime", cases_closed.CLOUD_DOMAIN.regimes)
def test_clouds_survive_rounding(regime: str) -> None:
    drawn = cases_closed.draw_clouds(np.random.default_rng(1), {"n": 3, "m": 4, "d": 3, "k": 2}, regime, 20)

    assert cases_closed.valid_clouds(drawn).all()
    assert cases_closed.valid_clouds(replace(drawn, dtype="float32").rounded()).all()


@pytest.mark.parametrize("regime", cases_gaussian.COVARIANCE_DOMAIN.regimes)
def test_covariances_survive_rounding(regime: str) -> None:
    drawn = cases_gaussian.draw_covariances(np.random.default_rng(1), {"d": 3}, regime, 20)

    assert cases_gaussian.valid_covariances(drawn).all()
    assert cases_gaussian.valid_covariances(replace(drawn, dtype="float32").rounded()).all()


@pytest.mark.parametrize("regime", cases_gaussian.MOMENT_DOMAIN.regimes)
def test_moments_survive_rounding(regime: str) -> None:
    drawn = cases_gaussian.draw_moments(np.random.default_rng(1), {"n": 4, "m": 3, "d": 2}, regime, 20)

    assert cases_gaussian.valid_moments(drawn).all()
    assert cases_gaussian.valid_moments(replace(drawn, dtype="float32").rounded()).all()
