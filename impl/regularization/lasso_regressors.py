"""The lasso and the elastic net, shaped like scikit-learn estimators."""

from __future__ import annotations

import math
import warnings
from typing import Any, Self

import torch
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from impl.core.arrays import to_numpy
from impl.core.estimator import design, like, one_of, targets
from impl.regularization.lasso_regression import MAX_ITER, elastic_net
from impl.regularization.lasso_solver import SOLVERS


class ElasticNet(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Elastic net, min ‖y − β₀ − Xβ‖² ∕ 2n + alpha (l1_ratio ‖β‖₁ + (1 − l1_ratio)∕2 ‖β‖²).

    alpha: λ ≥ 0. l1_ratio: ρ in [0, 1]. fit_intercept: β₀, which is not penalised, or 0. solver: "cd" or "fista".
    max_iter: rounds at most. tol: stop at a duality gap of tol ‖y‖² ∕ n, y centred where there is an intercept;
    None: at that of a few roundings. Where the solution is not unique (equal columns, n < p), one of the solutions is
    returned, any; fit and ‖β‖₁ are the same for all.

    After fit: coef_ (p,), in which what is not active is 0 to the bit, intercept_, dual_gap_ (how far the objective can
    be from its minimum), n_iter_, n_features_in_. X may be a torch tensor: it stays on its device, and so do answers.

    >>> ElasticNet(alpha=0.5, l1_ratio=0.5).fit([[0.0], [1.0], [2.0]], [0.0, 1.0, 2.0]).coef_.round(3).tolist()
    [0.455]
    """

    def __init__(
        self,
        alpha: float = 1.0,
        *,
        l1_ratio: float = 0.5,
        fit_intercept: bool = True,
        solver: str = "cd",
        max_iter: int = MAX_ITER,
        tol: float | None = None,
    ) -> None:
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, X: Any, y: Any) -> Self:
        """Fit X (n, p) and y (n,).

        Warns with ConvergenceWarning, which tells the gap, when it stays above tol. Raises ValueError, naming the value
        and its place, for what cannot be fitted.
        """
        if not 0 <= self.l1_ratio <= 1:
            raise ValueError(f"l1_ratio must lie in [0, 1], got {self.l1_ratio!r}")
        _fit(self, X, y, float(self.l1_ratio))
        return self

    def predict(self, X: Any) -> Any:
        """Xβ + β₀ at each row of X: (n,)."""
        return _predict(self, X)


class Lasso(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """The lasso, min ‖y − β₀ − Xβ‖² ∕ 2n + alpha ‖β‖₁: `ElasticNet` with l1_ratio 1, and its attributes.

    >>> Lasso(alpha=0.5).fit([[0.0], [1.0], [2.0]], [0.0, 1.0, 2.0]).coef_.round(3).tolist()
    [0.25]
    """

    def __init__(
        self,
        alpha: float = 1.0,
        *,
        fit_intercept: bool = True,
        solver: str = "cd",
        max_iter: int = MAX_ITER,
        tol: float | None = None,
    ) -> None:
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, X: Any, y: Any) -> Self:
        """Fit X (n, p) and y (n,), as `ElasticNet.fit`."""
        _fit(self, X, y, 1.0)
        return self

    def predict(self, X: Any) -> Any:
        """Xβ + β₀ at each row of X: (n,)."""
        return _predict(self, X)


def _fit(model: Any, X: Any, y: Any, ratio: float) -> None:
    if not 0 <= model.alpha < math.inf:
        raise ValueError(f"alpha must be non-negative and finite, got {model.alpha!r}")
    one_of(model.solver, "solver", SOLVERS)
    data = design(model, X, reset=True)
    target = targets(model, y, data)
    found = elastic_net(
        data, target, float(model.alpha), ratio,
        intercept=model.fit_intercept, solver=model.solver, tol=model.tol, max_iter=model.max_iter,
    )  # fmt: skip
    model.coef_ = to_numpy(found.coef)
    model.intercept_, model.dual_gap_, model.n_iter_ = float(found.intercept), float(found.gap), int(found.iterations)
    if not bool(found.converged):
        warnings.warn(
            f"the duality gap is still {model.dual_gap_:.3g} after {model.n_iter_} rounds: raise max_iter or tol, "
            "scale the columns alike, or use float64",
            ConvergenceWarning,
            stacklevel=3,
        )


def _predict(model: Any, X: Any) -> Any:
    check_is_fitted(model)
    data = design(model, X, reset=False)
    return like(X, data @ torch.from_numpy(model.coef_).to(data) + model.intercept_)
