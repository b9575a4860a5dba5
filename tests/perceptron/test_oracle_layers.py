"""The oracles of layers against hand-computed values and exact arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from theory.core.bound import U64, gamma
from theory.core.domain import Cases
from theory.perceptron import bounds_layers, claims_layers, claims_outputs
from theory.perceptron.cases_layers import EVALUATION, LAYER, OUTPUT, TRAINING

FEW = 64 * float(gamma(64, U64))
"""Rounding of at most 64 operations on numbers of size 64 at most, in float64."""


def test_sums_over_batch_and_positions_are_rounded_once() -> None:
    gradient = np.array([1e16, 1.0, -1e16, 1.0]).reshape(1, 2, 1, 2)

    assert claims_layers.exact_sums(gradient).tolist() == [[2.0]]


def test_a_window_slides_over_its_input() -> None:
    cases = Cases(
        {"x": np.arange(4.0).reshape(1, 1, 1, 4), "weight": np.array([[[[1.0, 10.0]]]]), "bias": np.array([[100.0]])}
    )

    output, size = claims_layers.layer_output(cases)

    assert output.ravel().tolist() == [110.0, 121.0, 132.0]
    assert (size == output).all()


def test_batch_norm_is_that_of_rationals() -> None:
    drawn = TRAINING.draw(np.random.default_rng(1), {"b": 4, "c": 1, "o": 1}, "generic", 1)
    h = [Fraction(x) * Fraction(drawn["weight"][0, 0, 0]) for x in drawn["x"][0, :, 0].tolist()]
    mean = sum(h, Fraction(0)) / 4
    variance = sum(((each - mean) ** 2 for each in h), Fraction(0)) / 4
    root = float(variance + Fraction(drawn.settings["epsilon"])) ** 0.5

    normal = bounds_layers.training(drawn)

    expected = [drawn["scale"][0, 0] * float(each - mean) / root + drawn["shift"][0, 0] for each in h]
    assert np.abs(normal.output[0, :, 0] - expected).max() <= FEW


def test_running_statistics_are_used_in_evaluation() -> None:
    drawn = EVALUATION.draw(np.random.default_rng(1), {"b": 2, "c": 1, "o": 1}, "generic", 1)
    fixed = drawn.with_arrays(running_mean=np.array([[2.0]]), running_var=np.array([[0.0]]))

    assert bounds_layers.evaluation(fixed).root.item() == 2.0**-5


def test_a_kink_is_where_a_unit_becomes_active() -> None:
    cases = Cases({"w": np.array([[2.0, -1.0]]), "bias": np.array([[2.0, -3.0]])})

    assert claims_outputs.true_kinks(cases).tolist() == [[-3.0, -1.0]]


def test_points_lie_inside_the_pieces() -> None:
    cases = Cases({"w": np.array([[1.0, 1.0]]), "bias": np.array([[0.0, -4.0]])})

    points = claims_outputs.inner_points(cases)

    assert points[0, 1].tolist() == [1.0, 2.0, 3.0]
    assert points[0, 0].max() < 0
    assert points[0, 2].min() > 4


def test_the_loss_of_even_odds_is_log_two() -> None:
    cases = Cases({"counts": np.array([[3, 3]])}, {"output": "sigmoid"})

    assert claims_outputs.constant_loss(claims_outputs.logits(cases), cases).item() == np.log(2.0)


def test_every_regime_draws_what_its_layer_takes() -> None:
    rng = np.random.default_rng(0)
    for domain, shape in ((LAYER, {"b": 2, "c": 2, "o": 3, "k": 2, "positions": 3}), (OUTPUT, {"classes": 3})):
        for regime in domain.regimes:
            assert domain.valid(domain.draw(rng, shape, regime, 4)).all()
