"""The oracles of kernel logistic regression against mpmath, explicit products, and each other."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray

from theory.core.bound import U64, gamma
from theory.core.domain import Cases, Domain
from theory.kernel_machines import oracle_logistic as oracle
from theory.kernel_machines.cases_logistic import DERIVATIVES, KLR, LOGISTICS, POLYNOMIALS
from theory.kernel_machines.cases_svm import linear

Floats = NDArray[np.float64]
DIGITS = 40
MANY = gamma(256, U64)
"""Room for a few hundred roundings in float64."""


def rng() -> np.random.Generator:
    return np.random.default_rng(12)


def data(cases: Cases) -> tuple[Floats, Floats, Floats]:
    return cases["K"], cases["y"], cases["penalty"]


def value(cases: Cases, beta: list[mpmath.mpf]) -> mpmath.mpf:
    """F of the first lane in mpmath, straight from the definition."""
    k, y, lam = cases["K"][0].tolist(), cases["y"][0].tolist(), mpmath.mpf(float(cases["penalty"][0]))
    f = [mpmath.fsum(a * b for a, b in zip(row, beta, strict=True)) for row in k]
    losses = mpmath.fsum(mpmath.log1p(mpmath.exp(-s * v)) for s, v in zip(y, f, strict=True))
    return (lam * mpmath.fsum(b * v for b, v in zip(beta, f, strict=True)) + losses) / len(y)


@pytest.mark.parametrize("z", [-700.0, -40.0, -20.5, -1e-8, 0.0, 1e-300, 0.5, 20.5, 40.0, 700.0])
def test_loss_and_share_have_the_digits_of_mpmath(z: float) -> None:
    with mpmath.workdps(DIGITS):
        loss, share = mpmath.log1p(mpmath.exp(-z)), 1 / (1 + mpmath.exp(z))
    many = gamma(8, U64) * (1 + abs(z))  # e^z has the relative error |z| u

    assert abs(oracle.log_loss(np.array([z]))[0] - float(loss)) <= many * float(loss)
    assert abs(oracle.share(np.array([z]))[0] - float(share)) <= many * float(share)


@pytest.mark.parametrize("regime", ["integers", "rbf", "light", "dual-feasible"])
def test_complex_steps_are_the_derivatives_of_mpmath(regime: str) -> None:
    cases = DERIVATIVES.draw(rng(), {"n": 3, "d": 2}, regime, 1)
    n = cases["y"].shape[1]
    with mpmath.workdps(DIGITS):
        beta = [mpmath.mpf(b) for b in cases["beta"][0].tolist()]
        at = [tuple(int(j == i) for j in range(n)) for i in range(n)]
        slope = [float(mpmath.diff(lambda *b: value(cases, list(b)), beta, one)) for one in at]
        pairs = [[tuple(a + b for a, b in zip(one, two, strict=True)) for two in at] for one in at]
        bend = [[float(mpmath.diff(lambda *b: value(cases, list(b)), beta, both)) for both in row] for row in pairs]
        here = float(value(cases, beta))
    size = 1 + np.abs(cases["K"]).sum() * (1 + np.abs(cases["beta"]).sum() * cases["penalty"][0])

    assert abs(oracle.value(*data(cases), cases["beta"])[0] - here) <= MANY * size
    assert (np.abs(oracle.gradient(*data(cases), cases["beta"])[0] - slope) <= MANY * size).all()
    assert (np.abs(oracle.hessian(*data(cases), cases["beta"])[0] - bend) <= MANY * size**2).all()


@pytest.mark.parametrize("zeta", [0, 1])
@pytest.mark.parametrize("degree", [1, 2, 3])
def test_features_multiply_to_the_kernel(zeta: int, degree: int) -> None:
    x = rng().integers(-2, 3, (5, 4, 2)).astype(np.float64)

    phi = oracle.features(x, zeta, degree)

    k = (zeta + linear(x, x)) ** degree
    assert (np.abs(linear(phi, phi) - k) <= MANY * (1 + linear(np.abs(phi), np.abs(phi)))).all()


@pytest.mark.parametrize("regime", LOGISTICS.regimes)
def test_newtons_method_ends_where_the_slope_vanishes(regime: str) -> None:
    cases = LOGISTICS.draw(rng(), {"n": 6, "d": 3}, regime, 16)
    x, y, lam = cases["x"], cases["y"], cases["penalty"]

    w = oracle.newton(x, y, lam)

    size = (2 * lam[:, None] * np.abs(w) + np.abs(x).sum(axis=1) + (x**2).sum(axis=(1, 2))[:, None]) / y.shape[1]
    assert (np.abs(oracle.linear_slope(x, y, lam, w)) <= MANY * size).all()


@pytest.mark.parametrize("regime", KLR.regimes)
def test_no_dual_value_exceeds_a_primal_one(regime: str) -> None:
    cases = KLR.draw(rng(), {"n": 6, "d": 2}, regime, 16)
    beta = rng().standard_normal(cases["y"].shape)
    a = rng().random(cases["y"].shape)

    upper, lower = oracle.value(*data(cases), beta), oracle.dual(*data(cases), a)

    assert (lower <= upper).all()


def test_the_gap_is_the_mean_divergence_of_two_coins() -> None:
    cases = DERIVATIVES.draw(rng(), {"n": 5, "d": 2}, "dual-feasible", 16)
    k, y, lam = data(cases)
    a = oracle.dual_point(y, lam, cases["beta"])
    z = y * np.einsum("lij,lj->li", k, cases["beta"])

    gap = oracle.value(k, y, lam, cases["beta"]) - oracle.dual(k, y, lam, a)

    divergence = oracle.log_loss(z) + a * z - oracle.entropy(a)
    size = 1 + np.abs(z).sum(axis=1)
    assert (np.abs(gap - divergence.mean(axis=1)) <= MANY * size).all()
    assert (divergence >= -MANY * (1 + np.abs(z))).all()


@pytest.mark.parametrize("regime", ["integers-newton", "wide-newton", "ties-newton"])
def test_projecting_on_the_span_of_the_points_loses_nothing(regime: str) -> None:
    cases = POLYNOMIALS.draw(rng(), {"n": 3, "d": 2, "degree": 2}, regime, 16)
    phi = oracle.features(cases["x"], 1, cases.integer("degree"))
    y, lam = cases["y"], cases["penalty"]
    w = rng().standard_normal((16, phi.shape[2]))
    inside = np.einsum("lfn,lng,lg->lf", np.linalg.pinv(phi), phi, w)

    whole, span = oracle.linear_value(phi, y, lam, w), oracle.linear_value(phi, y, lam, inside)

    assert (span <= whole + MANY * (1 + np.abs(phi).sum(axis=(1, 2)) * np.abs(w).sum(axis=1))).all()
    assert (span < whole).any()


@pytest.mark.parametrize(
    ("domain", "regime"),
    [(domain, regime) for domain in (KLR, DERIVATIVES, POLYNOMIALS, LOGISTICS) for regime in domain.regimes],
)
def test_every_regime_draws_problems_inside_its_domain(domain: Domain, regime: str) -> None:
    for ends in (0, 1):
        cases = domain.draw(rng(), {name: size[ends] for name, size in domain.shapes.items()}, regime, 4)

        assert domain.valid(cases).all()


@pytest.mark.parametrize("domain", [KLR, DERIVATIVES, LOGISTICS])
def test_real_data_are_inside_their_domain(domain: Domain) -> None:
    for load in domain.real.values():
        assert domain.valid(load()).all()
