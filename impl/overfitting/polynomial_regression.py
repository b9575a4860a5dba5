"""A polynomial of one variable, with a penalty or without, shaped like scikit-learn's regressors."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_array, check_is_fitted, column_or_1d
from torch import Tensor

from impl.core import validation
from impl.core.arrays import to_numpy, to_torch
from impl.core.estimator import like
from impl.overfitting.bases import check_basis, polynomial_design
from impl.overfitting.criteria import aic, bic
from impl.overfitting.deletion import leave_one_out
from impl.overfitting.errors import LeverageOneError
from impl.overfitting.ridge import centred, ridge_coefficients, shrinkage
from impl.overfitting.singular_values import spectrum


class PolynomialRegression(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Least squares on the polynomials of degree 0 … degree of one variable, by the singular value decomposition.

    degree: the capacity. basis: "monomial", "chebyshev" or "legendre", of the variable mapped to [−1, 1] by the range
    seen in fit. alpha: what is minimised is ‖y − Xc‖² + alpha Σ_{k≥1} c_k²: the constant is not penalised. From degree
    n − 1 on, alpha = 0 gives the interpolating polynomial of least norm.

    After fit: coef_ (degree+1,), in the basis; range_ (2,): what was mapped to −1 and 1; degrees_of_freedom_: the hat
    matrix's trace; training_error_: mean squared; loo_error_: mean squared, each row predicted by the others; aic_,
    bic_: with degrees_of_freedom_ parameters, −∞ for a perfect fit; n_features_in_.

    >>> model = PolynomialRegression(degree=2).fit([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 4.0, 9.0])
    >>> model.predict([4.0]).round(6).tolist()
    [16.0]
    """

    def __init__(self, degree: int = 1, *, basis: str = "chebyshev", alpha: float = 0.0) -> None:
        self.degree = degree
        self.basis = basis
        self.alpha = alpha

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Fit to X (n,) or (n, 1) and y (n,).

        Raises ValueError for a degree below 0, an unknown basis, a negative alpha, more than one column, equal values
        of X where degree ≥ 1 (use degree=0), and what is not finite.
        """
        check_basis(self.degree, self.basis)
        if not 0 <= self.alpha < math.inf:
            raise ValueError(f"alpha must be non-negative and finite, got {self.alpha!r}")
        t = _nodes(X)
        target = _target(y, t)
        self.n_features_in_ = 1
        low, high = torch.aminmax(t)
        if self.degree and bool(low == high):
            raise ValueError(f"X must hold at least two different values, got only {low.item()!r}: use degree=0")
        self.range_ = to_numpy(torch.stack([low, high]))
        x = self._design(t)
        rows = centred(x, target, intercept=True)
        found = spectrum(rows.x, rows.size)
        penalty = t.new_tensor(self.alpha)
        coef = ridge_coefficients(found, rows.y, penalty)
        coef[0] = target.mean() - (x.mean(0)[1:] * coef[1:]).sum()
        self.coef_ = to_numpy(coef)
        residual = target - x @ coef
        self._keep_errors(residual, 1 + shrinkage(found, penalty).sum())
        self._keep_left_out(x, target, penalty)
        return self

    def _design(self, t: Tensor) -> Tensor:
        low, high = (float(end) for end in self.range_)
        mapped = (2 * t - (low + high)) / ((high - low) or 1.0)
        return polynomial_design(mapped, self.degree, self.basis)

    def _keep_errors(self, residual: Tensor, df: Tensor) -> None:
        n, rss = len(residual), residual.square().sum()
        self.degrees_of_freedom_ = float(df)
        self.training_error_ = float(rss) / n
        self.aic_, self.bic_ = float(aic(rss, df, n)), float(bic(rss, df, n))

    def _keep_left_out(self, x: Tensor, y: Tensor, penalty: Tensor) -> None:
        self._not_left_out = ""
        try:
            self._loo_error = float(leave_one_out(x, y, penalty, intercept=True).press) / len(y)
        except LeverageOneError as error:
            self._not_left_out = str(error)

    @property
    def loo_error_(self) -> float:
        """The mean squared error of predicting each row by the others.

        Raises LeverageOneError where that is not defined: a row alone decides its own fit, as when interpolating.
        """
        check_is_fitted(self)
        if self._not_left_out:
            raise LeverageOneError(self._not_left_out)
        return self._loo_error

    def predict(self, X: Any) -> Any:
        """The polynomial at X (m,) or (m, 1), outside the range seen in fit too: (m,)."""
        check_is_fitted(self)
        t = _nodes(X)
        return like(X, self._design(t) @ torch.as_tensor(self.coef_).to(t))


def _nodes(X: Any) -> Tensor:
    """One column as a tensor (n,): a tensor keeps its device and dtype."""
    if not isinstance(X, Tensor):
        kinds = [np.float64, np.float32]
        array = check_array(X, ensure_2d=False, dtype=kinds, ensure_all_finite=False, input_name="X")
        X = to_torch(array, device="cpu", dtype=array.dtype.name)
    t: Tensor = X if X.is_floating_point() else X.to(torch.float64)
    if t.dim() not in (1, 2) or t.shape[1:] not in ((), (1,)):
        raise ValueError(f"X must have shape (n,) or (n, 1), got {tuple(t.shape)}")
    t = t.reshape(-1)
    validation.non_empty(t, "X", "(n,)")
    validation.finite(t, "X")
    return t


def _target(y: Any, t: Tensor) -> Tensor:
    """The target (n,) beside the nodes, in their dtype."""
    array = column_or_1d(to_numpy(y) if isinstance(y, Tensor) else y, warn=True)
    target = to_torch(np.asarray(array, dtype=np.float64), device="cpu", dtype="float64").to(t)
    validation.finite(target, "y")
    if target.shape != t.shape:
        raise ValueError(f"y must have shape {tuple(t.shape)} to match X, got {tuple(target.shape)}")
    return target
