"""What the scikit-learn-shaped hidden Markov models share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from impl.core import random, validation
from impl.core.arrays import to_numpy
from impl.core.estimator import like, source
from impl.em.driver import EMResult, best_of
from impl.em.forward_backward import Posterior, Table, posterior
from impl.em.gaussian_start import drawn
from impl.em.probabilities import check_probabilities
from impl.em.sequences import check_lengths, inside
from impl.em.traced import check_loop, keep_trace
from impl.em.viterbi import viterbi


class Packed(NamedTuple):
    """Sequences one after another (n, …) as a padded array (1, R, T, …), with their lengths (1, R)."""

    rows: Tensor
    lengths: Tensor

    @property
    def unequal(self) -> Tensor | None:
        """The lengths, None where all are alike."""
        return None if bool((self.lengths == self.rows.shape[2]).all()) else self.lengths

    def unpacked(self, values: Tensor) -> Tensor:
        """Values (1, R, T, …) of the sequences one after another: (n, …)."""
        return values[inside(self.lengths, self.rows.shape[2])]


def packed(rows: Tensor, lengths: Any) -> Packed:
    """Rows (n, …) of sequences of these lengths; None for a single sequence.

    Raises ValueError for an empty sequence, and for lengths that do not add up to n.
    """
    n = len(rows)
    sizes = [n] if lengths is None else np.asarray(lengths).ravel().tolist()
    told = check_lengths(torch.tensor(sizes, dtype=torch.float64), (len(sizes),), n, "X")
    if int(told.sum()) != n:
        raise ValueError(f"lengths must add up to the number of rows of X, {n}, got {int(told.sum())}")
    parts = torch.split(rows, told.tolist())
    return Packed(pad_sequence(list(parts), batch_first=True)[None], told[None].to(rows.device))


def flat_rows(shape: tuple[int, ...], draw: torch.Generator, where: Tensor) -> Tensor:
    """Rows drawn uniformly from all distributions: exponential variables divided by their sum."""
    sizes = -torch.log1p(-random.uniform(shape, draw, where))
    return sizes / sizes.sum(-1, keepdim=True)


class HiddenMarkovModel(BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn has no types
    """Hidden Markov models; a model says what it emits.

    names: of the attributes with what is fitted, startprob_ and transmat_ first.
    """

    names: tuple[str, ...]
    n_states: int
    n_init: int
    max_iter: int
    tol: float
    startprob_init: Any
    transmat_init: Any
    init_params: str
    random_state: Any

    @abstractmethod
    def _data(self, X: Any, lengths: Any, *, reset: bool) -> Packed:
        """X, checked and packed."""

    @abstractmethod
    def _emissions(self, data: Packed, draw: torch.Generator, where: Tensor) -> tuple[Tensor, ...]:
        """What n_init fits start from, beside start and transition probabilities."""

    @abstractmethod
    def _fit(self, data: Packed, start: tuple[Tensor, ...]) -> EMResult[Any]:
        """Baum–Welch from n_init starts."""

    @abstractmethod
    def _table(self, data: Packed, emissions: tuple[Tensor, ...]) -> Table:
        """The likelihoods of what was seen."""

    @abstractmethod
    def _draws(self, states: NDArray[np.int64], draw: np.random.Generator) -> NDArray[Any]:
        """What a path of states emits: (n, 1) or (n, d)."""

    def fit(self, X: Any, lengths: Any = None) -> Self:
        """Baum–Welch from n_init starts, all at once; the likeliest end is kept.

        Raises ValueError for lengths that do not fit X, ZeroLikelihoodError for a sequence that a given start excludes.
        """
        check_loop(self, "n_states", "n_init", "max_iter")
        data, draw = self._data(X, lengths, reset=True), source(self.random_state)
        where = torch.zeros(0, dtype=self._dtype(data.rows), device=data.rows.device)
        S, fits = self.n_states, self.n_init
        pi = self._start("s", "startprob", (S,), draw, where)
        A = self._start("t", "transmat", (S, S), draw, where)
        start = (pi, A, *self._emissions(data, draw, where))
        self._keep(self._fit(data, tuple(part.expand(fits, *part.shape[1:]) for part in start)))
        return self

    def _start(self, letter: str, name: str, shape: tuple[int, ...], draw: torch.Generator, where: Tensor) -> Tensor:
        """Probabilities that fits start from: given, or kept from before, (1, *shape); or drawn, (n_init, *shape)."""
        given = getattr(self, f"{name}_init") if letter in self.init_params else getattr(self, f"{name}_", None)
        if given is None:
            return flat_rows((self.n_init, *shape), draw, where)
        found = torch.as_tensor(given, dtype=where.dtype, device=where.device)
        if tuple(found.shape) != shape:
            raise ValueError(f"{name}_init must have shape {shape}, got {tuple(found.shape)}")
        check_probabilities(found, f"{name}_init")
        return found[None]

    def _dtype(self, rows: Tensor) -> torch.dtype:
        return rows.dtype if rows.is_floating_point() else torch.float64

    def _keep(self, found: EMResult[Any]) -> None:
        best = int(best_of(found.log_likelihood[:, -1]))
        for name, value in zip(self.names, found.params, strict=True):
            setattr(self, name, to_numpy(value[best]))
        self.lower_bound_ = float(found.log_likelihood[best, -1])
        keep_trace(self, found, best, "nats")

    def _asked(self, X: Any, lengths: Any) -> tuple[Tensor, Tensor, Table, Packed]:
        """The fitted chain, the table of X, and X packed."""
        check_is_fitted(self, self.names[0])
        data = self._data(X, lengths, reset=False)
        where = torch.zeros(0, dtype=self._dtype(data.rows), device=data.rows.device)
        pi, A, *emissions = (torch.as_tensor(getattr(self, name)).to(where)[None] for name in self.names)
        for value, name in ((pi, self.names[0]), (A, self.names[1])):
            check_probabilities(value[0], name)
        return pi, A, self._table(data, tuple(emissions)), data

    def _posterior(self, X: Any, lengths: Any) -> tuple[Posterior, Packed]:
        pi, A, table, data = self._asked(X, lengths)
        return posterior(pi, A, table), data

    def score_samples(self, X: Any, lengths: Any = None) -> tuple[float, Any]:
        """Log p(X) of all sequences in nats, and the probability of each state at each time: (n, n_states).

        Raises ZeroLikelihoodError naming a sequence that no path explains.
        """
        found, data = self._posterior(X, lengths)
        return float(found.log_likelihood.sum()), like(X, data.unpacked(found.gamma))

    def score(self, X: Any, lengths: Any = None) -> float:
        """Log p(X) of all sequences together, in nats."""
        return float(self._posterior(X, lengths)[0].log_likelihood.sum())

    def predict_proba(self, X: Any, lengths: Any = None) -> Any:
        """The probability of each state at each time, given its whole sequence: (n, n_states)."""
        return self.score_samples(X, lengths)[1]

    def decode(self, X: Any, lengths: Any = None) -> tuple[float, Any]:
        """A most probable path of each sequence (n,), and the sum of their log-probabilities with X, in nats.

        It comes second: (log-probability, path). Raises ZeroLikelihoodError as `score_samples`.
        """
        pi, A, table, data = self._asked(X, lengths)
        found = viterbi(pi, A, table)
        return float(found.log_probability.sum()), like(X, data.unpacked(found.states))

    def predict(self, X: Any, lengths: Any = None) -> Any:
        """The states of a most probable path (Viterbi) of each sequence: (n,)."""
        return self.decode(X, lengths)[1]

    def sample(self, n_samples: int = 1, *, random_state: Any = None) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """A sequence drawn from the fitted model: what is seen, (n, 1) or (n, d), and its states (n,).

        random_state: the model's own where it is None.
        """
        check_is_fitted(self, self.names[0])
        validation.at_least(n_samples, "n_samples", 1)
        seed = source(self.random_state if random_state is None else random_state).initial_seed()
        draw = np.random.default_rng(seed)
        start, moves = (torch.as_tensor(getattr(self, name), dtype=torch.float64) for name in self.names[:2])
        levels = torch.from_numpy(draw.random((n_samples, 1)))
        states = [int(drawn(start, levels[0]))]
        for level in levels[1:]:
            states.append(int(drawn(moves[states[-1]], level)))
        path = np.array(states)
        return self._draws(path, draw), path
