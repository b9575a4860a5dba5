"""A user's hidden Markov model, shaped like hmmlearn's CategoricalHMM, as Markov operations of the port."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impl.core.own_class import Floats, Model, accepts, lane, one, quietly
from impl.core.subject import Answers, Arrays, Operation, Settings

NAMES = ("pi", "A", "B")
State = tuple[Floats, Floats, Floats]


def markov_from(model: Model) -> dict[str, Operation]:
    """The operations that a class with `startprob_`, `transmat_` and `emissionprob_` answers.

    score_samples(X) → (log p, posteriors (t, s)); decode(X) → (log-probability, path); fit(X, lengths).
    """
    reader, make = MarkovReader(model), model.make
    found: dict[str, Operation] = {}
    if callable(getattr(make, "score_samples", None)):
        found["forward_backward"] = reader.forward_backward
    if callable(getattr(make, "decode", None)):
        found["viterbi"] = reader.viterbi
    if callable(getattr(make, "fit", None)) and model.takes("steps"):
        found |= {"baum_welch_step": reader.step, "baum_welch_fit": reader.fit}
    return found


class MarkovReader:
    """Asks one model one question at a time.

    A table of likelihoods b (t, s) is put as a model that emits symbol t at time t: B = bᵀ ÷ 2^e, with e such that its
    rows stay below 1, and a symbol more that takes the rest and never occurs. Powers of two divide exactly.
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    def forward_backward(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        """Log p and the posterior of each state at each time."""
        (t,), seen, shift, placed = arrays["b"].shape[1:2], *self._table(arrays, str(settings["method"]))
        with quietly():
            value, gamma = placed.score_samples(np.arange(seen)[:, None])
        whole = np.zeros((t, gamma.shape[1]))
        whole[:seen] = gamma
        return lane(log_likelihood=value + seen * shift, gamma=whole)

    def viterbi(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        """The path and its log-probability."""
        (t,), seen, shift, placed = arrays["b"].shape[1:2], *self._table(arrays)
        with quietly():
            value, path = placed.decode(np.arange(seen)[:, None])
        whole = np.full(t, -1)
        whole[:seen] = path
        return lane(log_prob=value + seen * shift, path=whole)

    def _table(self, arrays: Arrays, method: str = "log") -> tuple[int, float, Any]:
        """The length, log 2^e, and a model that emits symbol t with likelihood b_t ÷ 2^e."""
        pi, A, b, length = one(arrays, "pi", "A", "b", "lengths")
        B = b[: int(length)].T
        e = max(0, int(np.ceil(np.log2(max(B.sum(axis=1).max(), 2.0**-1000)))))
        scaled = B / 2.0**e
        rest = np.maximum(1 - scaled.sum(axis=1, keepdims=True), 0.0)
        return int(length), e * np.log(2.0), self.placed(pi, A, np.concatenate([scaled, rest], axis=1), method)

    def step(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        """One step of Baum–Welch on all sequences, and the log-likelihood before it."""
        X, lengths, start = _sequences(arrays)
        reached, value = self._stepped(start, X, lengths)
        return _told(dict(zip(NAMES, reached, strict=True)), value)

    def fit(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        """The path of Baum–Welch: a fit of one step from the parameters of the step before."""
        X, lengths, start = _sequences(arrays)
        path, values = [start], []
        for _ in range(int(settings["steps"])):
            reached, value = self._stepped(path[-1], X, lengths)
            path.append(reached)
            values.append(value)
        values.append(self._score(self.placed(*path[-1]), X, lengths))
        found = dict(zip(NAMES, (np.stack(part) for part in zip(*path, strict=True)), strict=True))
        return _told(found, None if None in values else np.array(values))

    def _stepped(self, state: State, X: NDArray[Any], lengths: list[int]) -> tuple[State, float | None]:
        """The parameters after one step, and the log-likelihood before it."""
        model = self.placed(*state)
        value = self._score(model, X, lengths)
        with quietly():
            model.fit(X, lengths)
        return (model.startprob_, model.transmat_, model.emissionprob_), value

    def _score(self, model: Any, X: NDArray[Any], lengths: list[int]) -> float | None:
        """Log p of all sequences; None where the model has no `score`."""
        score: Callable[..., float] | None = getattr(model, "score", None)
        if score is None or not accepts(score, "lengths"):
            return None
        with quietly():
            return float(score(X, lengths))

    def placed(self, pi: Floats, A: Floats, B: Floats, method: str = "log") -> Any:
        """A model that was given its parameters, set to make one step."""
        roles = {"components": len(pi), "symbols": B.shape[1], "method": {"scaled": "scaling"}.get(method, method)}
        made = self.model.new(**roles, steps=1, tol=0.0, init="", seed=0)
        made.startprob_, made.transmat_, made.emissionprob_ = pi, A, B
        return made


def _sequences(arrays: Arrays) -> tuple[NDArray[Any], list[int], State]:
    """All symbols below each other (Σ lengths, 1), the lengths, and the start."""
    symbols, lengths, pi, A, B = one(arrays, "symbols", "lengths", *NAMES)
    X = np.concatenate([row[:size] for row, size in zip(symbols, lengths, strict=True)])[:, None]
    return X, [int(size) for size in lengths], (pi, A, B)


def _told(found: dict[str, Any], value: Any) -> Answers:
    """The answers of one lane, with the log-likelihood where it is known."""
    return lane(**found) if value is None else lane(**found, log_likelihood=value)
