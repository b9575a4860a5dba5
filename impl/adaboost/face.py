"""What the scikit-learn-shaped classes share: the border to NumPy, and a fitted ensemble as a few tensors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from impl.core import validation

Data = NDArray[Any] | Tensor


@dataclass(frozen=True)
class Stumps:
    """h_m(x) = right where x[feature] > threshold, else left, and its vote; every tensor is (rounds,)."""

    feature: Tensor
    threshold: Tensor
    left: Tensor
    right: Tensor
    votes: Tensor

    def says(self, X: Tensor) -> Tensor:
        """Every h_m at the rows of X (n, d): (rounds, n), in the dtype of the fit, on the device of X."""
        feature, threshold, left, right = (
            value.to(X.device)[:, None] for value in (self.feature, self.threshold, self.left, self.right)
        )
        columns = X.to(threshold.dtype).T.index_select(0, feature[:, 0].clamp(min=0))
        return torch.where(columns > threshold, right, left)

    def stages(self, X: Tensor) -> Iterator[Tensor]:
        """F_1(X), F_2(X), …, each (n,): partial sums of vote · h."""
        F = torch.zeros_like(X[:, 0], dtype=self.votes.dtype)
        for vote, says in zip(self.votes.to(X.device), self.says(X), strict=True):
            F = F + vote * says
            yield F

    def total(self, X: Tensor) -> Tensor:
        """F(X) of the whole ensemble, (n,); 0 where it is empty."""
        F = torch.zeros_like(X[:, 0], dtype=self.votes.dtype)
        for stage in self.stages(X):
            F = stage
        return F


@dataclass(frozen=True)
class FittedStump:
    """One hypothesis of a fitted ensemble; `left` and `right` are what it predicts, a label or a number."""

    feature: int
    threshold: float
    left: Any
    right: Any

    def predict(self, X: Any) -> NDArray[Any]:
        """Its prediction for each row of X (n, d): (n,)."""
        column = np.asarray(X)[:, max(self.feature, 0)]
        return np.asarray(np.where(column > self.threshold, self.right, self.left))


def counted(w: Tensor) -> Tensor:
    """The places (m,) of the examples with a positive weight: the others must not even shift a threshold.

    Raises ValueError, naming the value and its place, for weights that are no weights.
    """
    validation.finite(w, "sample_weight")
    validation.non_negative(w, "sample_weight")
    validation.positive_sum(w, "sample_weight")
    return w.nonzero()[:, 0]


def among_all(D: NDArray[Any], places: NDArray[Any], n: int) -> NDArray[Any]:
    """Weights (rounds, m) of the examples at `places` among all n, 0 elsewhere: (rounds, n)."""
    whole = np.zeros((len(D), n), dtype=D.dtype)
    whole[:, places] = D
    return whole


def check_rounds(n_rounds: Any) -> None:
    """Raise ValueError unless it is a whole number of at least 1."""
    if isinstance(n_rounds, bool) or not isinstance(n_rounds, Integral) or n_rounds < 1:
        raise ValueError(f"n_rounds must be a whole number of at least 1, got {n_rounds!r}")
