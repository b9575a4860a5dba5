"""The perceptron and its pocket, shaped like scikit-learn's estimators."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, column_or_1d
from torch import Tensor

from impl.core import validation
from impl.core.arrays import to_numpy
from impl.core.estimator import design, finite_numbers, like, source
from impl.perceptron.learning import check_rate
from impl.perceptron.online import mistakes
from impl.perceptron.pocket import count_errors


class _Linear(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """What both share; each says what it keeps of the weights that it saw."""

    def __init__(
        self,
        *,
        fit_intercept: bool = True,
        eta0: float = 1.0,
        max_iter: int = 1000,
        shuffle: bool = False,
        random_state: Any = None,
    ) -> None:
        self.fit_intercept = fit_intercept
        self.eta0 = eta0
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def _begin(self, X: Any, y: Any) -> tuple[Tensor, Tensor]:
        """The rows (n, d) and their labels as −1 and 1, (n,)."""
        check_rate(self.eta0, "eta0")
        validation.at_least(self.max_iter, "max_iter", 1)
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        rows = design(self, X, reset=True)
        sides = self._sides(y).to(rows)
        validation.same_length(rows, "X", sides, "y")
        return rows, sides

    def _sides(self, y: Any) -> Tensor:
        labels = column_or_1d(to_numpy(y) if isinstance(y, Tensor) else y, warn=True)
        finite_numbers(labels, "y")
        check_classification_targets(labels)
        self.classes_, code = np.unique(labels, return_inverse=True)
        if len(self.classes_) == 1:
            raise ValueError(f"y must hold two classes, got one class: {self.classes_.tolist()[0]!r} in every row")
        if len(self.classes_) > 2:
            raise ValueError(
                f"Only binary classification is supported. The type of the target is {type_of_target(labels)}: y holds "
                f"{len(self.classes_)} classes; wrap {type(self).__name__} in sklearn.multiclass.OneVsRestClassifier"
            )
        return torch.from_numpy(2 * code - 1)

    def _start(self, rows: Tensor, coef_init: Any, intercept_init: Any) -> tuple[Tensor, Tensor]:
        """Weights (d,) and bias () to begin with; 0 where none are given, and no bias where there is none."""
        w, bias = torch.zeros_like(rows[0]), rows.new_zeros(())
        if coef_init is not None:
            w = torch.as_tensor(coef_init).to(rows)
            if w.shape not in ((rows.shape[1],), (1, rows.shape[1])):
                raise ValueError(f"coef_init must have shape (1, {rows.shape[1]}), got {tuple(w.shape)}")
        if intercept_init is not None and self.fit_intercept:
            bias = torch.as_tensor(intercept_init).to(rows)
            if bias.numel() != 1:
                raise ValueError(f"intercept_init must be one number, got shape {tuple(bias.shape)}")
        validation.finite(w, "coef_init")
        validation.finite(bias, "intercept_init")
        return w.reshape(-1), bias.reshape(())

    def _learn(self, rows: Tensor, sides: Tensor, w: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """Epochs until one has no mistake, max_iter at most; the weights and the bias at the end."""
        draw = source(self.random_state) if self.shuffle else None
        counts: list[int] = []
        while len(counts) < self.max_iter and (not counts or counts[-1]):
            if draw is not None:
                order = torch.randperm(len(rows), generator=draw).to(rows.device)
                rows, sides = rows[order], sides[order]
            count = 0
            for w, bias in mistakes(rows, sides, w, bias, rate=self.eta0, intercept=self.fit_intercept):  # noqa: B020
                self._see(w, bias, rows, sides)
                count += 1
            counts.append(count)
        self.n_iter_, self.converged_ = len(counts), counts[-1] == 0
        self.mistakes_per_epoch_, self.n_mistakes_ = np.array(counts), sum(counts)
        return w, bias

    def _see(self, w: Tensor, bias: Tensor, rows: Tensor, sides: Tensor) -> None:
        """What is done with the weights after each mistake."""

    def _keep(self, w: Tensor, bias: Tensor) -> None:
        self.coef_, self.intercept_ = to_numpy(w)[None], to_numpy(bias)[None]

    def decision_function(self, X: Any) -> Any:
        """w·x + b of each row, (n,): positive on the side of classes_[1]."""
        check_is_fitted(self)
        data = design(self, X, reset=False)
        w, bias = (torch.as_tensor(part).to(data) for part in (self.coef_[0], self.intercept_))
        return like(X, data @ w + bias)

    def predict(self, X: Any) -> Any:
        """The class of each row, (n,): classes_[1] where w·x + b > 0, and classes_[0] where not, at 0 too."""
        fires = self.decision_function(X) > 0
        if isinstance(fires, Tensor) and self.classes_.dtype.kind in "biuf":
            return torch.from_numpy(self.classes_).to(fires.device)[fires.long()]
        return self.classes_[(to_numpy(fires) if isinstance(fires, Tensor) else fires).astype(np.int64)]


class Perceptron(_Linear):
    """Rosenblatt's perceptron: at a row on the wrong side, or on the plane itself, w += eta0·y·x and b += eta0·y.

    fit_intercept: whether b is learned; else it is 0. eta0: the learning rate, which from a start of 0 only scales.
    max_iter: most epochs; it stops after one without mistakes. shuffle: visit the rows in a new order in each epoch,
    by random_state; else in their own.

    After fit: coef_ (1, d), intercept_ (1,), classes_, the second of which is the positive one, n_iter_ epochs,
    mistakes_per_epoch_ (n_iter_,), n_mistakes_ in all, converged_: whether the last epoch had none, and so the plane
    separates the rows. Where it has not, a ConvergenceWarning says so. Two classes only.

    >>> X = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> model = Perceptron().fit(X, [0, 0, 0, 1])
    >>> model.coef_.tolist(), model.intercept_.tolist(), model.n_mistakes_
    ([[3.0, 2.0]], [-4.0], 18)
    """

    def fit(self, X: Any, y: Any, coef_init: Any = None, intercept_init: Any = None) -> Self:
        """Learn from X (n, d) and two classes y (n,), from 0 or from coef_init (1, d) and intercept_init (1,).

        Raises ValueError, naming what is wrong, for what cannot be learned from: one class, or more than two.
        """
        rows, sides = self._begin(X, y)
        self._keep(*self._learn(rows, sides, *self._start(rows, coef_init, intercept_init)))
        if not self.converged_:
            warnings.warn(
                f"{self.mistakes_per_epoch_[-1]} mistakes in epoch {self.n_iter_}, the last of max_iter: the data may "
                "be inseparable, which impl.perceptron.separability(X, y) decides; raise max_iter where they are not, "
                "or use PocketPerceptron",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self


class PocketPerceptron(_Linear):
    """The perceptron that keeps the first of the weights with the fewest errors it has seen, for any two classes.

    Parameters are those of `Perceptron`. After max_iter epochs, or one without mistakes, coef_ (1, d) and intercept_
    (1,) are the best weights among the start and those after every mistake; errors_: on how many rows they have y (w·x
    + b) ≤ 0. n_iter_, mistakes_per_epoch_, n_mistakes_, converged_ and classes_ are as there. Source: Gallant 1990.

    >>> model = PocketPerceptron(max_iter=10).fit([[-2], [-1], [0], [1], [2]], [0, 0, 1, 0, 1])
    >>> model.errors_, model.converged_
    (1, False)
    """

    def fit(self, X: Any, y: Any, coef_init: Any = None, intercept_init: Any = None) -> Self:
        """Learn from X (n, d) and two classes y (n,), from 0 or from coef_init (1, d) and intercept_init (1,).

        Raises ValueError, naming what is wrong, for what cannot be learned from: one class, or more than two.
        """
        rows, sides = self._begin(X, y)
        w, bias = self._start(rows, coef_init, intercept_init)
        self.errors_ = len(rows) + 1
        self._see(w, bias, rows, sides)
        self._learn(rows, sides, w, bias)
        return self

    def _see(self, w: Tensor, bias: Tensor, rows: Tensor, sides: Tensor) -> None:
        errors = int(count_errors(w[None], bias[None], rows, sides)[0])
        if errors < self.errors_:
            self.errors_ = errors
            self._keep(w, bias)
