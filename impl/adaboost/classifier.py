"""AdaBoost for classification, shaped like a scikit-learn estimator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, column_or_1d
from torch import Tensor

from impl.adaboost.boosting import fit_discrete, fit_samme
from impl.adaboost.ensemble import STOP, Ensemble, one_hot
from impl.adaboost.face import FittedStump, Stumps, among_all, check_rounds, counted
from impl.adaboost.logitboost import fit_logitboost
from impl.adaboost.real import fit_real
from impl.core import validation
from impl.core.arrays import to_numpy
from impl.core.estimator import check_positive, design, finite_numbers, like, one_of, source, weights

VARIANTS = ("discrete", "samme", "real", "logitboost")


class _Columns(NamedTuple):
    """What every round chose, each (rounds,): `left` where x[feature] ≤ threshold, else `right`."""

    feature: Tensor
    threshold: Tensor
    left: Tensor
    right: Tensor


class AdaBoostClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """AdaBoost with decision stumps.

    n_rounds: hypotheses at most. variant: "discrete" (α = ½ ln((1−ε)/ε); with more than two classes it is SAMME),
    "samme" (α = ln((1−ε)/ε) + ln(K−1)), or for two classes "real" (confidence-rated cells) or "logitboost". mode:
    "reweight", or "resample" (discrete and samme): fit each stump to rows drawn from D. learning_rate: shrinks every
    vote. smoothing: added to the weights in a cell's log odds, in "real". random_state: of the draws.

    After fit: estimators_ (each with predict), alphas_ (1 for real and logitboost, whose hypotheses carry their own
    confidence), estimator_errors_ (ε_m under D_m), sample_weights_ (n_rounds_+1, n), n_rounds_ (rounds kept),
    stop_reason_ ("max_rounds", "perfect", "no_weak_learner"), classes_, n_features_in_. X may be a torch tensor: it
    stays on its device, and so do answers.

    >>> X = [[0.0], [1.0], [2.0], [3.0]]
    >>> AdaBoostClassifier(n_rounds=5).fit(X, ["a", "b", "b", "a"]).predict(X).tolist()
    ['a', 'b', 'b', 'a']
    """

    def __init__(
        self,
        n_rounds: int = 50,
        *,
        variant: str = "discrete",
        mode: str = "reweight",
        learning_rate: float = 1.0,
        smoothing: float = 1e-3,
        random_state: Any = None,
    ) -> None:
        self.n_rounds = n_rounds
        self.variant = variant
        self.mode = mode
        self.learning_rate = learning_rate
        self.smoothing = smoothing
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = self.variant in ("discrete", "samme")
        return tags

    @property
    def alpha_convention(self) -> str:
        """What alphas_ are: "half" for ½ ln((1−ε)/ε), "samme" for ln((1−ε)/ε) + ln(K−1)."""
        many = self.variant == "discrete" and len(getattr(self, "classes_", ())) > 2
        return "samme" if many or self.variant == "samme" else "half"

    @property
    def _samme(self) -> bool:
        return self.alpha_convention == "samme"

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Boost on X (n, d) with labels y (n,) of any kind; sample_weight (n,) non-negative, ones by default.

        Raises ValueError, naming the value and its place, for what cannot be learned from.
        """
        self._check_parameters()
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        data = design(self, X, reset=True)
        code, w = self._codes(y, data), weights(sample_weight, data)
        validation.same_length(data, "X", code, "y")
        places, n = counted(w), len(w)
        data, code, w = data[places], code[places], w[places]
        sign = 2 * code - 1
        if self.variant in ("discrete", "samme"):
            D = self._boost(data, code, sign, w)
        elif self.variant == "real":
            real = fit_real(
                data, sign, w, rounds=self.n_rounds, smoothing=self.smoothing, learning_rate=self.learning_rate
            )
            columns = _Columns(real.feature, real.threshold, *real.cell_scores.unbind(-1))
            D = self._keep_confident(columns, real.weights, data, sign, w)
        else:
            logit = fit_logitboost(data, sign, w, rounds=self.n_rounds, learning_rate=self.learning_rate)
            D = self._keep_confident(_Columns(*logit[:4]), logit.weights, data, sign, w)
        self.sample_weights_ = among_all(to_numpy(D), to_numpy(places), n)
        return self

    def _check_parameters(self) -> None:
        one_of(self.variant, "variant", VARIANTS)
        one_of(self.mode, "mode", ("reweight", "resample"))
        check_rounds(self.n_rounds)
        check_positive(self.learning_rate, "learning_rate")
        check_positive(self.smoothing, "smoothing")
        if self.mode == "resample" and self.variant not in ("discrete", "samme"):
            raise ValueError(f"mode 'resample' needs variant 'discrete' or 'samme', got {self.variant!r}")

    def _codes(self, y: Any, X: Tensor) -> Tensor:
        """The place of every label in classes_: (n,), on the device of X."""
        labels = column_or_1d(to_numpy(y) if isinstance(y, Tensor) else y, warn=True)
        finite_numbers(labels, "y")
        check_classification_targets(labels)
        self.classes_, code = np.unique(labels, return_inverse=True)
        if len(self.classes_) > 2 and not self._samme:
            kind = type_of_target(labels)
            raise ValueError(
                f"Only binary classification is supported. The type of the target is {kind}: "
                f"variant {self.variant!r} takes two classes, got {len(self.classes_)}; use variant='samme'"
            )
        return torch.from_numpy(code + self._offset()).to(X.device)

    def _offset(self) -> int:
        """1 where the only class is a positive number, so that F is as positive as it is beside a class below."""
        only = len(self.classes_) == 1 and self.classes_.dtype.kind in "iuf"
        return int(only and self.classes_[0] > 0)

    def _boost(self, X: Tensor, code: Tensor, sign: Tensor, w: Tensor) -> Tensor:
        draw = source(self.random_state) if self.mode == "resample" else None
        rounds, rate = self.n_rounds, self.learning_rate
        if not self._samme:
            found = fit_discrete(X, sign, w, rounds=rounds, learning_rate=rate, resample=draw)
        else:
            classes = max(2, len(self.classes_))
            found = fit_samme(X, code, w, n_classes=classes, rounds=rounds, learning_rate=rate, resample=draw)
        return self._keep_ensemble(found)

    def _keep_ensemble(self, found: Ensemble) -> Tensor:
        traced = found.weights
        if traced is None:
            raise ValueError("the ensemble was fitted without a trace")
        columns = _Columns(found.feature, found.threshold, found.left, found.right)
        fallback = float(found.fallback)
        self._fallback = int(fallback if self._samme else fallback > 0)
        return self._keep(columns, traced, found.alphas, found.errors, int(found.used), STOP[int(found.stop)])

    def _keep_confident(self, columns: _Columns, D: Tensor, X: Tensor, sign: Tensor, w: Tensor) -> Tensor:
        """Keep hypotheses that say scores, up to a first one without error or any that only says rounding error.

        A stump without error minimises either criterion in round 1 if there is one. A score is ½ ln of a ratio of
        two sums of n terms, or half a mean of n responses within ±4: its rounding error is below 4 (n + 8) u.
        """
        ones = torch.ones_like(columns.left)
        says = Stumps(*columns, ones).says(X)
        errors = (D[:-1] * (says * sign <= 0)).sum(-1)
        noise = 4 * (len(X) + 8) * torch.finfo(D.dtype).eps / 2 * self.learning_rate
        weak = (says.abs().amax(-1) <= noise).tolist()
        used, stop = (weak.index(True), "no_weak_learner") if True in weak else (self.n_rounds, "max_rounds")
        if used and float(errors[0]) == 0:
            used, stop = 1, "perfect"
        self._fallback = int((w * sign).sum() >= 0)
        return self._keep(columns, D, ones, errors, used, stop)

    def _keep(self, columns: _Columns, D: Tensor, votes: Tensor, errors: Tensor, used: int, stop: str) -> Tensor:
        """Keep the first rounds, and give their weights."""
        columns, votes = _Columns(*(value[:used] for value in columns)), votes[:used]
        self._stumps = Stumps(*columns, votes)
        self.alphas_ = to_numpy(votes)
        self.estimator_errors_ = to_numpy(errors[:used])
        self.n_rounds_, self.stop_reason_ = used, stop
        rows = zip(*(value.tolist() for value in columns), strict=True)
        self.estimators_ = [FittedStump(f, t, self._says(a), self._says(b)) for f, t, a, b in rows]
        return D[: used + 1]

    def _says(self, side: float) -> Any:
        """What a stump's side predicts: a label for discrete and samme, a score otherwise."""
        if self._samme:
            return self.classes_[min(int(side), len(self.classes_) - 1)]
        return self.classes_[min(int(side > 0), len(self.classes_) - 1)] if self.variant == "discrete" else side

    def _votes(self, X: Tensor) -> Iterator[Tensor]:
        """Per class, Σ_{t≤m} α_t 1[h_t = k], m = 1, 2, …: (n, K), of a SAMME ensemble."""
        K = max(2, len(self.classes_))
        votes = torch.zeros(len(X), K, dtype=self._stumps.votes.dtype, device=X.device)
        for alpha, says in zip(self._stumps.votes.to(X.device), self._stumps.says(X), strict=True):
            votes = votes + alpha * one_hot(says, K)
            yield votes

    def _stages(self, X: Tensor) -> Iterator[Tensor]:
        if not self._samme:
            yield from self._stumps.stages(X)
            return
        for votes in self._votes(X):
            yield votes[:, 1] - votes[:, 0] if len(self.classes_) <= 2 else votes

    def _last(self, X: Tensor) -> Tensor:
        shape = (len(X),) if len(self.classes_) <= 2 else (len(X), len(self.classes_))
        F = torch.zeros(shape, dtype=self._stumps.votes.dtype, device=X.device)
        for stage in self._stages(X):
            F = stage
        return F

    def decision_function(self, X: Any) -> Any:
        """F(x) = Σ_m α_m h_m(x), positive for classes_[1]: (n,); with K > 2 classes their votes, (n, K)."""
        check_is_fitted(self)
        return like(X, self._last(design(self, X, reset=False)))

    def staged_decision_function(self, X: Any) -> Iterator[Any]:
        """F_m(x) after each round, as in `decision_function`."""
        check_is_fitted(self)
        for F in self._stages(design(self, X, reset=False)):
            yield like(X, F)

    def predict(self, X: Any) -> Any:
        """The label of each row of X: (n,); the weighted majority where the ensemble is empty."""
        check_is_fitted(self)
        F = self._last(design(self, X, reset=False))
        code = self._code(F) if self.estimators_ else torch.full_like(F, self._fallback, dtype=torch.int64)
        return self._labels(X, code)

    def staged_predict(self, X: Any) -> Iterator[Any]:
        """The labels after each round."""
        check_is_fitted(self)
        for F in self._stages(design(self, X, reset=False)):
            yield self._labels(X, self._code(F))

    def _code(self, F: Tensor) -> Tensor:
        return F.argmax(-1) if F.dim() == 2 else (F >= 0).long()

    def _labels(self, X: Any, code: Tensor) -> Any:
        code = code.reshape(len(code), -1)[:, 0].clamp(max=len(self.classes_) - 1)
        if isinstance(X, Tensor) and self.classes_.dtype.kind in "biuf":
            return torch.from_numpy(self.classes_).to(X.device).index_select(0, code)
        labels: NDArray[Any] = self.classes_[to_numpy(code)]
        return labels

    def predict_proba(self, X: Any) -> Any:
        """Class probabilities (n, K): p = 1/(1 + e^{−2F}), and for SAMME the softmax of the votes.

        Both invert the population minimiser of the exponential loss (Friedman, Hastie & Tibshirani 2000, sec. 4;
        Zhu et al. 2009, Proposition 1); with two classes they agree.
        """
        check_is_fitted(self)
        F = self._last(design(self, X, reset=False))
        if len(self.classes_) == 1:
            return like(X, torch.ones_like(F)[:, None])
        if F.dim() == 2:
            return like(X, F.softmax(-1))
        z = F if self._samme else 2 * F
        return like(X, torch.stack([torch.sigmoid(-z), torch.sigmoid(z)], -1))

    def margins(self, X: Any, y: Any) -> Any:
        """Normalised margins (n,) in [−1, 1]: y F(x) ÷ Σ_m max|α_m h_m|, positive where the ensemble is right.

        With K > 2 classes: the votes for y minus the most for another, ÷ Σ α (Schapire et al. 1998, sec. 2).
        """
        check_is_fitted(self)
        data = design(self, X, reset=False)
        labels = to_numpy(y) if isinstance(y, Tensor) else np.asarray(y)
        unknown = ~np.isin(labels, self.classes_)
        if unknown.any():
            label = labels[unknown].tolist()[0]
            raise ValueError(f"y must hold labels seen in fit, got {label!r} at index {unknown.argmax()}")
        code = torch.from_numpy(np.searchsorted(self.classes_, labels) + self._offset()).to(data.device)
        F, stumps = self._last(data), self._stumps
        if F.dim() == 2:
            right = F.gather(-1, code[:, None])[:, 0]
            others = F.scatter(-1, code[:, None], -torch.inf).amax(-1)
            F, code = right - others, torch.ones_like(code)
        length = stumps.votes if self._samme else stumps.votes * stumps.left.abs().maximum(stumps.right.abs())
        return like(X, (2 * code - 1) * F / length.sum().to(F).clamp(min=torch.finfo(F.dtype).tiny))
