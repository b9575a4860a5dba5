"""Hand-computed values, errors and the face of support vector machines."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from sklearn import svm
from sklearn.datasets import load_iris
from torch import Tensor

from impl.kernel_machines.cost_conventions import C_from_lambda, lambda_from_C
from impl.kernel_machines.grams import rbf_kernel
from impl.kernel_machines.linear_machine import linear_svm
from impl.kernel_machines.many_classes import multiclass
from impl.kernel_machines.pair_trace import svm_trace
from impl.kernel_machines.support_vectors import bias_interval, svm_fit
from impl.kernel_machines.svm_certificate import certificate
from impl.kernel_machines.svm_classifier import SVC

U = 2.0**-53
IRIS, SPECIES = load_iris(return_X_y=True)


def tensor(*values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def number(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)


def outer(*x: float) -> Tensor:
    """The linear kernel of points on a line."""
    return tensor(*x)[:, None] * tensor(*x)


def drawn(lanes: int, n: int, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor, Tensor]:
    """RBF kernels, random labels with both classes and costs."""
    draw = np.random.default_rng(5)
    x = torch.from_numpy(draw.standard_normal((lanes, n, 2))).to(dtype)
    y = torch.from_numpy(np.where(draw.random((lanes, n)) < 0.5, -1.0, 1.0)).to(dtype)
    y[:, 0], y[:, 1] = 1, -1
    return rbf_kernel(x, x), y, torch.from_numpy(2.0 ** draw.integers(-4, 8, lanes)).to(dtype)


# One machine.


def test_two_points_on_a_line_hold_the_margin_between_them() -> None:
    found = svm_fit(outer(-1, 1), tensor(-1.0, 1.0), number(10))

    assert found.alpha.tolist() == [0.5, 0.5]
    assert (found.bias.item(), found.primal.item(), found.dual.item(), found.gap.item()) == (0, 0.5, 0.5, 0)
    assert found.score.tolist() == [-1, 1]


def test_a_bias_that_is_an_interval_is_given_with_its_midpoint() -> None:
    found = svm_fit(outer(0, 1, 3), tensor(-1.0, 1.0, 1.0), number(1 / 128))

    assert found.alpha.tolist() == [1 / 128, 1 / 128, 0]
    assert (found.low.item(), found.high.item()) == (1 - 3 / 128, 1 - 1 / 128)  # w = 1∕128
    assert found.bias.item() == (found.low.item() + found.high.item()) / 2


def test_twins_with_opposite_labels_are_both_at_the_bound() -> None:
    found = svm_fit(outer(2, 2), tensor(-1.0, 1.0), number(4))

    assert found.alpha.tolist() == [4, 4]
    assert (found.low.item(), found.high.item(), found.primal.item()) == (-1, 1, 8)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_lane_closes_its_gap_inside_its_box(dtype: torch.dtype) -> None:
    K, y, C = drawn(40, 24, dtype)

    found = svm_fit(K, y, C)

    size = 1 + C * K.abs().sum(-1).amax(-1)
    assert found.converged.all()
    assert bool(((found.gap >= 0) & (found.gap <= 256 * 24**2 * torch.finfo(dtype).eps / 2 * C * size)).all())
    assert bool(((found.alpha >= 0) & (found.alpha <= C[:, None])).all())
    assert found.alpha.dtype == dtype


def test_a_lane_is_the_same_alone() -> None:
    K, y, C = drawn(6, 12)

    together, alone = svm_fit(K, y, C), svm_fit(K[3], y[3], C[3])

    assert abs(float(together.primal[3] - alone.primal)) <= float(together.gap[3] + alone.gap) + 64 * U * alone.primal


def test_a_loose_tolerance_stops_at_its_violation() -> None:
    K, y, C = drawn(8, 20)

    found = svm_fit(K, y, C, tol=0.125)

    assert found.converged.all()
    assert bool((found.gap <= 20 * C * 0.125).all())
    assert float(found.gap.max()) > 0


def test_rounds_that_run_out_are_told() -> None:
    K, y, C = drawn(4, 40)

    assert not svm_fit(K, y, 64 * C, max_rounds=1).converged.any()


def test_a_gap_is_termwise_non_negative_for_any_multipliers_and_bias() -> None:
    found = certificate(outer(-1, 1), tensor(-1.0, 1.0), number(2), tensor(2.0, 0.0), number(0.5))

    assert (found.primal.item(), found.dual.item()) == (2, 0)
    assert found.gap.item() == 1  # primal − dual + bias · Σ α y


def test_w_of_a_line_is_half_the_distance() -> None:
    found = linear_svm(tensor([0.0], [4.0]), tensor(-1.0, 1.0), number(1))

    assert (found.w.tolist(), found.bias.item(), found.primal.item(), found.gap.item()) == ([0.5], -1, 0.125, 0)


def test_the_path_begins_at_zero_rises_and_stays_at_the_optimum() -> None:
    found = svm_trace(outer(-1, 1), tensor(-1.0, 1.0), number(10), 3)

    assert found.path.tolist() == [[0, 0], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5]]
    assert found.dual.tolist() == [0, 0.5, 0.5, 0.5]


def test_the_bias_of_free_support_is_a_point() -> None:
    low, high = bias_interval(outer(-1, 1), tensor(-1.0, 1.0), number(10), tensor(0.5, 0.5))

    assert low.item() == high.item() == 0


def test_cost_and_penalty_are_half_inverses() -> None:
    assert lambda_from_C(tensor(2.0)).tolist() == [0.25]
    assert C_from_lambda(tensor(0.25)).tolist() == [2.0]


@pytest.mark.parametrize("scheme", ["one-vs-rest", "one-vs-one"])
def test_classes_far_apart_are_all_told(scheme: str) -> None:
    x, y = tensor([0.0, 0.0], [8.0, 0.0], [0.0, 8.0], [8.0, 8.0]), tensor(0.0, 1.0, 2.0, 3.0)

    found = multiclass(x @ x.mT, y, number(4), x @ x.mT, scheme=scheme, classes=4)

    assert found.score.shape == (4, 4 if scheme == "one-vs-rest" else 6)
    if scheme == "one-vs-one":
        assert found.label.tolist() == [0, 1, 2, 3]


# Errors.

GOOD: dict[str, Any] = {"K": outer(-1, 1), "y": tensor(-1.0, 1.0), "C": number(1)}
BAD: tuple[tuple[dict[str, Any], str], ...] = (
    ({"y": tensor(1.0, 1.0)}, "y must hold both classes, −1 and 1, got only 1"),
    ({"y": tensor(0.0, 1.0)}, "y must be one of -1, 1, got 0.0 at index 0"),
    ({"y": tensor(-1.0, 1.0, 1.0)}, r"y must have shape \(2,\) to match K"),
    ({"y": tensor(-1.0, math.nan)}, "y must be finite, got nan at index 1"),
    ({"C": number(0)}, "C must be positive, got 0.0"),
    ({"C": number(math.inf)}, "C must be finite, got inf"),
    ({"C": tensor(1.0)}, r"C must have shape \(\), one for each lane"),
    ({"K": tensor([1.0, 2.0], [2.0, 1.0])}, "K must be positive semidefinite, got smallest eigenvalue -1"),
    ({"K": tensor([1.0, 0.5], [0.0, 1.0])}, "K must be symmetric, got 0.5"),
    ({"K": tensor([1.0, math.nan], [0.0, 1.0])}, "K must be finite, got nan"),
)


@pytest.mark.parametrize(("bad", "message"), BAD)
def test_what_is_no_machine_is_refused_by_name(bad: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        svm_fit(**(GOOD | bad))


def test_a_path_needs_a_step() -> None:
    with pytest.raises(ValueError, match="steps must be at least 1, got 0"):
        svm_trace(**GOOD, steps=0)


def test_penalties_and_costs_above_zero_are_asked_for() -> None:
    with pytest.raises(ValueError, match=r"C must be positive, got -1.0 at index 1"):
        lambda_from_C(tensor(1.0, -1.0))
    with pytest.raises(ValueError, match=r"penalty must be positive, got 0.0 at index 0"):
        C_from_lambda(tensor(0.0))


def test_a_class_that_does_not_occur_is_named() -> None:
    with pytest.raises(ValueError, match="y must hold every class from 0 to 2, got none of class 1"):
        multiclass(outer(0, 1), tensor(0.0, 2.0), number(1), outer(0, 1), scheme="one-vs-rest", classes=3)


# The face.


def dual_value(model: Any, X: Any) -> float:
    """Σ|β| − ½ βᵀKβ, where βᵀKβ is that of the model's own scores."""
    beta = model.dual_coef_[0]
    pull = model.decision_function(X)[model.support_] - model.intercept_[0]
    return float(np.abs(beta).sum() - beta @ pull / 2)


