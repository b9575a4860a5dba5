"""A support vector machine with probabilities, shaped like a scikit-learn classifier."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from impl.core import validation
from impl.core.arrays import to_numpy, to_torch
from impl.core.estimator import check_positive, design, like, one_of
from impl.kernel_machines.grams import GRAMS, check_scale, gram
from impl.kernel_machines.platt_scaling import both_columns, two_classes
from impl.kernel_machines.sigmoid_fit import exponent, platt_fit, platt_probability
from impl.kernel_machines.support_vectors import svm_fit

KERNELS = (*GRAMS, "precomputed")


class ProbabilisticSVM(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Two-level learning: a soft-margin machine, and Platt's sigmoid of its scores.

    C: cost of errors. kernel: "linear", "polynomial", "rbf", "laplacian", "sigmoid" (no kernel: warns), or
    "precomputed", where X is a kernel matrix. gamma, zeta, degree: its numbers, see `grams`.

    Labels are those of the greater probability, so predict never disagrees with predict_proba. The sigmoid sees the
    scores of the points that the machine was fitted to; for probabilities of new data, fit `PlattScaling` to other
    scores. After fit: classes_ (2,), support_, dual_coef_ (α y of these), intercept_, gap_ (a certificate: how far the
    machine may be from the optimum), a_, b_, n_features_in_.

    >>> model = ProbabilisticSVM(kernel="linear").fit([[-2.0], [-1.0], [1.0], [2.0]], [0, 0, 1, 1])
    >>> model.predict([[-3.0], [3.0]]).tolist()
    [0, 1]
    """

    def __init__(
        self, C: float = 1.0, *, kernel: str = "rbf", gamma: float = 1.0, zeta: float = 1.0, degree: int = 3
    ) -> None:
        self.C = C
        self.kernel = kernel
        self.gamma = gamma
        self.zeta = zeta
        self.degree = degree

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.pairwise = self.kernel == "precomputed"
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Fit X (n, d), or a kernel matrix (n, n), and y (n,) of two classes.

        Raises ValueError, naming the value and its place, for what cannot be fitted.
        """
        check_positive(self.C, "C")
        one_of(self.kernel, "kernel", KERNELS)
        check_scale(self.gamma, self.zeta, self.degree)
        data = design(self, X, reset=True)
        self.classes_, sign = two_classes(type(self).__name__, y)
        labels = to_torch(sign, device="cpu", dtype="float64").to(data)
        validation.same_length(data, "X", labels, "y")
        self._data = data
        found = svm_fit(self._gram(data), labels, data.new_tensor(self.C), known_psd=self._known)
        if not bool(found.converged):
            warnings.warn(
                f"the machine did not converge, its gap is {float(found.gap):.3g}: lower C or scale X",
                ConvergenceWarning,
                stacklevel=2,
            )
        self._beta, self._bias = found.alpha * labels, found.bias
        self.support_ = to_numpy(found.support).nonzero()[0]
        self.dual_coef_ = to_numpy(self._beta)[self.support_]
        self.intercept_, self.gap_ = float(found.bias), float(found.gap)
        self._sigmoid = platt_fit(found.score, labels)
        self.a_, self.b_ = float(self._sigmoid.a), float(self._sigmoid.b)
        return self

    @property
    def _known(self) -> bool:
        """Whether the Gram matrix needs no look at its eigenvalues."""
        return self.kernel in ("linear", "rbf", "laplacian") or (self.kernel == "polynomial" and self.zeta >= 0)

    def _gram(self, data: Tensor) -> Tensor:
        if self.kernel == "precomputed":
            return data
        return gram(data, self._data.to(data), self.kernel, gamma=self.gamma, zeta=self.zeta, degree=self.degree)

    def _scores(self, X: Any) -> Tensor:
        check_is_fitted(self)
        data = design(self, X, reset=False)
        return self._gram(data) @ self._beta.to(data) + self._bias.to(data)

    def svm_scores(self, X: Any) -> Any:
        """f(x) = Σ α y k(x_i, x) + bias, the machine's own scores: (n,)."""
        return like(X, self._scores(X))

    def decision_function(self, X: Any) -> Any:
        """The log odds −(a f + b) of classes_[1], positive where it is the more probable: (n,)."""
        scores = self._scores(X)
        return like(X, -exponent(scores, self._sigmoid.a.to(scores), self._sigmoid.b.to(scores)))

    def predict_proba(self, X: Any) -> Any:
        """Probabilities of classes_: (n, 2)."""
        scores = self._scores(X)
        a, b = self._sigmoid.a.to(scores), self._sigmoid.b.to(scores)
        return like(X, both_columns(platt_probability(scores, a, b), platt_probability(scores, -a, -b)))

    def predict(self, X: Any) -> Any:
        """The label of greater probability, the first where both are as probable: (n,)."""
        odds = self.decision_function(X)
        code = (odds > 0).long() if isinstance(odds, Tensor) else (odds > 0).astype(np.int64)
        if isinstance(code, Tensor) and self.classes_.dtype.kind in "biuf":
            return torch.from_numpy(self.classes_).to(code.device).index_select(0, code)
        labels: NDArray[Any] = self.classes_[to_numpy(code) if isinstance(code, Tensor) else code]
        return labels
