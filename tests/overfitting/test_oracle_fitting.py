"""The exact least squares against fractions by hand, the equations that define them, and another library's digits."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray

from theory.overfitting import oracle_fitting as oracle
from theory.overfitting.bounds_fitting import augmented, clear, size, solvable
from theory.overfitting.port import BASES

Floats = NDArray[np.float64]


def rng() -> np.random.Generator:
    return np.random.default_rng(17)


def whole(*shape: int) -> Floats:
    return rng().integers(-9, 10, shape).astype(np.float64)


def zero(exact: Any) -> bool:
    return all(value == 0 for value in exact.entries())


def test_a_constant_fits_the_mean_and_gives_each_row_the_same_leverage() -> None:
    fit = oracle.least_squares(np.ones((4, 1)), np.array([1.0, 2.0, 3.0, 6.0]))

    assert fit.coef.tolist() == [3.0]
    assert fit.leverage.tolist() == [0.25] * 4
    assert fit.residual.tolist() == [-2.0, -1.0, 0.0, 3.0]
    assert float(fit.rss) == 14.0


def test_residuals_of_a_fit_are_orthogonal_to_every_column() -> None:
    x, y = oracle.matrix(whole(6, 3)), oracle.matrix(whole(6))

    assert zero(x.transpose() * (y - x * (oracle.projection(x) * y)))


def test_a_penalty_of_its_own_for_each_column_enters_the_normal_equations() -> None:
    x, y = oracle.matrix(whole(5, 2)), oracle.matrix(whole(5))
    w = oracle.projection(x, [3, 0]) * y
    gradient = x.transpose() * (y - x * w)

    assert [gradient[0, 0], gradient[1, 0]] == [3 * w[0, 0], 0]


def test_the_hat_matrix_of_ridge_shrinks_each_orthogonal_direction() -> None:
    hat = oracle.hat_matrix(np.array([[2.0, 0.0], [0.0, 1.0]]), 4.0)[0]

    assert hat.tolist() == [[0.5, 0.0], [0.0, 0.2]]


def test_columns_gain_what_is_lost_from_the_sum_of_squares() -> None:
    rss, gain = oracle.nested(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([1.0, 3.0]))

    assert rss.tolist() == [10.0, 2.0, 0.0]
    assert gain.tolist() == [8.0, 2.0]


@pytest.mark.parametrize("penalty", [0.0, 0.75])
def test_leaving_out_is_fitting_the_other_rows(penalty: float) -> None:
    x, y = whole(6, 2), whole(7)[1:]
    left, expected = oracle.leave_one_out(x, y, penalty, False), refitted(x, y, penalty)

    assert left.residual.tolist() == [float(value) for value in expected]
    assert float(left.press) == float(sum(value**2 for value in expected))


def refitted(x: Floats, y: Floats, penalty: float) -> list[Fraction]:
    """The residual of each row by the 2×2 normal equations of the others, in fractions."""
    left = []
    for i in range(len(x)):
        rows = [([Fraction(v) for v in a], Fraction(b)) for j, (a, b) in enumerate(zip(x, y, strict=True)) if j != i]
        a = sum((r[0] * r[0] for r, _ in rows), Fraction(penalty))
        b = sum((r[0] * r[1] for r, _ in rows), Fraction(0))
        c = sum((r[1] * r[1] for r, _ in rows), Fraction(penalty))
        p, q = (sum((r[k] * t for r, t in rows), Fraction(0)) for k in (0, 1))
        determinant = a * c - b * b
        w = ((c * p - b * q) / determinant, (a * q - b * p) / determinant)
        left.append(Fraction(y[i]) - sum((Fraction(v) * k for v, k in zip(x[i], w, strict=True)), Fraction(0)))
    return left


def test_an_intercept_is_left_out_without_penalty() -> None:
    """One column: the slope of centred rows is Σ(x−x̄)(y−ȳ) ∕ (Σ(x−x̄)² + λ)."""
    x, y = [Fraction(v) for v in (0, 1, 3, 6)], [Fraction(v) for v in (2, -1, 4, 4)]
    expected = []
    for i in range(4):
        a, b = [v for j, v in enumerate(x) if j != i], [v for j, v in enumerate(y) if j != i]
        at, mean = sum(a) / 3, sum(b) / 3
        slope = sum((u - at) * (v - mean) for u, v in zip(a, b, strict=True)) / (sum((u - at) ** 2 for u in a) + 2)
        expected.append(float(y[i] - mean - slope * (x[i] - at)))
    found = oracle.leave_one_out(np.array(x, dtype=float)[:, None], np.array(y, dtype=float), 2.0, True)

    assert found.residual.tolist() == expected


def test_generalised_cross_validation_divides_by_the_mean_leverage() -> None:
    """Two rows of length 1 ∕ 2 and nothing else: leverages ½ and 0, mean ¼."""
    found = oracle.leave_one_out(np.array([[1.0], [0.0]]), np.array([2.0, 3.0]), 1.0, False)

    assert found.leverage.tolist() == [0.5, 0.0]
    assert found.whole.tolist() == [1.0, 3.0]
    assert float(found.gcv) == float((Fraction(1) + 9) / 2 / Fraction(3, 4) ** 2)


@pytest.mark.parametrize("shape", [(4, 2), (2, 4), (3, 3), (1, 1)])
@pytest.mark.parametrize("flavour", ["full", "equal", "zeros"])
def test_the_pseudo_inverse_has_penroses_four_properties(shape: tuple[int, int], flavour: str) -> None:
    values = whole(*shape)
    if flavour == "equal":
        values[:, -1] = values[:, 0]
    if flavour == "zeros":
        values[:] = 0
    x = oracle.matrix(values)
    inverse, rank = oracle.inverted(x)

    assert rank == np.linalg.matrix_rank(values)
    assert x * inverse * x == x
    assert inverse * x * inverse == inverse
    assert (x * inverse).transpose() == x * inverse
    assert (inverse * x).transpose() == inverse * x


def test_the_solution_of_least_norm_shares_alike_columns_alike() -> None:
    coef, left = oracle.minimum_norm(np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([1.0, 3.0]))

    assert coef.tolist() == [1.0, 1.0]
    assert left.tolist() == [-1.0, 1.0]


def test_descent_on_one_number_is_a_geometric_series() -> None:
    path = oracle.descent(np.array([[2.0]]), np.array([3.0]), 0.125, 5)

    assert path.coef[:, 0].tolist() == [1.5 * (1 - 0.5**t) for t in range(6)]
    assert path.rss.tolist() == [9 * 0.25**t for t in range(6)]


def closed_form(basis: str, t: Any, k: int) -> Any:
    """T_k = cos(k arccos t); P_k by its sum of squared binomials; t^k."""
    if basis == "monomial":
        return t**k
    if basis == "chebyshev":
        return mpmath.cos(k * mpmath.acos(t))
    low, high = (t - 1) / 2, (t + 1) / 2
    return sum(math.comb(k, j) ** 2 * low ** (k - j) * high**j for j in range(k + 1))


@pytest.mark.parametrize("basis", BASES)
def test_bases_have_the_digits_of_their_closed_forms(basis: str) -> None:
    nodes = [-1.0, -0.7, 0.0, 0.3, 1.0]
    found = oracle.rounded(oracle.polynomials(np.array(nodes), 7, basis))
    with mpmath.workdps(60):
        expected = [[float(mpmath.chop(closed_form(basis, mpmath.mpf(t), k), 1e-50)) for k in range(8)] for t in nodes]

    assert found.tolist() == expected


def test_a_design_with_a_penalty_is_least_squares_of_more_rows() -> None:
    x, penalty = whole(2, 4, 3), np.array([4.0, 0.25])
    gram = np.swapaxes(augmented(x, penalty, False), 1, 2) @ augmented(x, penalty, False)

    assert (gram == np.swapaxes(x, 1, 2) @ x + penalty[:, None, None] * np.eye(3)).all()
    assert (augmented(x, penalty, True)[:, :, 0] == [[1, 1, 1, 1, 0, 0, 0]] * 2).all()


def test_sizes_see_the_rank_and_the_least_singular_value_that_counts() -> None:
    x = np.array([[[3.0, 0.0], [0.0, 4.0]], [[2.0, 2.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]])
    sized = size(x, 2.0**-53)

    assert sized.rank.tolist() == [2, 1, 0]
    assert sized.least[0] == 3.0
    assert solvable(x, 2.0**-53).tolist() == [True, False, False]
    assert clear(x, 2.0**-53).tolist() == [True, True, True]
