"""scikit-learn's own checks on the face of kernel logistic regression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from impl.kernel_machines.kernel_logistic_classifier import KernelLogisticRegression

ESTIMATORS = [
    KernelLogisticRegression(),
    KernelLogisticRegression("laplacian", alpha=0.125),
    KernelLogisticRegression("poly", degree=2, solver="gradient", tol=0.125),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # data at scale 1e10
@parametrize_with_checks(ESTIMATORS)
def test_scikit_learns_own_checks_pass(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)
