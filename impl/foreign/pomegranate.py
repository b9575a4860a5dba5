"""pomegranate's DenseHMM as subjects in EM, one lane at a time; it computes with logarithms.

It has an end state, whose probabilities are given as 1 so that sequences may end anywhere; by default they are 1 ∕ s.
Its Baum–Welch is left out: it learns these probabilities too.
"""

from __future__ import annotations

import functools
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from impl.core.arrays import to_numpy, to_torch
from impl.core.subject import Answers, Arrays, Operation, Settings, Subject


@functools.cache
def _library() -> tuple[Any, Any]:
    """Categorical and DenseHMM. Their import starts numba, which resets the number of threads that torch may use."""
    threads = torch.get_num_threads()
    from pomegranate.distributions import Categorical
    from pomegranate.hmm import DenseHMM

    torch.set_num_threads(threads)
    return Categorical, DenseHMM


def _model(arrays: Arrays, dtype: str, default: bool) -> tuple[Any, Tensor, int]:
    """The model, the logarithms (1, length, s) of the likelihoods that it has seen, and the length."""
    Categorical, DenseHMM = _library()
    length = int(arrays["lengths"][0])
    pi, A, b = (to_torch(arrays[name][0], device="cpu", dtype=dtype) for name in ("pi", "A", "b"))
    s = len(pi)
    ends = None if default else torch.ones(s)
    coin = [Categorical(torch.full((1, 2), 0.5)) for _ in range(s)]  # never asked: likelihoods are given
    model = DenseHMM(coin, edges=A.float(), starts=torch.full((s,), 1 / s), ends=ends).to(pi.dtype)
    if default:
        model.ends = torch.nn.Parameter(torch.full((s,), 1 / s, dtype=pi.dtype).log(), requires_grad=False)
    model.starts.data, model.edges.data = pi.log(), A.log()
    return model, b[:length].log()[None], length


def _forward_backward(default: bool) -> Operation:
    """forward_backward: its posteriors, and ξ from its lattices.

    Its forward_backward raises for a sequence of one observation, so there the posterior comes from the lattices too.
    """

    def asked(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        if settings["method"] != "log":
            return {}
        model, seen, length = _model(arrays, dtype, default)
        t, s = arrays["b"].shape[1:]
        forward, backward = (getattr(model, way)(emissions=seen)[0] for way in ("forward", "backward"))
        value = torch.logsumexp(forward[-1] + model.ends, -1)
        posterior = (forward + backward).log_softmax(-1)
        if length > 1:
            _, (posterior,), _, _, (value,) = model.forward_backward(emissions=seen)
        onward = (seen[0] + backward)[1:, None]
        pairs = (forward[:-1, :, None] + model.edges + onward - value).exp()
        gamma, xi = np.zeros((1, t, s), dtype=dtype), np.zeros((1, t - 1, s, s), dtype=dtype)
        gamma[0, :length], xi[0, : length - 1] = to_numpy(posterior.exp()), to_numpy(pairs)
        return {"log_likelihood": to_numpy(value[None]), "gamma": gamma, "xi": xi}

    return asked


def _viterbi(default: bool) -> Operation:
    """viterbi: the path; its probability is not told."""

    def asked(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        model, seen, length = _model(arrays, dtype, default)
        path: NDArray[Any] = np.full(arrays["b"].shape[:2], -1)
        path[0, :length] = to_numpy(model.viterbi(emissions=seen)[0])
        return {"path": path}

    return asked


MISSING = {
    "forward_backward": "DenseHMM computes with logarithms only",
    "log_prob": "DenseHMM tells the path of Viterbi's algorithm, not its probability",
    "baum_welch_step": "DenseHMM learns probabilities of ending, which the model on trial does not have",
    "baum_welch_fit": "DenseHMM learns probabilities of ending, which the model on trial does not have",
}


def _subject(name: str, default: bool) -> Subject:
    return Subject(
        name,
        "em",
        {"forward_backward": _forward_backward(default), "viterbi": _viterbi(default)},
        lanes=False,
        version=version("pomegranate"),
        devices=("cpu",),
        missing=MISSING,
    )


SUBJECTS: tuple[Subject, ...] = (_subject("pomegranate-dense", False), _subject("pomegranate-dense-default", True))
