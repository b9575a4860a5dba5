"""scikit-learn's own checks on the faces of count mixtures and latent Dirichlet allocation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from impl.em.count_mixtures import MultinomialMixture
from impl.em.lda import LatentDirichletAllocation

ESTIMATORS = [
    MultinomialMixture(2, random_state=0),
    LatentDirichletAllocation(2, max_iter=20, random_state=0),
    LatentDirichletAllocation(2, eta=0.1, max_iter=20, random_state=0),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # on noise without components
@parametrize_with_checks(ESTIMATORS)
def test_scikit_learns_own_checks_pass(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)
