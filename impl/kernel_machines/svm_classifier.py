"""The soft-margin machine, shaped like a scikit-learn estimator."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d
from torch import Tensor

from impl.core import validation
from impl.core.arrays import to_numpy
from impl.core.estimator import check_positive, design, finite_numbers, like, one_of
from impl.kernel_machines.grams import check_gram, gram
from impl.kernel_machines.many_classes import SCHEMES, SIGNS, Machines, machines, pairs_of, scores

KERNELS = {"linear": "linear", "poly": "polynomial", "rbf": "rbf", "laplacian": "laplacian"}


class SVC(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Support vector classification with a proof: every machine comes with its duality gap.

    C: cost of slack. kernel: "linear", "poly", "rbf", "laplacian" or "precomputed". gamma: γ > 0, or "scale" for 1 ÷
    (d · variance of X). degree, coef0 ≥ 0: of (γ x·z + coef0)^degree. tol: the violation of the optimality conditions
    to stop at, a few roundings by default. scheme: for many classes "one-vs-one" or "one-vs-rest".

    After fit: support_ (points that hold some machine up), dual_coef_ (machines, support) of α y, intercept_ and
    dual_gap_ (machines,), classes_, n_features_in_. Two classes have one machine, positive for classes_[1]; pairs
    (0, 1), (0, 2), … are positive for their first class. X may be a torch tensor: it stays on its device.

    >>> model = SVC(kernel="linear").fit([[-1.0], [1.0]], ["no", "yes"])
    >>> model.predict([[0.5]]).tolist(), model.dual_coef_.tolist()
    (['yes'], [[-0.5, 0.5]])
    """

    def __init__(
        self,
        C: float = 1.0,
        *,
        kernel: str = "rbf",
        gamma: str | float = "scale",
        degree: int = 3,
        coef0: float = 0.0,
        tol: float | None = None,
        scheme: str = "one-vs-one",
    ) -> None:
        self.C = C
        self.kernel = kernel
        self.gamma = gamma
        self.degree = degree
        self.coef0 = coef0
        self.tol = tol
        self.scheme = scheme

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = self.kernel == "precomputed"
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Fit X (n, d), or K (n, n) for "precomputed", with labels y (n,) of any kind.

        Raises ValueError, naming the value and its place, for what cannot be learned from.
        """
        self._check_parameters()
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        data = design(self, X, reset=True)
        code = self._codes(y, data)
        validation.same_length(data, "X", code, "y")
        self._points = data
        self._gamma = self._scale(data) if isinstance(self.gamma, str) else float(self.gamma)
        K = self._gram(data)
        if self.kernel == "precomputed":
            check_gram(K, "X")
        found = machines(K[None], self._signs(code)[None], torch.full_like(K[0, :1], self.C), tol=self.tol)
        if not bool(found.gap.isfinite().all()):
            raise ValueError("X must have a kernel within the range of its dtype: scale it, or lower gamma or degree")
        return self._keep(Machines(*(value[0] for value in found)))

    def _check_parameters(self) -> None:
        check_positive(self.C, "C")
        one_of(self.kernel, "kernel", (*KERNELS, "precomputed"))
        one_of(self.scheme, "scheme", SCHEMES)
        if isinstance(self.gamma, str):
            one_of(self.gamma, "gamma", ("scale",))
        else:
            check_positive(self.gamma, "gamma")
        if not 0 <= self.coef0 < math.inf:
            raise ValueError(f"coef0 must be non-negative and finite, or the kernel is none, got {self.coef0!r}")
        if self.tol is not None:
            check_positive(self.tol, "tol")

    def _codes(self, y: Any, X: Tensor) -> Tensor:
        """The place of every label in classes_, in the dtype of X: (n,)."""
        labels = column_or_1d(to_numpy(y) if isinstance(y, Tensor) else y, warn=True)
        finite_numbers(labels, "y")
        check_classification_targets(labels)
        self.classes_, code = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y must hold at least two classes, got one class, {self.classes_.tolist()[0]!r}")
        return torch.from_numpy(code).to(X)

    def _signs(self, code: Tensor) -> Tensor:
        """The labels −1, 0, 1 of each machine: (machines, n)."""
        classes = len(self.classes_)
        return (2 * code - 1)[None] if classes == 2 else SIGNS[self.scheme](code, classes)

    def _scale(self, X: Tensor) -> float:
        variance = float(X.var(correction=0))
        return 1 / (X.shape[1] * variance) if variance > 0 else 1.0

    def _gram(self, X: Tensor) -> Tensor:
        if self.kernel == "precomputed":
            return X
        z = self._points.to(X)
        return gram(X, z, KERNELS[self.kernel], gamma=self._gamma, zeta=float(self.coef0), degree=self.degree)

    def _keep(self, found: Machines) -> Self:
        self._machines = found
        held = (found.beta != 0).any(0).nonzero().squeeze(-1)
        self.support_ = to_numpy(held)
        self.dual_coef_ = to_numpy(found.beta.index_select(-1, held))
        self.intercept_, self.dual_gap_ = to_numpy(found.bias), to_numpy(found.gap)
        return self

    def decision_function(self, X: Any) -> Any:
        """Scores of the rows of X: (m,), positive for classes_[1]; of more classes (m, k), the greatest wins.

        Of pairs, the votes for each class, and less than a vote of the sum of its scores, which decides between equals.
        """
        check_is_fitted(self)
        return like(X, self._scores(design(self, X, reset=False)))

    def _scores(self, X: Tensor) -> Tensor:
        found = scores(self._gram(X), Machines(*(value.to(X) for value in self._machines)))
        if len(self.classes_) == 2:
            return found[:, 0]
        return found if self.scheme == "one-vs-rest" else _votes(found, len(self.classes_))

    def predict(self, X: Any) -> Any:
        """The label of each row of X: (m,)."""
        check_is_fitted(self)
        found = self._scores(design(self, X, reset=False))
        code = found.argmax(-1) if found.dim() == 2 else (found > 0).long()
        if isinstance(X, Tensor) and self.classes_.dtype.kind in "biuf":
            return torch.from_numpy(self.classes_).to(X.device).index_select(0, code)
        return self.classes_[to_numpy(code)]


def _votes(score: Tensor, classes: int) -> Tensor:
    """Votes of pairs (m, p) and, squeezed into (−⅓, ⅓), the sum of their scores: (m, k)."""
    votes, sums = (torch.zeros(len(score), classes, dtype=score.dtype, device=score.device) for _ in range(2))
    for at, (a, b) in enumerate(pairs_of(classes)):
        for side, value in ((a, score[:, at]), (b, -score[:, at])):
            votes[:, side] += value > 0
            sums[:, side] += value
    return votes + sums / (3 * (sums.abs() + 1))
