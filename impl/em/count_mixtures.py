"""Mixtures of coins and of multinomials, shaped like scikit-learn's mixtures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from impl.core import validation
from impl.core.arrays import to_numpy
from impl.core.estimator import design, like, source
from impl.em.counts import (
    Components,
    CountModel,
    check_beta,
    check_theta,
    check_tosses,
    coins,
    fit,
    multinomials,
)
from impl.em.driver import best_of
from impl.em.probabilities import check_non_negative, check_probabilities
from impl.em.traced import check_loop, keep_trace


class _CountMixture(DensityMixin, BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn has no types
    """What both mixtures share; a mixture says what its rows are, how it starts, and how a row is drawn."""

    n_components: int
    max_iter: int
    tol: float
    n_init: int
    learn_weights: bool
    weights_init: Any
    random_state: Any

    @abstractmethod
    def _rows(self, X: Any, *, reset: bool) -> Tensor:
        """X, checked: (n, columns)."""

    @abstractmethod
    def _model(self, rows: Tensor) -> CountModel:
        """The model of these rows."""

    @abstractmethod
    def _start(self, rows: Tensor, chosen: NDArray[np.int64], draw: np.random.Generator) -> Tensor:
        """What each start begins with, beside weights: (n_init, k, …)."""

    @abstractmethod
    def _keep(self, rates: Tensor) -> None:
        """Set the attribute with what is fitted."""

    @abstractmethod
    def _rates(self) -> NDArray[Any]:
        """That attribute."""

    def fit(self, X: Any, y: Any = None) -> Self:
        """EM from n_init starts, all at once; the likeliest end is kept.

        Raises ValueError for fewer rows than components, ZeroLikelihoodError for a row that a given start excludes.
        """
        check_loop(self, "n_components", "n_init", "max_iter")
        rows = self._rows(X, reset=True)
        n, k = len(rows), self.n_components
        if n < k:
            raise ValueError(f"n_components must be at most the number of rows, got {k} for {n} sample(s)")
        draw = np.random.default_rng(source(self.random_state).initial_seed())
        chosen = np.stack([draw.choice(n, k, replace=False) for _ in range(self.n_init)])
        start = Components(self._first_weights(rows), self._start(rows, chosen, draw))
        model = self._model(rows)
        model.check_possible(Components(*(part[0] for part in start)))  # only a start that was given can exclude a row
        found = fit(model, start, max_iter=self.max_iter, tol=self.tol * n)
        best = int(best_of(found.log_likelihood[:, -1]))
        self.weights_ = to_numpy(found.params.pi[best])
        self._keep(found.params.rates[best])
        self.lower_bound_ = float(found.log_likelihood[best, -1]) / n
        keep_trace(self, found, best, "nats a row")
        return self

    def _first_weights(self, rows: Tensor) -> Tensor:
        """The weights that every start begins with: (n_init, k)."""
        k = self.n_components
        if self.weights_init is None:
            return rows.new_full((self.n_init, k), 1 / k)
        pi = torch.as_tensor(self.weights_init, dtype=rows.dtype, device=rows.device)
        if pi.shape != (k,):
            raise ValueError(f"weights_init must have shape ({k},), got {tuple(pi.shape)}")
        check_probabilities(pi, "weights_init")
        return pi.expand(self.n_init, k)

    def fit_predict(self, X: Any, y: Any = None) -> Any:
        """Fit, and the likeliest component of each row: (n,)."""
        return self.fit(X).predict(X)

    def _e_step(self, X: Any) -> tuple[Tensor, Tensor]:
        """Responsibilities (n, k) and each row's log-likelihood (n,)."""
        check_is_fitted(self)
        rows = self._rows(X, reset=False)
        params = Components(*(torch.as_tensor(p).to(rows) for p in (self.weights_, self._rates())))
        model = self._model(rows)
        model.check_possible(params)
        log_joint = model.log_joint(*params)
        return model.posterior(log_joint), log_joint.logsumexp(-1) + model.coefficient

    def predict_proba(self, X: Any) -> Any:
        """The probability of each component given each row: (n, k).

        Raises ZeroLikelihoodError for a row that no component can produce.
        """
        return like(X, self._e_step(X)[0])

    def predict(self, X: Any) -> Any:
        """The likeliest component of each row: (n,)."""
        return like(X, self._e_step(X)[0].argmax(-1))

    def score_samples(self, X: Any) -> Any:
        """The log-likelihood of each row, its coefficient included: (n,)."""
        return like(X, self._e_step(X)[1])

    def score(self, X: Any, y: Any = None) -> float:
        """The mean log-likelihood of a row."""
        return float(self._e_step(X)[1].mean())

    def _draws(self, n_samples: int) -> tuple[np.random.Generator, NDArray[np.int64]]:
        """A generator, and n_samples components drawn by their weights."""
        check_is_fitted(self)
        validation.at_least(n_samples, "n_samples", 1)
        draw = np.random.default_rng(source(self.random_state).initial_seed())
        weights = self.weights_.astype(np.float64)
        return draw, draw.choice(self.n_components, n_samples, p=weights / weights.sum())


