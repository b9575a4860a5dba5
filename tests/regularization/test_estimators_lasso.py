"""scikit-learn's own checks on the faces of the lasso and the elastic net."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from impl.regularization.lasso_regressors import ElasticNet, Lasso

ESTIMATORS = [Lasso(), Lasso(alpha=0.125, solver="fista", fit_intercept=False), ElasticNet(), ElasticNet(l1_ratio=0.0)]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # data of a few rows at scale 1e10
@parametrize_with_checks(ESTIMATORS)
def test_scikit_learns_own_checks_pass(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)
