"""Kernels, features, series and losses of the oracle against numbers worked out by hand and against each other."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from theory.core.domain import Setting
from theory.kernel_machines import bounds_kernels as bounds
from theory.kernel_machines import data
from theory.kernel_machines import oracle_kernels as oracle
from theory.kernel_machines.cases_kernels import (
    FLAT,
    FLAT_REGIMES,
    GRAM,
    GRAM_REGIMES,
    INDEFINITE,
    POLYNOMIAL,
    POLYNOMIAL_REGIMES,
    SCORE_REGIMES,
    SCORES,
)


def named(kernel: str, gamma: float = 1.0, zeta: float = 0.0, degree: int = 1) -> dict[str, Setting]:
    return {"kernel": kernel, "gamma": gamma, "zeta": zeta, "degree": degree}


X, Z = np.array([[[1.0, 2.0]]]), np.array([[[3.0, -1.0], [1.0, 2.0]]])


def test_kernels_by_hand() -> None:
    assert oracle.gram(X, Z, named("linear")).tolist() == [[[1.0, 5.0]]]
    assert oracle.gram(X, Z, named("polynomial", 2.0, 1.0, 3)).tolist() == [[[27.0, 1331.0]]]
    assert oracle.gram(X, Z, named("rbf", 0.5)).tolist() == [[[math.exp(-6.5), 1.0]]]
    assert oracle.gram(X, Z, named("laplacian", 0.5)).tolist() == [[[math.exp(-2.5), 1.0]]]
    assert oracle.gram(X, Z, named("sigmoid", 1.0, -1.0))[0, 0, 0] == 0.0


def test_the_squares_of_the_features_are_the_terms_of_the_square() -> None:
    found = oracle.feature_squares(X, named("polynomial", 1.0, 1.0, 2))

    assert found.tolist() == [[[1.0, 1.0, 2.0, 8.0, 8.0, 16.0]]]  # (1 + a + b)² with a = x₁², b = x₂²
    assert found.sum() == 36.0


@pytest.mark.parametrize("degree", [1, 2, 3, 4])
def test_the_squares_of_the_features_add_up_to_the_kernel(degree: int) -> None:
    x = np.array([[[1.0, -2.0, 3.0], [0.0, 4.0, -1.0]]])
    settings = named("polynomial", 2.0, 3.0, degree)
    kernel = np.einsum("lii->li", oracle.gram(x, x, settings))
    found = oracle.feature_squares(x, settings)

    assert found.shape[-1] == math.comb(3 + degree, degree)
    assert found.sum(axis=-1).tolist() == kernel.tolist()


def test_the_series_reaches_the_kernel_and_no_further_than_its_remainder() -> None:
    x, z = np.array([[[0.5, 1.0]]]), np.array([[[1.5, -0.25]]])
    kernel = oracle.gram(x, z, named("rbf", 0.5))
    norms, inner = np.array([[[0.5 * 3.5625]]]), np.array([[[0.5]]])
    far = [abs(oracle.series(x, z, 0.5, terms) - kernel) for terms in (1, 2, 4, 8)]
    left = [oracle.remainder(norms, inner, terms) for terms in (1, 2, 4, 8)]

    assert oracle.series(x, z, 0.5, 30).tolist() == kernel.tolist()
    assert oracle.series(x, z, 0.5, 1).tolist() == [[[math.exp(-1.78125)]]]
    assert all((away <= bound).all() for away, bound in zip(far, left, strict=True))


def psd(rows: list[list[int]]) -> bool:
    return bool(oracle.psd(np.array([rows], dtype=np.float64), np.zeros(1))[0])


def test_semidefinite_matrices_by_hand() -> None:
    assert psd([[2, 1], [1, 2]])
    assert psd([[1, 1], [1, 1]])
    assert psd([[0, 0], [0, 1]])
    assert not psd([[1, 2], [2, 1]])
    assert not psd([[0, 1], [1, 5]])
    assert not psd([[-1]])
    assert not psd([[1, 1, 1], [1, 1, 0], [1, 0, 1]])


def test_a_shift_makes_a_matrix_semidefinite_at_its_least_eigenvalue() -> None:
    matrix = np.array([[[1.0, 2.0], [2.0, 1.0]]])

    assert oracle.psd(matrix, np.array([1.0])).tolist() == [True]
    assert oracle.psd(matrix, np.array([1.0 - 2.0**-52])).tolist() == [False]


def test_losses_by_hand() -> None:
    found = oracle.losses(np.array([[0.0, 2.0, -1.0, -0.0]]), "float64")

    assert found["zero_one"].tolist() == [[1.0, 0.0, 1.0, 1.0]]
    assert found["hinge"].tolist() == [[1.0, 0.0, 2.0, 1.0]]
    assert found["squared_hinge"].tolist() == [[1.0, 0.0, 4.0, 1.0]]
    assert found["logistic"][0, 0] == math.log(2)
    assert found["scaled_logistic"][0].tolist()[0] == 1.0


def test_losses_far_out() -> None:
    found = oracle.losses(np.array([[40.0, -40.0, 1e300, -1e300]]), "float64")
    tail = float(Fraction(math.exp(-40)))

    assert found["logistic"][0, 1:].tolist() == [40.0, 0.0, 1e300]
    assert found["logistic"][0, 0] == tail
    assert found["squared_hinge"][0].tolist() == [0.0, 1681.0, 0.0, math.inf]


@pytest.mark.parametrize("regime", sorted(GRAM_REGIMES))
def test_matrices_of_kernels_are_semidefinite(regime: str) -> None:
    cases = GRAM.draw(np.random.default_rng(1), {"n": 4, "d": 2}, regime, 16)
    value = oracle.gram(cases["x"], cases["z"], cases.settings)
    slack = 4 * bounds.gram_error(cases, value).value.max(axis=(1, 2))
    found = oracle.psd(value, slack)

    assert GRAM.valid(cases).all()
    assert found.all() != (regime in INDEFINITE)


def test_every_regime_is_valid() -> None:
    rng = np.random.default_rng(0)

    for domain, regimes in ((FLAT, FLAT_REGIMES), (POLYNOMIAL, POLYNOMIAL_REGIMES), (SCORES, SCORE_REGIMES)):
        for regime in regimes:
            shape = {name: high for name, (_, high) in domain.shapes.items()}
            assert domain.valid(domain.draw(rng, shape, regime, 8)).all()


def test_far_points_are_the_same_in_both_dtypes() -> None:
    cases = FLAT.draw(np.random.default_rng(0), {"n": 3, "m": 3, "d": 2, "terms": 2}, "rbf-far", 8)

    assert (cases["x"].astype(np.float32) == cases["x"]).all()


@pytest.mark.parametrize(
    ("name", "shape", "labels"),
    [("breast-cancer", (569, 30), {-1, 1}), ("digits-3-8", (357, 64), {-1, 1}), ("wine", (178, 13), {0, 1, 2})],
)
def test_bundled_data_are_standardised(name: str, shape: tuple[int, int], labels: set[int]) -> None:
    x, y = data.LOADERS[name]()
    u = 2.0**-53
    constant = (x == 0).all(axis=0)

    assert x.shape == shape
    assert set(y.tolist()) == labels
    assert (abs(x.mean(axis=0)) <= 4 * len(x) * u).all()
    assert (abs((x**2).mean(axis=0)[~constant] - 1) <= 4 * len(x) * u).all()
