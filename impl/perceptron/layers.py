"""Biases in layers of networks: their gradient, what a bias does in a ReLU network, and where a layer starts."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from impl.core import validation

SPACE = {"linear": 0, "conv1d": 1, "conv2d": 2}
"""Layer → how many spatial axes it has."""


def check_layer(x: Tensor, weight: Tensor, bias: Tensor, gradient: Tensor, layer: str) -> None:
    """Raise ValueError or TypeError unless the shapes fit a layer: see `output`. gradient has the output's shape."""
    if layer not in SPACE:
        raise ValueError(f"layer must be one of {', '.join(SPACE)}, got {layer!r}")
    axes = SPACE[layer]
    validation.floating(x, "x")
    for name, tensor, least in (("x", x, 3 + axes), ("weight", weight, 3 + axes)):
        if tensor.dim() != least:
            raise ValueError(f"{name} must have {least} axes for {layer}, lanes first, got shape {tuple(tensor.shape)}")
        validation.non_empty(tensor, name, "without an empty axis")
    if weight.shape[2] != x.shape[2] or weight.shape[0] != x.shape[0]:
        raise ValueError(f"weight must take the {x.shape[2]} inputs of x in each lane, got shape {tuple(weight.shape)}")
    if any(k > size for k, size in zip(weight.shape[3:], x.shape[3:], strict=True)):
        raise ValueError(f"weight's window {tuple(weight.shape[3:])} must fit into x, which is {tuple(x.shape[3:])}")
    if bias.shape != weight.shape[:2]:
        raise ValueError(f"bias must have shape {tuple(weight.shape[:2])} to match weight, got {tuple(bias.shape)}")
    positions = tuple(size - k + 1 for size, k in zip(x.shape[3:], weight.shape[3:], strict=True))
    wanted = (*x.shape[:2], weight.shape[1], *positions)
    if gradient.shape != wanted:
        raise ValueError(f"gradient must have shape {wanted} like the output, got {tuple(gradient.shape)}")
    for name, tensor in (("x", x), ("weight", weight), ("bias", bias), ("gradient", gradient)):
        validation.finite(tensor, name)


def output(x: Tensor, weight: Tensor, bias: Tensor, layer: str) -> Tensor:
    """A linear or convolutional layer in every lane: stride 1, no padding, cross-correlation.

    linear: x (l, b, d), weight (l, o, d) → (l, b, o). conv1d: x (l, b, c, length), weight (l, o, c, k).
    conv2d likewise. Lanes are the groups of one convolution.
    """
    if layer == "linear":
        return x @ weight.mT + bias.unsqueeze(-2)
    lanes, outputs = weight.shape[:2]
    convolve = functional.conv1d if layer == "conv1d" else functional.conv2d
    merged = convolve(x.transpose(0, 1).flatten(1, 2), weight.flatten(0, 1), bias.flatten(), groups=lanes)
    return merged.reshape(len(merged), lanes, outputs, *merged.shape[2:]).transpose(0, 1)


def bias_gradient(gradient: Tensor) -> Tensor:
    """∂ loss ∕ ∂ bias: the output's gradient (l, b, o, positions…) summed over batch and positions → (l, o).

    Nielsen 2015, equation (BP3).
    """
    return gradient.flatten(3).sum(-1).sum(1) if gradient.dim() > 3 else gradient.sum(1)


def relu_network(pre: Tensor, output_w: Tensor, output_bias: Tensor) -> Tensor:
    """Σ_h v_h relu(pre_h) + c: pre (*B, n, h), output_w (*B, h), output_bias (*B,) → (*B, n)."""
    return (pre.relu() * output_w.unsqueeze(-2)).sum(-1) + output_bias.unsqueeze(-1)


def preactivation(x: Tensor, hidden_w: Tensor, hidden_bias: Tensor) -> Tensor:
    """w_h·x + b_h: x (*B, n, d), hidden_w (*B, h, d), hidden_bias (*B, h) → (*B, n, h)."""
    return (x.unsqueeze(-2) * hidden_w.unsqueeze(-3)).sum(-1) + hidden_bias.unsqueeze(-2)


def kinks(w: Tensor, bias: Tensor) -> Tensor:
    """Where the units relu(w t + b) of one input change their slope, ascending: −b ∕ w, (*B, h) → (*B, h)."""
    return (-bias / w).sort(-1).values


def check_counts(counts: Tensor, shift: Tensor, output_kind: str) -> None:
    """Raise ValueError unless every class occurs: counts (*B, c) whole numbers ≥ 1, shift shaped like the bias."""
    if output_kind not in ("sigmoid", "softmax"):
        raise ValueError(f"output must be one of sigmoid, softmax, got {output_kind!r}")
    validation.non_empty(counts, "counts", "(..., c)")
    if counts.shape[-1] < 2 or (output_kind == "sigmoid" and counts.shape[-1] != 2):
        raise ValueError(f"counts must have {2 if output_kind == 'sigmoid' else 'at least 2'} classes, "
                         f"got {counts.shape[-1]}")  # fmt: skip
    validation.finite(counts, "counts")
    bad = (counts < 1) | (counts != counts.round())
    if bool(bad.any()):
        index = bad.nonzero()[0].tolist()
        raise ValueError(f"counts must be whole numbers of at least 1, got {counts[bad][0].item()!r} at index {index}: "
                         f"the logit of a class that never occurs is infinite")  # fmt: skip
    wanted = counts.shape if output_kind == "softmax" else (*counts.shape[:-1], 1)
    if shift.shape != wanted:
        raise ValueError(f"shift must have shape {tuple(wanted)} like the bias, got {tuple(shift.shape)}")
    validation.finite(shift, "shift")


def initial_bias(counts: Tensor, output_kind: str) -> Tensor:
    """The bias of a constant output that predicts the classes' frequencies: log π, or logit π of the second class.

    counts (*B, c) > 0 → (*B, c) for softmax, (*B, 1) for sigmoid (Lin et al. 2017, section 4.1).
    """
    if output_kind == "softmax":
        return (counts / counts.sum(-1, keepdim=True)).log()
    return (counts[..., 1:] / counts[..., :1]).log()


def constant_loss(bias: Tensor, counts: Tensor, output_kind: str) -> Tensor:
    """Mean cross-entropy, in nats, of a constant output on labels that occur `counts` times: → (*B,).

    By logsigmoid, not softplus, which drops e^−x beyond its threshold of 20.
    """
    frequency = counts / counts.sum(-1, keepdim=True)
    if output_kind == "softmax":
        return -(frequency * bias.log_softmax(-1)).sum(-1)
    return -(frequency * functional.logsigmoid(torch.cat([-bias, bias], -1))).sum(-1)


def constant_gradient(bias: Tensor, counts: Tensor, output_kind: str) -> Tensor:
    """∂ `constant_loss` ∕ ∂ bias: predicted minus true frequencies, shaped like the bias."""
    frequency = counts / counts.sum(-1, keepdim=True)
    if output_kind == "softmax":
        return bias.softmax(-1) - frequency
    return bias.sigmoid() - frequency[..., 1:]


def initial_output_bias(pi: Tensor) -> Tensor:
    """Where a sigmoid output should start when a share π of the labels is positive: logit π, shaped like pi.

    Raises ValueError unless 0 < π < 1: a class that never occurs has an infinite logit.
    """
    validation.floating(pi, "pi")
    bad = ~((pi > 0) & (pi < 1))
    if bool(bad.any()):
        raise ValueError(f"pi must lie strictly between 0 and 1, got {pi[bad][0].item()!r}: its logit is infinite")
    return torch.logit(pi)
