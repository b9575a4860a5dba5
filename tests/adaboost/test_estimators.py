"""The scikit-learn-shaped faces: scikit-learn's own checks, errors that name value and place, small fits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.utils.estimator_checks import parametrize_with_checks

from impl.adaboost import (
    AdaBoostClassifier,
    AdaBoostR2,
    AdaBoostRegressor,
    fit_discrete,
    margin_bound,
    training_error_bound,
)
from impl.adaboost.classifier import VARIANTS
from tests.adaboost.samples import problems

LINE = np.array([[0.0], [1.0], [2.0]])
THREE = np.arange(9.0)[:, None], np.repeat(["low", "middle", "high"], 3)

ESTIMATORS = [
    *(AdaBoostClassifier(n_rounds=8, variant=variant) for variant in VARIANTS),
    AdaBoostClassifier(n_rounds=8, mode="resample"),
    AdaBoostRegressor(n_rounds=8),
]


def impossible(estimator: Any) -> dict[str, str]:
    """What drawing n rows cannot satisfy, as the draws depend on n; nothing for the others."""
    drawing = getattr(estimator, "mode", "") == "resample"
    return {"check_sample_weight_equivalence_on_dense_data": "repeated rows mean more draws"} if drawing else {}


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=impossible)
def test_scikit_learns_own_checks_pass(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_rounds": 0}, "n_rounds must be a whole number of at least 1, got 0"),
        ({"n_rounds": 2.5}, "n_rounds must be a whole number of at least 1, got 2.5"),
        ({"variant": "gentle"}, "variant must be one of discrete, samme, real, logitboost, got 'gentle'"),
        ({"mode": "bag"}, "mode must be one of reweight, resample, got 'bag'"),
        ({"learning_rate": 0.0}, "learning_rate must be positive and finite, got 0.0"),
        ({"learning_rate": math.nan}, "learning_rate must be positive and finite, got nan"),
        ({"variant": "real", "smoothing": 0.0}, "smoothing must be positive and finite, got 0.0"),
        ({"variant": "real", "mode": "resample"}, "mode 'resample' needs variant 'discrete' or 'samme', got 'real'"),
    ],
)
def test_the_classifier_names_a_bad_parameter(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AdaBoostClassifier(**settings).fit(LINE, [-1, 1, -1])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_rounds": -3}, "n_rounds must be a whole number of at least 1, got -3"),
        ({"loss": "absolute"}, "loss must be one of linear, square, exponential, got 'absolute'"),
        ({"mode": "bag"}, "mode must be one of reweight, resample, got 'bag'"),
        ({"learning_rate": -1.0}, "learning_rate must be positive and finite, got -1.0"),
    ],
)
def test_the_regressor_names_a_bad_parameter(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AdaBoostRegressor(**settings).fit(LINE, [1.0, 2.0, 3.0])


BAD: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("NaN in X", {"X": [[0.0], [math.nan], [2.0]]}, r"X must be finite, got nan at index \(1, 0\)"),
    ("infinity in X", {"X": [[0.0], [1.0], [-math.inf]]}, r"X must be finite, got -inf at index \(2, 0\)"),
    ("NaN in y", {"y": [0.0, 1.0, math.nan]}, "y must be finite, got nan at index 2"),
    ("no rows", {"X": np.empty((0, 1)), "y": []}, r"Found array with 0 sample\(s\) \(shape=\(0, 1\)\)"),
    ("no target", {"y": None}, "requires y to be passed, but the target y is None"),
    ("too few labels", {"y": [0.0, 1.0]}, r"y must have shape \(3,\) to match X, got \(2,\)"),
    ("text in X", {"X": [["a"], ["b"], ["c"]]}, "could not convert string to float: 'a'"),
    ("objects in X", {"X": np.array([["a"], [1.0], [2.0]], dtype=object)}, "could not convert string to float: 'a'"),
    ("negative weight", {"w": [0.0, 1.0, -0.2]}, "sample_weight must be non-negative, got -0.2 at index 2"),
    ("NaN weight", {"w": [1.0, math.nan, 1.0]}, "sample_weight must be finite, got nan at index 1"),
    ("no weight", {"w": [0, 0, 0]}, "sample_weight must have a positive sum, got all zeros"),
    ("too few weights", {"w": [1.0]}, r"sample_weight must have shape \(3,\) to match X, got \(1,\)"),
    ("weights as objects", {"w": np.array(["a", 1, 2], dtype=object)}, "could not convert string to float: 'a'"),
)


@pytest.mark.parametrize("face", [AdaBoostClassifier, AdaBoostRegressor])
@pytest.mark.parametrize(("bad", "message"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_a_face_names_the_bad_value_and_its_place(face: Any, bad: dict[str, Any], message: str) -> None:
    sample: dict[str, Any] = {"X": LINE, "y": [0.0, 1.0, 0.0], "w": None} | bad

    with pytest.raises(ValueError, match=message):
        face().fit(sample["X"], sample["y"], sample_weight=sample["w"])


@pytest.mark.parametrize("face", [AdaBoostClassifier, AdaBoostRegressor])
def test_nan_is_refused_after_the_fit_too(face: Any) -> None:
    model = face(n_rounds=2).fit(LINE, [0, 1, 0])

    with pytest.raises(ValueError, match=r"X must be finite, got nan at index \(0, 0\)"):
        model.predict([[math.nan]])


def test_a_margin_of_an_unknown_label_is_refused() -> None:
    with pytest.raises(ValueError, match="y must hold labels seen in fit, got 7 at index 1"):
        AdaBoostClassifier(n_rounds=2).fit(LINE, [0, 1, 0]).margins(LINE, [0, 7, 0])


def test_two_confident_variants_take_two_classes_and_the_error_says_what_to_use() -> None:
    with pytest.raises(ValueError, match="use variant='samme'"):
        AdaBoostClassifier(variant="real").fit(LINE, ["a", "b", "c"])


def test_discrete_with_many_classes_is_samme() -> None:
    X, y = THREE

    default, samme = (AdaBoostClassifier(n_rounds=6, variant=variant).fit(X, y) for variant in ("discrete", "samme"))

    assert default.alphas_.tolist() == samme.alphas_.tolist()
    assert (default.alpha_convention, default.decision_function(X).shape) == ("samme", (len(X), 3))
    assert default.score(X, y) == 1.0
    assert bool((default.margins(X, y) > 0).all())


@pytest.mark.parametrize("variant", ["real", "logitboost"])
def test_confident_variants_stop_with_a_reason(variant: str) -> None:
    corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])

    stuck = AdaBoostClassifier(variant=variant).fit(corners, [1, 0, 0, 1])
    done = AdaBoostClassifier(variant=variant).fit(LINE, [0, 1, 1])

    assert (stuck.stop_reason_, stuck.n_rounds_, stuck.predict(corners).tolist()) == ("no_weak_learner", 0, [1] * 4)
    assert (done.stop_reason_, done.n_rounds_, done.estimator_errors_.tolist()) == ("perfect", 1, [0.0])


def test_a_learning_rate_shrinks_the_votes_and_one_changes_nothing() -> None:
    core = fit_discrete(torch.from_numpy(LINE), torch.tensor([-1, 1, -1]), torch.ones(3), rounds=4)

    full, half = (AdaBoostClassifier(n_rounds=4, learning_rate=rate).fit(LINE, [0, 1, 0]) for rate in (1.0, 0.5))

    assert full.alphas_.tolist() == core.alphas.tolist()
    assert half.alphas_[0] == full.alphas_[0] / 2
    assert half.estimator_errors_[1] > full.estimator_errors_[1]


def test_probabilities_are_the_sigmoid_of_twice_the_decision() -> None:
    model = AdaBoostClassifier(n_rounds=4).fit(LINE, [0, 1, 0])

    F, p = model.decision_function(LINE), model.predict_proba(LINE)[:, 1]

    apart = np.abs(p - 1 / (1 + np.exp(-2 * F)))
    assert bool((apart <= 16 * 2.0**-53).all())  # two exponentials, sums and divisions, all of values below 8 p


def test_margins_are_normalised_and_the_bounds_hold() -> None:
    X, y, _ = (value[0].numpy() for value in problems(1, 30, 2))

    model = AdaBoostClassifier(n_rounds=12).fit(X, y)

    margins, errors = model.margins(X, y), torch.from_numpy(model.estimator_errors_)
    assert float(np.abs(margins).max()) <= 1
    assert float((margins <= 0).mean()) <= float(training_error_bound(errors))
    assert float((margins <= 0.25).mean()) <= float(margin_bound(errors, 0.25))


@pytest.mark.parametrize("variant", ["discrete", "samme", "real", "logitboost"])
def test_every_variant_learns_a_band_and_speaks_in_the_labels_it_was_given(variant: str) -> None:
    X = np.linspace(0, 1, 30)[:, None]
    y = np.where((X[:, 0] > 0.3) & (X[:, 0] < 0.7), "inside", "outside")

    model = AdaBoostClassifier(n_rounds=30, variant=variant).fit(X, y)

    assert model.score(X, y) == 1.0
    assert bool((model.margins(X, y) > 0).all())
    assert bool((model.classes_[model.predict_proba(X).argmax(1)] == y).all())


def test_stages_end_in_the_decision_and_the_prediction() -> None:
    X, y, _ = (value[0].numpy() for value in problems(1, 20, 2))

    model = AdaBoostClassifier(n_rounds=6).fit(X, y)

    assert (list(model.staged_decision_function(X))[-1] == model.decision_function(X)).all()
    assert (list(model.staged_predict(X))[-1] == model.predict(X)).all()


def test_a_tensor_stays_a_tensor_of_its_dtype() -> None:
    X = torch.from_numpy(LINE).float()

    model = AdaBoostClassifier(n_rounds=3).fit(X, [-1, 1, -1])

    assert model.decision_function(X).dtype == torch.float32
    assert model.predict(X).tolist() == [-1, 1, -1]


def test_the_attributes_belong_to_the_rounds_that_were_kept() -> None:
    model = AdaBoostClassifier(n_rounds=9).fit(LINE, [0, 1, 1], sample_weight=[1.0, 0.0, 3.0])

    assert (len(model.estimators_), model.stop_reason_) == (1, "perfect")
    assert model.sample_weights_.tolist() == [[0.25, 0.0, 0.75], [0.25, 0.0, 0.75]]
    assert model.estimator_errors_.tolist() == [0.0]
    assert model.estimators_[0].predict(LINE).tolist() == [0, 0, 1]


def test_an_empty_ensemble_says_the_heavier_label() -> None:
    X = np.zeros((4, 1))

    model = AdaBoostClassifier().fit(X, ["a", "b", "a", "b"])

    assert model.stop_reason_ == "no_weak_learner"
    assert set(model.predict(X)) == {"b"}


def test_one_class_is_learned() -> None:
    model = AdaBoostClassifier().fit(LINE, ["only"] * 3)

    assert model.stop_reason_ == "perfect"
    assert model.predict(LINE).tolist() == ["only"] * 3


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("label", [-1, 1])
def test_the_sign_of_the_decision_is_the_only_label(variant: str, label: int) -> None:
    model = AdaBoostClassifier(n_rounds=3, variant=variant).fit(LINE, [label] * 3)

    assert np.sign(model.decision_function(LINE)).tolist() == model.predict(LINE).tolist() == [label] * 3
    assert bool((model.margins(LINE, [label] * 3) > 0).all())


def test_the_same_seed_draws_the_same_rows_and_another_draws_others() -> None:
    X, y, _ = (value[0].numpy() for value in problems(1, 40, 3))

    first, again, other = (
        AdaBoostClassifier(n_rounds=5, mode="resample", random_state=seed).fit(X, y).alphas_.tolist()
        for seed in (1, 1, 2)
    )

    assert first == again
    assert first != other


def test_the_regressor_follows_a_step_and_its_stages_end_in_its_prediction() -> None:
    X = np.arange(12.0)[:, None]
    y = np.where(X[:, 0] < 5, 1.0, 3.0) + 0.1 * np.sin(X[:, 0])

    model = AdaBoostR2(n_rounds=10, loss="square").fit(X, y)

    assert model.score(X, y) > 0.9
    assert (list(model.staged_predict(X))[-1] == model.predict(X)).all()


def test_the_regressor_without_a_hypothesis_says_the_median() -> None:
    X = np.zeros((4, 1))

    model = AdaBoostRegressor().fit(X, [0.0, 0.0, 1.0, 1.0])

    assert (model.stop_reason_, model.predict(X).tolist()) == ("no_weak_learner", [0.0] * 4)
