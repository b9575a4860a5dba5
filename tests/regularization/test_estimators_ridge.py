"""scikit-learn's own checks on the face of ridge regression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.utils.estimator_checks import parametrize_with_checks

from impl.regularization.ridge_regressor import Ridge

ESTIMATORS = [Ridge(), Ridge(alpha=0.0, solver="svd"), Ridge(solver="cholesky", fit_intercept=False)]


@parametrize_with_checks(ESTIMATORS)
def test_scikit_learns_own_checks_pass(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)
