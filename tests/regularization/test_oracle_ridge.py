"""The oracles of ridge regression against fractions by hand, and its bounds against perturbations made on purpose."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from theory.core.bound import U64
from theory.core.domain import Cases, Domain
from theory.regularization import bounds_ridge as bounds
from theory.regularization import oracle_ridge as oracle
from theory.regularization.cases_conventions import CONVERSIONS
from theory.regularization.cases_prior import BALLS, PRIORS, as_penalty
from theory.regularization.cases_ridge import RIDGE, RIDGE_REGIMES, design
from theory.regularization.cases_ridge_path import PATHS, SMOOTHERS, as_ridge, by_path, with_answers
from theory.regularization.cases_ridge_twins import DUAL, ROOTS, SHIFTS, augmented
from theory.regularization.claims_ridge_intercept import FACTORS
from theory.regularization.claims_ridge_solution import BLOCK

Floats = NDArray[np.float64]


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def problem(x: list[list[float]], y: list[float], penalty: float, **settings: int | str) -> Cases:
    arrays = {"x": np.array([x], dtype=float), "y": np.array([y], dtype=float), "penalty": np.array([penalty])}
    return Cases(arrays, settings)


def by_hand(x: Floats, y: Floats, penalty: float) -> list[Fraction]:
    """Gauss elimination on the normal equations in Python's fractions."""
    rows, p = [[Fraction(float(v)) for v in row] for row in x], x.shape[1]
    answers = [Fraction(float(v)) for v in y]
    table = [
        [sum((r[i] * r[j] for r in rows), Fraction(0)) + (Fraction(penalty) if i == j else 0) for j in range(p)]
        + [sum((r[i] * a for r, a in zip(rows, answers, strict=True)), Fraction(0))]
        for i in range(p)
    ]
    for i in range(p):
        table[i] = [v / table[i][i] for v in table[i]]
        for k in range(p):
            if k != i:
                table[k] = [v - table[k][i] * w for v, w in zip(table[k], table[i], strict=True)]
    return [row[p] for row in table]


def test_one_sample_is_fitted_by_half() -> None:
    assert oracle.exact_ridge(problem([[1]], [1], 1)).coef.tolist() == [[0.5]]
    assert oracle.exact_ridge(problem([[10]], [1], 1)).coef.tolist() == [[10 / 101]]


def test_a_coefficient_rises_and_falls_along_the_path() -> None:
    found = [oracle.exact_ridge(problem([[-1, -1], [-1, 0]], [-1, 0], lam)).coef[0, 0] for lam in (0, 0.5, 1, 2, 4)]

    assert found == [0, 2 / 11, 1 / 5, 2 / 11, 4 / 29]


@pytest.mark.parametrize("regime", ["generic-svd", "collinear-svd", "zero-target-svd", "tiny-scale-svd"])
def test_the_exact_solution_is_that_of_pythons_fractions(regime: str) -> None:
    cases = replace(RIDGE.draw(rng(), {"n": 5, "p": 3}, regime, 4), settings={"intercept": 0})
    found = oracle.exact_ridge(cases).coef

    for lane in range(4):
        expected = by_hand(cases["x"][lane], cases["y"][lane], float(cases["penalty"][lane]))
        assert found[lane].tolist() == [float(v) for v in expected]


def test_the_intercept_is_an_unpenalised_column_of_ones() -> None:
    cases = RIDGE.draw(rng(), {"n": 6, "p": 2}, "generic-intercept-svd", 4)
    found = oracle.exact_ridge(cases)

    for lane in range(4):
        x, y, lam = (cases[name][lane] for name in ("x", "y", "penalty"))
        fit = [Fraction(float(v)) for v in found.coef[lane]]
        rest = [
            Fraction(float(b)) - Fraction(float(found.intercept[lane]))
            - sum((Fraction(float(v)) * w for v, w in zip(row, fit, strict=True)), Fraction(0))
            for row, b in zip(x, y, strict=True)
        ]  # fmt: skip
        scale = 16 * U64 * np.abs(x).sum() * (np.abs(y).sum() + np.abs(found.coef[lane]).sum())
        assert abs(float(sum(rest))) <= scale
        for j in range(2):
            slope = sum((r * Fraction(float(v)) for r, v in zip(rest, x[:, j], strict=True)), Fraction(0))
            assert abs(float(slope - Fraction(float(lam)) * fit[j])) <= scale * (1 + lam)


