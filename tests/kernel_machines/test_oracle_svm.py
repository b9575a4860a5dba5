"""The oracles of the soft-margin machine against rationals by hand, certificates in fractions, and plain searches."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from theory.core.bound import U64, gamma
from theory.core.domain import Cases, Domain
from theory.kernel_machines import oracle_svm as oracle
from theory.kernel_machines.cases_linear import CLASSES, LINEARS
from theory.kernel_machines.cases_svm import (
    BIASES,
    CONVERSIONS,
    EXACT,
    EXACT_REGIMES,
    EXAMPLE,
    FITS,
    LEFT_OUT,
    OBJECTIVES,
    TRACES,
    linear,
)
from theory.kernel_machines.myths_svm import fewest_errors

Floats = NDArray[np.float64]


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def exact(value: object) -> Fraction:
    return Fraction(str(value))


def on_a_line(x: list[float], y: list[int], c: float) -> Cases:
    points = np.array([x])[..., None]
    return Cases({"K": linear(points, points), "y": np.array([y], dtype=np.float64), "C": np.array([c])})


def primal(cases: Cases, lane: int, beta: list[Fraction], bias: Fraction) -> Fraction:
    """½‖w‖² + C Σ max(0, 1 − y f) in fractions, straight from the definition."""
    k = [[Fraction(v) for v in row] for row in cases["K"][lane].tolist()]
    y, c = [Fraction(v) for v in cases["y"][lane].tolist()], Fraction(cases["C"][lane])
    plain = [sum((a * b for a, b in zip(row, beta, strict=True)), Fraction(0)) for row in k]
    hinge = sum((max(Fraction(0), 1 - s * (f + bias)) for s, f in zip(y, plain, strict=True)), Fraction(0))
    return sum((b * f for b, f in zip(beta, plain, strict=True)), Fraction(0)) / 2 + c * hinge


def test_the_optimum_of_two_points_by_hand() -> None:
    best = oracle.optima(on_a_line([-1.0, 1.0], [-1, 1], 8.0))[0]

    assert [exact(a) for a in best.alpha] == [Fraction(1, 2), Fraction(1, 2)]
    assert exact(best.value) == Fraction(1, 2)
    assert (exact(best.low), exact(best.high)) == (0, 0)


def test_the_example_has_an_interval_of_biases() -> None:
    best = oracle.optima(on_a_line([0.0, 1.0, 3.0], [-1, 1, 1], 1 / 128))[0]

    assert (exact(best.low), exact(best.high)) == (1 - Fraction(3, 128), 1 - Fraction(1, 128))


@pytest.mark.parametrize("regime", EXACT_REGIMES)
def test_primal_and_dual_of_the_rational_optimum_are_equal(regime: str) -> None:
    cases = EXACT.draw(rng(), {"n": 4, "d": 2}, regime, 6)
    cases = cases.take(EXACT.valid(cases))

    for lane, best in enumerate(oracle.optima(cases)):
        y, c = cases["y"][lane].tolist(), Fraction(cases["C"][lane])
        alpha = [exact(a) for a in best.alpha]
        beta = [a * int(s) for a, s in zip(alpha, y, strict=True)]
        assert all(0 <= a <= c for a in alpha)
        assert sum(beta) == 0
        for bias in (exact(best.low), exact(best.high), (exact(best.low) + exact(best.high)) / 2):
            assert primal(cases, lane, beta, bias) == exact(best.value)
        assert primal(cases, lane, beta, exact(best.low) - 1) >= exact(best.value) + c
        assert primal(cases, lane, beta, exact(best.high) + 1) >= exact(best.value) + c


def test_optimal_biases_are_those_of_least_hinge_loss_among_all_breaks() -> None:
    cases = EXACT.draw(rng(), {"n": 5, "d": 2}, "integers", 20)
    plain = rng().integers(-8, 9, cases["y"].shape) / 4

    low, high = oracle.optimal_biases(plain, cases["y"])

    for lane, y in enumerate(cases["y"]):
        breaks = np.unique(y - plain[lane])
        loss = np.maximum(0, 1 - y * (plain[lane] + breaks[:, None])).sum(axis=1)  # quarters: exact
        best = breaks[loss == loss.min()]
        assert (low[lane], high[lane]) == (best.min(), best.max())


def test_the_least_slacks_of_whole_scores_are_the_hinge_loss() -> None:
    score, y = rng().integers(-6, 7, (9, 5)) / 4, rng().choice([-1.0, 1.0], (9, 5))

    assert (oracle.least_slacks(score, y) == np.maximum(0, 1 - y * score).sum(axis=1)).all()


def test_the_violation_at_zero_is_two_and_at_the_optimum_none() -> None:
    cases = on_a_line([-1.0, 1.0], [-1, 1], 8.0)
    y, c = cases["y"], cases["C"]

    assert oracle.violation(np.zeros((1, 2)), y, c, np.zeros((1, 2))).tolist() == [2.0]
    assert oracle.violation(np.array([[-1.0, 1.0]]), y, c, np.full((1, 2), 0.5)).tolist() == [0.0]


@pytest.mark.parametrize("regime", FITS.regimes)
def test_objectives_in_float32_are_within_their_bounds(regime: str) -> None:
    drawn = OBJECTIVES.draw(rng(), {"n": 6, "d": 2}, regime, 16)
    cases = Cases(drawn.arrays, dtype="float32").rounded()
    narrow = {name: value.astype(np.float32) for name, value in cases.arrays.items()}
    wide = oracle.machine(*(cases[name] for name in ("K", "y", "C", "alpha", "bias")))
    seen = oracle.machine(*(narrow[name] for name in ("K", "y", "C", "alpha", "bias")))
    off = oracle.errors(cases, cases["alpha"], cases["bias"])

    assert (np.abs(seen.primal - wide.primal) <= off.primal.value).all()
    assert (np.abs(seen.dual - wide.dual) <= off.dual.value).all()
    assert (np.abs(seen.terms.sum(axis=1) - wide.terms.sum(axis=1)) <= off.gap.value).all()
    assert (wide.terms >= 0).all()
    drift = (cases["alpha"] * cases["y"]).sum(axis=1)
    direct = wide.primal - wide.dual + cases["bias"] * drift
    size = np.abs(wide.primal) + wide.square + np.abs(cases["bias"]) * cases["alpha"].sum(axis=1)
    assert (np.abs(direct - wide.terms.sum(axis=1)) <= gamma(64, U64) * (size + cases["alpha"].sum(axis=1))).all()


def test_the_fewest_errors_on_a_line_by_trying_every_threshold() -> None:
    x, y = rng().integers(-3, 4, (12, 5, 1)).astype(np.float64), rng().choice([-1.0, 1.0], (12, 5))

    for lane, fewest in enumerate(fewest_errors(x, y)):
        cuts = np.append(np.unique(x[lane, :, 0]) - 0.5, np.inf)
        counts = [
            int((np.where(x[lane, :, 0] > cut, sign, -sign) != y[lane]).sum())
            for cut, sign in itertools.product(cuts, (-1.0, 1.0))
        ]
        assert fewest == min(counts)


@pytest.mark.parametrize(
    ("domain", "regime"),
    [
        (domain, regime)
        for domain in (FITS, EXACT, TRACES, OBJECTIVES, BIASES, LEFT_OUT, CONVERSIONS, LINEARS, CLASSES)
        for regime in domain.regimes
    ],
)
def test_every_regime_draws_problems_inside_its_domain(domain: Domain, regime: str) -> None:
    for ends in (0, 1):
        cases = domain.draw(rng(), {name: size[ends] for name, size in domain.shapes.items()}, regime, 4)

        assert domain.valid(cases).all()
        assert cases.regime == regime or regime == EXAMPLE


@pytest.mark.parametrize("domain", [FITS, OBJECTIVES, LINEARS, CLASSES])
def test_real_data_are_inside_their_domain(domain: Domain) -> None:
    for load in domain.real.values():
        assert domain.valid(load()).all()
