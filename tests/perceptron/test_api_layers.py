"""Biases in layers: hand-computed values, what torch differentiates, and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from impl.perceptron import layers, normalisation
from impl.perceptron.normalisation import Affine
from impl.perceptron.subject import SUBJECT
from theory.core.bound import U64, gamma

FEW = 64 * float(gamma(64, U64))
"""Rounding of at most 64 operations on numbers of size 64 at most, in float64."""


def double(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("kind", "space", "window"), [("linear", (), ()), ("conv1d", (5,), (2,)), ("conv2d", (5, 4), (2, 2))]
)
def test_gradients_of_biases_are_those_that_torch_differentiates(kind: str, space: Any, window: Any) -> None:
    x, weight = double(2, 3, 2, *space), double(2, 4, 2, *window, seed=1)
    bias = double(2, 4, seed=2).requires_grad_()
    out = layers.output(x, weight, bias, kind)
    gradient = double(*out.shape, seed=3)
    out.backward(gradient)  # type: ignore[no-untyped-call]

    assert bias.grad is not None
    assert float((layers.bias_gradient(gradient) - bias.grad).abs().max()) <= FEW


def test_each_lane_has_its_own_convolution() -> None:
    x, weight, bias = double(2, 3, 2, 6), double(2, 4, 2, 3, seed=1), double(2, 4, seed=2)

    both = layers.output(x, weight, bias, "conv1d")
    alone = torch.nn.functional.conv1d(x[1], weight[1], bias[1])

    assert float((both[1] - alone).abs().max()) <= FEW


@pytest.mark.parametrize("training", [True, False])
def test_the_gradient_before_batch_norm_is_what_torch_differentiates(training: bool) -> None:
    h, gradient = double(5, 3), double(5, 3, seed=1)
    affine = Affine(double(3, seed=2), double(3, seed=3), 1e-3)
    bias = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    mean, variance = normalisation.statistics(h)
    told = torch.nn.functional.batch_norm(
        h + bias, mean.clone(), variance.clone(), affine.scale, affine.shift, training=training, eps=affine.epsilon
    )
    told.backward(gradient)  # type: ignore[no-untyped-call]

    ours = (
        normalisation.training_gradient(gradient, h, mean, variance, affine)
        if training
        else normalisation.evaluation_gradient(gradient, variance, affine)
    )
    assert bias.grad is not None
    assert float((ours - bias.grad).abs().max()) <= FEW
    assert float((normalisation.normalise(h, mean, variance, affine) - told.detach()).abs().max()) <= FEW


def test_three_positives_in_four_start_at_log_three() -> None:
    counts = torch.tensor([1.0, 3.0], dtype=torch.float64)

    bias = layers.initial_bias(counts, "sigmoid")

    assert bias.item() == np.log(3.0)
    assert abs(layers.constant_loss(bias, counts, "sigmoid").item() - 0.5623351446188083) <= FEW  # H(3∕4) in nats
    assert layers.initial_output_bias(torch.tensor(0.5)).item() == 0.0


def test_a_class_that_never_occurs_has_no_finite_bias() -> None:
    for share in (0.0, 1.0):
        with pytest.raises(ValueError, match="strictly between 0 and 1"):
            layers.initial_output_bias(torch.tensor(share))


def test_a_batch_of_one_cannot_be_normalised_in_training() -> None:
    with pytest.raises(ValueError, match="at least 2 rows"):
        normalisation.check_batch(double(1, 3), 1e-3, training=True)

    normalisation.check_batch(double(1, 3), 1e-3, training=False)


def test_a_window_larger_than_the_input_is_refused() -> None:
    arrays = {"x": np.ones((1, 1, 1, 2)), "weight": np.ones((1, 1, 1, 3)), "bias": np.ones((1, 1))}

    with pytest.raises(ValueError, match=r"window \(3,\) must fit into x"):
        SUBJECT.operations["layer"](
            arrays | {"gradient": np.ones((1, 1, 1, 1))}, {"layer": "conv1d"}, device="cpu", dtype="float64", seed=0
        )
