"""A user's own class, read by its attributes: what it shows is answered, what it hides is left out, by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from impl.adaboost import AdaBoostClassifier
from impl.adaboost.convention import adapt
from impl.adaboost.subject import SUBJECT
from impl.foreign.scikit_learn import SUBJECTS

CASE = {
    "X": np.array([[[0.0], [1.0], [2.0], [3.0]]]),
    "y": np.array([[-1, 1, -1, 1]]),
    "w": np.array([[1.0, 2.0, 3.0, 4.0]]),
}
PLACE: dict[str, Any] = {"device": "cpu", "dtype": "float64", "seed": 0}


class Constant:
    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.ones(len(X))


class OneVote:
    """Says +1 once, with the right vote, and shows only that."""

    def __init__(self, rounds: int = 1) -> None:
        self.rounds = rounds

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray) -> None:
        eps = sample_weight[y != 1].sum() / sample_weight.sum()
        self.estimators_, self.alphas_ = [Constant()], [np.log((1 - eps) / eps) / 2]


def asked(make: Any, rounds: int = 2) -> dict[str, np.ndarray]:
    return adapt(make, "mine").operations["fit_discrete"](CASE, {"rounds": rounds}, **PLACE)


def test_our_own_face_answers_what_our_subject_answers() -> None:
    answers = asked(AdaBoostClassifier)
    expected = SUBJECT.operations["fit_discrete"](CASE, {"rounds": 2}, **PLACE)

    assert "replayed" not in answers
    for name in ("weights", "predictions", "errors", "alphas", "alpha_scale", "used", "stop", "staged", "labels"):
        assert answers[name].tolist() == expected[name].tolist()


def test_hidden_weights_are_replayed_and_said_to_be() -> None:
    answers = asked(OneVote)

    assert answers["replayed"].tolist() == [1]
    assert answers["weights"][0, 0].tolist() == [0.1, 0.2, 0.3, 0.4]
    assert abs(answers["weights"][0, 1, [0, 2]].sum() - 0.5) <= 16 * 2.0**-53  # one reweighting of four entries


def test_what_is_hidden_is_left_out_and_named() -> None:
    answers, missing = asked(OneVote), adapt(OneVote, "mine").missing

    assert {"labels", "errors", "decision"}.isdisjoint(answers)
    assert missing["labels"] == "mine lacks predict(X)"
    assert missing["errors"] == "mine lacks estimators_ and estimator_errors_"


def test_rounds_that_were_not_kept_are_padding() -> None:
    answers = asked(OneVote, rounds=3)

    assert (answers["used"].tolist(), answers["stop"].tolist()) == ([1], [2])
    assert answers["alphas"][0, 1:].tolist() == [0.0, 0.0]
    assert answers["predictions"][0, 1:].tolist() == [[0.0] * 4] * 2


class Misshapen(OneVote):
    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray) -> None:
        super().fit(X, y, sample_weight)
        self.sample_weights_ = np.ones((2, 9))


class TooFewVotes(OneVote):
    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray) -> None:
        super().fit(X, y, sample_weight)
        self.alphas_ = []


class OtherConvention(OneVote):
    alpha_convention = "thirds"


class Endless:
    def fit(self, X: np.ndarray, y: np.ndarray) -> None:
        self.estimators_: list[Any] = []


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (Misshapen, ValueError, r"mine.sample_weights_ must have shape \(rounds, 4\), got \(2, 9\)"),
        (TooFewVotes, ValueError, "mine's votes must have one entry for each of the 1 estimators_"),
        (OtherConvention, ValueError, "mine.alpha_convention must be 'half' or 'samme', got 'thirds'"),
        (Endless, TypeError, "mine must take its number of rounds as one of n_rounds"),
    ],
)
def test_a_wrong_attribute_is_named(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        asked(make)


def test_an_object_without_fit_is_refused_with_what_is_expected() -> None:
    with pytest.raises(TypeError, match=r"mine: expected fit\(X, y, sample_weight\), or a method called fit_discrete"):
        adapt(Constant, "mine")


def test_scikit_learn_is_read_with_twice_the_textbook_vote() -> None:
    answers = SUBJECTS[0].operations["fit_discrete"](CASE, {"rounds": 1}, **PLACE)

    assert answers["alpha_scale"].tolist() == [2.0]
    assert answers["weights"][0, 0].tolist() == [0.1, 0.2, 0.3, 0.4]


def test_a_fit_that_scikit_learn_refuses_is_an_empty_ensemble() -> None:
    stuck = {"X": np.zeros((1, 2, 1)), "y": np.array([[-1, 1]]), "w": np.ones((1, 2))}

    answers = SUBJECTS[0].operations["fit_discrete"](stuck, {"rounds": 2}, **PLACE)

    assert (answers["used"].tolist(), answers["stop"].tolist()) == ([0], [-1])
