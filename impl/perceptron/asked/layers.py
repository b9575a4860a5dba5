"""The port's operations on biases in layers, in arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from impl.core import validation
from impl.core.arrays import answers, tensors
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.perceptron import layers, normalisation
from impl.perceptron.normalisation import Affine

Formula = Callable[..., Tensor]


@dataclass(frozen=True)
class Layers:
    """The formulas that are asked for.

    output: (x, weight, bias, layer). bias_gradient: the output's gradient → the bias's. pre: (x, w, bias) of the hidden
    layer. network: (pre, output_w, output_bias). without: bias → what a network without biases adds for it. kinks:
    (w, bias). statistics: h → mean, variance. normalise: (h, mean, variance, affine). training_gradient: (gradient, h,
    mean, variance, affine); evaluation_gradient: (gradient, variance, affine). fold: (weight, bias, mean, variance,
    affine). initial_bias: (counts, output); loss, gradient: (bias, counts, output).
    """

    output: Formula = layers.output
    bias_gradient: Formula = layers.bias_gradient
    pre: Formula = layers.preactivation
    network: Formula = layers.relu_network
    without: Formula = torch.zeros_like
    kinks: Formula = layers.kinks
    statistics: Callable[[Tensor], tuple[Tensor, Tensor]] = normalisation.statistics
    normalise: Formula = normalisation.normalise
    training_gradient: Formula = normalisation.training_gradient
    evaluation_gradient: Formula = normalisation.evaluation_gradient
    fold: Callable[..., tuple[Tensor, Tensor]] = normalisation.fold
    initial_bias: Formula = layers.initial_bias
    loss: Formula = layers.constant_loss
    gradient: Formula = layers.constant_gradient


LAYERS = Layers()


def layers_operations(formulas: Layers) -> dict[str, Operation]:
    """The operations of `LayerPort`, computed by these formulas."""
    return built(formulas, LAYERS, PARTS)


def _layer(formulas: Layers) -> Operation:
    def layer(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, kind = tensors(arrays, device=device, dtype=dtype), str(settings["layer"])
        x, weight, bias, gradient = (data[name] for name in ("x", "weight", "bias", "gradient"))
        layers.check_layer(x, weight, bias, gradient, kind)
        return answers(output=formulas.output(x, weight, bias, kind), bias_gradient=formulas.bias_gradient(gradient))

    return layer


def _relu_network(formulas: Layers) -> Operation:
    def relu_network(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        x, hidden_w = data["x"], data["hidden_w"]
        validation.floating(x, "x")
        validation.non_empty(x, "x", "(lane, n, d)")
        if hidden_w.shape != (len(x), data["output_w"].shape[-1], x.shape[-1]):
            wanted = (len(x), data["output_w"].shape[-1], x.shape[-1])
            raise ValueError(f"hidden_w must have shape {wanted} to match x and output_w, got {tuple(hidden_w.shape)}")
        for name, value in data.items():
            validation.finite(value, name)
        hidden_bias, output_bias = data["hidden_bias"], data["output_bias"]
        if not int(settings["intercept"]):
            hidden_bias, output_bias = formulas.without(hidden_bias), formulas.without(output_bias)
        pre = formulas.pre(x, hidden_w, hidden_bias)
        return answers(output=formulas.network(pre, data["output_w"], output_bias), active=pre > 0)

    return relu_network


def _kinks(formulas: Layers) -> Operation:
    def kinks(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        w, bias = data["w"], data["bias"]
        validation.floating(w, "w")
        validation.non_empty(w, "w", "(lane, h)")
        if bias.shape != w.shape:
            raise ValueError(f"bias must have shape {tuple(w.shape)} to match w, got {tuple(bias.shape)}")
        validation.finite(w, "w")
        validation.finite(bias, "bias")
        if bool((w == 0).any()):
            raise ValueError(f"w must not be 0, got 0 at index {(w == 0).nonzero()[0].tolist()}: that unit has no kink")
        return answers(kinks=formulas.kinks(w, bias))

    return kinks


def _normalised(formulas: Layers) -> Operation:
    def normalised(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, training = tensors(arrays, device=device, dtype=dtype), bool(int(settings["training"]))
        x, weight, bias, gradient = (data[name] for name in ("x", "weight", "bias", "gradient"))
        layers.check_layer(x, weight, bias, gradient, "linear")
        affine = Affine(data["scale"], data["shift"], float(settings["epsilon"]))
        for name in ("scale", "shift"):
            if data[name].shape != bias.shape:
                wanted, got = tuple(bias.shape), tuple(data[name].shape)
                raise ValueError(f"{name} must have shape {wanted} to match bias, got {got}")
            validation.finite(data[name], name)
        h = layers.output(x, weight, bias, "linear")
        normalisation.check_batch(h, affine.epsilon, training)
        if training:
            mean, variance = formulas.statistics(h)
            return answers(
                output=formulas.normalise(h, mean, variance, affine),
                bias_gradient=formulas.training_gradient(gradient, h, mean, variance, affine),
            )
        mean, variance = data["running_mean"], data["running_var"]
        normalisation.check_statistics(mean, variance, bias)
        folded_weight, folded_bias = formulas.fold(weight, bias, mean, variance, affine)
        return answers(
            output=formulas.normalise(h, mean, variance, affine),
            bias_gradient=formulas.evaluation_gradient(gradient, variance, affine),
            folded_weight=folded_weight,
            folded_bias=folded_bias,
        )

    return normalised


def _initial_output(formulas: Layers) -> Operation:
    def initial_output(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, kind = tensors(arrays, device=device, dtype=dtype), str(settings["output"])
        shift = data["shift"]
        counts = data["counts"].to(shift.dtype)
        layers.check_counts(counts, shift, kind)
        bias = formulas.initial_bias(counts, kind)
        return answers(
            bias=bias,
            loss=formulas.loss(bias, counts, kind),
            gradient=formulas.gradient(bias, counts, kind),
            shifted_loss=formulas.loss(bias + shift, counts, kind),
        )

    return initial_output


PARTS: Parts[Layers] = {
    "layer": (_layer, ("output", "bias_gradient")),
    "relu_network": (_relu_network, ("pre", "network", "without")),
    "kinks": (_kinks, ("kinks",)),
    "normalised": (
        _normalised,
        ("statistics", "normalise", "training_gradient", "evaluation_gradient", "fold"),
    ),
    "initial_output": (_initial_output, ("initial_bias", "loss", "gradient")),
}