def test_dependent_columns_share_the_least_norm_solution() -> None:
    assert oracle.exact_ridge(problem([[1, 1]], [2], 0)).coef.tolist() == [[1, 1]]
    assert oracle.exact_ridge(problem([[1, 2]], [5], 0)).coef.tolist() == [[1, 2]]
    assert oracle.exact_ridge(problem([[0]], [1], 0)).coef.tolist() == [[0]]


@pytest.mark.parametrize("flavour", ["least-norm", "least-norm-wide", "duplicates"])
def test_the_least_norm_solution_is_numpys_pseudo_inverse(flavour: str) -> None:
    x = design(rng(), 6, 3, flavour, 8)
    y = rng().normal(size=x.shape[:2])
    found = oracle.exact_ridge(Cases({"x": x, "y": y, "penalty": np.zeros(8)}, {}))
    expected = np.einsum("lpn,ln->lp", np.linalg.pinv(x), y)
    size = bounds.Sizes(x, y, np.zeros(8), False, "svd", U64)

    assert (np.linalg.norm(found.coef - expected, axis=1) <= 2 * size.coef(found.coef)).all()
    assert found.df.tolist() == [np.linalg.matrix_rank(m) for m in x]


def test_dual_and_primal_solutions_are_the_same_floats() -> None:
    for regime in DUAL.regimes:
        cases = DUAL.draw(rng(), {"n": 4, "p": 3}, regime, 4)
        coef, fitted = oracle.exact_dual(cases)
        assert (coef == oracle.exact_ridge(cases).coef).all()
        fits = np.einsum("lij,lj->li", oracle.exact_hat(cases), cases["y"])
        assert (np.abs(fits - fitted) <= 32 * U64 * np.abs(cases["y"]).sum(axis=1, keepdims=True)).all()


def test_the_trace_of_the_hat_matrix_is_the_degrees_of_freedom() -> None:
    cases = SMOOTHERS.draw(rng(), {"n": 5, "p": 3}, "generic-svd", 8)
    plain = replace(with_answers(cases, np.ones((8, 5))), settings={"intercept": 0})
    trace = np.trace(oracle.exact_hat(cases), axis1=1, axis2=2)

    assert (np.abs(trace - oracle.exact_ridge(plain).df) <= 16 * U64).all()


def test_posterior_of_one_coefficient_by_hand() -> None:
    arrays = {"x": np.ones((1, 1, 1)), "y": np.full((1, 1), 5.0), "noise_variance": np.array([2.0]),
              "prior_variance": np.array([3.0])}  # fmt: skip
    found = oracle.exact_posterior(Cases(arrays, {}))

    assert (found.mean.item(), found.covariance.item(), found.penalty.item()) == (3.0, 1.2, 2 / 3)
    assert oracle.score_norm(Cases(arrays, {}), found.mean).tolist() == [0.0]


def test_the_posterior_mean_is_ridge_and_its_slope_vanishes_there() -> None:
    cases = PRIORS.draw(rng(), {"n": 5, "p": 3}, "equal-variances", 8)
    found = oracle.exact_posterior(cases)

    assert (found.mean == oracle.exact_ridge(as_penalty(cases)).coef).all()
    assert (found.penalty == 1).all()


def test_residual_and_slope_agree_with_their_definition_on_whole_numbers() -> None:
    cases = problem([[1, 2], [3, 4]], [1, 0], 2)
    coef = np.array([[1.0, -1.0]])

    assert oracle.gradient(cases, coef).tolist() == [[-5.0, -8.0]]
    assert oracle.normal_residual(cases, coef).tolist() == [np.hypot(-3.0, -10.0)]


