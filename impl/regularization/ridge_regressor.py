"""Ridge regression, shaped like a scikit-learn estimator."""

from __future__ import annotations

import math
from typing import Any, Self

import torch
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from impl.core.arrays import to_numpy
from impl.core.estimator import design, like, one_of, targets, weights
from impl.regularization.ridge_regression import SOLVERS, ridge


class Ridge(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Ridge regression, min Σ w (y − β₀ − xβ)² + alpha ‖β‖².

    alpha: λ ≥ 0, in the convention of sums. fit_intercept: β₀, which is not penalised, or 0. solver: "svd", "cholesky",
    or "auto", which takes Cholesky where that keeps half of the digits; at alpha 0 with dependent columns "cholesky"
    raises RankDeficientError and the others give the solution of least norm.

    After fit: coef_ (p,), intercept_, df_ (effective degrees of freedom without the intercept's), n_features_in_. X may
    be a torch tensor: it stays on its device, and so do answers.

    >>> model = Ridge(alpha=1.0).fit([[0.0], [1.0], [2.0]], [0.0, 1.0, 2.0])
    >>> [round(float(value), 3) for value in (*model.coef_, model.intercept_, model.df_)]
    [0.667, 0.333, 0.667]
    """

    def __init__(self, alpha: float = 1.0, *, fit_intercept: bool = True, solver: str = "auto") -> None:
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.solver = solver

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit X (n, p) and y (n,); sample_weight (n,) non-negative, ones by default.

        Raises ValueError, naming the value and its place, for what cannot be fitted.
        """
        if not 0 <= self.alpha < math.inf:
            raise ValueError(f"alpha must be non-negative and finite, got {self.alpha!r}")
        one_of(self.solver, "solver", tuple(SOLVERS))
        data = design(self, X, reset=True)
        target = targets(self, y, data)
        weight = None if sample_weight is None else weights(sample_weight, data)
        found = ridge(
            data, target, float(self.alpha), intercept=self.fit_intercept, solver=self.solver, sample_weight=weight
        )
        self.coef_ = to_numpy(found.coef)
        self.intercept_ = float(found.intercept)
        self.df_ = float(found.df)
        return self

    def predict(self, X: Any) -> Any:
        """Xβ + β₀ at each row of X: (n,)."""
        check_is_fitted(self)
        data = design(self, X, reset=False)
        return like(X, data @ torch.from_numpy(self.coef_).to(data) + self.intercept_)
