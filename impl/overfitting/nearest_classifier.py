"""A classifier that asks the nearest rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d
from torch import Tensor

from impl.core.arrays import to_numpy
from impl.core.estimator import design, finite_numbers, like
from impl.overfitting.neighbours import check_neighbours, distances, majority, nearest


class KNearestNeighbours(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Classify by the majority of the nearest rows (Cover & Hart 1967); the lower class wins a draw.

    n_neighbors: how many rows vote. Attributes: classes_, X_ (n, d), codes_ (n,): the rows and their classes' indices.
    With one neighbour the training error is 0 wherever equal rows have equal labels, which says nothing about the test
    error.

    >>> KNearestNeighbours(1).fit([[0.0], [1.0], [4.0]], ["a", "a", "b"]).predict([[2.0], [3.0]]).tolist()
    ['a', 'b']
    """

    def __init__(self, n_neighbors: int = 5) -> None:
        self.n_neighbors = n_neighbors

    def fit(self, X: Any, y: Any) -> KNearestNeighbours:
        """Keep the rows X (n, d) and their labels y (n,).

        Raises ValueError for NaN, for rows and labels of unequal number, and unless 1 ≤ n_neighbors ≤ n.
        """
        data = design(self, X, reset=True)
        labels = to_numpy(y) if isinstance(y, Tensor) else column_or_1d(y, warn=True)
        finite_numbers(labels, "y")
        check_classification_targets(labels)
        if self.n_neighbors > len(data):
            found = f"n_neighbors must be at most the number of rows n_samples = {len(data)}, got {self.n_neighbors}"
            raise ValueError(found)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        self.X_, self.codes_ = data, torch.from_numpy(codes.astype(np.int64)).to(data.device)
        check_neighbours(self.X_, self.codes_, self.X_, self.n_neighbors)
        return self

    def predict(self, X: Any) -> Any:
        """The class of each row (n, d): (n,)."""
        check_is_fitted(self)
        data = design(self, X, reset=False).to(self.X_)
        found = majority(self.codes_[nearest(distances(self.X_, data), self.n_neighbors)])
        told = self.classes_[to_numpy(found)]
        return like(X, torch.from_numpy(told)) if told.dtype.kind in "biuf" else told
