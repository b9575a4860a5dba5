"""Biases in layers with one classic mistake each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from impl.core.subject import Mutant, mutant
from impl.perceptron import layers, normalisation
from impl.perceptron.asked.layers import LAYERS
from impl.perceptron.normalisation import Affine
from impl.perceptron.subject import subject

Formula = Callable[..., object]


def _averaged(gradient: Tensor) -> Tensor:
    return layers.bias_gradient(gradient) / gradient.shape[1]


def _first_position(gradient: Tensor) -> Tensor:
    return gradient.flatten(3)[..., 0].sum(1) if gradient.dim() > 3 else gradient.sum(1)


def _mean_of_positions(gradient: Tensor) -> Tensor:
    return gradient.flatten(3).mean(-1).sum(1) if gradient.dim() > 3 else gradient.sum(1)


def _no_bias(x: Tensor, weight: Tensor, bias: Tensor, layer: str) -> Tensor:
    return layers.output(x, weight, torch.zeros_like(bias), layer)


def _true_convolution(x: Tensor, weight: Tensor, bias: Tensor, layer: str) -> Tensor:
    return layers.output(x, weight.flip(*range(3, weight.dim())) if weight.dim() > 3 else weight, bias, layer)


def _subtracted(x: Tensor, hidden_w: Tensor, hidden_bias: Tensor) -> Tensor:
    return layers.preactivation(x, hidden_w, -hidden_bias)


def _linear(pre: Tensor, output_w: Tensor, output_bias: Tensor) -> Tensor:
    return (pre * output_w.unsqueeze(-2)).sum(-1) + output_bias.unsqueeze(-1)


def _leaky(pre: Tensor, output_w: Tensor, output_bias: Tensor) -> Tensor:
    return (functional.leaky_relu(pre) * output_w.unsqueeze(-2)).sum(-1) + output_bias.unsqueeze(-1)


def _kinks_at_b(w: Tensor, bias: Tensor) -> Tensor:
    return (bias / w).sort(-1).values


def _kinks_unsorted(w: Tensor, bias: Tensor) -> Tensor:
    return -bias / w


def _no_mean(h: Tensor) -> tuple[Tensor, Tensor]:
    mean, variance = normalisation.statistics(h)
    return torch.zeros_like(mean), variance


def _global_mean(h: Tensor) -> tuple[Tensor, Tensor]:
    mean, variance = normalisation.statistics(h)
    return mean.mean(-1, keepdim=True).expand_as(mean), variance


def _unbiased(h: Tensor) -> tuple[Tensor, Tensor]:
    mean, variance = normalisation.statistics(h)
    return mean, variance * h.shape[-2] / (h.shape[-2] - 1)


def _epsilon_outside(h: Tensor, mean: Tensor, variance: Tensor, affine: Affine) -> Tensor:
    centred = (h - mean.unsqueeze(-2)) / (variance.sqrt() + affine.epsilon).unsqueeze(-2)
    return affine.scale.unsqueeze(-2) * centred + affine.shift.unsqueeze(-2)


def _statistics_fixed(gradient: Tensor, h: Tensor, mean: Tensor, variance: Tensor, affine: Affine) -> Tensor:
    """The batch's statistics are taken for constants."""
    return normalisation.evaluation_gradient(gradient, variance, affine)


def _never_learns(gradient: Tensor, variance: Tensor, affine: Affine) -> Tensor:
    return torch.zeros_like(variance)


def _mean_left(weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, affine: Affine) -> tuple[Tensor, Tensor]:
    return normalisation.fold(weight, bias, torch.zeros_like(mean), variance, affine)


def _bias_lost(weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, affine: Affine) -> tuple[Tensor, Tensor]:
    return normalisation.fold(weight, torch.zeros_like(bias), mean, variance, affine)


def _probability(counts: Tensor, output: str) -> Tensor:
    share = counts / counts.sum(-1, keepdim=True)
    return share if output == "softmax" else share[..., 1:]


