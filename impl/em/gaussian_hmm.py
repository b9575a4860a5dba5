"""A hidden Markov model whose states emit Gaussian rows, shaped like a scikit-learn estimator."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from impl.core.estimator import design, one_of
from impl.em.baum_welch import GaussianChain, fit_gaussian
from impl.em.driver import EMResult
from impl.em.forward_backward import Table
from impl.em.gaussian_emissions import gaussian, moments
from impl.em.gaussian_start import seeds
from impl.em.gaussian_steps import ridged
from impl.em.hidden_markov import HiddenMarkovModel, Packed, packed

KINDS = ("full", "diag")


class GaussianHMM(HiddenMarkovModel):
    """Hidden Markov model of rows in ℝ^d that are normal in each state, fitted by Baum–Welch.

    n_states: hidden states. covariance_type: "full" or "diag". reg_covar: added to the variances after each step,
    nothing by default; a covariance that becomes singular is an error. n_init: starts, of which the likeliest end is
    kept. max_iter, tol: steps at most, and the rise in nats that ends them. startprob_init (S,), transmat_init (S, S),
    means_init (S, d), covariances_init (S, d, d) or (S, d): where fit starts; None: drawn, means by k-means++, and the
    covariance of all rows. init_params: which of start and transition probabilities, means and covariances (s, t, m,
    c) fit sets anew; the others start from the fitted attribute. random_state: of all draws.

    X is (n, d): sequences one after another, of the given lengths. After fit: startprob_, transmat_, means_,
    covariances_; log_likelihoods_ of all sequences before the first step and after each, and its last, lower_bound_;
    n_iter_, converged_. Computed in the dtype of X; a torch tensor stays on its device.
    """

    names = ("startprob_", "transmat_", "means_", "covariances_")

    def __init__(
        self,
        n_states: int = 2,
        *,
        covariance_type: str = "full",
        reg_covar: float = 0.0,
        n_init: int = 1,
        max_iter: int = 1000,
        tol: float = 1e-4,
        startprob_init: Any = None,
        transmat_init: Any = None,
        means_init: Any = None,
        covariances_init: Any = None,
        init_params: str = "stmc",
        random_state: Any = None,
    ) -> None:
        self.n_states = n_states
        self.covariance_type = covariance_type
        self.reg_covar = reg_covar
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.startprob_init = startprob_init
        self.transmat_init = transmat_init
        self.means_init = means_init
        self.covariances_init = covariances_init
        self.init_params = init_params
        self.random_state = random_state

    def _data(self, X: Any, lengths: Any, *, reset: bool) -> Packed:
        one_of(self.covariance_type, "covariance_type", KINDS)
        if not 0 <= self.reg_covar < float("inf"):
            raise ValueError(f"reg_covar must be non-negative and finite, got {self.reg_covar!r}")
        return packed(design(self, X, reset=reset), lengths)

    def _emissions(self, data: Packed, draw: torch.Generator, where: Tensor) -> tuple[Tensor, ...]:
        rows = data.unpacked(data.rows)
        S, d, fits = self.n_states, rows.shape[1], self.n_init
        mu = self._given("m", "means", (S, d), where)
        if mu is None:
            mu = rows[seeds(rows.expand(fits, *rows.shape), S, "k-means++", draw)]  # (n_init, S, d)
        shape = (S, d, d) if self.covariance_type == "full" else (S, d)
        covariances = self._given("c", "covariances", shape, where)
        if covariances is None:
            one, zero = torch.ones_like(rows[None, None, :, :1]), torch.zeros(1, *shape[1:]).to(where)
            _, spread = moments(rows[None, None], one, torch.zeros_like(rows[None, :1]), zero, self.covariance_type)
            covariances = ridged(spread, self.covariance_type, self.reg_covar).expand(1, *shape)
        return mu, covariances

    def _given(self, letter: str, name: str, shape: tuple[int, ...], where: Tensor) -> Tensor | None:
        """What the user hands in, or what was fitted before: (1, *shape)."""
        given = getattr(self, f"{name}_init") if letter in self.init_params else getattr(self, f"{name}_", None)
        if given is None:
            return None
        found = torch.as_tensor(given, dtype=where.dtype, device=where.device)
        if tuple(found.shape) != shape:
            raise ValueError(f"{name}_init must have shape {shape}, got {tuple(found.shape)}")
        return found[None]

    def _fit(self, data: Packed, start: tuple[Tensor, ...]) -> EMResult[Any]:
        lengths = data.unequal
        return fit_gaussian(
            data.rows.expand(self.n_init, *data.rows.shape[1:]),
            GaussianChain(*start),
            kind=self.covariance_type,
            max_iter=self.max_iter,
            tol=self.tol,
            ridge=self.reg_covar,
            lengths=None if lengths is None else lengths.expand(self.n_init, -1),
        )

    def _table(self, data: Packed, emissions: tuple[Tensor, ...]) -> Table:
        mu, covariances = emissions
        return gaussian(data.rows, mu, covariances, self.covariance_type, data.unequal)

    def _draws(self, states: NDArray[np.int64], draw: np.random.Generator) -> NDArray[Any]:
        normal = draw.standard_normal((len(states), self.means_.shape[1]))
        if self.covariance_type == "diag":
            return np.asarray(self.means_[states] + np.sqrt(self.covariances_)[states] * normal)
        roots = np.linalg.cholesky(self.covariances_)[states]
        return np.asarray(self.means_[states] + (roots @ normal[..., None])[..., 0])
