"""The closed forms of proximal points and projections against their definitions, searched on a grid of rationals."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from theory.core.bound import U64
from theory.regularization import oracle_prox as oracle
from theory.regularization.cases_prox import (
    BALL_REGIMES,
    PROJECTED,
    PROX,
    PROX_REGIMES,
    norm_of,
    valid_levels,
)
from theory.regularization.oracle_lasso import exact, exacts

GRID = [Fraction(k, 4) for k in range(-16, 17)]


def test_the_soft_threshold_is_best_on_a_grid() -> None:
    v, t, mu = Fraction(5, 2), Fraction(3, 4), Fraction(1)

    def objective(x: Fraction) -> Fraction:
        return (x - v) ** 2 / 2 + t * abs(x) + mu * x * x / 2

    best = min([*GRID, Fraction(7, 8)], key=objective)
    found = oracle.prox(np.array([[2.5]]), np.array([0.75]), np.array([1.0]), "l1")

    assert best == Fraction(7, 8)
    assert found.tolist() == [[0.875]]


def test_an_entry_on_the_threshold_is_zero() -> None:
    found = oracle.prox(np.array([[3.0, -3.0, 4.0]]), np.array([3.0]), np.array([0.0]), "l1")

    assert found.tolist() == [[0.0, 0.0, 1.0]]


def test_a_block_is_shrunk_by_its_length() -> None:
    v, zero = np.array([[3.0, 4.0]]), np.array([0.0])

    assert oracle.prox(v, np.array([2.5]), zero, "l2").tolist() == [[1.5, 2.0]]
    assert oracle.prox(v, np.array([5.0]), zero, "l2").tolist() == [[0.0, 0.0]]
    assert oracle.prox(np.zeros((1, 2)), np.array([1.0]), zero, "l2").tolist() == [[0.0, 0.0]]


def test_projections_by_hand() -> None:
    v, one = np.array([[3.0, 4.0]]), np.array([1.0])

    assert oracle.project(v, one, "l1").tolist() == [[0.0, 1.0]]
    assert oracle.project(v, np.array([3.0]), "l1").tolist() == [[1.0, 2.0]]
    assert oracle.project(v, np.array([2.5]), "l2").tolist() == [[1.5, 2.0]]
    assert oracle.project(v, one, "linf").tolist() == [[1.0, 1.0]]
    assert oracle.project(v, np.array([7.0]), "l1").tolist() == v.tolist()


def test_no_point_of_a_grid_in_the_ball_is_nearer_than_the_projection() -> None:
    rng = np.random.default_rng(5)
    steps = [exact(k) / 4 for k in range(-8, 9)]
    for _ in range(12):
        v = exacts(rng.integers(-8, 9, 3) / 2)
        found = oracle.project_l1(v, exact(2))
        best = sum((a - b) ** 2 for a, b in zip(v, found, strict=True))
        inside = (x for x in itertools.product(steps, repeat=3) if sum(map(abs, x)) <= 2)

        assert sum(map(abs, found)) <= 2
        assert all(sum((a - b) ** 2 for a, b in zip(v, x, strict=True)) >= best for x in inside)


def test_the_projection_on_l1_makes_an_obtuse_angle_with_every_corner() -> None:
    rng = np.random.default_rng(6)
    for _ in range(20):
        v, radius = exacts(rng.standard_normal(4)), exact(float(rng.uniform(0.1, 2)))
        found = oracle.project_l1(v, radius)
        rest = [a - b for a, b in zip(v, found, strict=True)]
        inner = sum(a * b for a, b in zip(rest, found, strict=True))

        assert radius * max(map(abs, rest)) <= inner


def test_lengths_of_huge_and_tiny_vectors_keep_their_digits() -> None:
    for scale in (2.0**600, 1.0, 2.0**-600):
        found = norm_of(np.array([[3.0, 4.0]]) * scale, "l2")[0] / scale
        assert abs(found - 5.0) <= 8 * U64 * 5.0


@pytest.mark.parametrize("regime", PROX_REGIMES)
@pytest.mark.parametrize("p", [1, 2, 6])
def test_every_regime_of_proximal_points_draws_valid_cases(regime: str, p: int) -> None:
    assert valid_levels(PROX.draw(np.random.default_rng(1), {"p": p}, regime, 16)).all()


@pytest.mark.parametrize("regime", BALL_REGIMES)
@pytest.mark.parametrize("p", [1, 2, 6])
def test_every_regime_of_projections_draws_valid_cases(regime: str, p: int) -> None:
    cases = PROJECTED.draw(np.random.default_rng(1), {"p": p}, regime, 16)

    assert valid_levels(cases).all()
    if regime.endswith("inside"):
        assert (norm_of(cases["v"], str(cases.settings["norm"])) < cases["radius"]).all()