def _other_class(counts: Tensor, output: str) -> Tensor:
    return layers.initial_bias(counts.flip(-1), output)


def _zeros(counts: Tensor, output: str) -> Tensor:
    return torch.zeros_like(layers.initial_bias(counts, output))


def _in_bits(bias: Tensor, counts: Tensor, output: str) -> Tensor:
    return layers.constant_loss(bias, counts, output) / torch.tensor(2, dtype=bias.dtype).log()


def _softplus(bias: Tensor, counts: Tensor, output: str) -> Tensor:
    """Softplus with its threshold, which drops e^−x where x is above it."""
    if output == "softmax":
        return layers.constant_loss(bias, counts, output)
    share = counts / counts.sum(-1, keepdim=True)
    return (share * functional.softplus(torch.cat([bias, -bias], -1), threshold=5)).sum(-1)


def _labels_left_out(bias: Tensor, counts: Tensor, output: str) -> Tensor:
    return bias.softmax(-1) if output == "softmax" else bias.sigmoid()


def _wrong(name: str, mistake: str, **formulas: Formula) -> Mutant:
    return mutant(name, mistake, subject("", layers=replace(LAYERS, **formulas)))  # type: ignore[arg-type]


LAYERS_MUTANTS: tuple[Mutant, ...] = (
    _wrong("bias-gradient-averaged", "the bias's gradient is averaged over the batch", bias_gradient=_averaged),
    _wrong("bias-gradient-first-position", "only the first position's gradient counts", bias_gradient=_first_position),
    _wrong("bias-gradient-mean-of-positions", "positions are averaged", bias_gradient=_mean_of_positions),
    _wrong("layer-without-bias", "the layer forgets its bias", output=_no_bias),
    _wrong("layer-flips-its-window", "the window is flipped, as in a convolution", output=_true_convolution),
    _wrong("hidden-bias-subtracted", "the hidden bias is taken as a threshold", pre=_subtracted),
    _wrong("linear-network", "the hidden layer has no ReLU", network=_linear),
    _wrong("leaky-network", "the ReLU leaks", network=_leaky),
    _wrong("biases-kept", "a network without biases keeps them", without=torch.clone),
    _wrong("kinks-at-plus-bias", "kinks are taken at +b ∕ w", kinks=_kinks_at_b),
    _wrong("kinks-unsorted", "kinks come in the units' order", kinks=_kinks_unsorted),
    _wrong("norm-without-mean", "batch norm does not subtract the mean", statistics=_no_mean),
    _wrong("norm-one-mean", "batch norm subtracts one mean of all units", statistics=_global_mean),
    _wrong("norm-unbiased-variance", "the variance is divided by b − 1", statistics=_unbiased),
    _wrong("norm-epsilon-outside", "ε is added to the root", normalise=_epsilon_outside),
    _wrong("norm-constant-statistics", "the gradient takes the batch's statistics for constants",
           training_gradient=_statistics_fixed),
    _wrong("norm-bias-frozen", "the bias gets no gradient in evaluation either", evaluation_gradient=_never_learns),
    _wrong("folded-without-mean", "the folded bias forgets the running mean", fold=_mean_left),
    _wrong("folded-without-bias", "the folded bias forgets the layer's own", fold=_bias_lost),
    _wrong("output-bias-is-the-share", "the initial bias is π, not its logit", initial_bias=_probability),
    _wrong("output-bias-of-the-other-class", "the initial bias has the classes in reverse", initial_bias=_other_class),
    _wrong("output-bias-zero", "the initial bias is 0", initial_bias=_zeros),
    _wrong("loss-in-bits", "the loss is in bits", loss=_in_bits),
    _wrong("loss-by-cut-softplus", "softplus is cut off above a threshold", loss=_softplus),
    _wrong("gradient-without-labels", "the gradient leaves the labels' shares out", gradient=_labels_left_out),
)  # fmt: skip
