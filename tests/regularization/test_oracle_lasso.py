"""The exact lasso against definitions in fractions, certificates that close, and values by hand."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray

from theory.core.bound import U64
from theory.core.claim import Answer
from theory.core.domain import Cases
from theory.regularization import oracle_lasso as oracle
from theory.regularization.bounds_lasso import required, slack
from theory.regularization.cases_lasso import (
    BALLS,
    CERTIFIED,
    ELASTIC,
    LAPLACE,
    LASSO,
    PATHS,
    REGIMES,
    valid_ball,
    valid_laplace,
    valid_lasso,
    valid_path,
)
from theory.regularization.cases_threshold import HADAMARD, ORTHONORMAL, hadamard, valid_hadamard
from theory.regularization.claims_laplace import negative_log_posterior
from theory.regularization.gaps_lasso import least, points
from theory.regularization.myths_lasso import check_sparse, posterior_means

Floats = NDArray[np.float64]
ZERO = oracle.exact(0)


def rng() -> np.random.Generator:
    return np.random.default_rng(17)


def whole(n: int, p: int, lanes: int) -> tuple[Floats, Floats]:
    draw = rng()
    x = draw.integers(-3, 4, (lanes, n, p)).astype(np.float64)
    return x, draw.integers(-4, 5, (lanes, n)).astype(np.float64)


def by_definition(x: Floats, y: Floats, beta: list[Fraction], l1: Fraction, l2: Fraction, intercept: bool) -> Fraction:
    """P(β) in Python's fractions, straight from the definition; the best intercept is the mean of what is left."""
    rows = [[Fraction(float(v)) for v in row] for row in x]
    rest = [Fraction(float(v)) - sum(a * b for a, b in zip(row, beta, strict=True))
            for v, row in zip(y, rows, strict=True)]  # fmt: skip
    if intercept:
        mean = sum(rest) / len(rest)
        rest = [r - mean for r in rest]
    loss = sum(r * r for r in rest) / (2 * len(rest))
    return loss + l1 * sum(map(abs, beta)) + l2 * sum(b * b for b in beta) / 2


def fractions(values: list[object]) -> list[Fraction]:
    return [Fraction(int(v.p), int(v.q)) for v in values]  # type: ignore[attr-defined]


@pytest.mark.parametrize("intercept", [False, True])
def test_the_objective_from_moments_is_the_definition(intercept: bool) -> None:
    for x, y in zip(*whole(5, 3, 6), strict=True):
        beta = [Fraction(1, 2), Fraction(-3, 4), Fraction(0)]
        l1, l2 = Fraction(3, 8), Fraction(1, 4)
        m = oracle.moments(x, y, intercept)
        found = oracle.objective(m, [oracle.exact(b) for b in beta], oracle.exact(l1), oracle.exact(l2))

        assert Fraction(int(found.p), int(found.q)) == by_definition(x, y, beta, l1, l2, intercept)


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("l2", [0, Fraction(1, 4)])
def test_the_gap_at_the_minimum_is_exactly_zero(intercept: bool, l2: Fraction) -> None:
    for x, y in zip(*whole(5, 4, 12), strict=True):
        m, ridge = oracle.moments(x, y, intercept), oracle.exact(l2)
        best = oracle.minimum(m, oracle.exact(0.5), ridge)
        seen = oracle.certificate(m, best.beta, oracle.exact(0.5), ridge)

        assert seen.gap == 0
        assert seen.primal == best.value


def test_no_point_of_a_grid_is_better_than_the_minimum() -> None:
    draw = rng()
    for x, y in zip(*whole(3, 2, 8), strict=True):
        best = oracle.minimum(oracle.moments(x, y, False), oracle.exact(0.25), ZERO)
        value = by_definition(x, y, fractions(best.beta), Fraction(1, 4), Fraction(0), False)
        for a, b in draw.integers(-16, 17, (40, 2)):
            beta = [Fraction(int(a), 8), Fraction(int(b), 8)]
            assert by_definition(x, y, beta, Fraction(1, 4), Fraction(0), False) >= value


def test_the_gap_bounds_the_distance_to_the_minimum_and_the_prediction_that_of_fits() -> None:
    draw = rng()
    for x, y in zip(*whole(4, 3, 12), strict=True):
        m = oracle.moments(x, y, False)
        best = oracle.minimum(m, oracle.exact(0.5), ZERO)
        beta = oracle.exacts(draw.integers(-4, 5, 3) / 2)
        seen = oracle.certificate(m, beta, oracle.exact(0.5), ZERO)
        apart = [a - b for a, b in zip(beta, best.beta, strict=True)]
        moved = sum(
            a * sum(g * b for g, b in zip(row, apart, strict=True)) for a, row in zip(apart, m.gram, strict=True)
        )

        assert seen.dual <= best.value <= seen.primal
        assert moved <= 2 * m.rows * (seen.primal - best.value)