def test_augmented_least_squares_has_ridges_solution() -> None:
    cases = ROOTS.draw(rng(), {"n": 5, "p": 3}, "generic-svd", 8)
    cases = cases.take(ROOTS.valid(cases))

    assert cases.lanes
    assert (oracle.exact_ridge(augmented(cases)).coef == oracle.exact_ridge(cases).coef).all()


def test_the_turn_is_orthogonal() -> None:
    assert (np.eye(4) == BLOCK @ BLOCK.T).all()


def test_conventions_are_one_loss_up_to_its_factor() -> None:
    n, penalty, rest, size = 6, Fraction(3, 7), Fraction(5, 3), Fraction(2, 9)
    losses = {"sum": rest, "mean": rest / n, "half-mean": rest / (2 * n)}
    whole = {name: loss + penalty / FACTORS[name](n) * size for name, loss in losses.items()}

    assert {name: value * FACTORS[name](n) for name, value in whole.items()} == dict.fromkeys(
        losses, rest + penalty * size
    )


@pytest.mark.parametrize("regime", ["generic-svd", "collinear-svd", "wide-svd", "duplicates-svd", "zero-column-svd"])
def test_a_changed_problem_moves_its_solution_by_no_more_than_the_bound(regime: str) -> None:
    cases = replace(RIDGE.draw(rng(), {"n": 6, "p": 3}, regime, 16), settings={"intercept": 0})
    exact, size = oracle.exact_ridge(cases).coef, bounds.sizes_of(cases)
    reached = 0.0
    for scale in (2.0**-40, 2.0**-10):
        change = scale * rng().normal(size=cases["x"].shape)
        answers = scale * rng().normal(size=cases["y"].shape)
        other = cases.with_arrays(x=cases["x"] + change, y=cases["y"] + answers)
        limit = size.moved(exact, np.linalg.norm(other["x"] - cases["x"], axis=(1, 2)),
                           np.linalg.norm(other["y"] - cases["y"], axis=1))  # fmt: skip
        gone = np.linalg.norm(oracle.exact_ridge(other).coef - exact, axis=1)
        assert (gone <= limit).all()
        reached = max(reached, float((gone / limit).max()))

    assert reached >= 2.0**-7


def test_shares_of_directions_are_bounded_where_the_singular_value_moves_over_the_peak() -> None:
    size = bounds.Sizes(np.full((1, 1, 1), 2.0), np.ones((1, 1)), np.array([4.0]), False, "svd", U64)

    assert size.steep(np.zeros(1)).tolist() == [0.25]
    assert size.floor(np.ones(1)).tolist() == [5.0]
    assert size.steep(np.full(1, 2.0)).tolist() == [0.25]


@pytest.mark.parametrize("domain", [RIDGE, ROOTS, DUAL, SHIFTS, SMOOTHERS, PATHS, PRIORS, BALLS, CONVERSIONS])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_most_cases_of_every_regime_are_valid(domain: Domain, dtype: str) -> None:
    for regime in domain.regimes:
        shape = {name: (low + high + 1) // 2 for name, (low, high) in domain.shapes.items()}
        cases = replace(domain.draw(rng(), shape, regime, 32), dtype=dtype).rounded()
        assert domain.valid(cases).mean() >= 0.5, regime


@pytest.mark.parametrize("domain", [RIDGE, PATHS, PRIORS, BALLS])
def test_real_tables_are_asked_about(domain: Domain) -> None:
    for load in domain.real.values():
        cases = load()
        assert cases["x"].shape[1:] == (442, 10)
        assert domain.valid(cases).all()


def test_every_solver_has_regimes_with_and_without_an_intercept() -> None:
    pairs = {(settings["solver"], settings["intercept"]) for settings in RIDGE_REGIMES.values()}

    assert pairs == {("svd", 0), ("svd", 1), ("cholesky", 0), ("cholesky", 1)}


def test_a_path_is_a_lane_for_each_penalty_and_back() -> None:
    cases = PATHS.draw(rng(), {"n": 3, "p": 2, "l": 4}, "generic", 5)

    assert (by_path(as_ridge(cases)["penalty"], cases) == cases["penalties"]).all()
    assert (by_path(as_ridge(cases)["x"], cases) == cases["x"][:, None]).all()
