"""Critics: functions f with a Lipschitz constant L, so that |Σ a f(x) − Σ b f(y)| ≤ L W_1.

Two faces: `Perceptron`, plain tensors with a lane axis, one network for each of many small problems; `MLPCritic` and
`ConvCritic`, modules for one problem. Randomness is an argument; torch's global generator is never touched.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import Tensor, nn

from impl.core import validation
from impl.transport.problem import check_numbers, check_totals, check_weights, same_shape

LEAK = 0.2
"""Slope of leaky_relu on the left."""


class Perceptron(NamedTuple):
    """W3 s(W2 s(W1 x + b1) + b2) + b3. W1 (..., h, d), b1 (..., h), W2 (..., h, h), b2, W3 (..., o, h), b3 (..., o)."""

    W1: Tensor
    b1: Tensor
    W2: Tensor
    b2: Tensor
    W3: Tensor
    b3: Tensor

    @property
    def weights(self) -> tuple[Tensor, Tensor, Tensor]:
        """The three matrices, from input to output."""
        return self.W1, self.W2, self.W3


def leaky_relu(z: Tensor) -> Tensor:
    """Z on the right, `LEAK` z on the left."""
    return nn.functional.leaky_relu(z, LEAK)


def softplus(z: Tensor) -> Tensor:
    """ln(1 + e^z), exact to rounding for every z: torch's own is linear from 20 on, off by 2e-9."""
    return torch.logaddexp(z, torch.zeros_like(z))


Activation = Callable[[Tensor], Tensor]
ACTIVATIONS: MappingProxyType[str, Activation] = MappingProxyType(
    {"relu": torch.relu, "leaky_relu": leaky_relu, "tanh": torch.tanh, "softplus": softplus}
)
"""All of them 1-Lipschitz."""


def activation(name: str) -> Activation:
    """The function of this name. Raises ValueError for a name that is none of `ACTIVATIONS`."""
    if name not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, got {name!r}")
    return ACTIVATIONS[name]


def forward(net: Perceptron, x: Tensor, s: Activation) -> Tensor:
    """What the networks say of their own points: x (..., n, d) → (..., n, o)."""
    hidden = s(x @ net.W1.mT + net.b1[..., None, :])
    hidden = s(hidden @ net.W2.mT + net.b2[..., None, :])
    return hidden @ net.W3.mT + net.b3[..., None, :]


def critic_values(net: Perceptron, x: Tensor, s: Activation) -> Tensor:
    """The values of critics, whose output is one number: x (..., n, d) → (..., n)."""
    return forward(net, x, s)[..., 0]


