"""torch's optimizers as subjects in regularization: SGD, Adam and AdamW as they come, all lanes in one parameter."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from impl.core.arrays import answers, tensors
from impl.core.subject import Answers, Arrays, Operation, Settings, Subject


def _optimizer(weights: nn.Parameter, settings: Settings, way: dict[str, bool]) -> Optimizer | None:
    """The optimizer that a setting means; None for SGD with decoupled decay, which torch lacks."""
    asked: dict[str, Any] = {"lr": float(settings["rate"]), "weight_decay": float(settings["decay"]), **way}
    if settings["optimizer"] == "sgd":
        return SGD([weights], momentum=float(settings["momentum"]), **asked)
    kinds: dict[str, type[Adam]] = {"adam": Adam, "adamw": AdamW}
    if settings["optimizer"] not in kinds:
        return None
    betas = float(settings["beta1"]), float(settings["beta2"])
    return kinds[str(settings["optimizer"])]([weights], betas=betas, eps=float(settings["epsilon"]), **asked)


def _optimize(**way: bool) -> Operation:
    """optimize: a step for each gradient, which is put where `backward` would leave it."""

    def optimize(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        weights = nn.Parameter(data["w"])
        optimizer = _optimizer(weights, settings, way)
        if optimizer is None:
            return {}
        path: list[Tensor] = [weights.detach().clone()]
        for gradient in data["gradient"].unbind(1):
            weights.grad = gradient.clone()
            optimizer.step()
            path.append(weights.detach().clone())
        return answers(path=torch.stack(path, 1))

    return optimize


NO_SGDW = "torch has no SGD with decoupled decay"

SUBJECTS: tuple[Subject, ...] = tuple(
    Subject(
        f"torch-optim{suffix}",
        "regularization",
        {"optimize": _optimize(**way)},
        version=torch.__version__,
        devices=("cpu",),
        missing={"optimize": NO_SGDW},
    )
    for suffix, way in (("", {"foreach": False}), ("-foreach", {"foreach": True}), ("-fused", {"fused": True}))
)
"""Each of torch's three implementations: one parameter after another, several in one call, one kernel for all."""
