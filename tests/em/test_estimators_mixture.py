"""scikit-learn's own checks on the face of Gaussian mixtures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from impl.em.gaussian_mixture import GaussianMixture

ESTIMATORS = [
    *(GaussianMixture(2, covariance_type=kind, ridge=2.0**-10, random_state=0) for kind in ("full", "tied", "diag")),
    GaussianMixture(2, covariance_type="spherical", ridge=2.0**-10, n_init=2, init="random", random_state=0),
    GaussianMixture(ridge=2.0**-10),
    GaussianMixture(),
]


def impossible(estimator: GaussianMixture) -> dict[str, str]:
    """What a start that is drawn by the places of rows cannot satisfy, or a likelihood that has no maximum."""
    repeated = "check_sample_weight_equivalence_on_dense_data"
    if estimator.n_components > 1:
        return {repeated: "the check shuffles the rows, and another start is drawn"}
    return {} if estimator.ridge else {repeated: "15 rows in 30 dimensions: the covariance is singular"}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # on noise without components
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=impossible)
def test_scikit_learns_own_checks_pass(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)