@pytest.mark.parametrize("kernel", ["linear", "rbf", "poly"])
def test_two_classes_are_told_as_libsvm_tells_them(kernel: str) -> None:
    X, y = IRIS[50:], SPECIES[50:]

    ours = SVC(kernel=kernel, coef0=1.0).fit(X, y)
    theirs = svm.SVC(kernel=kernel, coef0=1.0, tol=1e-10).fit(X, y)

    assert ours.predict(X).tolist() == theirs.predict(X).tolist()
    mine, other = (dual_value(model, X) for model in (ours, theirs))
    assert other <= mine + float(ours.dual_gap_[0]) + 100**2 * U * mine  # no dual is above the optimum


@pytest.mark.parametrize("scheme", ["one-vs-rest", "one-vs-one"])
def test_three_species_are_told_apart(scheme: str) -> None:
    model = SVC(scheme=scheme).fit(IRIS, SPECIES)

    assert model.score(IRIS, SPECIES) > 0.95
    assert model.decision_function(IRIS).shape == (150, 3)
    assert (model.decision_function(IRIS).argmax(axis=1) == model.predict(IRIS)).all()
    assert (model.dual_coef_.shape, model.intercept_.shape) == ((3, len(model.support_)), (3,))
    assert float(model.dual_gap_.max()) <= 256 * 150**2 * U * 151


