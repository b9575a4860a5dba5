"""Probabilities from scores as a user meets them: cases worked by hand, errors by name, the two faces."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import Tensor

from impl.kernel_machines.platt_scaling import PlattScaling
from impl.kernel_machines.probabilistic_svm import ProbabilisticSVM
from impl.kernel_machines.sigmoid_fit import platt_fit, platt_objective, platt_probability, platt_targets
from impl.kernel_machines.softmaxes import log_softmax, softmax
from impl.kernel_machines.two_levels import two_level
from theory.core.bound import U64

U = 2.0**-53


def tensor(*values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_targets_leave_room_for_one_more_of_each_class() -> None:
    assert platt_targets(tensor(1.0, 1.0, -1.0)).tolist() == [0.75, 0.75, 1 / 3]


def test_two_scores_take_their_targets() -> None:
    a, b = platt_fit(tensor(1.0, -1.0), tensor(1.0, -1.0))

    found = platt_probability(tensor(1.0, -1.0), a, b)
    assert float((found - tensor(2 / 3, 1 / 3)).abs().max()) <= 8 * U
    assert abs(float(a) + math.log(2)) <= 8 * U
    assert abs(float(b)) <= 8 * U


@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (1e-150, 0.0), (1e150, 0.0), (1.0, 2.0**20)])
def test_scores_may_be_far_tiny_or_huge(scale: float, offset: float) -> None:
    f = scale * tensor(3.0, 1.0, 2.0, -1.0, -2.0, 0.0) + offset
    y = tensor(1.0, 1.0, -1.0, -1.0, -1.0, 1.0)

    found = platt_probability(f, *platt_fit(f, y))

    rounding = 64 * U * (1 + offset / scale)
    assert abs(float((found - platt_targets(y)).sum())) <= rounding


def test_equal_scores_say_no_more_than_the_counts() -> None:
    a, b = platt_fit(tensor(0.1, 0.1, 0.1), tensor(1.0, 1.0, -1.0))

    mean = (0.75 + 0.75 + 1 / 3) / 3
    assert float(a) == 0
    assert abs(float(b) - math.log((1 - mean) / mean)) <= 16 * U


def test_duplicates_with_opposite_labels_and_separable_scores_have_finite_fits() -> None:
    for f, y in (((1.0, 1.0), (1.0, -1.0)), ((1e3, 2e3, -1e3), (1.0, 1.0, -1.0))):
        a, b = platt_fit(tensor(*f), tensor(*y))
        assert math.isfinite(float(a) + float(b))


def test_the_objective_far_out_is_a_straight_line() -> None:
    f, y = tensor(1.0, -1.0), tensor(1.0, -1.0)  # targets 2/3 and 1/3

    found = float(platt_objective(f, y, tensor(-1e5)[0], tensor(0.0)[0]))

    assert abs(found - 2e5 / 3) <= 8 * U * found


def test_a_batch_is_a_loop() -> None:
    draw = torch.Generator().manual_seed(4)
    f = torch.randn((6, 9), generator=draw, dtype=torch.float64)
    y = torch.where(torch.rand((6, 9), generator=draw) < 0.5, -1.0, 1.0).double()
    y[:, 0], y[:, 1] = 1.0, -1.0

    together = platt_fit(f, y)

    for lane in range(6):
        alone = platt_fit(f[lane], y[lane])
        apart = platt_probability(f, *together)[lane] - platt_probability(f[lane], *alone)
        assert float(apart.abs().max()) <= 64 * U


def test_two_levels_keep_the_order_of_the_scores() -> None:
    x = tensor([0.0], [1.0], [2.0], [3.0])

    found = two_level(x @ x.mT, tensor(-1.0, -1.0, 1.0, 1.0), tensor(1.0)[0])

    assert found.probability.argsort().tolist() == found.score.argsort().tolist() == [0, 1, 2, 3]


def test_a_softmax_of_huge_entries_is_finite_and_its_logarithm_keeps_digits_near_0() -> None:
    z = tensor([1e4, 1e4, -1e4], [0.0, -40.0, -80.0])

    assert softmax(z)[0].tolist() == [0.5, 0.5, 0.0]
    assert log_softmax(z)[0, 2] == -2e4 - math.log(2)
    assert abs(float(log_softmax(z)[1, 0]) + math.exp(-40)) <= 8 * U * math.exp(-40)


@pytest.mark.parametrize(
    ("f", "y", "message"),
    [
        ((1.0, 2.0), (1.0, 1.0), "y must hold both classes, −1 and 1, got only 1"),
        ((1.0, 2.0), (1.0, 0.0), "y must be one of -1, 1, got 0.0 at index 1"),
        ((1.0, math.nan), (1.0, -1.0), "f must be finite, got nan at index 1"),
        ((1.0, 2.0, 3.0), (1.0, -1.0), r"y must have shape \(3,\) to match f, got \(2,\)"),
        ((), (), "f must not be empty"),
    ],
)
def test_scores_and_labels_are_refused_by_name(f: Any, y: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        platt_fit(tensor(*f), tensor(*y))


def test_one_class_is_refused_with_its_lane() -> None:
    with pytest.raises(ValueError, match=r"got only -1 in lane \[1\]"):
        platt_fit(tensor([1.0, 2.0], [1.0, 2.0]), tensor([1.0, -1.0], [-1.0, -1.0]))


# The faces.

POINTS = np.array([[0.0, 0.0], [1.0, 0.5], [0.5, 1.0], [3.0, 3.0], [2.5, 4.0], [4.0, 3.5]])
LABELS = np.array(["a", "a", "a", "b", "b", "b"])


@parametrize_with_checks([ProbabilisticSVM(), ProbabilisticSVM(kernel="linear", C=0.5)])  # type: ignore[untyped-decorator]
def test_the_machine_is_a_scikit_learn_classifier(estimator: Any, check: Any) -> None:
    check(estimator)


def test_platt_scaling_has_the_sign_of_platt() -> None:
    model = PlattScaling().fit([-2.0, -1.0, 1.0, 2.0], LABELS[[0, 1, 3, 4]])

    assert model.a_ < 0
    assert model.predict([-5.0, 5.0]).tolist() == ["a", "b"]
    assert abs(float(model.predict_proba([0.0]).sum()) - 1) <= 4 * U


def test_a_tensor_of_scores_stays_a_tensor_of_its_dtype() -> None:
    f = torch.tensor([-1.0, 0.5, 1.0])

    found = PlattScaling().fit(f, [0, 1, 1]).predict_proba(f)

    assert isinstance(found, Tensor)
    assert found.dtype == torch.float32


@pytest.mark.parametrize("kernel", ["linear", "polynomial", "rbf", "laplacian"])
def test_predictions_of_the_machine_agree_with_its_probabilities(kernel: str) -> None:
    model = ProbabilisticSVM(kernel=kernel, gamma=0.5, degree=2).fit(POINTS, LABELS)

    found = model.predict_proba(POINTS)

    assert model.classes_[found.argmax(axis=1)].tolist() == model.predict(POINTS).tolist() == LABELS.tolist()
    n, along = len(POINTS), found[model.svm_scores(POINTS).argsort(), 1]
    settled = 64 * n * U64 * (1 + n * 16)  # the violation at which the machine stops, C = 1 and |K| at most 16
    assert (np.diff(along) >= -abs(model.a_) / 4 * settled).all()  # the slope of the sigmoid is at most |a| ∕ 4


def test_a_precomputed_kernel_is_the_same_machine() -> None:
    K = (1 + POINTS @ POINTS.T) ** 2
    named = ProbabilisticSVM(kernel="polynomial", degree=2).fit(POINTS, LABELS)

    given = ProbabilisticSVM(kernel="precomputed").fit(K, LABELS)

    assert given.support_.tolist() == named.support_.tolist()
    assert given.predict_proba(K).tolist() == named.predict_proba(POINTS).tolist()


def test_a_machine_of_tensors_answers_in_tensors() -> None:
    X = torch.from_numpy(POINTS)

    model = ProbabilisticSVM(kernel="linear").fit(X, [0, 0, 0, 1, 1, 1])

    assert isinstance(model.predict_proba(X), Tensor)
    assert model.predict(X).tolist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("settings", "X", "y", "message"),
    [
        ({"C": 0.0}, POINTS, LABELS, "C must be positive and finite, got 0.0"),
        ({"gamma": -1.0}, POINTS, LABELS, "gamma must be positive and finite, got -1.0"),
        ({"kernel": "cosine"}, POINTS, LABELS, "kernel must be one of linear"),
        ({}, POINTS, ["a"] * 6, "needs labels of two classes, got only 'a'"),
        ({}, POINTS, [0, 1, 2, 0, 1, 2], "takes two classes, got 3"),
        ({"kernel": "precomputed"}, [[1.0, 2.0], [2.0, 1.0]], [0, 1], "got smallest eigenvalue -1"),
        ({"kernel": "precomputed"}, [[1.0, 2.0], [0.0, 1.0]], [0, 1], "K must be symmetric"),
        ({}, [[math.nan], [1.0]], [0, 1], r"X must be finite, got nan at index \(0, 0\)"),
    ],
)
def test_a_machine_names_a_bad_value(settings: dict[str, Any], X: Any, y: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ProbabilisticSVM(**settings).fit(X, y)


def test_platt_scaling_names_a_bad_value() -> None:
    with pytest.raises(ValueError, match="f must be finite, got nan at index 1"):
        PlattScaling().fit([1.0, math.nan], [0, 1])
    with pytest.raises(ValueError, match=r"y must have shape \(3,\) to match f, got \(2,\)"):
        PlattScaling().fit([1.0, 2.0, 3.0], [0, 1])
    with pytest.raises(ValueError, match="PlattScaling needs labels of two classes, got only 1"):
        PlattScaling().fit([1.0, 2.0], [1, 1])
