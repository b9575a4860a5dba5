"""A user's own mixture or hidden Markov model, read by what it returns; what it lacks is left out, by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from impl.em.convention import adapt

PLACE: dict[str, Any] = {"device": "cpu", "dtype": "float64", "seed": 0}
ROWS = {
    "x": np.array([[[0.0], [2.0], [10.0], [12.0]]]),
    "sample_weight": np.ones((1, 4)),
    "pi": np.array([[0.5, 0.5]]),
    "mu": np.array([[[1.0], [11.0]]]),
    "full": np.ones((1, 2, 1, 1)),
}
COINS = {
    "pi": np.array([[0.5, 0.5]]),
    "A": np.array([[[0.5, 0.5], [0.25, 0.75]]]),
    "b": np.array([[[8.0, 0.0], [2.0, 4.0], [9.0, 9.0]]]),
    "lengths": np.array([2]),
}


class Drift:
    """A "mixture" whose fit moves the means by one a step, so that steps can be counted."""

    def __init__(
        self, n_components: int, max_iter: int, weights_init: Any, means_init: Any, precisions_init: Any
    ) -> None:
        self.max_iter = max_iter
        self.weights_, self.means_, self.covariances_ = weights_init, means_init, 1 / precisions_init

    def fit(self, X: Any) -> Drift:
        self.means_ = self.means_ + self.max_iter
        return self


class Emitter:
    """A "Markov model" that answers log of the emission table, to show what it was handed."""

    def __init__(self, n_components: int = 1, n_iter: int = 1) -> None:
        self.n_components = n_components

    emissionprob_: Any
    startprob_: Any
    transmat_: Any

    def score_samples(self, X: Any) -> Any:
        table = self.emissionprob_[:, X[:, 0]].T
        return float(np.log(table.sum(axis=1)).sum()), table

    def decode(self, X: Any) -> Any:
        return -1.0, self.emissionprob_[:, X[:, 0]].argmax(axis=0)


def asked(make: Any, operation: str, arrays: Any, **settings: Any) -> dict[str, np.ndarray]:
    return adapt(make, "mine").operations[operation](arrays, settings, **PLACE)


def test_the_path_of_a_mixture_is_a_fit_for_each_number_of_steps() -> None:
    path = asked(Drift, "mixture_fit", ROWS, covariance="full", steps=3)

    assert path["mu"][0, :, 0, 0].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert path["covariances"].shape == (1, 4, 2, 1, 1)
    assert "log_likelihood" not in path


def test_a_mixture_without_a_covariance_type_answers_full_covariances_only() -> None:
    assert asked(Drift, "mixture_fit", ROWS, covariance="diag", steps=1) == {}


def test_rows_with_weights_are_not_put_to_a_fit_that_takes_none() -> None:
    weighted = {**ROWS, "sample_weight": np.array([[1.0, 2.0, 1.0, 1.0]])}

    assert asked(Drift, "mixture_fit", weighted, covariance="full", steps=1) == {}


def test_a_table_of_likelihoods_becomes_a_model_that_emits_each_time_once() -> None:
    answers = asked(Emitter, "forward_backward", COINS, method="scaled")

    assert answers["gamma"].tolist() == [[[0.5, 0.0], [0.125, 0.25], [0.0, 0.0]]]  # divided by 16, length 2
    assert answers["log_likelihood"][0] == np.log(0.5) + np.log(0.375) + 2 * np.log(16)


def test_a_path_ends_with_minus_one_behind_the_length() -> None:
    assert asked(Emitter, "viterbi", COINS)["path"].tolist() == [[0, 1, -1]]


def test_what_a_class_lacks_is_named() -> None:
    assert adapt(Drift, "mine").missing["viterbi"] == "mine has nothing that answers viterbi"


def test_a_class_with_nothing_to_ask_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="mine: expected a mixture"):
        adapt(dict, "mine")
