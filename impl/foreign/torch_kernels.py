"""torch's softmax, losses, distances and eigenvalues as subjects in kernel_machines."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from impl.core.arrays import answers, tensors
from impl.core.subject import Answers, Arrays, Operation, Settings, Subject

Loss = Callable[[Tensor], Tensor]
"""The logistic loss of scores."""

Measure = Callable[[Tensor, Tensor, float], Tensor]
"""Distances (*B, n, m) of points in a norm."""


def _softmax(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    z = tensors(arrays, device=device, dtype=dtype)["z"]
    return answers(softmax=torch.softmax(z, -1), log_softmax=torch.log_softmax(z, -1))


def _softplus(score: Tensor) -> Tensor:
    return functional.softplus(-score)


def _logsigmoid(score: Tensor) -> Tensor:
    return -functional.logsigmoid(score)


def _soft_margin(score: Tensor) -> Tensor:
    return functional.soft_margin_loss(score, torch.ones_like(score), reduction="none")


def _cross_entropy(score: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(score, torch.ones_like(score), reduction="none")


def _losses(loss: Loss) -> Operation:
    """losses: the hinge is that of embeddings, max(0, margin − s)."""

    def losses(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        score = tensors(arrays, device=device, dtype=dtype)["score"]
        hinge, logistic = functional.hinge_embedding_loss(score, -torch.ones_like(score), reduction="none"), loss(score)
        return answers(
            zero_one=(score <= 0).to(score.dtype),
            hinge=hinge,
            squared_hinge=hinge.square(),
            logistic=logistic,
            scaled_logistic=logistic / math.log(2),
        )

    return losses


def _objective(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """platt_objective: torch's cross-entropy of Platt's targets, which are formed here."""
    data = tensors(arrays, device=device, dtype=dtype)
    f, up = data["f"], data["y"] > 0
    many, few = up.sum(-1, keepdim=True).to(f.dtype), (~up).sum(-1, keepdim=True).to(f.dtype)
    targets = torch.where(up, (many + 1) / (many + 2), 1 / (few + 2))
    z = -(data["a"].unsqueeze(-1) * f + data["b"].unsqueeze(-1))
    loss = functional.binary_cross_entropy_with_logits(z, targets, reduction="none")
    return answers(value=loss.sum(-1), probability=torch.sigmoid(z))


def _measure(mode: str) -> Measure:
    return lambda x, z, p: torch.cdist(x, z, p, compute_mode=mode)


def _kernel(measure: Measure) -> Operation:
    """kernel: of differences, from torch's distances."""

    def kernel(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        if settings["kernel"] not in ("rbf", "laplacian"):
            return {}
        data, gamma = tensors(arrays, device=device, dtype=dtype), float(settings["gamma"])
        rbf = settings["kernel"] == "rbf"
        distance = measure(data["x"], data["z"], 2.0 if rbf else 1.0)
        return answers(gram=torch.exp(-gamma * (distance.square() if rbf else distance)))

    return kernel


def _spectrum(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """spectrum: the least of torch's eigenvalues, against what the port tolerates."""
    k = tensors(arrays, device=device, dtype=dtype)["K"]
    n, least = k.shape[-1], torch.linalg.eigvalsh(k)[..., 0]
    tolerated = n * torch.finfo(k.dtype).eps * (n + 12) * k.abs().amax((-2, -1))
    return answers(smallest=least, psd=least >= -tolerated)


def _subject(name: str, operations: dict[str, Operation], **missing: str) -> Subject:
    return Subject(name, "kernel_machines", operations, version=torch.__version__, devices=("cpu",), missing=missing)


NO_PRODUCT = "cdist has distances only"

SUBJECTS: tuple[Subject, ...] = (
    _subject("torch-softmax", {"softmax": _softmax}),
    _subject("torch-softplus", {"losses": _losses(_softplus)}),
    _subject("torch-logsigmoid", {"losses": _losses(_logsigmoid)}),
    _subject("torch-soft-margin", {"losses": _losses(_soft_margin)}),
    _subject("torch-bce", {"losses": _losses(_cross_entropy), "platt_objective": _objective}),
    *(
        _subject(name, {"kernel": _kernel(_measure(mode)), "spectrum": _spectrum}, kernel=NO_PRODUCT)
        for name, mode in (
            ("torch-cdist", "donot_use_mm_for_euclid_dist"),
            ("torch-cdist-mm", "use_mm_for_euclid_dist"),
        )
    ),
)
