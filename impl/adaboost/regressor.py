"""AdaBoost.R2 for regression, shaped like a scikit-learn estimator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import torch
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from impl.adaboost.ensemble import STOP
from impl.adaboost.face import FittedStump, Stumps, among_all, check_rounds, counted
from impl.adaboost.median import weighted_median
from impl.adaboost.r2 import LOSSES, fit_r2, staged_median
from impl.core.arrays import to_numpy
from impl.core.estimator import check_positive, design, like, one_of, source, targets, weights


class AdaBoostRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """AdaBoost.R2 with regression stumps (Drucker 1997).

    n_rounds: hypotheses at most. loss: "linear", "square" or "exponential" in |y − h| ÷ max |y − h|. mode: "reweight",
    or "resample": fit each stump to rows drawn from D. learning_rate: exponent of β. random_state: of the draws.

    After fit: estimators_ (each with predict), alphas_ (ln(1/β)), estimator_errors_ (L̄), sample_weights_
    (n_rounds_+1, n), n_rounds_ (rounds kept), stop_reason_, n_features_in_. X may be a torch tensor: it stays on its
    device, and so do answers.

    >>> X = [[0.0], [1.0], [2.0], [3.0]]
    >>> AdaBoostRegressor(n_rounds=1).fit(X, [1.0, 1.0, 5.0, 5.0]).predict(X).tolist()
    [1.0, 1.0, 5.0, 5.0]
    """

    def __init__(
        self,
        n_rounds: int = 50,
        *,
        loss: str = "linear",
        mode: str = "reweight",
        learning_rate: float = 1.0,
        random_state: Any = None,
    ) -> None:
        self.n_rounds = n_rounds
        self.loss = loss
        self.mode = mode
        self.learning_rate = learning_rate
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Boost on X (n, d) with targets y (n,); sample_weight (n,) non-negative, ones by default.

        Raises ValueError, naming the value and its place, for what cannot be learned from.
        """
        one_of(self.loss, "loss", tuple(LOSSES))
        one_of(self.mode, "mode", ("reweight", "resample"))
        check_rounds(self.n_rounds)
        check_positive(self.learning_rate, "learning_rate")
        data = design(self, X, reset=True)
        target = targets(self, y, data)
        w = weights(sample_weight, data)
        places = counted(w)
        found = fit_r2(
            data[places],
            target[places],
            w[places],
            rounds=self.n_rounds,
            loss=self.loss,
            learning_rate=self.learning_rate,
            resample=source(self.random_state) if self.mode == "resample" else None,
        )
        used = int(found.used)
        parts = (found.feature, found.threshold, found.left, found.right, found.votes)
        self._stumps = Stumps(*(value[:used] for value in parts))
        self._fallback = float(found.fallback)
        self.alphas_ = to_numpy(found.votes[:used])
        self.estimator_errors_ = to_numpy(found.mean_losses[:used])
        self.sample_weights_ = among_all(to_numpy(found.weights[: used + 1]), to_numpy(places), len(w))
        self.n_rounds_, self.stop_reason_ = used, STOP[int(found.stop)]
        rows = zip(*(value[:used].tolist() for value in parts[:-1]), strict=True)
        self.estimators_ = [FittedStump(*stump) for stump in rows]
        return self

    def predict(self, X: Any) -> Any:
        """The weighted median of the hypotheses at each row of X: (n,); of y itself where there is none."""
        check_is_fitted(self)
        data = design(self, X, reset=False)
        votes = self._stumps.votes.to(data.device)
        if not self.alphas_.sum() > 0:
            return like(X, torch.full_like(data[:, 0], self._fallback, dtype=votes.dtype))
        return like(X, weighted_median(self._stumps.says(data).T, votes.expand(len(data), -1)))

    def staged_predict(self, X: Any) -> Iterator[Any]:
        """The prediction after each round, as in `predict`."""
        check_is_fitted(self)
        for stage in self._stages(design(self, X, reset=False)) if self.estimators_ else ():
            yield like(X, stage)

    def _stages(self, X: Tensor) -> Tensor:
        says = self._stumps.says(X)
        fallback = says.new_full((1,), self._fallback)
        return staged_median(says[None], self._stumps.votes.to(X.device)[None], fallback)[0]


AdaBoostR2 = AdaBoostRegressor
"""The algorithm's own name."""
