"""hmmlearn as subjects in EM, one lane at a time, in its two implementations "log" and "scaling".

A table of likelihoods is given to it as hmmlearn documents it for emissions of one's own: by a subclass of BaseHMM that
says how likely each observation is. EM is the E- and M-step that `fit` takes in turn, without its search for a start;
a test holds both together.
"""

from __future__ import annotations

import functools
import logging
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import hmmlearn
import numpy as np
from hmmlearn.base import BaseHMM
from hmmlearn.hmm import GMMHMM, CategoricalHMM, GaussianHMM
from numpy.typing import NDArray

from impl.core.subject import Answers, Arrays, Operation, Settings, Subject

Floats = NDArray[np.float64]
Asked = Callable[[dict[str, Floats], Settings], dict[str, Any]]

IMPLEMENTATION = {"log": "log", "scaled": "scaling"}
"""hmmlearn's name of each method."""


def _quietly(answer: Asked) -> Operation:
    """An operation on the arrays of one lane, without the lane, without warnings and log messages."""

    @functools.wraps(answer)
    def asked(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        logger = logging.getLogger("hmmlearn")
        before = logger.level
        logger.setLevel(logging.CRITICAL)
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                found = answer({name: np.array(value[0]) for name, value in arrays.items()}, settings)
        finally:
            logger.setLevel(before)
        return {name: np.asarray(value)[None] for name, value in found.items()}

    return asked


class Table(BaseHMM):  # type: ignore[misc]
    """A hidden Markov model of which the likelihood of what is seen at each time in each state is known."""

    def __init__(self, b: Floats, implementation: str) -> None:
        super().__init__(b.shape[1], implementation=implementation)
        self.b = b

    def _compute_likelihood(self, X: NDArray[Any]) -> Floats:
        return np.asarray(self.b[X[:, 0]])

    def _compute_log_likelihood(self, X: NDArray[Any]) -> Floats:
        return np.asarray(np.log(self.b[X[:, 0]]))


def _seen(arrays: dict[str, Floats], implementation: str) -> tuple[Table, NDArray[np.intp], int]:
    """The model of a table, the times that it has seen as observations, and the length behind which nothing is."""
    length = int(arrays["lengths"])
    model = Table(np.ascontiguousarray(arrays["b"][:length]), implementation)
    model.startprob_, model.transmat_ = arrays["pi"], arrays["A"]
    return model, np.arange(length)[:, None], length


def _forward_backward(arrays: dict[str, Floats], settings: Settings) -> dict[str, Any]:
    """forward_backward: score_samples; ξ from the forward and backward lattices that its fit sums it from."""
    model, X, length = _seen(arrays, IMPLEMENTATION[str(settings["method"])])
    (t, s), A = arrays["b"].shape, arrays["A"]
    value, posteriors = model.score_samples(X)
    gamma, xi = np.zeros((t, s)), np.zeros((t - 1, s, s))
    gamma[:length] = posteriors
    if model.implementation == "log":
        seen, total, _, forward, backward = model._fit_log(X)
        onward = seen[1:] + backward[1:]
        xi[: length - 1] = np.exp(forward[:-1, :, None] + np.log(A) + onward[:, None] - total)
    else:
        seen, _, _, forward, backward = model._fit_scaling(X)
        pairs = forward[:-1, :, None] * A * (seen[1:] * backward[1:])[:, None]
        xi[: length - 1] = pairs / pairs.sum(axis=(1, 2), keepdims=True)
    return {"log_likelihood": value, "gamma": gamma, "xi": xi}


def _viterbi(arrays: dict[str, Floats], settings: Settings) -> dict[str, Any]:
    """viterbi: decode."""
    model, X, length = _seen(arrays, "log")
    value, states = model.decode(X, algorithm="viterbi")
    path = np.full(len(arrays["b"]), -1)
    path[:length] = states
    return {"path": path, "log_prob": value}


def _sequences(values: NDArray[Any], lengths: NDArray[Any]) -> tuple[NDArray[Any], list[int]]:
    """All sequences (r, t, …) one after the other, without what stands behind their lengths."""
    sizes = [int(size) for size in lengths]
    return np.concatenate([row[:size] for row, size in zip(values, sizes, strict=True)]), sizes


class Learner(NamedTuple):
    """A model with parameters to begin with, the observations of all sequences, and where it keeps its parameters."""

    model: Any
    observed: NDArray[Any]
    lengths: list[int]
    read: Callable[[], dict[str, Floats]]


def _categorical(implementation: str) -> Callable[[dict[str, Floats], Settings], Learner]:
    """baum_welch: CategoricalHMM."""

    def made(arrays: dict[str, Floats], settings: Settings) -> Learner:
        s, v = arrays["B"].shape
        model = CategoricalHMM(s, n_features=v, implementation=implementation)
        model.startprob_, model.transmat_, model.emissionprob_ = arrays["pi"], arrays["A"], arrays["B"]
        symbols, lengths = _sequences(arrays["symbols"], arrays["lengths"])
        return Learner(model, symbols.astype(np.int64)[:, None], lengths, lambda: {"B": model.emissionprob_})

    return made


def _gaussian(implementation: str, **priors: float) -> Callable[[dict[str, Floats], Settings], Learner]:
    """gaussian_markov: GaussianHMM."""

    def made(arrays: dict[str, Floats], settings: Settings) -> Learner:
        kind = str(settings["covariance"])
        model = GaussianHMM(len(arrays["pi"]), kind, implementation=implementation, **priors)
        model.startprob_, model.transmat_ = arrays["pi"], arrays["A"]
        model.n_features, model.means_, model.covars_ = arrays["mu"].shape[1], arrays["mu"], arrays[kind]
        x, lengths = _sequences(arrays["x"], arrays["lengths"])
        return Learner(model, x, lengths, lambda: {"mu": model.means_, "covariances": model._covars_})

    return made


def _one_component(arrays: dict[str, Floats], settings: Settings) -> Learner:
    """gaussian_markov: GMMHMM whose states have one component each; its covariances are around the old means."""
    kind, (s, d) = str(settings["covariance"]), arrays["mu"].shape
    model = GMMHMM(s, 1, covariance_type=kind)
    model.n_features = d
    model.startprob_, model.transmat_, model.weights_ = arrays["pi"], arrays["A"], np.ones((s, 1))
    model.means_, model.covars_ = arrays["mu"][:, None], arrays[kind][:, None]
    model._init_covar_priors()
    model._fix_priors_shape()
    x, lengths = _sequences(arrays["x"], arrays["lengths"])
    return Learner(model, x, lengths, lambda: {"mu": model.means_[:, 0], "covariances": model.covars_[:, 0]})


def _learning(name: str, made: Callable[[dict[str, Floats], Settings], Learner]) -> dict[str, Operation]:
    """Step and path of a model; nothing where a ridge is asked for, which hmmlearn does not have."""

    def path(arrays: dict[str, Floats], settings: Settings) -> dict[str, Any]:
        if settings.get("ridge", 0.0):
            return {}
        model, observed, lengths, read = made(arrays, settings)
        model._check()
        entries, values = [], []
        for _ in range(int(settings["steps"]) + 1):
            entries.append({"pi": model.startprob_, "A": model.transmat_} | read())
            statistics, value = model._do_estep(observed, lengths)
            values.append(value)
            model._do_mstep(statistics)
        stacked = {key: np.stack([np.asarray(entry[key]) for entry in entries]) for key in entries[0]}
        return stacked | {"log_likelihood": np.array(values)}

    def step(arrays: dict[str, Floats], settings: Settings) -> dict[str, Any]:
        found = path(arrays, {**settings, "steps": 1})
        return {key: value[0 if key == "log_likelihood" else 1] for key, value in found.items()}

    return {f"{name}_step": _quietly(step), f"{name}_fit": _quietly(path)}


def _subject(name: str, operations: dict[str, Operation]) -> Subject:
    return Subject(
        name,
        "em",
        operations,
        lanes=False,
        version=hmmlearn.__version__,
        devices=("cpu",),
        dtypes=("float64",),
    )


IMPROPER = {"covars_prior": 0.0, "min_covar": 0.0}
"""GaussianHMM without the prior that makes its M-step a posterior mode."""

SUBJECTS: tuple[Subject, ...] = (
    _subject("hmmlearn-table", {"forward_backward": _quietly(_forward_backward), "viterbi": _quietly(_viterbi)}),
    _subject("hmmlearn-categorical-log", _learning("baum_welch", _categorical("log"))),
    _subject("hmmlearn-categorical-scaling", _learning("baum_welch", _categorical("scaling"))),
    _subject("hmmlearn-gaussian-log", _learning("gaussian_markov", _gaussian("log", **IMPROPER))),
    _subject("hmmlearn-gaussian-scaling", _learning("gaussian_markov", _gaussian("scaling", **IMPROPER))),
    _subject("hmmlearn-gaussian-default", _learning("gaussian_markov", _gaussian("log"))),
    _subject("hmmlearn-gmm", _learning("gaussian_markov", _one_component)),
)
