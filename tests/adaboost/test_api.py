"""The functional core: errors that name value and place, and small cases worked by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
import torch
from torch import Tensor

from impl.adaboost.boosting import fit_discrete, fit_samme
from impl.adaboost.bounds import margin_bound, training_error_bound
from impl.adaboost.ensemble import STOP, decision_function
from impl.adaboost.logitboost import fit_logitboost
from impl.adaboost.median import weighted_median
from impl.adaboost.r2 import fit_r2
from impl.adaboost.real import fit_real
from impl.adaboost.resampling import draw_counts, resample_indices
from impl.adaboost.stump import fit_decision_stump
from impl.core import devices
from impl.core.random import generator
from tests.adaboost.samples import problems

LINE = torch.tensor([[0.0], [1.0], [2.0]], dtype=torch.float64)
MIDDLE_PLUS = torch.tensor([-1, 1, -1])


U = 2.0**-53


def fit_discrete_rounds(X: Tensor, y: Tensor, w: Tensor, rounds: int) -> object:
    return fit_discrete(X, y, w, rounds=rounds)


def fit_samme_rounds(X: Tensor, y: Tensor, w: Tensor, rounds: int) -> object:
    return fit_samme(X, (y + 1) // 2, w, n_classes=2, rounds=rounds)


def fit_real_rounds(X: Tensor, y: Tensor, w: Tensor, rounds: int) -> object:
    return fit_real(X, y, w, rounds=rounds, smoothing=0.1)


def fit_logitboost_rounds(X: Tensor, y: Tensor, w: Tensor, rounds: int) -> object:
    return fit_logitboost(X, y, w, rounds=rounds)


def fit_r2_rounds(X: Tensor, y: Tensor, w: Tensor, rounds: int) -> object:
    return fit_r2(X, y.double(), w, rounds=rounds)


FITS = (fit_discrete_rounds, fit_samme_rounds, fit_real_rounds, fit_logitboost_rounds, fit_r2_rounds)


def gamma(n: int) -> float:
    return n * U / (1 - n * U)


def ones(n: int) -> Tensor:
    return torch.ones(n, dtype=torch.float64)


def drift(rounds: int, n: int) -> list[float]:
    """How far rounding may carry ε_m, relatively, from its exact trajectory, in each round.

    If D has relative error r, then ε and 1−ε have 2r + γ_n, α half the sum of both, e^{±α} as much again, and
    normalising doubles: r ← 2 (r + 2r + γ_n + (|α| + 12) u) ≤ 6r + 2 (n + 16) u for |α| ≤ 4; r_1 = γ_{n+1}.
    """
    r, found = gamma(n + 1), []
    for _ in range(rounds):
        found.append(2 * r + gamma(n))
        r = 6 * r + 2 * (n + 16) * U
    return found


def test_three_points_on_a_line_have_the_errors_worked_by_hand() -> None:
    found = fit_discrete(LINE, MIDDLE_PLUS, ones(3), rounds=5)

    worked = [Fraction(1, 3), Fraction(1, 4), Fraction(1, 6), Fraction(1, 5), Fraction(3, 16)]
    apart = [abs(Fraction(e) / exact - 1) for e, exact in zip(found.errors.tolist(), worked, strict=True)]
    assert all(gap <= bound for gap, bound in zip(apart, drift(5, 3), strict=True))


def test_the_constant_stump_wins_a_tie() -> None:
    stump = fit_decision_stump(LINE, MIDDLE_PLUS, ones(3))

    assert (stump.feature.item(), stump.threshold.item(), stump.polarity.item()) == (-1, -math.inf, -1)


def test_among_equal_cuts_the_smallest_feature_and_threshold_win() -> None:
    X = torch.tensor([[5.0, 0.0], [6.0, 1.0], [7.0, 2.0], [8.0, 3.0]])
    y = torch.tensor([-1, 1, -1, 1])

    stump = fit_decision_stump(X, y, torch.ones(4))

    assert (stump.feature.item(), stump.threshold.item(), stump.polarity.item()) == (0, 5.5, 1)


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (1.0, 1.0 + 2.0**-52),
        (-1.7e308, 1.7e308),
        (1.6e308, 1.7e308),
        (0.0, 5e-324),
        (5e-324, 1e-323),
        (-5e-324, 5e-324),
    ],
)
def test_a_threshold_separates_its_neighbours(low: float, high: float) -> None:
    X = torch.tensor([[low], [high]], dtype=torch.float64)

    stump = fit_decision_stump(X, torch.tensor([-1, 1]), ones(2))

    assert stump.error.item() == 0
    assert low <= stump.threshold.item() < high


def test_integer_weights_give_the_least_error_exactly() -> None:
    X, y, _ = problems(1, 12, 2)
    w = torch.arange(1, 13, dtype=torch.float64)[None]

    stump = fit_decision_stump(X, y, w)

    least = min(
        Fraction(int(w[0][(torch.where(X[0, :, f] > t, p, -p) != y[0])].sum()), int(w.sum()))
        for f in (0, 1)
        for t in [-math.inf, *X[0, :, f].tolist()]
        for p in (-1, 1)
    )
    assert stump.error.item() == float(least)


def test_a_perfect_stump_stops_with_a_vote_and_keeps_the_weights() -> None:
    found = fit_discrete(LINE, torch.tensor([-1, 1, 1]), ones(3), rounds=4)

    assert (STOP[int(found.stop)], int(found.used)) == ("perfect", 1)
    assert found.alphas.tolist() == [1.0, 0.0, 0.0, 0.0]
    assert found.weights is not None
    assert bool((found.weights == found.weights[0]).all())


def test_exclusive_or_has_no_weak_learner() -> None:
    X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])

    found = fit_discrete(X, torch.tensor([1, -1, -1, 1]), torch.ones(4), rounds=3)

    assert (STOP[int(found.stop)], int(found.used)) == ("no_weak_learner", 0)


@pytest.mark.parametrize("n", [6, 10, 14, 22])
def test_contradictions_stop_though_their_weights_round(n: int) -> None:
    y = torch.tensor([1, -1] * (n // 2))

    found = fit_discrete(torch.zeros(n, 1, dtype=torch.float64), y, ones(n), rounds=3)

    assert int(found.used) == 0


def test_one_class_stops_at_round_one() -> None:
    found = fit_discrete(LINE, torch.tensor([1, 1, 1]), ones(3), rounds=3)

    assert (STOP[int(found.stop)], int(found.used)) == ("perfect", 1)


def test_lanes_stop_each_in_its_own_round() -> None:
    X = LINE.expand(3, 3, 1).contiguous()
    y = torch.tensor([[-1, 1, -1], [-1, 1, 1], [1, 1, 1]])

    found = fit_discrete(X, y, torch.ones_like(X[..., 0]), rounds=4)

    assert found.used.tolist() == [4, 1, 1]
    assert found.stop.tolist() == [0, 1, 1]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_batch_of_batches_keeps_its_shape_and_dtype(dtype: torch.dtype) -> None:
    X, y, w = problems(6, 9, 2, dtype)

    found = fit_discrete(X.view(2, 3, 9, 2), y.view(2, 3, 9), w.view(2, 3, 9), rounds=4)

    assert found.scores is not None
    assert found.scores.shape == (2, 3, 4, 9)
    assert {found.scores.dtype, found.alphas.dtype, found.threshold.dtype} == {dtype}


def test_a_batch_equals_its_lanes_one_by_one() -> None:
    X, y, w = problems(8, 11, 3)

    together = fit_discrete(X, y, w, rounds=3)
    alone = [fit_discrete(X[i], y[i], w[i], rounds=3) for i in range(8)]

    assert together.feature.tolist() == [one.feature.tolist() for one in alone]
    assert together.threshold.tolist() == [one.threshold.tolist() for one in alone]


def test_a_batch_has_the_errors_of_its_lanes_up_to_rounding() -> None:
    X, y, w = problems(8, 11, 3)

    together = fit_discrete(X, y, w, rounds=4).errors
    alone = torch.stack([fit_discrete(X[i], y[i], w[i], rounds=4).errors for i in range(8)])

    assert bool(((together - alone).abs() <= 2 * torch.tensor(drift(4, 11), dtype=torch.float64) * alone).all())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_data_stay_on_the_simulated_device_in_their_dtype(dtype: torch.dtype) -> None:
    there = devices.probe("sim").torch
    X, y, w = (value.to(there) for value in problems(4, 9, 2, dtype))

    found = fit_discrete(X, y, w, rounds=3)

    kept = (found.threshold, found.alphas, found.errors)
    assert {(value.device.type, value.dtype) for value in kept} == {(there.type, dtype)}
    assert found.feature.cpu().tolist() == fit_discrete(X.cpu(), y.cpu(), w.cpu(), rounds=3).feature.tolist()


@pytest.mark.parametrize("fit", FITS, ids=lambda fit: fit.__name__)
def test_the_host_waits_a_fixed_number_of_times_however_many_rounds(fit: Callable[..., object]) -> None:
    device = devices.probe("sim")
    X, y, w = (value.to(device.torch) for value in problems(4, 9, 2))

    waits = []
    for rounds in (2, 12):
        with device.watch() as ledger:
            fit(X, y, w, rounds)
        waits.append(ledger["syncs"])

    assert waits[0] == waits[1] <= 12


def test_integer_weights_are_repeated_rows() -> None:
    X, y, _ = problems(1, 12, 2)
    times = torch.arange(1, 13)

    weighted = fit_decision_stump(X, y, times[None].double())
    repeated = fit_decision_stump(*(v.repeat_interleave(times, 1) for v in (X, y, torch.ones(1, 12).double())))

    assert [value.item() for value in weighted] == [value.item() for value in repeated]


def test_a_learning_rate_of_one_half_halves_the_first_vote() -> None:
    full, half = (fit_discrete(LINE, MIDDLE_PLUS, ones(3), rounds=2, learning_rate=rate) for rate in (1.0, 0.5))

    assert half.alphas[0].item() == full.alphas[0].item() / 2
    worked = 1 - math.sqrt(0.5)  # the middle point then weighs √2 times as much as the others
    assert abs(half.errors[1].item() / worked - 1) <= drift(2, 3)[1] + gamma(3)


def test_chunks_do_not_change_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y, w = problems(8, 11, 3)
    whole = fit_discrete(X, y, w, rounds=3)

    monkeypatch.setattr("impl.adaboost.boosting.CELLS", 70)
    chunked = fit_discrete(X, y, w, rounds=3)

    assert chunked.threshold.tolist() == whole.threshold.tolist()


def test_the_trace_changes_nothing() -> None:
    X, y, w = problems(4, 10, 2)

    traced, plain = (fit_discrete(X, y, w, rounds=5, trace=trace) for trace in (True, False))

    assert plain.weights is None
    assert plain.alphas.tolist() == traced.alphas.tolist()


def test_the_last_stage_is_the_decision() -> None:
    X, y, w = problems(4, 10, 2)

    found = fit_discrete(X, y, w, rounds=5)

    assert found.scores is not None
    assert bool((found.scores[:, -1] == decision_function(found, X)).all())


def test_fewer_rounds_are_a_prefix_even_when_resampling() -> None:
    X, y, w = problems(4, 10, 2)

    few, many = (fit_discrete(X, y, w, rounds=m, resample=generator(3)) for m in (3, 7))

    assert few.alphas.tolist() == many.alphas[:, :3].tolist()


def test_samme_with_two_classes_is_the_discrete_algorithm_with_twice_the_vote() -> None:
    half = fit_discrete(LINE, MIDDLE_PLUS, ones(3), rounds=3)
    samme = fit_samme(LINE, (MIDDLE_PLUS > 0).long(), ones(3), n_classes=2, rounds=3)

    assert [Fraction(e).limit_denominator(99) for e in samme.errors.tolist()] == [
        Fraction(e).limit_denominator(99) for e in half.errors.tolist()
    ]
    apart = (samme.alphas - 2 * half.alphas).abs() / (gamma(2 * 3 + 8) + 4 * U * samme.alphas)  # the bound of ADA-12
    assert float(apart.max()) <= 1


def test_samme_keeps_a_hypothesis_that_errs_more_than_half_the_time() -> None:
    X = torch.arange(6.0, dtype=torch.float64)[:, None]

    found = fit_samme(X, torch.arange(6), ones(6), n_classes=6, rounds=1)

    assert found.errors.item() > 0.5
    assert int(found.used) == 1


def test_a_pure_cell_stops_confidence_rated_boosting_unless_it_is_smoothed() -> None:
    y = torch.tensor([-1, 1, 1])

    bare, smooth = (fit_real(LINE, y, ones(3), rounds=2, smoothing=s) for s in (0.0, 0.125))

    assert int(bare.used) == 0
    assert int(smooth.used) == 2
    assert float(smooth.cell_scores.abs().max()) <= math.log(1 + 8) / 2


def test_logitboost_takes_a_half_newton_step() -> None:
    found = fit_logitboost(LINE, torch.tensor([-1, 1, 1]), ones(3), rounds=1)

    assert found.staged[0].tolist() == [-1.0, 1.0, 1.0]


def test_equal_targets_are_fitted_without_error() -> None:
    found = fit_r2(LINE, torch.full((3,), 0.1, dtype=torch.float64), ones(3), rounds=3)

    assert STOP[int(found.stop)] == "perfect"
    assert found.staged[-1].tolist() == [0.1, 0.1, 0.1]


@pytest.mark.parametrize(
    ("values", "weights", "median"),
    [([3.0, 1.0, 2.0], [1, 1, 1], 2.0), ([1.0, 2.0], [1, 1], 1.0), ([1.0, 2.0, 9.0], [1, 1, 3], 9.0)],
)
def test_the_weighted_median_is_the_smallest_value_with_half_the_weight(
    values: list[float], weights: list[int], median: float
) -> None:
    found = weighted_median(torch.tensor(values), torch.tensor(weights, dtype=torch.float32))

    assert found.item() == median


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_row_of_weight_zero_is_never_drawn(dtype: torch.dtype) -> None:
    D = torch.rand(5, 130, generator=generator(1)).to(dtype)
    D[:, ::2] = 0

    index = resample_indices(D, 20_000, generator(2))

    assert bool((D.gather(1, index) > 0).all())


def test_counts_of_draws_add_up() -> None:
    counts = draw_counts(torch.rand(12, 3, generator=generator(1)), generator(2))

    assert counts.sum(0).tolist() == [12.0, 12.0, 12.0]


def test_the_bounds_of_one_round_are_those_of_the_formula() -> None:
    errors = torch.tensor([0.2], dtype=torch.float64)

    product, margin = float(training_error_bound(errors)), float(margin_bound(errors, 0.5))

    assert abs(product / 0.8 - 1) <= gamma(12)  # two logarithms, two products, a sum, an exponential
    assert abs(margin / (2 * math.sqrt(0.2**0.5 * 0.8**1.5)) - 1) <= gamma(16)


BAD: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("NaN in X", {"X": [[0.0], [math.nan], [2.0]]}, r"X must be finite, got nan at index \(1, 0\)"),
    ("negative weight", {"w": [1.0, 1.0, -0.2]}, r"sample_weight must be non-negative, got -0.2 at index 2"),
    ("infinite weight", {"w": [1.0, math.inf, 1.0]}, "sample_weight must be finite, got inf at index 1"),
    ("no weight", {"w": [0.0, 0.0, 0.0]}, "sample_weight must have a positive sum"),
    ("weights that overflow", {"w": [1e308, 1e308, 1e308]}, "sample_weight must have a finite sum"),
    ("too few weights", {"w": [1.0]}, r"sample_weight must have shape \(3,\)"),
    ("a label 2", {"y": [1.0, 2.0, -1.0]}, "y must be one of -1, 1, got 2.0 at index 1"),
    ("too few labels", {"y": [1.0]}, r"y must have shape \(3,\)"),
    ("no rows", {"X": [[]]}, "X must not be empty"),
    ("one axis", {"X": [0.0, 1.0]}, r"X must have shape \(..., n, d\)"),
)


@pytest.mark.parametrize(("bad", "message"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_the_core_names_the_bad_value_and_its_place(bad: dict[str, Any], message: str) -> None:
    good = {"X": LINE, "y": MIDDLE_PLUS.double(), "w": ones(3)}
    sample = good | {k: torch.tensor(v, dtype=torch.float64) for k, v in bad.items()}

    with pytest.raises(ValueError, match=message):
        fit_discrete(sample["X"], sample["y"], sample["w"], rounds=2)


def test_whole_numbers_are_refused_by_the_core() -> None:
    with pytest.raises(TypeError, match="X must be float32 or float64, got int64"):
        fit_discrete(LINE.long(), MIDDLE_PLUS, ones(3), rounds=2)
