"""The hidden Markov models as estimators: what fit leaves behind, lengths, starts, draws, tensors, errors by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from impl.em.categorical_hmm import CategoricalHMM
from impl.em.errors import DegenerateCovarianceError, ZeroLikelihoodError
from impl.em.gaussian_hmm import GaussianHMM

LETTERS = np.array([0, 0, 1, 0, 0, 2, 2, 2, 1, 2, 2, 2, 0, 0, 0])
LENGTHS = [12, 3]


def two_hills(n: int = 60) -> NDArray[Any]:
    """Rows near (0, 0), then near (6, 6)."""
    draw = np.random.default_rng(0)
    return np.concatenate([draw.normal(0, 1, (n, 2)), draw.normal(6, 1, (n, 2))])


def models() -> list[Any]:
    return [
        pytest.param(CategoricalHMM(2, random_state=0), LETTERS, id="symbols"),
        pytest.param(GaussianHMM(2, random_state=0), two_hills(), id="full"),
        pytest.param(GaussianHMM(2, covariance_type="diag", random_state=0), two_hills(), id="diag"),
    ]


@pytest.mark.parametrize(("model", "X"), models())
def test_a_fitted_model_tells_how_it_was_fitted(model: Any, X: NDArray[Any]) -> None:
    model = clone(model).fit(X)

    assert model.converged_
    assert len(model.log_likelihoods_) == model.n_iter_ + 1
    assert model.lower_bound_ == model.log_likelihoods_[-1]
    assert abs(model.score(X) - model.lower_bound_) <= 64 * len(X) * 2.0**-53 * abs(model.lower_bound_)
    assert model.predict_proba(X).shape == (len(X), 2)
    assert model.predict(X).shape == (len(X),)


@pytest.mark.parametrize(("model", "X"), models())
def test_sequences_one_after_another_are_told_apart_by_their_lengths(model: Any, X: NDArray[Any]) -> None:
    cut = len(X) // 3
    model = clone(model).fit(X, [cut, len(X) - cut])

    together, parts = model.score_samples(X, [cut, len(X) - cut]), [model.score_samples(p) for p in (X[:cut], X[cut:])]
    value, path = model.decode(X, [cut, len(X) - cut])
    ways = [model.decode(part) for part in (X[:cut], X[cut:])]

    scale = 64 * len(X) * 2.0**-53
    assert abs(together[0] - sum(part[0] for part in parts)) <= scale * abs(together[0])
    assert (np.abs(together[1] - np.concatenate([part[1] for part in parts])) <= scale * abs(together[0])).all()
    assert abs(value - sum(way[0] for way in ways)) <= scale * abs(value)
    assert path.tolist() == np.concatenate([way[1] for way in ways]).tolist()


@pytest.mark.parametrize(("model", "X"), models())
def test_tensors_give_tensors_with_the_same_numbers(model: Any, X: NDArray[Any]) -> None:
    model = clone(model).fit(torch.from_numpy(X))

    found = model.predict_proba(torch.from_numpy(X))

    assert isinstance(found, torch.Tensor)
    assert found.tolist() == model.predict_proba(X).tolist()
    assert model.startprob_.tolist() == clone(model).fit(X).startprob_.tolist()


@pytest.mark.parametrize(("model", "X"), models())
def test_a_seed_repeats_a_fit_and_a_draw(model: Any, X: NDArray[Any]) -> None:
    one, other = (clone(model).fit(X) for _ in range(2))

    assert one.transmat_.tolist() == other.transmat_.tolist()
    assert one.sample(9, random_state=3)[0].tolist() == other.sample(9, random_state=3)[0].tolist()
    assert one.sample(9, random_state=3)[0].shape == (9, 1 if X.ndim == 1 else 2)


def test_the_two_hills_are_found() -> None:
    X = two_hills()

    model = GaussianHMM(2, random_state=0).fit(X)

    path = model.predict(X)
    assert len(set(path[:60])) == len(set(path[60:])) == 1
    assert path[0] != path[-1]
    assert np.abs(model.means_[path[0]]).max() < 1
    assert model.transmat_[path[-1], path[0]] < 2.0**-40


def test_more_starts_are_never_worse() -> None:
    few, many = (CategoricalHMM(3, n_init=n, random_state=1).fit(LETTERS, LENGTHS) for n in (1, 8))

    assert many.lower_bound_ >= few.lower_bound_


def test_fit_starts_where_it_is_told_to() -> None:
    pi, A, B = [1.0, 0.0], [[0.5, 0.5], [0.0, 1.0]], [[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]]
    given = {"startprob_init": pi, "transmat_init": A, "emissionprob_init": B}

    model = CategoricalHMM(2, **given).fit(LETTERS[:12])
    kept = CategoricalHMM(2, init_params="")
    kept.startprob_, kept.transmat_, kept.emissionprob_ = (np.array(part) for part in (pi, A, B))

    assert model.startprob_.tolist() == pi
    assert model.transmat_[1].tolist() == [0, 1]
    assert kept.score(LETTERS[:12]) == model.log_likelihoods_[0]
    assert kept.fit(LETTERS[:12]).log_likelihoods_.tolist() == model.log_likelihoods_.tolist()


def test_what_is_drawn_follows_the_model() -> None:
    model = CategoricalHMM(3)
    model.startprob_, model.emissionprob_ = np.array([0.0, 1.0, 0.0]), np.eye(3)[[2, 0, 1]]
    model.transmat_ = np.roll(np.eye(3), 1, axis=1)

    seen, states = model.sample(7, random_state=0)

    assert states.tolist() == [1, 2, 0, 1, 2, 0, 1]
    assert seen[:, 0].tolist() == [0, 1, 2, 0, 1, 2, 0]


def test_a_fit_that_still_rises_warns() -> None:
    with pytest.warns(ConvergenceWarning, match="after max_iter=1 steps"):
        CategoricalHMM(2, max_iter=1, random_state=0).fit(LETTERS)


def refused(model: Any, X: Any, lengths: Any = None) -> str:
    with pytest.raises(ValueError) as error:
        model.fit(X, lengths)
    return str(error.value)


@pytest.mark.parametrize(
    ("lengths", "says"),
    [
        ([10, 0, 5], "lengths must be at least 1: leave empty sequences out, got 0 at index 1"),
        ([10, 4], "lengths must add up to the number of rows of X, 15, got 14"),
        ([16], "lengths must be at most 15, got 16"),
        ([7.5, 7.5], "lengths must be whole numbers"),
    ],
)
def test_bad_lengths_are_named(lengths: list[float], says: str) -> None:
    assert says in refused(CategoricalHMM(2), LETTERS, lengths)


@pytest.mark.parametrize(
    ("X", "says"),
    [
        ([0, 1, -1], "X must lie in 0 … 1, got -1 at index 2"),
        ([0.0, 0.5], "X must be whole numbers, got 0.5 at index 1"),
        ([0.0, np.nan], "X must be finite, got nan at index 1"),
        (np.zeros((3, 2)), "X must hold one symbol a row"),
        ([], "X must not be empty"),
    ],
)
def test_bad_symbols_are_named(X: Any, says: str) -> None:
    assert says in refused(CategoricalHMM(2), X)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"n_states": 0}, "n_states must be a whole number of at least 1"),
        ({"n_init": 0}, "n_init must be a whole number of at least 1"),
        ({"max_iter": 0}, "max_iter must be a whole number of at least 1"),
        ({"tol": -1.0}, "tol must be non-negative"),
        ({"n_symbols": 2}, "X must lie in 0 … 1, got 2"),
        ({"startprob_init": [0.5, 0.25]}, "startprob_init must sum to 1"),
        ({"transmat_init": [[1.0]]}, "transmat_init must have shape (2, 2)"),
    ],
)
def test_bad_settings_are_named(settings: dict[str, Any], says: str) -> None:
    assert says in refused(CategoricalHMM(2).set_params(**settings), LETTERS)


def test_bad_settings_of_gaussian_models_are_named() -> None:
    assert "covariance_type must be one of full, diag" in refused(GaussianHMM(2, covariance_type="tied"), two_hills())
    assert "reg_covar must be non-negative" in refused(GaussianHMM(2, reg_covar=-1.0), two_hills())
    assert "means_init must have shape (2, 2)" in refused(GaussianHMM(2, means_init=[[0.0]]), two_hills())
    assert "components must be at most the number of rows, 1" in refused(GaussianHMM(2), [[0.0]])


def test_equal_rows_have_no_covariance() -> None:
    with pytest.raises(DegenerateCovarianceError, match="state 0 is singular"):
        GaussianHMM(2, random_state=0).fit(np.full((9, 2), 0.1))


def test_what_the_model_cannot_explain_is_named() -> None:
    model = CategoricalHMM(2, n_symbols=3, random_state=0).fit([0, 1, 0, 1])

    with pytest.raises(ZeroLikelihoodError, match="sequence 1 has probability 0"):
        model.score([0, 1, 2], [2, 1])
    with pytest.raises(NotFittedError):
        CategoricalHMM(2).predict([0])


def test_a_start_given_as_numbers_keeps_all_their_digits() -> None:
    start = {"startprob_init": [0.9, 0.1], "transmat_init": [[0.7, 0.3], [0.1, 0.9]]}
    emission = [[0.6, 0.4], [0.2, 0.8]]
    given = CategoricalHMM(2, n_symbols=2, max_iter=1, emissionprob_init=emission, **start)
    arrays = {name: np.array(value) for name, value in start.items()}
    exact = CategoricalHMM(2, n_symbols=2, max_iter=1, emissionprob_init=np.array(emission), **arrays)
    X = np.array([[0], [1], [1], [0], [1]])

    with pytest.warns(ConvergenceWarning):
        values = [model.fit(X).log_likelihoods_.tolist() for model in (given, exact)]

    assert values[0] == values[1]
