"""Platt's objective, its moments and the softmax of the oracle against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from theory.core.domain import Cases
from theory.kernel_machines import bounds_platt as bounds
from theory.kernel_machines import oracle_platt as oracle
from theory.kernel_machines.cases_platt import (
    EXPONENT_REGIMES,
    EXPONENTS,
    FITTED,
    LOGIT_REGIMES,
    LOGITS,
    MACHINE_REGIMES,
    MACHINES,
    SCORE_REGIMES,
)


def sigmoid(f: list[float], y: list[float], a: float, b: float) -> Cases:
    return Cases({"f": np.array([f]), "y": np.array([y]), "a": np.array([a]), "b": np.array([b])})


def test_targets_by_hand() -> None:
    found = oracle.targets(np.array([[1.0, 1.0, -1.0]]))

    assert found.tolist() == [[3 / 4, 3 / 4, 1 / 3]]


def test_a_flat_sigmoid_says_a_half() -> None:
    value, share = oracle.objective(sigmoid([5.0, -2.0], [1.0, -1.0], 0.0, 0.0))

    assert share.tolist() == [[0.5, 0.5]]
    assert value.tolist() == [2 * math.log(2)]


def test_platts_sign_makes_a_negative_slope_rise() -> None:
    _, share = oracle.objective(sigmoid([1.0, -1.0], [1.0, -1.0], -1.0, 0.0))

    assert share[0, 0] > 1 / 2 > share[0, 1]
    assert share[0, 0] == 1 / (1 + math.exp(-1))


def test_the_objective_far_out_is_linear() -> None:
    value, share = oracle.objective(sigmoid([1e5, 1e5], [1.0, -1.0], 1.0, 0.0))

    assert value.tolist() == [1e5]  # t = 2∕3 and 1∕3, each times |z|
    assert share.tolist() == [[0.0, 0.0]]


def test_balls_agree_with_floats() -> None:
    rng = np.random.default_rng(0)

    for regime in EXPONENT_REGIMES:
        cases = EXPONENTS.draw(rng, {"n": 5}, regime, 16)
        value, share = oracle.objective(cases)
        given = cases["f"], cases["a"], cases["b"]
        near = oracle.loss(cases["f"], oracle.targets(cases["y"]), cases["a"], cases["b"])

        assert (abs(near - value) <= bounds.objective_error(cases, *given).value).all()
        assert (abs(oracle.share(*given) - share) <= bounds.share_error(cases, share, *given).value).all()


def test_the_best_sigmoid_of_two_scores_keeps_the_targets() -> None:
    f, y = np.array([[1.0, -1.0]]), np.array([[1.0, -1.0]])
    cases = Cases({"f": f, "y": y})
    a = np.array([-math.log(2)])  # P = 2∕3 at 1 and 1∕3 at −1, the targets themselves
    share, t = oracle.share(f, a, np.zeros(1)), oracle.targets(y)
    level, slope = bounds.moment_error(cases, f, a, np.zeros(1))

    assert abs((share - t).sum()) <= level.value[0]
    assert abs(((share - t) * f).sum()) <= slope.value[0]
    worse = oracle.share(f, a * (1 + 2.0**-30), np.zeros(1))
    assert abs(((worse - t) * f).sum()) > slope.value[0]


def test_softmax_by_hand() -> None:
    share, log = oracle.softmax(np.array([[[0.0, 0.0, 0.0, 0.0], [1e4, 0.0, 1e4, -1e4]]]))

    assert share.tolist() == [[[0.25, 0.25, 0.25, 0.25], [0.5, 0.0, 0.5, 0.0]]]
    assert log[0, 0].tolist() == [-math.log(4)] * 4
    assert log[0, 1].tolist() == [-math.log(2), -1e4 - math.log(2), -math.log(2), -2e4 - math.log(2)]


def test_two_entries_are_the_logistic_function() -> None:
    share, _ = oracle.softmax(np.array([[[1.0, -1.0]]]))

    assert abs(share[0, 0, 0] - 1 / (1 + math.exp(-2))) <= 4 * 2.0**-53


@pytest.mark.parametrize("regime", SCORE_REGIMES)
def test_every_regime_of_scores_holds_both_labels(regime: str) -> None:
    for n in (2, 3, 9):
        assert FITTED.valid(FITTED.draw(np.random.default_rng(n), {"n": n}, regime, 32)).all()


@pytest.mark.parametrize("regime", sorted(MACHINE_REGIMES))
def test_every_regime_of_machines_is_semidefinite(regime: str) -> None:
    cases = MACHINES.draw(np.random.default_rng(3), {"n": 6}, regime, 16)
    least = np.linalg.eigvalsh(cases["K"])[:, 0]
    top = np.abs(cases["K"]).max(axis=(1, 2))

    assert MACHINES.valid(cases).all()
    assert (least >= -216 * 2.0**-53 * top).all()


@pytest.mark.parametrize("regime", LOGIT_REGIMES)
def test_shares_of_the_oracle_add_up_to_one(regime: str) -> None:
    cases = LOGITS.draw(np.random.default_rng(4), {"n": 2, "k": 4}, regime, 8)
    share, log = oracle.softmax(cases["z"])

    assert (abs(share.sum(axis=-1) - 1) <= 8 * 2.0**-53).all()
    assert (log <= 0).all()
