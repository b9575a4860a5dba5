"""Kernels, their features and losses as a user meets them: cases worked by hand, errors by name."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from impl.kernel_machines import losses
from impl.kernel_machines.feature_map import polynomial_features
from impl.kernel_machines.gaussian_series import rbf_series
from impl.kernel_machines.grams import GRAMS, check_gram, gram, gram_is_psd, sigmoid_kernel

U = 2.0**-53


def tensor(*values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


SQUARE = tensor([0.0, 0.0], [1.0, 2.0])


def test_a_polynomial_kernel_worked_by_hand() -> None:
    x, z = tensor([1.0, 2.0]), tensor([3.0, -1.0])

    assert gram(x, z, "polynomial", gamma=2.0, zeta=1.0, degree=3).tolist() == [[27.0]]


def test_the_features_of_degree_two_worked_by_hand() -> None:
    found = polynomial_features(tensor([3.0, 5.0]), gamma=1.0, zeta=2.0, degree=2)

    squares = sorted(found.square().tolist()[0])  # (2 + x·z)² = 4 + 4 x₁ + … : 4, 4·9, 4·25, 81, 625, 2·225
    assert max(abs(a - b) / b for a, b in zip(squares, [4, 36, 81, 100, 450, 625], strict=True)) <= 8 * U


def test_rbf_and_laplacian_kernels_of_a_point_with_itself_are_1_however_far() -> None:
    far = tensor([1e8, 1e-8]), tensor([1e8, 2e-8])

    for kernel in ("rbf", "laplacian"):
        assert gram(far[0], far[0], kernel).tolist() == [[1.0]]
        assert float(gram(far[0], far[1] + tensor(0.0, 1.0), kernel)) < 0.5


@pytest.mark.parametrize("kernel", ["linear", "polynomial", "rbf", "laplacian"])
def test_a_batch_is_a_loop(kernel: str) -> None:
    x = torch.randint(-3, 4, (4, 5, 2), generator=torch.Generator().manual_seed(2)).double()

    together = gram(x, x, kernel, gamma=0.5)

    assert together.tolist() == [gram(points, points, kernel, gamma=0.5).tolist() for points in x]


def test_the_series_of_far_points_does_not_vanish_with_its_factor() -> None:
    x = tensor([30.0])

    found = rbf_series(x, x, gamma=1.0, terms=4000)

    assert abs(float(found.gram) - 1) <= 2**20 * U  # e^(−1800) is 0, and the sum beside it would overflow
    assert bool(found.remainder.isfinite().all())


def test_the_sigmoid_is_no_kernel_and_says_so() -> None:
    with pytest.warns(UserWarning, match="not positive semidefinite"):
        matrix = sigmoid_kernel(tensor([0.0]), tensor([0.0]), zeta=-1.0)

    assert not bool(gram_is_psd(matrix))
    with pytest.raises(ValueError, match=r"K must be positive semidefinite, got smallest eigenvalue -0\.761594"):
        check_gram(matrix)


def test_a_matrix_of_duplicates_passes() -> None:
    x = tensor([1.0, 2.0], [1.0, 2.0], [0.0, 1.0])

    check_gram(gram(x, x, "linear"))


BAD_MATRICES: tuple[tuple[Tensor, str], ...] = (
    (tensor([1.0, 2.0], [2.0, 1.0]), "K must be positive semidefinite, got smallest eigenvalue -1;"),
    (tensor([[1.0]], [[-2.0]]), r"got smallest eigenvalue -2 in lane \[1\]"),
    (
        tensor([1.0, 0.5], [0.25, 1.0]),
        r"K must be symmetric, got 0.5 at index \(0, 1\) and 0.25 in its mirror image",
    ),
    (tensor([1.0, 0.5]), r"K must be square, got shape \(1, 2\)"),
    (tensor([math.nan]), r"K must be finite, got nan at index \(0, 0\)"),
    (tensor(1.0), r"K must have shape \(..., n, n\), got \(1,\)"),
    (torch.empty((0, 0), dtype=torch.float64), "K must not be empty"),
)


@pytest.mark.parametrize(("matrix", "message"), BAD_MATRICES)
def test_what_is_no_gram_matrix_is_refused_with_the_reason(matrix: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_gram(matrix)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel": "cosine"}, "kernel must be one of linear, polynomial, rbf, laplacian, sigmoid, got 'cosine'"),
        ({"kernel": "rbf", "gamma": 0.0}, "gamma must be positive and finite, got 0.0"),
        ({"kernel": "polynomial", "gamma": math.inf}, "gamma must be positive and finite, got inf"),
        ({"kernel": "polynomial", "zeta": math.nan}, "zeta must be finite, got nan"),
        ({"kernel": "polynomial", "degree": 0}, "degree must be at least 1, got 0"),
    ],
)
def test_a_kernel_names_a_bad_number(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        gram(SQUARE, SQUARE, **options)


def test_points_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"z must be finite, got nan at index \(0, 0\)"):
        gram(SQUARE, tensor([math.nan, 1.0]), "linear")
    with pytest.raises(ValueError, match="z must have the lanes and coordinates of x"):
        gram(SQUARE, tensor([1.0]), "rbf")
    with pytest.raises(TypeError, match="x must be float32 or float64, got int64"):
        gram(SQUARE.long(), SQUARE, "linear")


def test_features_and_series_name_a_bad_number() -> None:
    with pytest.raises(ValueError, match=r"zeta must be non-negative, or the kernel has no features, got -1\.0"):
        polynomial_features(SQUARE, zeta=-1.0)
    with pytest.raises(ValueError, match="terms must be at least 1, got 0"):
        rbf_series(SQUARE, SQUARE, terms=0)


def test_kernels_keep_the_dtype() -> None:
    x = SQUARE.float()

    for kernel in GRAMS.keys() - {"sigmoid"}:
        assert gram(x, x, kernel).dtype == torch.float32
    assert polynomial_features(x).dtype == rbf_series(x, x).gram.dtype == torch.float32


def test_losses_at_the_boundary_worked_by_hand() -> None:
    score = tensor(-1.0, 0.0, 0.5, 1.0, 2.0)

    assert losses.zero_one(score).tolist() == [1, 1, 0, 0, 0]
    assert losses.hinge(score).tolist() == [2, 1, 0.5, 0, 0]
    assert losses.squared_hinge(score).tolist() == [4, 1, 0.25, 0, 0]
    assert abs(float(losses.logistic(score[1])) - math.log(2)) <= 2 * U
    assert float(losses.scaled_logistic(score[1])) == 1


def test_the_logistic_loss_keeps_its_digits_in_both_tails() -> None:
    score = tensor(700.0, 40.0, -40.0, -1e300)

    found = losses.logistic(score).tolist()

    for value, true in zip(found, (math.exp(-700), math.log1p(math.exp(-40)), 40.0, 1e300), strict=True):
        assert abs(value - true) <= 8 * U * true
