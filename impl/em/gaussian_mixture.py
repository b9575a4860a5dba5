"""Gaussian mixtures by EM, shaped like a scikit-learn estimator."""

from __future__ import annotations

from typing import Any, Self

import torch
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from impl.core.estimator import design, like, one_of, source, weights
from impl.em.driver import EMResult, best_of
from impl.em.errors import DegenerateCovarianceError
from impl.em.gaussian import KINDS, Gaussians, Scratch
from impl.em.gaussian_check import check_data, check_mixture, check_ridge
from impl.em.gaussian_fit import Plan, fit, raise_degenerate, start_at
from impl.em.gaussian_sample import sample
from impl.em.gaussian_start import STARTS, seeds
from impl.em.gaussian_steps import STEPS, as_columns, e_step
from impl.em.traced import check_loop, keep_trace


class GaussianMixture(DensityMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A mixture of Gaussians, fitted by expectation maximisation.

    n_components: k. covariance_type: "full", "tied", "diag" or "spherical". ridge: added to the variances after each
    M-step; 0 maximises the likelihood itself, and a collapse is then an error. max_iter: steps at most. tol: EM stops
    after a step that raises the log-likelihood per row by at most tol. n_init: starts, of which the best end is kept.
    init: "k-means++" or "random" rows as means. random_state: of the starts and of `sample`. weights_init (k,),
    means_init (k, d), covariances_init in the shape of covariances_: the start, instead.

    After fit: weights_ (k,), means_ (k, d), covariances_ ((k, d, d), (d, d), (k, d) or (k,) by type),
    log_likelihoods_: before the first step and after each one, in nats, of the data counted by their weights;
    lower_bound_: the last of them per row; n_iter_, converged_, n_features_in_. X may be a torch tensor: it stays on
    its device, and so do answers and attributes.

    >>> sorted(GaussianMixture(2, random_state=0).fit([[0.0], [1.0], [9.0], [10.0]]).means_.ravel().round(3).tolist())
    [0.5, 9.5]
    """

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        ridge: float = 0.0,
        max_iter: int = 100,
        tol: float = 1e-3,
        n_init: int = 1,
        init: str = "k-means++",
        random_state: Any = None,
        weights_init: Any = None,
        means_init: Any = None,
        covariances_init: Any = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.ridge = ridge
        self.max_iter = max_iter
        self.tol = tol
        self.n_init = n_init
        self.init = init
        self.random_state = random_state
        self.weights_init = weights_init
        self.means_init = means_init
        self.covariances_init = covariances_init

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Fit to X (n, d); sample_weight (n,): how often each row counts, once by default. y is ignored.

        Warns with ConvergenceWarning when max_iter is reached. Raises ValueError for fewer rows than components, and
        DegenerateCovarianceError where a component collapses: add a ridge or take fewer components.
        """
        self._check_parameters()
        data = design(self, X, reset=True)
        w = None if sample_weight is None else weights(sample_weight, data).unsqueeze(0)
        x = data.unsqueeze(0)
        check_data(x, None, w)
        rows = len(data) if w is None else int((w > 0).sum())
        if rows < self.n_components:
            raise ValueError(
                f"n_components must be at most the number of rows, n_samples = {rows}, got {self.n_components}"
            )
        total = float(rows if w is None else w.sum())
        plan = Plan(self.covariance_type, self.max_iter, self.tol * total, self.ridge)
        try:
            runs = [fit(x, start, plan, w) for start in self._starts(x, w)]
        except DegenerateCovarianceError as error:
            raise DegenerateCovarianceError(f"{error} (n_samples = {rows})") from None
        ends = torch.stack([run.log_likelihood[0, -1] for run in runs])
        self._keep(X, runs[int(best_of(ends))], total)
        return self

    def _check_parameters(self) -> None:
        check_loop(self, "n_components", "max_iter", "n_init")
        one_of(self.covariance_type, "covariance_type", KINDS)
        one_of(self.init, "init", STARTS)
        check_ridge(self.ridge)

    def _starts(self, x: Tensor, w: Tensor | None) -> list[Gaussians]:
        """The mixtures to start from; one where the means are given, which leaves nothing to chance."""
        draw, kind, k = source(self.random_state), self.covariance_type, self.n_components
        given = self.means_init is not None
        found = []
        for _ in range(1 if given else self.n_init):
            index = seeds(x, k, self.init, draw, w)
            drawn = start_at(x, index, kind, w, self.ridge)
            start = Gaussians(
                *(
                    old if new is None else torch.as_tensor(new, dtype=x.dtype, device=x.device).unsqueeze(0)
                    for old, new in zip(drawn, (self.weights_init, self.means_init, self.covariances_init), strict=True)
                )
            )
            if self.covariances_init is None:
                raise_degenerate(drawn, kind, "at the start")
            check_mixture(start, kind, ("weights_init", "means_init", "covariances_init"))
            check_data(x, start)
            found.append(start)
        return found

    def _keep(self, X: Any, run: EMResult[Gaussians], total: float) -> None:
        self._mixture = run.params
        self.weights_, self.means_, self.covariances_ = (like(X, part[0]) for part in run.params)
        self.lower_bound_ = float(run.log_likelihood[0, -1]) / total
        keep_trace(self, run, 0, "nats a row")
        self.log_likelihoods_ = like(X, run.log_likelihood[0])

    def _posterior(self, X: Any) -> tuple[Tensor, Tensor]:
        """Responsibilities (n, k) and the log-likelihood (n,) of each row."""
        check_is_fitted(self)
        x = design(self, X, reset=False)
        mixture = Gaussians(*(part.to(x) for part in self._mixture))
        resp, value = e_step(as_columns(x.unsqueeze(0)), mixture, self.covariance_type, STEPS, Scratch())
        return resp[..., 0].T, value[..., 0]

    def predict(self, X: Any) -> Any:
        """The most probable component of each row: (n,)."""
        return like(X, self._posterior(X)[0].argmax(-1))

    def predict_proba(self, X: Any) -> Any:
        """The probability of each component given each row: (n, k)."""
        return like(X, self._posterior(X)[0])

    def score_samples(self, X: Any) -> Any:
        """The log-likelihood of each row in nats: (n,)."""
        return like(X, self._posterior(X)[1])

    def score(self, X: Any, y: Any = None) -> float:
        """The mean log-likelihood of the rows in nats."""
        return float(self._posterior(X)[1].mean())

    def sample(self, n_samples: int = 1) -> tuple[Any, Any]:
        """Draws (n_samples, d) from the fitted mixture and the components (n_samples,) that they come from."""
        check_is_fitted(self)
        if n_samples < 1:
            raise ValueError(f"n_samples must be at least 1, got {n_samples}")
        x, label = sample(self._mixture, self.covariance_type, n_samples, source(self.random_state))
        return like(self.means_, x[0]), like(self.means_, label[0])
