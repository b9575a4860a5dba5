"""scikit-learn's own checks on the face of support vector machines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.utils.estimator_checks import parametrize_with_checks

from impl.kernel_machines.svm_classifier import SVC

# A precomputed kernel is refused unless it is positive semidefinite, which the checks' is not.
ESTIMATORS = [SVC(), SVC(kernel="linear", scheme="one-vs-rest"), SVC(kernel="laplacian")]


@parametrize_with_checks(ESTIMATORS)
def test_scikit_learns_own_checks_pass(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)
