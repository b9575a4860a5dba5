"""What the scikit-learn-shaped EM classes say of their loop: its parameters checked, its trace kept, and a warning."""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import Any

from sklearn.exceptions import ConvergenceWarning

from impl.core.arrays import to_numpy
from impl.em.driver import EMResult


def check_loop(estimator: Any, *counts: str) -> None:
    """Raise ValueError, naming the parameter, unless these are whole numbers of at least 1 and tol is not negative."""
    for name in counts:
        value = getattr(estimator, name)
        if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")
    if not estimator.tol >= 0:
        raise ValueError(f"tol must be non-negative, got {estimator.tol!r}")


def keep_trace(estimator: Any, found: EMResult[Any], best: int, unit: str) -> None:
    """Set n_iter_, converged_ and log_likelihoods_ from run `best` of a result with runs as its only batch axis.

    Warns with ConvergenceWarning where the last step still rose by more than tol; unit: what tol counts per, "a row".
    """
    estimator.n_iter_, estimator.converged_ = int(found.n_iter[best]), bool(found.converged[best])
    estimator.log_likelihoods_ = to_numpy(found.log_likelihood[best, : estimator.n_iter_ + 1])
    if not estimator.converged_:
        warnings.warn(
            f"EM did not converge: after max_iter={estimator.max_iter} steps the likelihood still rose by more than "
            f"tol={estimator.tol:g} {unit}; raise max_iter or tol",
            ConvergenceWarning,
            stacklevel=4,
        )