def reading(fx: Tensor, fy: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Σ a f(x) − Σ b f(y): fx and a (..., n), fy and b (..., m) → (...)."""
    return (a * fx).sum(-1) - (b * fy).sum(-1)


def lower_bound(read: Tensor, lipschitz: Tensor) -> Tensor:
    """|reading| ÷ L ≤ W_1, and 0 where L is 0: then f is constant and says nothing."""
    constant = lipschitz == 0
    return torch.where(constant, torch.zeros_like(read), read.abs() / torch.where(constant, 1.0, lipschitz))


def check_points(x: Tensor, name: str) -> None:
    """Refuse points (..., n, d) that are empty, not floating or not finite, by name."""
    validation.rank(x, name, 2, "(..., n, d)")
    validation.non_empty(x, name, "(..., n, d)")
    validation.floating(x, name)
    check_numbers(x, name)


def check_samples(x: Tensor, y: Tensor, a: Tensor, b: Tensor) -> None:
    """Refuse two weighted samples that cannot be compared: points, weights, shapes or totals. Raises by name."""
    check_points(x, "x")
    check_points(y, "y")
    same_shape(y, "y", (*x.shape[:-2], y.shape[-2], x.shape[-1]), "x")
    for weights, name, points, other in ((a, "a", x, "x"), (b, "b", y, "y")):
        check_weights(weights, name)
        same_shape(weights, name, points.shape[:-1], other)
    check_totals(a, b)


def wgan_critic_loss(real: Tensor, fake: Tensor) -> Tensor:
    """What the critic descends: mean f(fake) − mean f(real). Batches may differ in size (Arjovsky et al. 2017, Alg. 1).

    Raises ValueError for an empty batch.
    """
    return -_mean(real, "real") + _mean(fake, "fake")


def wgan_generator_loss(fake: Tensor) -> Tensor:
    """What the generator descends: −mean f(fake). Raises ValueError for an empty batch."""
    return -_mean(fake, "fake")


def _mean(values: Tensor, name: str) -> Tensor:
    if values.numel() == 0:
        raise ValueError(f"{name} must hold at least one value, got shape {tuple(values.shape)}")
    return values.mean()


class Softplus(nn.Module):
    """`softplus` as a module."""

    def forward(self, z: Tensor) -> Tensor:
        """ln(1 + e^z), entry by entry."""
        return softplus(z)


_MODULES: MappingProxyType[str, Callable[[], nn.Module]] = MappingProxyType(
    {"relu": nn.ReLU, "leaky_relu": lambda: nn.LeakyReLU(LEAK), "tanh": nn.Tanh, "softplus": Softplus}
)


class MLPCritic(nn.Module):
    """A perceptron with `depth` hidden layers of `width` units: (..., d) → (...).

    Weights are uniform on ±1/√fan-in, drawn from `generator`. Raises ValueError for a size below 1 or an unknown
    activation.
    """

    def __init__(
        self,
        d: int,
        *,
        generator: torch.Generator,
        width: int = 32,
        depth: int = 2,
        activation: str = "leaky_relu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        for name, size in {"d": d, "width": width, "depth": depth}.items():
            if size < 1:
                raise ValueError(f"{name} must be at least 1, got {size}")
        sizes = [d, *[width] * depth, 1]
        linear = [_linear(i, o, dtype, generator) for i, o in itertools.pairwise(sizes)]
        self.layers = nn.Sequential(*_interleave(linear, activation))

    def forward(self, x: Tensor) -> Tensor:
        """One number a point."""
        values: Tensor = self.layers(x)
        return values.squeeze(-1)


class ConvCritic(nn.Module):
    """Two 3 × 3 convolutions and a linear layer for images (..., 1, 8, 8) → (...), initialised as `MLPCritic`.

    Convolutions have stride 1 and zero padding, so that `conv_norm_bound` holds for them.
    """

    def __init__(
        self,
        *,
        generator: torch.Generator,
        channels: int = 8,
        activation: str = "leaky_relu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        if channels < 1:
            raise ValueError(f"channels must be at least 1, got {channels}")
        first, second = _conv(1, channels, dtype, generator), _conv(channels, channels, dtype, generator)
        last = nn.Sequential(nn.Flatten(), _linear(64 * channels, 1, dtype, generator))
        self.layers = nn.Sequential(*_interleave([first, second, last], activation))

    def forward(self, x: Tensor) -> Tensor:
        """One number an image. Raises ValueError for another shape than (..., 1, 8, 8)."""
        if x.shape[-3:] != (1, 8, 8):
            raise ValueError(f"x must have shape (..., 1, 8, 8), got {tuple(x.shape)}")
        values: Tensor = self.layers(x.reshape(-1, 1, 8, 8))
        return values.reshape(x.shape[:-3])


def _interleave(layers: list[nn.Module], name: str) -> list[nn.Module]:
    """The layers with an activation between any two."""
    activation(name)
    between = [[layer, _MODULES[name]()] for layer in layers[:-1]]
    return [*(module for pair in between for module in pair), layers[-1]]


def _linear(i: int, o: int, dtype: torch.dtype, generator: torch.Generator) -> nn.Module:
    return _drawn(nn.Linear(i, o, dtype=dtype, device="meta"), i, generator)


def _conv(i: int, o: int, dtype: torch.dtype, generator: torch.Generator) -> nn.Module:
    return _drawn(nn.Conv2d(i, o, 3, padding=1, dtype=dtype, device="meta"), 9 * i, generator)


def _drawn(layer: nn.Module, fan_in: int, generator: torch.Generator) -> nn.Module:
    layer.to_empty(device=generator.device)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.uniform_(-1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in), generator=generator)
    return layer
