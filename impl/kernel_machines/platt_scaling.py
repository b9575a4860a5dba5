"""Platt scaling, shaped like a scikit-learn calibrator of one feature: the scores of another classifier."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_array, check_is_fitted, column_or_1d
from torch import Tensor

from impl.core import validation
from impl.core.arrays import to_numpy, to_torch
from impl.core.estimator import finite_numbers, like
from impl.kernel_machines.sigmoid_fit import platt_fit, platt_probability


def two_classes(name: str, y: Any) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """The two labels in y (n,) in ascending order, and −1 and 1 for them.

    Raises ValueError for None, NaN, one class or more than two.
    """
    if y is None:
        raise ValueError(f"{name} requires y to be passed, but the target y is None")
    labels = column_or_1d(to_numpy(y) if isinstance(y, Tensor) else y, warn=True)
    finite_numbers(labels, "y")
    check_classification_targets(labels)
    classes, code = np.unique(labels, return_inverse=True)
    if len(classes) == 1:
        raise ValueError(f"{name} needs labels of two classes, got only {classes.tolist()[0]!r}: 1 class")
    if len(classes) > 2:
        raise ValueError(
            f"Only binary classification is supported. The type of the target is {type_of_target(labels)}: {name} "
            f"takes two classes, got {len(classes)}"
        )
    return classes, np.where(code == 1, 1.0, -1.0)


def both_columns(positive: Tensor, negative: Tensor) -> Tensor:
    """Probabilities of the first and of the second class: (n, 2)."""
    return torch.stack([negative, positive], -1)


class PlattScaling(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """P(y = classes_[1] | f) = 1 ∕ (1 + exp(a f + b)) of scores f, fitted to Platt's smoothed targets.

    After fit: a_ and b_ (a_ < 0 where scores grow with the second class), classes_ (2,). Scores may be a torch tensor:
    it stays on its device, and so do answers. Fit on scores of data that the classifier was not fitted to.

    >>> model = PlattScaling().fit([-2.0, -1.0, 1.0, 2.0], ["no", "no", "yes", "yes"])
    >>> model.predict([-3.0, 3.0]).tolist(), round(float(model.predict_proba([0.0])[0, 1]), 3)
    (['no', 'yes'], 0.5)
    """

    def fit(self, f: Any, y: Any) -> Self:
        """Fit to scores f (n,) and labels y (n,) of two classes.

        Raises ValueError, naming the value and its place, for NaN, one class, other lengths.
        """
        self.classes_, sign = two_classes(type(self).__name__, y)
        scores = _scores(f)
        labels = to_torch(sign, device="cpu", dtype="float64").to(scores)
        validation.same_length(scores.unsqueeze(-1), "f", labels, "y")
        a, b = platt_fit(scores, labels)
        self.a_, self.b_ = float(a), float(b)
        return self

    def predict_proba(self, f: Any) -> Any:
        """Probabilities of classes_ at scores f (n,): (n, 2)."""
        check_is_fitted(self)
        scores = _scores(f)
        a, b = scores.new_tensor(self.a_), scores.new_tensor(self.b_)
        return like(f, both_columns(platt_probability(scores, a, b), platt_probability(scores, -a, -b)))

    def predict(self, f: Any) -> NDArray[Any]:
        """The more probable class at scores f (n,), the first where both are as probable: (n,)."""
        share = self.predict_proba(f)
        found = to_numpy(share) if isinstance(share, Tensor) else share
        chosen: NDArray[Any] = self.classes_[(found[:, 1] > found[:, 0]).astype(np.int64)]
        return chosen


def _scores(f: Any) -> Tensor:
    """Scores (n,) or (n, 1) as a tensor (n,)."""
    if isinstance(f, Tensor):
        scores = f if f.is_floating_point() else f.to(torch.float64)
        if scores.dim() != 1:
            raise ValueError(f"f must have shape (n,), got {tuple(scores.shape)}")
    else:
        array = check_array(f, ensure_2d=False, dtype=[np.float64, np.float32], input_name="f", ensure_all_finite=False)
        scores = to_torch(column_or_1d(array), device="cpu", dtype=array.dtype.name)
    validation.non_empty(scores, "f", "(n,)")
    validation.finite(scores, "f")
    return scores