class BinomialMixture(_CountMixture):
    """A mixture of coins: each row tells how many of so many tosses of one unknown coin were heads.

    n_components: coins. max_iter, tol: EM stops after a step that raises the mean log-likelihood of a row by at most
    tol nats. n_init: starts, of which the likeliest end is kept. learn_weights: False leaves the weights as they are.
    weights_init (k,), theta_init (k,): the start; by default equal weights, and each coin drawn from the posterior of a
    row of its own, as equal coins would stay equal. random_state: of starts and samples.

    After fit: weights_ (k,), theta_ (k,): each coin's probability of heads, log_likelihoods_ (n_iter_+1,): of all rows,
    before the first step and after each one, lower_bound_: the last of them for a row, n_iter_, converged_.

    >>> X = [[5, 10], [9, 10], [8, 10], [4, 10], [7, 10]]
    >>> mixture = BinomialMixture(2, theta_init=[0.6, 0.5], learn_weights=False, max_iter=10, tol=1e-3).fit(X)
    >>> mixture.theta_.round(2).tolist()
    [0.79, 0.52]
    """

    def __init__(
        self,
        n_components: int = 2,
        *,
        max_iter: int = 200,
        tol: float = 1e-5,
        n_init: int = 1,
        learn_weights: bool = True,
        weights_init: Any = None,
        theta_init: Any = None,
        random_state: Any = None,
    ) -> None:
        self.n_components = n_components
        self.max_iter = max_iter
        self.tol = tol
        self.n_init = n_init
        self.learn_weights = learn_weights
        self.weights_init = weights_init
        self.theta_init = theta_init
        self.random_state = random_state

    def _rows(self, X: Any, *, reset: bool) -> Tensor:
        rows = design(self, X, reset=reset)
        if rows.shape[1] != 2:
            raise ValueError(f"X must have shape (n, 2), heads and tosses, got {tuple(rows.shape)}")
        check_tosses(*rows.unbind(-1))
        return rows

    def _model(self, rows: Tensor) -> CountModel:
        return coins(*rows.unbind(-1), learn_weights=self.learn_weights)

    def _start(self, rows: Tensor, chosen: NDArray[np.int64], draw: np.random.Generator) -> Tensor:
        if self.theta_init is not None:
            theta = torch.as_tensor(self.theta_init, dtype=rows.dtype, device=rows.device)
            check_theta(theta, (self.n_components,))
            return theta.expand(self.n_init, -1)
        heads, tosses = to_numpy(rows)[chosen].astype(np.float64).transpose(2, 0, 1)
        theta = torch.as_tensor(draw.beta(heads + 1, tosses - heads + 1)).to(rows)
        edge = torch.finfo(rows.dtype).eps
        return theta.clamp(edge, 1 - edge)

    def _keep(self, rates: Tensor) -> None:
        self.theta_ = to_numpy(rates)

    def _rates(self) -> NDArray[Any]:
        return np.asarray(self.theta_)

    def sample(self, n_samples: int = 1, *, tosses: int = 10) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Draw rows (n_samples, 2) of heads and tosses, and the coin of each (n_samples,)."""
        draw, label = self._draws(n_samples)
        heads = draw.binomial(tosses, np.clip(self.theta_[label], 0, 1))
        return np.stack([heads, np.full_like(heads, tosses)], axis=1), label


class MultinomialMixture(_CountMixture):
    """A mixture of multinomials: each row counts how often each of v words was drawn by one unknown component.

    n_components: components. max_iter, tol: EM stops after a step that raises the mean log-likelihood of a row by at
    most tol nats. n_init: starts, of which the likeliest end is kept. learn_weights: False leaves the weights as they
    are. weights_init (k,), beta_init (k, v): the start; by default equal weights, and each component drawn from the
    posterior of a row of its own, as equal components would stay equal. random_state: of starts and samples.

    After fit: weights_ (k,), beta_ (k, v): rows sum to 1, log_likelihoods_ (n_iter_+1,): of all rows, before the first
    step and after each one, lower_bound_: the last of them for a row, n_iter_, converged_. Counts need not be whole.

    >>> X = [[4, 0, 1], [5, 1, 0], [0, 1, 6], [1, 0, 4]]
    >>> labels = MultinomialMixture(2, random_state=0).fit_predict(X)
    >>> bool(labels[0] == labels[1] != labels[2] == labels[3])
    True
    """

    def __init__(
        self,
        n_components: int = 2,
        *,
        max_iter: int = 200,
        tol: float = 1e-5,
        n_init: int = 1,
        learn_weights: bool = True,
        weights_init: Any = None,
        beta_init: Any = None,
        random_state: Any = None,
    ) -> None:
        self.n_components = n_components
        self.max_iter = max_iter
        self.tol = tol
        self.n_init = n_init
        self.learn_weights = learn_weights
        self.weights_init = weights_init
        self.beta_init = beta_init
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        return tags

    def _rows(self, X: Any, *, reset: bool) -> Tensor:
        rows = design(self, X, reset=reset)
        check_non_negative(rows, self)
        return rows

    def _model(self, rows: Tensor) -> CountModel:
        return multinomials(rows, learn_weights=self.learn_weights)

    def _start(self, rows: Tensor, chosen: NDArray[np.int64], draw: np.random.Generator) -> Tensor:
        if self.beta_init is not None:
            beta = torch.as_tensor(self.beta_init, dtype=rows.dtype, device=rows.device)
            check_beta(beta, (self.n_components, rows.shape[1]))
            return beta.expand(self.n_init, -1, -1)
        shares = torch.as_tensor(draw.standard_gamma(to_numpy(rows)[chosen].astype(np.float64) + 1)).to(rows)
        shares = shares.clamp(min=torch.finfo(rows.dtype).eps)
        return shares / shares.sum(-1, keepdim=True)

    def _keep(self, rates: Tensor) -> None:
        self.beta_ = to_numpy(rates)

    def _rates(self) -> NDArray[Any]:
        return np.asarray(self.beta_)

    def sample(self, n_samples: int = 1, *, total: int = 10) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw rows (n_samples, v) of so many words in total, and the component of each (n_samples,)."""
        draw, label = self._draws(n_samples)
        beta = self.beta_.astype(np.float64)
        return draw.multinomial(total, (beta / beta.sum(1, keepdims=True))[label]), label
