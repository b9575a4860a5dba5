"""Mixtures of coins and multinomials as a user meets them: cases worked by hand, errors by name, the two faces."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor

from impl.em.count_mixtures import BinomialMixture, MultinomialMixture
from impl.em.counts import (
    Components,
    check_coins,
    check_multinomials,
    check_rates,
    coins,
    fit,
    jacobian,
    multinomials,
    posterior,
    scaled_posterior,
)
from impl.em.errors import ZeroLikelihoodError

U = 2.0**-53
FIVE_SETS = np.array([[5, 10], [9, 10], [8, 10], [4, 10], [7, 10]])  # Do & Batzoglou 2008, Figure 1
TWO_KINDS = np.array([[4, 0, 1], [5, 1, 0], [0, 1, 6], [1, 0, 4]])


def tensor(*values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def even(*rates: float) -> Components:
    return Components(torch.full((len(rates),), 1 / len(rates), dtype=torch.float64), tensor(*rates))


def five_sets(learn_weights: bool = False) -> Any:
    return coins(*torch.from_numpy(FIVE_SETS).double().unbind(-1), learn_weights=learn_weights)


def test_equal_coins_stay_equal_at_the_mean_of_all_tosses() -> None:
    found = fit(five_sets(), even(0.25, 0.25), max_iter=3, keep=True)

    assert [entry.rates.tolist() for entry in found.path[1:]] == [[0.66, 0.66]] * 3


def test_five_sets_of_tosses_end_where_the_primer_says() -> None:
    found = fit(five_sets(), even(0.6, 0.5), max_iter=10)

    assert [round(rate, 2) for rate in found.params.rates.tolist()] == [0.80, 0.52]


def test_a_coin_that_no_toss_belongs_to_keeps_its_rate() -> None:
    model = coins(tensor(2.0, 3.0), tensor(2.0, 3.0))

    found = fit(model, Components(tensor(0.5, 0.5), tensor(0.5, 0.0)), max_iter=2)

    assert found.params.rates.tolist() == [1.0, 0.0]
    assert found.params.pi.tolist() == [1.0, 0.0]


def test_a_row_without_tosses_belongs_to_the_coins_by_their_weights() -> None:
    model = coins(tensor(0.0), tensor(0.0))

    resp, value = model.e_step(Components(tensor(0.25, 0.75), tensor(0.0, 1.0)))

    assert float((resp - tensor(0.25, 0.75)).abs().max()) <= 8 * U
    assert abs(float(value)) <= 8 * U


def test_a_word_that_is_not_there_and_never_comes_costs_nothing() -> None:
    model = multinomials(tensor([2.0, 0.0], [0.0, 1.0]))
    params = Components(tensor(0.5, 0.5), tensor([1.0, 0.0], [0.5, 0.5]))

    resp, value = model.e_step(params)
    after = model.m_step(resp, params)

    assert resp[1].tolist() == [0.0, 1.0]
    assert abs(float(resp[0, 0]) - 0.8) <= 8 * U
    assert abs(float(value) - math.log(5 / 8 * 1 / 4)) <= 16 * U
    assert after.rates[0].tolist() == [1.0, 0.0]


def test_the_log_likelihood_counts_the_coefficient() -> None:
    model = coins(tensor(2.0), tensor(4.0))

    assert abs(float(model.e_step(even(0.5))[1]) - math.log(6 / 16)) <= 64 * U


def test_a_batch_is_a_loop() -> None:
    draw = np.random.default_rng(3)
    tosses = torch.from_numpy(draw.integers(1, 9, (4, 6))).double()
    heads = torch.from_numpy(draw.binomial(tosses.numpy().astype(int), 0.4)).double()
    pi, theta = torch.full((4, 2), 0.5, dtype=torch.float64), torch.from_numpy(draw.uniform(0.2, 0.8, (4, 2)))

    together = fit(coins(heads, tosses), Components(pi, theta), max_iter=30, tol=1e-4)

    for lane in range(4):
        alone = fit(coins(heads[lane], tosses[lane]), Components(pi[lane], theta[lane]), max_iter=30, tol=1e-4)
        assert together.n_iter[lane] == alone.n_iter
        assert together.params.rates[lane].tolist() == alone.params.rates.tolist()


def test_one_coin_is_where_it_belongs_after_a_step_so_its_rate_is_zero() -> None:
    model = five_sets()

    def step(theta: Tensor) -> Tensor:
        return model.rates(scaled_posterior(model.log_joint(tensor(1.0), theta)), theta)

    assert jacobian(step, tensor(0.3)).tolist() == [[0.0]]


def test_shares_beyond_the_range_of_the_dtype_keep_their_proportions() -> None:
    log_joint = torch.tensor([[0.0, -800.0], [0.0, -801.0]], dtype=torch.float64)

    scaled = scaled_posterior(log_joint)

    assert posterior(log_joint)[:, 1].tolist() == [0.0, 0.0]
    assert scaled[0, 1] == 1
    assert abs(float(scaled[1, 1]) * math.e - 1) <= 1024 * U


def test_a_row_that_no_component_explains_is_named() -> None:
    with pytest.raises(ZeroLikelihoodError, match="row 1 has probability 0 under every component"):
        fit(coins(tensor(1.0, 1.0), tensor(1.0, 2.0)), even(1.0, 0.0), max_iter=1)


COIN: dict[str, Any] = {"heads": [1.0, 2.0], "tosses": [2.0, 2.0], "pi": [0.5, 0.5], "theta": [0.1, 0.9]}
BAD_COINS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"heads": [1.0, 3.0]}, "heads must not exceed tosses, got 3 of 2 at index 1"),
    ({"heads": [1.0, -1.0]}, "heads must be non-negative, got -1.0 at index 1"),
    ({"heads": [0.5, 1.0]}, "heads must be whole numbers, got 0.5 at index 0"),
    ({"tosses": [2.0, math.nan]}, "tosses must be finite, got nan at index 1"),
    ({"tosses": [2.0]}, r"tosses must have shape \(2,\) to match heads, got \(1,\)"),
    ({"heads": [], "tosses": []}, "heads must not be empty"),
    ({"pi": [0.5, 0.25]}, "pi must sum to 1, got 0.75; divide it by its sum"),
    ({"pi": [1.5, -0.5]}, "pi must be non-negative, got -0.5 at index 1"),
    ({"theta": [0.1, 1.5]}, r"theta must lie in \[0, 1\], got 1.5 at index 1"),
    ({"theta": [0.1, math.inf]}, "theta must be finite, got inf at index 1"),
    ({"theta": [0.1]}, r"theta must have shape \(2,\) to match pi, got \(1,\)"),
)


@pytest.mark.parametrize(("bad", "message"), BAD_COINS)
def test_what_is_no_mixture_of_coins_is_refused_by_name(bad: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_coins(**{name: tensor(*value) for name, value in (COIN | bad).items()})


def test_the_rate_of_a_coin_at_the_border_is_refused() -> None:
    with pytest.raises(ValueError, match=r"theta must lie in \(0, 1\), got 1.0 at index 1"):
        check_rates(tensor(0.5, 1.0), inside=True)


def test_what_is_no_mixture_of_multinomials_is_refused_by_name() -> None:
    counts, pi, beta = tensor([1.0, 2.0]), tensor(0.5, 0.5), tensor([0.5, 0.5], [1.0, 0.0])

    with pytest.raises(ValueError, match=r"counts must be whole numbers, got 0.5 at index \(0, 0\)"):
        check_multinomials(counts / 2, pi, beta)
    with pytest.raises(ValueError, match=r"beta must sum to 1, got 2.0 in row 1"):
        check_multinomials(counts, pi, tensor([0.5, 0.5], [1.0, 1.0]))
    with pytest.raises(ValueError, match=r"beta must have shape \(2, 2\) to match pi and counts, got \(2, 3\)"):
        check_multinomials(counts, pi, tensor([1.0, 0.0, 0.0], [1.0, 0.0, 0.0]))


# The faces.


def test_the_trace_begins_at_the_start_and_the_likelihood_never_falls() -> None:
    model = BinomialMixture(2, random_state=1).fit(FIVE_SETS)

    rises = np.diff(model.log_likelihoods_)
    rounding = 5 * 64 * U * np.abs(model.log_likelihoods_).max()  # five rows, terms up to n log 64
    assert (len(model.log_likelihoods_), model.converged_) == (model.n_iter_ + 1, True)
    assert bool((rises >= -rounding).all())
    assert model.lower_bound_ == model.log_likelihoods_[-1] / 5


@pytest.mark.parametrize(("face", "X"), [(BinomialMixture, FIVE_SETS), (MultinomialMixture, TWO_KINDS)])
def test_a_face_scores_its_own_fit_as_it_says(face: Any, X: Any) -> None:
    model = face(2, random_state=0, n_init=3).fit(X)

    assert abs(model.score(X) - model.lower_bound_) <= 64 * U * abs(model.lower_bound_)
    assert abs(model.score_samples(X).mean() - model.score(X)) <= 16 * U * abs(model.lower_bound_)
    assert model.predict_proba(X).argmax(axis=1).tolist() == model.predict(X).tolist()


def test_more_starts_are_not_worse() -> None:
    one, many = (MultinomialMixture(2, n_init=n, random_state=4).fit(TWO_KINDS) for n in (1, 8))

    assert many.lower_bound_ >= one.lower_bound_ - 1e-4  # each start ends within tol of where EM would go


def test_two_kinds_of_rows_are_told_apart() -> None:
    labels = MultinomialMixture(2, n_init=4, random_state=0).fit_predict(TWO_KINDS)

    assert labels[0] == labels[1] != labels[2] == labels[3]


def test_samples_of_a_mixture_give_its_coins_back() -> None:
    model = BinomialMixture(2, theta_init=[0.2, 0.9], weights_init=[0.25, 0.75]).fit([[1, 5], [5, 5], [4, 5], [5, 5]])
    model.theta_, model.weights_ = np.array([0.2, 0.9]), np.array([0.25, 0.75])
    X, label = model.set_params(random_state=7).sample(4000, tosses=50)

    again = BinomialMixture(2, random_state=0).fit(X)

    order = again.theta_.argsort()
    assert set(label) == {0, 1}
    assert float(np.abs(again.theta_[order] - [0.2, 0.9]).max()) < 0.01  # 16 standard errors of 0.4/√(50 · 1000)
    assert float(np.abs(again.weights_[order] - [0.25, 0.75]).max()) < 0.06  # 8 standard errors of 0.43/√4000


def test_the_same_seed_gives_the_same_fit_and_the_same_sample() -> None:
    first, again = (MultinomialMixture(2, random_state=5).fit(TWO_KINDS) for _ in range(2))

    assert first.beta_.tolist() == again.beta_.tolist()
    assert first.sample(5)[0].tolist() == again.sample(5)[0].tolist()
    assert first.sample(5, total=7)[0].sum(axis=1).tolist() == [7] * 5


def test_a_tensor_stays_a_tensor_of_its_dtype() -> None:
    X = torch.from_numpy(TWO_KINDS).float()

    model = MultinomialMixture(2, random_state=0).fit(X)

    assert model.predict_proba(X).dtype == torch.float32
    assert model.beta_.dtype == np.float32


def test_a_fit_that_runs_out_of_steps_warns_and_says_what_to_do() -> None:
    with pytest.warns(ConvergenceWarning, match="raise max_iter or tol"):
        model = BinomialMixture(2, theta_init=[0.6, 0.5], max_iter=1).fit(FIVE_SETS)

    assert (model.n_iter_, model.converged_) == (1, False)


def test_weights_that_are_not_learned_stay() -> None:
    model = BinomialMixture(2, weights_init=[0.25, 0.75], learn_weights=False, random_state=0).fit(FIVE_SETS)

    assert model.weights_.tolist() == [0.25, 0.75]


@pytest.mark.parametrize(
    ("settings", "X", "message"),
    [
        ({"n_components": 0}, FIVE_SETS, "n_components must be a whole number of at least 1, got 0"),
        ({"n_components": 6}, FIVE_SETS, "n_components must be at most the number of rows, got 6 for 5"),
        ({"n_init": 0}, FIVE_SETS, "n_init must be a whole number of at least 1, got 0"),
        ({"max_iter": 0}, FIVE_SETS, "max_iter must be a whole number of at least 1, got 0"),
        ({"tol": -1.0}, FIVE_SETS, "tol must be non-negative, got -1.0"),
        ({"weights_init": [1.0]}, FIVE_SETS, r"weights_init must have shape \(2,\), got \(1,\)"),
        ({"weights_init": [1.0, 1.0]}, FIVE_SETS, "weights_init must sum to 1, got 2.0"),
        ({"theta_init": [0.5, 2.0]}, FIVE_SETS, r"theta must lie in \[0, 1\], got 2.0 at index 1"),
        ({}, [[1], [2]], r"X must have shape \(n, 2\), heads and tosses, got \(2, 1\)"),
        ({}, [[3, 2], [1, 2]], "heads must not exceed tosses, got 3 of 2 at index 0"),
        ({}, [[math.nan, 2], [1, 2]], r"X must be finite, got nan at index \(0, 0\)"),
    ],
)
def test_a_face_names_a_bad_value(settings: dict[str, Any], X: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BinomialMixture(**settings).fit(X)


def test_a_start_that_excludes_a_row_is_refused_with_the_row() -> None:
    with pytest.raises(ZeroLikelihoodError, match="row 0 has probability 0 under every component"):
        BinomialMixture(2, theta_init=[0.0, 1.0]).fit(FIVE_SETS)


def test_a_word_that_was_never_seen_is_an_impossible_row_in_prediction() -> None:
    model = MultinomialMixture(1).fit([[1, 2, 0], [2, 2, 0]])

    with pytest.raises(ZeroLikelihoodError, match="row 1 has probability 0"):
        model.predict([[1, 0, 0], [0, 0, 1]])
