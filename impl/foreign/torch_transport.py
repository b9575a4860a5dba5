"""torch as subjects: its distances between points and its spectral normalisation, as they come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pairwise_distance
from torch.nn.utils import parametrizations

from impl.core.arrays import answers, tensors
from impl.core.subject import Answers, Arrays, Operation, Settings, Subject

EXPONENTS = {"euclidean": 2.0, "cityblock": 1.0}
"""Metrics that torch knows by their exponent; "minkowski" brings its own."""


def _distances(distance: Callable[..., Tensor]) -> Operation:
    """cost: the Minkowski distances; nothing for the square and the 0–1 metric, which torch lacks."""

    def cost(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        metric = str(settings["metric"])
        if metric not in (*EXPONENTS, "minkowski"):
            return {}
        data = tensors(arrays, device=device, dtype=dtype)
        p = EXPONENTS.get(metric) or float(settings["p"])
        return answers(C=distance(data["x"], data["y"], p=p))

    return cost


def _pairwise(x: Tensor, y: Tensor, p: float) -> Tensor:
    return pairwise_distance(x.unsqueeze(-2), y.unsqueeze(-3), p=p)


def _spectral(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """spectral: the parametrisation of a linear layer in training, read once, after the 15 steps that it begins with.

    σ is what it divided by. Without iterations: the 2-norm of torch.linalg.
    """
    W, iterations = tensors(arrays, device=device, dtype=dtype)["W"][0], int(settings["iterations"])
    if iterations == 0:
        sigma = torch.linalg.matrix_norm(W, ord=2)
        return answers(sigma=sigma[None], normalised=(W / sigma)[None])
    layer = nn.Linear(W.shape[1], W.shape[0], bias=False, dtype=W.dtype)
    with torch.no_grad():
        layer.weight.copy_(W)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed % 2**63)  # the layer draws its first vectors from torch's own state, which is put back
        parametrizations.spectral_norm(layer, n_power_iterations=iterations)
        normalised = layer.weight.detach()
    iteration: Any = layer.parametrizations["weight"][0]  # type: ignore[index]
    sigma = torch.vdot(iteration._u, torch.mv(W, iteration._v))
    return answers(sigma=sigma[None], normalised=normalised[None])


def _subject(name: str, operation: str, asked: Operation, **told: Any) -> Subject:
    return Subject(name, "transport", {operation: asked}, version=torch.__version__, devices=("cpu",), **told)


SUBJECTS: tuple[Subject, ...] = (
    _subject("torch-cdist", "cost", _distances(torch.cdist), lanes=True),
    _subject("torch-pairwise-distance", "cost", _distances(_pairwise), lanes=True),
    _subject("torch-spectral-norm", "spectral", _spectral, lanes=False),
)
