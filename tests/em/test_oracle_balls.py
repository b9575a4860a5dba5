"""Mixtures in balls: against exact rationals, fifty digits, and the steps that they must be able to tell apart."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest

from theory.core.bound import U64, gamma
from theory.core.domain import Cases
from theory.em.balls_mixture import exact_bounds, exact_posterior, ldl, log_likelihood, precision, weighted_rows
from theory.em.cases_guesses import GUESSES
from theory.em.cases_paths import PATHS, draw_paths
from theory.em.claims_monotone import decided
from theory.em.oracle_mixture import Mixture, path
from theory.em.port import COVARIANCES


def in_fifty_digits(x: np.ndarray, pi: np.ndarray, mu: np.ndarray, full: np.ndarray) -> list[list[mpmath.mpf]]:
    """π_k N(x_n; μ_k, Σ_k) of one problem by mpmath's own determinant and solver."""
    d = x.shape[1]
    table = []
    for row in x:
        densities = []
        for k in range(len(pi)):
            sigma = mpmath.matrix(full[k].tolist())
            away = mpmath.matrix((row - 0).tolist()) - mpmath.matrix(mu[k].tolist())
            m = (away.T * mpmath.lu_solve(sigma, away))[0]
            scale = mpmath.sqrt((2 * mpmath.pi) ** d * mpmath.det(sigma))
            densities.append(mpmath.mpf(pi[k]) * mpmath.exp(-m / 2) / scale)
        table.append(densities)
    return table


def test_the_factors_of_a_matrix_give_it_back_exactly() -> None:
    matrix = np.array([[4.0, 2.0, 1.0], [2.0, 5.0, 3.0], [1.0, 3.0, 6.0]])
    with precision():
        lower, pivots = ldl(matrix)
        full = [[*row, 1, *[0] * (2 - i)] for i, row in enumerate(lower)]
        for i in range(3):
            for j in range(3):
                value = sum(full[i][k] * pivots[k] * full[j][k] for k in range(3))
                assert value.contains(int(matrix[i, j]))
        assert [Fraction(float(pivot.mid())) for pivot in pivots] == [4, 4, Fraction(67, 16)]


@pytest.mark.parametrize("regime", ["full", "full-ill", "full-far", "full-offset"])
def test_densities_bounds_and_posterior_agree_with_fifty_digits(regime: str) -> None:
    cases = GUESSES.draw(np.random.default_rng(2), {"n": 4, "d": 3, "k": 2}, regime, 2)

    joint, value, resp = exact_posterior(cases)
    evidence, elbo, apart = exact_bounds(cases)

    with mpmath.workdps(50):
        for lane in range(2):
            table = in_fifty_digits(cases["x"][lane], cases["pi"][lane], cases["mu"][lane], cases["full"][lane])
            for n, row in enumerate(table):
                total, q = mpmath.fsum(row), cases["q"][lane, n]
                bound = mpmath.fsum(g * mpmath.log(p / g) for p, g in zip(row, map(mpmath.mpf, q), strict=True) if g)
                assert [float(mpmath.log(p)) for p in row] == joint[lane, n].tolist()
                assert [float(p / total) for p in row] == resp[lane, n].tolist()
                assert float(mpmath.log(total)) == value[lane, n] == evidence[lane, n]
                assert float(bound) == elbo[lane, n]
                mass = mpmath.fsum(map(mpmath.mpf, q))
                assert float(mass * mpmath.log(total) - bound) == apart[lane, n]


def test_a_guess_that_meets_a_dead_component_has_no_bound() -> None:
    cases = GUESSES.draw(np.random.default_rng(2), {"n": 4, "d": 1, "k": 2}, "full-dead", 2)

    _, elbo, apart = exact_bounds(cases)

    assert (np.isneginf(elbo) == (cases["q"][..., -1] > 0)).all()
    assert (np.isposinf(apart) == (cases["q"][..., -1] > 0)).all()


@pytest.mark.parametrize("kind", COVARIANCES)
def test_weights_count_rows_and_pi_is_divided_by_its_sum(kind: str) -> None:
    shapes = {"full": (2, 2, 2), "tied": (2, 2), "diag": (2, 2), "spherical": (2,)}
    spread = np.broadcast_to(np.eye(2) if kind in ("full", "tied") else np.ones(()), shapes[kind]).copy()
    x, mu, pi = np.array([[0.0, 1.0], [2.0, 0.5]]), np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([0.25, 0.75])
    with precision():
        twice = log_likelihood(weighted_rows(x, np.array([2.0, 0.0])), pi, mu, spread, kind)
        rows = log_likelihood(weighted_rows(x[[0, 0]], np.ones(2)), 3 * pi, mu, spread, kind)

        assert (twice - rows).contains(0)
        assert float((twice - rows).rad()) <= U64**2


def summit() -> tuple[Cases, Mixture]:
    """One component at its maximum, and the two steps of EM from there, which stay."""
    cases = draw_paths(np.random.default_rng(4), {"n": 16, "d": 2, "k": 1, "steps": 2}, "full-summit", 6)
    cases = cases.take(PATHS.valid(cases))
    return cases, path(cases, 2)


def test_balls_see_a_ridge_that_is_too_small_for_the_float_likelihood() -> None:
    cases, walked = summit()
    size = np.abs(walked.covariances[:, 1]).max(axis=(1, 2, 3))[:, None, None, None]
    walked.covariances[:, 1] += U64 ** (1 / 2) * size * np.eye(2)

    values, falls = decided(cases, walked, np.ones((cases.lanes, 3), dtype=bool), np.full((cases.lanes, 2), U64**2))

    assert (falls[:, 0] > U64**2).all()
    assert (falls[:, 0] <= gamma(100, U64) * np.abs(values[:, 0])).any()


def test_entries_outside_the_domain_are_left_out() -> None:
    cases, walked = summit()
    good = np.zeros((cases.lanes, 3), dtype=bool)
    good[:, 0] = True

    values, falls = decided(cases, walked, good, np.ones((cases.lanes, 2)))

    assert (values[:, 0] != 0).all()
    assert not values[:, 1:].any()
    assert not falls.any()
