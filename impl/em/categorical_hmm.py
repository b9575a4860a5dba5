"""A hidden Markov model whose states emit symbols, shaped like a scikit-learn estimator."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from impl.core import validation
from impl.core.arrays import to_torch
from impl.em.baum_welch import SymbolChain, fit_symbols
from impl.em.driver import EMResult
from impl.em.emissions import categorical
from impl.em.forward_backward import Table
from impl.em.hidden_markov import HiddenMarkovModel, Packed, packed
from impl.em.probabilities import check_probabilities
from impl.em.sequences import seen_symbols


class CategoricalHMM(HiddenMarkovModel):
    """Hidden Markov model of symbols 0 … n_symbols − 1, fitted by Baum–Welch.

    n_states: hidden states. n_symbols: None for those of emissionprob_init, or one more than the largest in X. n_init:
    random starts, of which the likeliest end is kept. max_iter, tol: steps at most, and the rise in nats that ends
    them. startprob_init (S,), transmat_init (S, S), emissionprob_init (S, V): where fit starts; None: drawn. What
    starts at 0 stays 0. init_params: which of start, transition and emission probabilities (s, t, e) fit sets anew;
    the others start from the fitted attribute. random_state: of all draws.

    X is (n,) or (n, 1): sequences one after another, of the given lengths. After fit: startprob_, transmat_,
    emissionprob_; log_likelihoods_ of all sequences before the first step and after each, and its last, lower_bound_;
    n_iter_, converged_, n_symbols_. Computed in float64; X may be a torch tensor, which stays on its device.

    >>> X = [0, 0, 1, 0, 2, 2, 2, 1, 2, 2]
    >>> CategoricalHMM(2, random_state=2).fit(X).predict(X).tolist()
    [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    """

    names = ("startprob_", "transmat_", "emissionprob_")

    def __init__(
        self,
        n_states: int = 2,
        *,
        n_symbols: int | None = None,
        n_init: int = 1,
        max_iter: int = 1000,
        tol: float = 1e-4,
        startprob_init: Any = None,
        transmat_init: Any = None,
        emissionprob_init: Any = None,
        init_params: str = "ste",
        random_state: Any = None,
    ) -> None:
        self.n_states = n_states
        self.n_symbols = n_symbols
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.startprob_init = startprob_init
        self.transmat_init = transmat_init
        self.emissionprob_init = emissionprob_init
        self.init_params = init_params
        self.random_state = random_state

    def _data(self, X: Any, lengths: Any, *, reset: bool) -> Packed:
        rows = X if isinstance(X, Tensor) else to_torch(np.asarray(X), device="cpu", dtype="float64")
        rows = rows[:, 0] if rows.dim() == 2 and rows.shape[1] == 1 else rows
        if rows.dim() != 1:
            raise ValueError(f"X must hold one symbol a row, (n,) or (n, 1), got shape {tuple(rows.shape)}")
        validation.non_empty(rows, "X", "(n,)")
        whole = torch.full((), len(rows), device=rows.device)
        if reset:
            self.n_symbols_ = self._symbols(rows)
        count = self.n_symbols_ if reset else self.emissionprob_.shape[1]
        return packed(seen_symbols(rows, whole, count, "X"), lengths)

    def _symbols(self, rows: Tensor) -> int:
        if self.n_symbols is not None:
            validation.at_least(self.n_symbols, "n_symbols", 1)
            return self.n_symbols
        known = self.emissionprob_init if "e" in self.init_params else getattr(self, "emissionprob_", None)
        return np.shape(known)[-1] if known is not None else int(rows.nan_to_num().amax()) + 1

    def _emissions(self, data: Packed, draw: torch.Generator, where: Tensor) -> tuple[Tensor, ...]:
        return (self._start("e", "emissionprob", (self.n_states, self.n_symbols_), draw, where),)

    def _fit(self, data: Packed, start: tuple[Tensor, ...]) -> EMResult[Any]:
        symbols = data.rows.expand(self.n_init, *data.rows.shape[1:])
        lengths = data.unequal
        told = None if lengths is None else lengths.expand(self.n_init, -1)
        return fit_symbols(symbols, SymbolChain(*start), max_iter=self.max_iter, tol=self.tol, lengths=told)

    def _table(self, data: Packed, emissions: tuple[Tensor, ...]) -> Table:
        check_probabilities(emissions[0][0], "emissionprob_")
        return categorical(emissions[0], data.rows, data.unequal)

    def _draws(self, states: NDArray[np.int64], draw: np.random.Generator) -> NDArray[Any]:
        running = np.cumsum(self.emissionprob_, axis=1)[states]
        level = draw.random((len(states), 1)) * running[:, -1:]
        return np.asarray((running <= level).sum(axis=1, keepdims=True))
