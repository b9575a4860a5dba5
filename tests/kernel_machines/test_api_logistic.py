"""Hand-computed values, errors and the face of kernel logistic regression."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process.kernels import RBF
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from impl.kernel_machines.grams import gram
from impl.kernel_machines.kernel_logistic import KLR_SOLVERS, klr_fit, klr_objective
from impl.kernel_machines.kernel_logistic_classifier import KernelLogisticRegression
from impl.kernel_machines.klr_certificate import divergence
from impl.kernel_machines.linear_logistic import logistic_fit

U = 2.0**-53
LOG2 = math.log(2)
ONE = torch.ones(1, 1, dtype=torch.float64)


def tensor(*values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def drawn(seed: int, *shape: int) -> tuple[Tensor, Tensor]:
    """Points of this shape and labels beside them, which depend on the first coordinate and on noise."""
    draw = np.random.default_rng(seed)
    x = draw.standard_normal(shape)
    y = np.where(x[..., 0] + 0.5 * draw.standard_normal(shape[:-1]) > 0, 1.0, -1.0)
    return torch.from_numpy(x), torch.from_numpy(y)


# The objective.


def test_at_zero_everything_is_known() -> None:
    """F = log 2, ∇F = −Ky ∕ 2n, ∇²F = 2λK ∕ n + K² ∕ 4n, D = 0."""
    K = tensor([2.0, 1.0], [1.0, 2.0])
    found = klr_objective(K, tensor(1.0, -1.0), 0.5, tensor(0.0, 0.0))

    assert (found.value.item(), found.dual.item()) == (LOG2, 0.0)
    assert abs(found.gap.item() - LOG2) <= 4 * U
    assert found.gradient.tolist() == [-0.25, 0.25]
    assert found.hessian.tolist() == [[1.625, 1.0], [1.0, 1.625]]


def test_one_point_by_hand() -> None:
    """λ = ½, β = ½: a = ½, F = ⅛ + log(1 + e^−½), D = log 2 − ⅛."""
    found = klr_objective(ONE, tensor(1.0), 0.5, tensor(0.5))

    assert abs(found.value.item() - (0.125 + math.log1p(math.exp(-0.5)))) <= 4 * U
    assert abs(found.dual.item() - (LOG2 - 0.125)) <= 4 * U
    assert abs(found.gap.item() - (found.value - found.dual).item()) <= 8 * U


def test_multipliers_outside_the_box_are_clipped() -> None:
    """λ = ½, β = 3: a = 3 is clipped to 1, and D = 0 − ½."""
    found = klr_objective(ONE, tensor(1.0), 0.5, tensor(3.0))

    assert found.dual.item() == -0.5
    assert abs(found.gap.item() - (found.value - found.dual).item()) <= 16 * U * found.value.item()


def test_huge_scores_stay_finite() -> None:
    found = klr_objective(ONE, tensor(1.0), 1.0, tensor(-1e150))

    assert all(bool(torch.isfinite(v).all()) for v in found)


def test_the_divergence_of_equal_coins_is_zero_and_of_near_ones_of_second_order() -> None:
    """KL(½ + h ‖ ½) = 2h² + 4h⁴∕3 + …"""
    h = 2.0**-20
    found = divergence(tensor(0.5, 0.5 + h, 0.5 - h), tensor(0.0, 0.0, 0.0))

    assert found[0].item() == 0
    assert float((found[1:] / (2 * h * h) - 1).abs().max()) <= h * h


def test_the_divergence_does_not_change_when_both_coins_are_turned() -> None:
    a, m = tensor(0.0, 0.125, 1.0, 0.5), tensor(3.0, -40.0, 2.0, 800.0)

    assert divergence(a, m).tolist() == divergence(1 - a, -m).tolist()


# Fits.


@pytest.mark.parametrize("solver", KLR_SOLVERS)
def test_one_point_solves_its_equation(solver: str) -> None:
    """K = 1, y = 1, λ = ½: β = σ(−β)."""
    found = klr_fit(ONE, tensor(1.0), 0.5, solver=solver)
    beta = found.beta.item()

    assert abs(beta * (1 + math.exp(beta)) - 1) <= 16 * U
    assert bool(found.converged)


@pytest.mark.parametrize("solver", KLR_SOLVERS)
def test_duplicates_with_opposite_labels_share_a_score_of_zero(solver: str) -> None:
    """K is all ones, so singular: f = 0 and β = y ∕ 4λ."""
    found = klr_fit(torch.ones(2, 2, dtype=torch.float64), tensor(1.0, -1.0), 0.5, solver=solver)

    assert float((found.beta - tensor(0.5, -0.5)).abs().max()) <= 16 * U
    assert float(found.f.abs().max()) <= 16 * U


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("penalty", [1.0, 0.1, 1e-3])
def test_every_lane_converges_and_both_solvers_agree(dtype: torch.dtype, penalty: float) -> None:
    x, y = (v.to(dtype) for v in drawn(1, 12, 20, 3))
    K = gram(x, x, "rbf", gamma=0.5)

    fits = [klr_fit(K, y, penalty, solver=solver) for solver in KLR_SOLVERS]

    assert all(bool(found.converged.all()) for found in fits)
    apart = (fits[0].value - fits[1].value).abs()
    assert bool((apart <= fits[0].gap + fits[1].gap + 64 * torch.finfo(dtype).eps).all())
    assert all(bool((found.beta.sign() == y).all()) for found in fits)  # no support vectors: all of them count


def test_systems_by_products_and_by_factors_give_the_same_fit() -> None:
    """Lanes whose penalties are large and small are solved together by factors, apart by products."""
    x, y = drawn(2, 2, 24, 3)
    K = gram(x, x, "rbf", gamma=0.5)

    together = klr_fit(K, y, tensor(1.0, 1e-4))
    alone = klr_fit(K[0], y[0], 1.0)

    assert float((together.beta[0] - alone.beta).abs().max()) <= 2.0**-44


def test_hard_margins_need_short_steps_and_get_them() -> None:
    x, y = drawn(3, 16, 16, 2)
    K = gram(x, x, "polynomial", degree=5)

    for tol in (1e-6, 1e-9):
        found = klr_fit(K, y, 1e-6, tol=tol)
        assert bool((found.gap <= tol).all())


def test_leading_axes_are_kept() -> None:
    x, y = drawn(4, 2, 3, 6, 2)
    K = gram(x, x, "laplacian", gamma=1.0)

    found = klr_fit(K, y, 0.25)

    assert [tuple(v.shape) for v in found] == [(2, 3, 6), (2, 3, 6), *[(2, 3)] * 4]
    assert float((found.beta[1, 2] - klr_fit(K[1, 2], y[1, 2], 0.25).beta).abs().max()) <= 2.0**-44


def test_a_lane_that_runs_out_of_rounds_says_so_and_tells_its_gap() -> None:
    x, y = drawn(5, 20, 2)
    K = gram(x, x, "rbf")

    found = klr_fit(K, y, 1e-3, max_iter=1)

    assert (found.converged.item(), found.iterations.item()) == (False, 1)
    again = klr_objective(K, y, 1e-3, found.beta)
    assert abs(found.gap.item() - again.gap.item()) <= 256 * U * again.value.item()


def test_a_tolerance_stops_early() -> None:
    x, y = drawn(6, 30, 2)
    K = gram(x, x, "rbf")

    found = klr_fit(K, y, 0.01, tol=0.01)

    assert found.gap.item() <= 0.01
    assert found.iterations.item() < klr_fit(K, y, 0.01).iterations.item()


@pytest.mark.parametrize("penalty", [1.0, 0.01])
def test_the_linear_kernel_is_logistic_regression_and_both_are_scikit_learns(penalty: float) -> None:
    """The gradient of theirs bounds how far their w is: ‖w − w*‖ ≤ n‖∇F‖ ∕ 2λ."""
    x, y = drawn(7, 30, 3)
    theirs = LogisticRegression(C=0.5 / penalty, fit_intercept=False, solver="newton-cholesky", tol=1e-12)
    other = torch.from_numpy(theirs.fit(x.numpy(), y.numpy()).coef_[0])

    ours = logistic_fit(x, y, penalty)
    beta = klr_fit(gram(x, x, "linear"), y, penalty).beta

    slope = 2 * penalty * other - x.T @ (y * torch.sigmoid(-y * (x @ other)))
    near = (float(slope.norm()) + 1024 * U) / penalty
    assert float((ours.w - other).norm()) <= near
    assert float((x.T @ beta - ours.w).norm()) <= 1024 * U / penalty
    assert ours.gradient_norm.item() <= 64 * U


def test_separable_data_have_a_fit_as_soon_as_there_is_a_penalty() -> None:
    found = logistic_fit(tensor([-1.0], [1.0]), tensor(-1.0, 1.0), 1e-8)

    assert 10 < found.w.item() < 40
    assert found.gradient_norm.item() <= 64 * U


# Errors.

K2, Y2 = tensor([2.0, 1.0], [1.0, 2.0]), tensor(1.0, -1.0)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"penalty": 0.0}, "penalty must be positive, got 0.0: without a penalty, logistic regression diverges"),
        ({"penalty": -1.0}, "penalty must be positive, got -1.0"),
        ({"penalty": math.nan}, "penalty must be finite, got nan"),
        ({"penalty": tensor(1.0)}, r"penalty must have shape \(\) to match y, got \(1,\)"),
        ({"K": K2[:1]}, r"K must be square, got shape \(1, 2\)"),
        ({"K": tensor([1.0, 0.5], [0.25, 1.0])}, "K must be symmetric"),
        ({"K": tensor([1.0, 2.0], [2.0, 1.0])}, "K must be positive semidefinite, got smallest eigenvalue -1"),
        ({"K": tensor([1.0, math.nan], [math.nan, 1.0])}, "K must be finite"),
        ({"y": tensor(1.0)}, r"y must have shape \(2,\) to match K, got \(1,\)"),
        ({"y": tensor(1.0, 0.0)}, "y must be one of -1, 1, got 0.0 at index 1"),
        ({"solver": "lbfgs"}, "solver must be one of newton, gradient, got 'lbfgs'"),
        ({"tol": 0.0}, "tol must be positive, got 0.0"),
        ({"max_iter": 0}, "max_iter must be at least 1, got 0"),
    ],
)
def test_what_is_no_kernel_logistic_regression_is_refused_by_name(bad: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        klr_fit(**({"K": K2, "y": Y2, "penalty": 0.5} | bad))


def test_coefficients_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match=r"beta must have shape \(2,\) to match y, got \(1,\)"):
        klr_objective(K2, Y2, 0.5, tensor(1.0))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"penalty": 0.0}, "penalty must be positive, got 0.0: without a penalty, logistic regression diverges"),
        ({"x": tensor([math.nan], [1.0])}, r"x must be finite, got nan at index \(0, 0\)"),
        ({"y": tensor(1.0, 2.0)}, "y must be one of -1, 1, got 2.0 at index 1"),
    ],
)
def test_what_is_no_logistic_regression_is_refused_by_name(bad: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        logistic_fit(**({"x": tensor([0.0], [1.0]), "y": Y2, "penalty": 0.5} | bad))


def test_whole_numbers_are_refused_with_their_type() -> None:
    with pytest.raises(TypeError, match="K must be float32 or float64, got int64"):
        klr_fit(K2.long(), Y2, 0.5)


# The face.


def test_a_precomputed_kernel_is_the_kernel() -> None:
    x, y = (v.numpy() for v in drawn(8, 25, 2))
    kernel = RBF(math.sqrt(0.5))  # exp(−‖x − z‖²)

    own = KernelLogisticRegression(gamma=1.0, alpha=0.1).fit(x[:20], y[:20])
    given = KernelLogisticRegression("precomputed", alpha=0.1).fit(kernel(x[:20]), y[:20])

    apart = own.decision_function(x[20:]) - given.decision_function(kernel(x[20:], x[:20]))
    assert np.abs(apart).max() <= 2.0**-40
    assert own.dual_coef_.shape == (1, 20)


def test_chances_of_many_classes_add_up_even_where_all_are_unlikely() -> None:
    x, _ = drawn(9, 30, 2)
    y = np.repeat(["a", "b", "c"], 10)

    model = KernelLogisticRegression("linear", alpha=1e-3).fit(x.numpy(), y)
    chances = model.predict_proba(1e6 * x.numpy())

    assert model.dual_coef_.shape == (3, 30)
    assert np.abs(chances.sum(axis=1) - 1).max() <= 8 * U
    assert set(model.predict(x.numpy())) <= {"a", "b", "c"}


def test_a_face_that_does_not_converge_warns_with_its_gap() -> None:
    x, y = (v.numpy() for v in drawn(10, 20, 2))

    with pytest.warns(ConvergenceWarning, match="the duality gap is still .* after 1 rounds: raise max_iter or tol"):
        KernelLogisticRegression(alpha=1e-3, max_iter=1).fit(x, y)


def test_a_face_that_converges_does_not_warn_and_tells_its_gap() -> None:
    x, y = (v.numpy() for v in drawn(11, 20, 2))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = KernelLogisticRegression("poly", alpha=0.1, degree=2).fit(x, y)

    assert 0 <= model.dual_gap_ <= 8 * 28 * U
    assert model.n_iter_ >= 1


def test_a_tensor_stays_a_tensor_of_its_dtype() -> None:
    x, y = (v.float() for v in drawn(12, 12, 3))

    model = KernelLogisticRegression("laplacian").fit(x, y)

    assert model.decision_function(x).dtype == torch.float32
    assert tuple(model.predict_proba(x).shape) == (12, 2)
    assert model.dual_coef_.dtype == np.float32


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (KernelLogisticRegression(alpha=0), "alpha must be positive, got 0: without a penalty the fit diverges"),
        (KernelLogisticRegression(alpha=-1.0), "alpha must be positive and finite, got -1.0"),
        (KernelLogisticRegression("cosine"), "kernel must be one of linear, poly, rbf, laplacian, precomputed"),
        (KernelLogisticRegression(gamma=0.0), "gamma must be positive and finite, got 0.0"),
        (KernelLogisticRegression("poly", coef0=-1.0), "coef0 must be non-negative, got -1.0"),
        (KernelLogisticRegression("poly", degree=0), "degree must be at least 1, got 0"),
        (KernelLogisticRegression(solver="saga"), "solver must be one of newton, gradient, got 'saga'"),
        (KernelLogisticRegression("precomputed"), "X must be positive semidefinite, got smallest eigenvalue -1"),
    ],
)
def test_a_face_names_a_bad_value(model: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model.fit(np.array([[1.0, 2.0], [2.0, 1.0]]), [0, 1])


def test_one_class_is_refused() -> None:
    with pytest.raises(ValueError, match="y must hold at least two classes, got one class, 3"):
        KernelLogisticRegression().fit([[0.0], [1.0]], [3, 3])