def test_a_precomputed_kernel_is_the_kernel() -> None:
    K = np.asarray(IRIS[:100] @ IRIS[:100].T)

    given = SVC(kernel="precomputed").fit(K, SPECIES[:100])
    own = SVC(kernel="linear").fit(IRIS[:100], SPECIES[:100])

    assert given.predict(K).tolist() == own.predict(IRIS[:100]).tolist()


def test_a_tensor_stays_a_tensor_of_its_dtype() -> None:
    X = torch.from_numpy(IRIS).float()

    model = SVC().fit(X, SPECIES)

    assert model.decision_function(X).dtype == torch.float32
    assert isinstance(model.predict(X), Tensor)


@pytest.mark.parametrize(
    ("settings", "y", "message"),
    [
        ({"C": 0.0}, SPECIES, "C must be positive and finite, got 0.0"),
        ({"gamma": -1.0}, SPECIES, "gamma must be positive and finite, got -1.0"),
        ({"gamma": "auto"}, SPECIES, "gamma must be one of scale, got 'auto'"),
        ({"kernel": "sigmoid"}, SPECIES, "kernel must be one of linear, poly, rbf, laplacian, precomputed"),
        ({"coef0": -1.0}, SPECIES, "coef0 must be non-negative and finite"),
        ({"scheme": "all"}, SPECIES, "scheme must be one of one-vs-rest, one-vs-one, got 'all'"),
        ({}, SPECIES * 0, "y must hold at least two classes, got one class, 0"),
        ({}, SPECIES[49:58], r"y must have shape \(150,\) to match X, got \(9,\)"),
    ],
)
def test_a_face_names_a_bad_value(settings: dict[str, Any], y: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SVC(**settings).fit(IRIS, y)