def test_dependent_columns_still_have_an_exact_minimum() -> None:
    x, y = np.array([[1.0, 1.0]]), np.array([2.0])
    m = oracle.moments(x, y, False)

    best = oracle.minimum(m, oracle.exact(0.5), ZERO)
    every = oracle.minimisers(m, oracle.exact(0.5), ZERO)

    assert sum(best.beta) == oracle.exact(1.5)
    assert [oracle.nearests(beta).tolist() for beta in every] == [[0.0, 1.5], [1.5, 0.0]]


def test_the_article_of_the_leaving_variable() -> None:
    m = oracle.moments(np.array([[0.0, 1.0], [-1.0, 3.0]]), np.array([-1.0, 1.0]), False)

    def support(value: Fraction) -> list[bool]:
        return [b != 0 for b in oracle.minimum(m, oracle.exact(value), ZERO).beta]

    assert support(Fraction(1)) == [False, False]
    assert support(Fraction(1, 2)) == [False, True]
    assert support(Fraction(27, 100)) == [True, True]
    assert support(Fraction(1, 5)) == [True, False]
    assert oracle.minimum(m, oracle.exact(Fraction(1, 16)), ZERO).beta[1] == -oracle.exact(0.5)


def test_least_squares_in_a_ball_has_no_frank_wolfe_gap_and_comes_back_as_a_lasso() -> None:
    for radius in (Fraction(1, 16), Fraction(1, 2), Fraction(40)):
        for x, y in zip(*whole(4, 3, 10), strict=True):
            m = oracle.moments(x, y, False)
            found = oracle.constrained(m, oracle.exact(radius))
            size = sum((abs(b) for b in found.beta), ZERO)

            assert oracle.frank_wolfe(m, found.beta, oracle.exact(radius)) == 0
            assert size <= oracle.exact(radius)
            again = oracle.minimum(m, found.penalty, ZERO)
            assert again.value == found.value + found.penalty * size


def test_a_guess_by_least_angles_is_confirmed_on_many_columns() -> None:
    draw = rng()
    x, y = draw.standard_normal((1, 30, 8)), draw.standard_normal((1, 30))
    cases = Cases({"x": x, "y": y}, {"intercept": 1})
    m = oracle.moments(x[0], y[0], True)
    penalty = oracle.exact(0.125)

    best = least(cases, 0, m, penalty, ZERO)

    assert best is not None
    assert oracle.certificate(m, best.beta, penalty, ZERO).gap == 0


def test_a_pattern_that_does_not_fit_is_no_minimum() -> None:
    m = oracle.moments(np.eye(2), np.array([3.0, 1.0]), False)

    with pytest.raises(oracle.NoMinimum):
        oracle.minimum(m, oracle.exact(0.25), ZERO, (-1, 0))


def test_the_rounding_of_a_gap_covers_sums_in_single_precision() -> None:
    cases = CERTIFIED.draw(rng(), {"n": 6, "p": 3}, "reals-fista", 64)
    cases = Cases(cases.arrays, {}, dtype="float32").rounded()
    x, y, coef, penalty = (cases[k].astype(np.float32) for k in ("x", "y", "coef", "penalty"))
    r = y - np.einsum("lnp,lp->ln", x, coef)
    n = np.float32(6)
    s = np.minimum(np.float32(1), n * penalty / np.abs(np.einsum("lnp,ln->lp", x, r)).max(axis=1))
    theta = s[:, None] * r
    primal = (r * r).sum(axis=1) / (2 * n) + penalty * np.abs(coef).sum(axis=1)
    dual = ((y * y).sum(axis=1) - ((y - theta) ** 2).sum(axis=1)) / (2 * n)
    own = slack(cases, cases["coef"], cases["penalty"], np.zeros(64), 2.0**-24)
    exact = [
        oracle.certificate(m, beta, oracle.exact(l1), ZERO)
        for m, beta, l1 in zip(oracle.moments_of(cases), points(cases["coef"]), cases["penalty"], strict=True)
    ]

    assert (np.abs(primal - oracle.nearests([e.primal for e in exact])) <= own.primal).all()
    assert (np.abs(dual - oracle.nearests([e.dual for e in exact])) <= own.dual).all()
    assert (np.abs(theta - oracle.nearests([e.shrink for e in exact])[:, None]
                   * (cases["y"] - np.einsum("lnp,lp->ln", cases["x"], cases["coef"]))) <= own.theta).all()  # fmt: skip


