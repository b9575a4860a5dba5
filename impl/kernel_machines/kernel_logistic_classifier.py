"""Kernel logistic regression, shaped like a scikit-learn classifier."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d
from torch import Tensor

from impl.core import validation
from impl.core.arrays import to_numpy
from impl.core.estimator import check_positive, design, finite_numbers, like, one_of
from impl.kernel_machines.grams import check_gram, gram
from impl.kernel_machines.kernel_logistic import KLR_SOLVERS, klr_fit

KERNELS = {"linear": "linear", "poly": "polynomial", "rbf": "rbf", "laplacian": "laplacian", "precomputed": ""}
"""Values of `kernel`, and what the kernels' module calls them."""


class KernelLogisticRegression(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Kernel logistic regression, min (alpha∕n) βᵀKβ + (1∕n) Σ log(1 + e^(−y Kβ)), without an intercept.

    kernel: "linear", "poly" (coef0 + gamma x·z)^degree, "rbf" exp(−gamma‖x − z‖²), "laplacian" exp(−gamma‖x − z‖₁), or
    "precomputed", with X the kernel matrix. alpha: λ > 0; λ = 0 is refused, since it diverges on separable data.
    gamma: None is 1∕d. solver: "newton" or "gradient". tol: a duality gap to stop at; None: that of a few roundings.
    max_iter: None is the solver's own. More than two classes are taken one against the rest.

    After fit: dual_coef_ (1, n), or (classes, n) of more than two; dual_gap_, the worst of the classes: how far the
    objective can be from its least; n_iter_, classes_, X_fit_, n_features_in_. X may be a torch tensor: it stays on its
    device, and so do answers.

    >>> model = KernelLogisticRegression(gamma=1.0).fit([[0.0], [1.0], [2.0], [3.0]], ["a", "b", "b", "a"])
    >>> model.predict([[0.0], [1.5]]).tolist()
    ['a', 'b']
    """

    def __init__(
        self,
        kernel: str = "rbf",
        *,
        alpha: float = 1.0,
        gamma: float | None = None,
        degree: int = 3,
        coef0: float = 1.0,
        solver: str = "newton",
        max_iter: int | None = None,
        tol: float | None = None,
    ) -> None:
        self.kernel = kernel
        self.alpha = alpha
        self.gamma = gamma
        self.degree = degree
        self.coef0 = coef0
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = self.kernel == "precomputed"
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Fit X (n, d), or a kernel matrix (n, n), and labels y (n,) of any kind, of two classes at least.

        Warns with ConvergenceWarning, which tells the gap, when it stays above tol. Raises ValueError, naming the value
        and its place, for what cannot be fitted.
        """
        self._check_parameters()
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        data = design(self, X, reset=True)
        signs = self._signs(y, data)
        self.X_fit_ = data
        K = self._kernel(data)
        if self.kernel == "precomputed":
            check_gram(K, "X")
        found = klr_fit(
            K.expand(len(signs), *K.shape), signs, float(self.alpha),
            solver=self.solver, tol=self.tol, max_iter=self.max_iter, trusted=True,
        )  # fmt: skip
        self.dual_coef_ = to_numpy(found.beta)
        self.dual_gap_, self.n_iter_ = float(found.gap.max()), max(1, int(found.iterations.max()))
        if not bool(found.converged.all()):
            warnings.warn(
                f"the duality gap is still {self.dual_gap_:.3g} after {self.n_iter_} rounds: raise max_iter or tol, "
                "use a larger alpha, or use float64",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def decision_function(self, X: Any) -> Any:
        """Σ β_i k(x, x_i) at each row of X: (m,), positive for classes_[1]; of more than two classes (m, classes)."""
        scores = self._scores(X)
        return like(X, scores[:, 0] if scores.shape[1] == 1 else scores)

    def predict_proba(self, X: Any) -> Any:
        """P(class | x) at each row of X: (m, classes), σ of the score.

        Those of more than two classes, each against the rest, are divided by their sum.
        """
        return like(X, self._chances(self._scores(X)))

    def predict(self, X: Any) -> Any:
        """The likeliest class at each row of X: (m,), always a NumPy array of labels."""
        scores = self._scores(X)
        place = (scores[:, 0] > 0).long() if scores.shape[1] == 1 else scores.argmax(1)
        return self.classes_[to_numpy(place)]

    def _check_parameters(self) -> None:
        one_of(self.kernel, "kernel", tuple(KERNELS))
        one_of(self.solver, "solver", KLR_SOLVERS)
        if self.alpha == 0:
            raise ValueError("alpha must be positive, got 0: without a penalty the fit diverges on separable data")
        check_positive(self.alpha, "alpha")
        if self.kernel == "poly" and self.coef0 < 0:
            raise ValueError(f"coef0 must be non-negative, got {self.coef0!r}: else (coef0 + gamma x·z)^d is no kernel")

    def _signs(self, y: Any, X: Tensor) -> Tensor:
        """1 for a class and −1 for the rest: (1, n) for the second of two classes, else (classes, n)."""
        labels = column_or_1d(to_numpy(y) if isinstance(y, Tensor) else y, warn=True)
        finite_numbers(labels, "y")
        check_classification_targets(labels)
        self.classes_, code = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y must hold at least two classes, got one class, {self.classes_[0]}")
        place = torch.from_numpy(code).to(X.device)
        validation.same_length(X, "X", place, "y")
        own = [1] if len(self.classes_) == 2 else range(len(self.classes_))
        return torch.stack([torch.where(place == c, 1.0, -1.0) for c in own]).to(X)

    def _kernel(self, X: Tensor) -> Tensor:
        """The kernel of the rows of X with the training points: (m, n)."""
        if self.kernel == "precomputed":
            return X
        gamma = 1 / X.shape[1] if self.gamma is None else self.gamma
        name = KERNELS[self.kernel]
        return gram(X, self.X_fit_.to(X), name, gamma=gamma, zeta=self.coef0, degree=self.degree)

    def _scores(self, X: Any) -> Tensor:
        check_is_fitted(self)
        K = self._kernel(design(self, X, reset=False))
        return K @ torch.from_numpy(self.dual_coef_).to(K).mT

    @staticmethod
    def _chances(scores: Tensor) -> Tensor:
        if scores.shape[1] == 1:
            return torch.cat([torch.sigmoid(-scores), torch.sigmoid(scores)], 1)
        # each class's share in logarithms, so that scores which are all very low still add up to 1
        return torch.softmax(torch.nn.functional.logsigmoid(scores), 1)
