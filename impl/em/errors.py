"""What can go wrong in an EM fit besides a bad argument."""

from __future__ import annotations


class DegenerateCovarianceError(ValueError):
    """A component's covariance is singular: the likelihood has no maximum there (Kiefer & Wolfowitz 1956)."""


class ZeroLikelihoodError(ValueError):
    """The data are impossible under the model: no hidden path or component explains them."""