def test_the_gap_required_is_that_of_the_port() -> None:
    cases = Cases({"x": np.ones((1, 2, 1)), "y": np.array([[3.0, 4.0]])}, {"intercept": 0})

    port = 16 * (2 + 1 + 8) * U64 * 25 / 4

    assert 0 <= required(cases)[0] / port - 1 <= 64 * U64


def test_the_negative_log_posterior_is_the_lasso_up_to_a_constant() -> None:
    cases = LAPLACE.draw(rng(), {"n": 4, "p": 2}, "integers", 8)
    n = cases["x"].shape[1]
    a, b = np.zeros((8, 2)), np.ones((8, 2))
    change = negative_log_posterior(cases, b) - negative_log_posterior(cases, a)
    for lane in range(8):
        m = oracle.moments(cases["x"][lane], cases["y"][lane], False)
        variance, scale = oracle.exact(cases["noise_variance"][lane]), oracle.exact(cases["scale"][lane])
        both = [oracle.objective(m, oracle.exacts(beta[lane]), variance / (n * scale), ZERO) for beta in (a, b)]
        expected = oracle.nearest((both[1] - both[0]) * n / variance)
        size = sum(abs(v) for v in (*negative_log_posterior(cases, b), *negative_log_posterior(cases, a)))
        assert abs(change[lane] - expected) <= 64 * U64 * size


def test_the_posterior_mean_of_one_coefficient_is_its_integral() -> None:
    with mpmath.workdps(30):
        for slope, curvature, scale in ((0.5, 1.0, 1.0), (-3.0, 2.0, 0.25), (0.0, 4.0, 2.0)):

            def density(
                beta: mpmath.mpf, slope: float = slope, curvature: float = curvature, scale: float = scale
            ) -> mpmath.mpf:
                return mpmath.exp(slope * beta - curvature * beta**2 / 2 - abs(beta) / scale)

            ends = [-mpmath.inf, 0, mpmath.inf]
            mean = mpmath.quad(lambda b, f=density: b * f(b), ends) / mpmath.quad(density, ends)
            found = oracle.laplace_mean(mpmath.mpf(slope), mpmath.mpf(curvature), scale)

            assert abs(found - mean) <= mpmath.mpf(10) ** -20


def test_the_smallest_example_of_a_mean_that_is_not_sparse() -> None:
    arrays = {
        "x": np.ones((1, 1, 1)),
        "y": np.array([[0.5]]),
        "noise_variance": np.ones(1),
        "scale": np.ones(1),
    }
    cases = Cases(arrays)
    mean, off = posterior_means(cases)

    answer = Answer({"coef": np.zeros((1, 1))}, {}, lambda operation, cases: answer)

    assert f"{mean[0]:.4f}" == "0.2410"
    assert off[0] <= U64
    assert check_sparse(answer, cases).margin[0] > 1


def test_hadamard_matrices_have_orthogonal_columns() -> None:
    for order in (1, 2, 4, 8):
        matrix = hadamard(order)
        assert (matrix.T @ matrix == order * np.eye(order)).all()


@pytest.mark.parametrize("regime", HADAMARD)
def test_every_orthonormal_regime_draws_valid_cases(regime: str) -> None:
    for log_n, p in ((1, 1), (2, 4), (3, 4)):
        assert valid_hadamard(ORTHONORMAL.draw(rng(), {"log_n": log_n, "p": p}, regime, 16)).all()


@pytest.mark.parametrize("regime", REGIMES)
def test_every_regime_draws_valid_cases(regime: str) -> None:
    for n, p in ((1, 1), (2, 4), (8, 4)):
        for domain in (LASSO, CERTIFIED, ELASTIC):
            assert valid_lasso(domain.draw(rng(), {"n": n, "p": p}, regime, 16)).all()
    if regime in PATHS.regimes:
        assert valid_path(PATHS.draw(rng(), {"n": 5, "p": 3, "l": 4}, regime, 16)).all()
    if regime in LAPLACE.regimes:
        assert valid_laplace(LAPLACE.draw(rng(), {"n": 5, "p": 3}, regime, 16)).mean() > 1 / 2
    if regime in BALLS.regimes:
        assert valid_ball(BALLS.draw(rng(), {"n": 5, "p": 3}, regime, 16)).all()


def test_bundled_data_are_valid_problems() -> None:
    for domain in (LASSO, CERTIFIED, ELASTIC, PATHS):
        assert domain.real
        for load in domain.real.values():
            assert domain.valid(load()).all()
