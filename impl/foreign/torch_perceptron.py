"""torch's layers, batch norm and losses as a subject: what they return and how they differentiate, as they come.

Modules are built without drawing weights, one problem at a time, and are given the weights of the case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from torch.nn.utils import skip_init
from torch.nn.utils.fusion import fuse_linear_bn_weights

from impl.core.arrays import answers, tensors
from impl.core.subject import Answers, Arrays, Operation, Settings, Subject

LAYERS: Mapping[str, type[nn.Module]] = {"linear": nn.Linear, "conv1d": nn.Conv1d, "conv2d": nn.Conv2d}


def _problem(arrays: Arrays, dtype: str) -> dict[str, Tensor]:
    """The arrays of a question of one lane, without the lane."""
    return {name: value[0] for name, value in tensors(arrays, device="cpu", dtype=dtype).items()}


def _lane(**found: Tensor) -> Answers:
    return answers(**{name: value.unsqueeze(0) for name, value in found.items()})


def _given(kind: type[nn.Module], weight: Tensor, bias: Tensor | None) -> Any:
    """A linear layer or a convolution with this weight (o, c, *window), and this bias (o,) or none."""
    sizes = weight.shape[1], weight.shape[0], *([tuple(weight.shape[2:])] if weight.dim() > 2 else [])
    module = skip_init(kind, *sizes, bias=bias is not None, dtype=weight.dtype)  # type: ignore[no-untyped-call]
    module.load_state_dict({"weight": weight} | ({} if bias is None else {"bias": bias}))
    return module


def _layer(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """layer: nn.Linear, nn.Conv1d or nn.Conv2d, and their bias's gradient by autograd."""
    data = _problem(arrays, dtype)
    module = _given(LAYERS[str(settings["layer"])], data["weight"], data["bias"])
    output = module(data["x"])
    output.backward(data["gradient"])
    return _lane(output=output, bias_gradient=module.bias.grad)


def _relu_network(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """relu_network: nn.Linear, nn.ReLU, nn.Linear, without any bias where there is no intercept."""
    data, biased = _problem(arrays, dtype), bool(settings["intercept"])
    first = _given(nn.Linear, data["hidden_w"], data["hidden_bias"] if biased else None)
    second = _given(nn.Linear, data["output_w"][None], data["output_bias"][None] if biased else None)
    hidden = nn.Sequential(first, nn.ReLU())(data["x"])
    return _lane(output=second(hidden).squeeze(-1), active=hidden > 0)


def _normalised(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """normalised: nn.BatchNorm1d behind nn.Linear; in evaluation also what fuse_linear_bn_weights makes of the two."""
    data, training = _problem(arrays, dtype), bool(settings["training"])
    linear = _given(nn.Linear, data["weight"], data["bias"])
    norm: Any = nn.BatchNorm1d(len(data["bias"]), eps=float(settings["epsilon"]), dtype=data["x"].dtype)
    known = {"weight": data["scale"], "bias": data["shift"]}
    running = {} if training else {name: data[name] for name in ("running_mean", "running_var")}
    norm.load_state_dict(known | running, strict=False)
    output = nn.Sequential(linear, norm).train(training)(data["x"])
    output.backward(data["gradient"])
    found = {"output": output, "bias_gradient": linear.bias.grad}
    if not training:
        statistics = norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
        found["folded_weight"], found["folded_bias"] = fuse_linear_bn_weights(linear.weight, linear.bias, *statistics)
    return _lane(**found)


def _initial_output(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """initial_output: the mean cross-entropy of a constant output, each class weighted by its count.

    The bias is torch.log or torch.logit of the frequencies, which torch offers no other way to find.
    """
    data = _problem(arrays, dtype)
    shift = data["shift"]
    counts = data["counts"].to(shift)
    share = counts / counts.sum()
    softmax = settings["output"] == "softmax"
    bias = (share.log() if softmax else torch.logit(share[1:])).requires_grad_()

    def loss(output: Tensor) -> Tensor:
        if softmax:
            return cross_entropy(output.expand(len(counts), -1), torch.arange(len(counts)), weight=counts)
        labels = torch.arange(2).to(counts)
        return binary_cross_entropy_with_logits(output.expand(2), labels, weight=counts, reduction="sum") / counts.sum()

    value = loss(bias)
    (gradient,) = torch.autograd.grad(value, bias)
    return _lane(bias=bias, loss=value, gradient=gradient, shifted_loss=loss(bias + shift))


OPERATIONS: dict[str, Operation] = {
    "layer": _layer,
    "relu_network": _relu_network,
    "normalised": _normalised,
    "initial_output": _initial_output,
}

NO_UNIT = "torch has no threshold unit"
NO_LEARNING = "torch has no perceptron"
NO_PROOF = "torch decides no separability"

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        "torch-layers",
        "perceptron",
        OPERATIONS,
        lanes=False,
        version=torch.__version__,
        devices=("cpu",),
        missing={
            **dict.fromkeys(("threshold_unit", "augment", "hyperplane"), NO_UNIT),
            **dict.fromkeys(("perceptron_fit", "pocket_fit"), NO_LEARNING),
            **dict.fromkeys(("separability", "boolean_threshold", "boolean_network"), NO_PROOF),
            **dict.fromkeys(("census", "dichotomies"), NO_PROOF),
            "kinks": "torch does not say where a network bends",
        },
    ),
)
