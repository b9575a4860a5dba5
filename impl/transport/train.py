"""Training critics on samples, many problems at once.

A trained critic is no better than its Lipschitz constant is known: what it reads is divided by a certified bound, and
only then does it bound W_1 from below. Every lane has its own network and the same random numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from impl.core import random, validation
from impl.transport.critic import (
    Activation,
    Perceptron,
    activation,
    check_samples,
    critic_values,
    lower_bound,
    reading,
)
from impl.transport.lipschitz import certified_norm, check_clip, power_step, product_bound, unit
from impl.transport.penalty import check_penalty, gradient_penalty

KINDS = ("clip", "gp", "sn")
MEMORY = 0.9
"""Decay rate of the squared gradients."""
GUARD = 1e-8


class TrainedCritic(NamedTuple):
    """A critic and what it proves.

    critic: its weights, for points in their own units; activation: its name. reading (...): Σ a f(x) − Σ b f(y).
    lipschitz (...): certified upper bound of its constant. lower_bound (...) = |reading| ÷ lipschitz ≤ W_1, but for the
    rounding of the reading. history (..., record): the lower bound on the way.
    """

    critic: Perceptron
    activation: str
    history: Tensor
    reading: Tensor
    lipschitz: Tensor
    lower_bound: Tensor


@dataclass
class Descent:
    """Adam without first moment (Gulrajani et al. 2017 use it so), entry by entry, so that lanes never meet."""

    parameters: list[Tensor]
    steps: int = 0
    squares: list[Tensor] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.squares = [torch.zeros_like(p) for p in self.parameters]

    @torch.no_grad()
    def step(self, loss: Tensor, rate: float) -> None:
        """One step down a scalar loss."""
        self.steps += 1
        gradients = torch.autograd.grad(loss, self.parameters, allow_unused=True, materialize_grads=True)
        seen = 1 - MEMORY**self.steps
        for p, g, v in zip(self.parameters, gradients, self.squares, strict=True):
            v.mul_(MEMORY).addcmul_(g, g, value=1 - MEMORY)
            p.sub_(rate * g / ((v / seen).sqrt() + GUARD))


@dataclass
class Ascent:
    """A critic in training: its free parameters, and the constraint of its kind."""

    kind: str
    net: Perceptron
    s: Activation
    c: float
    lam: float
    generator: torch.Generator
    descent: Descent = field(init=False)
    directions: list[Tensor] = field(init=False)

    def __post_init__(self) -> None:
        self.net = free(self.net)
        self.descent = Descent(list(self.net))
        self.directions = [unit(torch.ones_like(W[..., 0])) for W in self.net.weights]

    def step(self, x: Tensor, y: Tensor, a: Tensor, b: Tensor, rate: float) -> None:
        """One step up the reading of every lane, less the penalty of kind "gp"; then the constraint of "clip"."""
        net = self._normalised() if self.kind == "sn" else self.net
        loss = -reading(critic_values(net, x, self.s), critic_values(net, y, self.s), a, b).sum()
        if self.kind == "gp":
            count = max(x.shape[-2], y.shape[-2])
            ends = drawn(x, a, count, self.generator), drawn(y, b, count, self.generator)
            f = partial(critic_values, net, s=self.s)
            loss = loss + gradient_penalty(f, *ends, self.lam, generator=self.generator).sum()
        self.descent.step(loss, rate)
        if self.kind == "clip":
            with torch.no_grad():
                for p in self.net:
                    p.clamp_(-self.c, self.c)

    def _normalised(self) -> Perceptron:
        """Weights over a power iteration's estimate of their norm, one step a call; the estimate has a gradient too."""
        weights = []
        for k, W in enumerate(self.net.weights):
            with torch.no_grad():
                u, v, _ = power_step(W, self.directions[k])
            self.directions[k] = u
            weights.append(W / (u[..., None, :] @ W @ v[..., None]))
        return _with_weights(self.net, weights)

    @torch.no_grad()
    def critic(self) -> Perceptron:
        """The critic as it stands; of kind "sn" over certified norms, so that it is 1-Lipschitz."""
        if self.kind != "sn":
            return Perceptron(*(p.detach().clone() for p in self.net))
        norms = [certified_norm(W)[..., None, None] for W in self.net.weights]
        scaled = [W / torch.where(norm == 0, 1.0, norm) for W, norm in zip(self.net.weights, norms, strict=True)]
        return Perceptron(*(p.detach() for p in _with_weights(self.net, scaled)))


def train_critic(
    x: Tensor,
    y: Tensor,
    a: Tensor,
    b: Tensor,
    kind: str = "sn",
    *,
    steps: int = 200,
    generator: torch.Generator,
    width: int = 16,
    activation_name: str = "relu",
    rate: float = 0.02,
    c: float = 0.1,
    lam: float = 10.0,
    records: int = 4,
) -> TrainedCritic:
    """A perceptron trained to read Σ a f(x) − Σ b f(y) as large as its kind allows, and its certified lower bound.

    x (..., n, d), y (..., m, d), weights a (..., n), b (..., m) with equal totals. kind: "clip" keeps every parameter
    in [−c, c] (Arjovsky et al. 2017, Algorithm 1), "gp" adds λ E(‖∇f‖ − 1)² (Gulrajani et al. 2017, Algorithm 1), "sn"
    divides each weight by its spectral norm (Miyato et al. 2018). Points are centred and brought to radius 1 first,
    which the answered weights undo. All points are seen at every step.
    Raises ValueError or TypeError naming what is wrong: points or weights, an unknown kind or activation, steps < 1.
    """
    check_samples(x, y, a, b)
    check_training(kind, steps, c, lam)
    validation.at_least(width, "width", 1)
    validation.at_least(records, "records", 1)
    s = activation(activation_name)
    centre, radius = frame(x, y, a, b)
    near_x, near_y = (x - centre) / radius, (y - centre) / radius
    net = starting_network(x.shape[-1], 1, width, c if kind == "clip" else None, generator, x)
    ascent = Ascent(kind, _rightly_signed(net, near_x, near_y, a, b, s), s, c, lam, generator)
    history, every = [], max(1, steps // records)
    for step in range(steps):
        ascent.step(near_x, near_y, a, b, rate * min(1.0, 2 * (steps - step) / (steps + 1)))
        if (step + 1) % every == 0:
            history.append(certified(ascent.critic(), near_x, near_y, a, b, s)[2] * radius[..., 0, 0])
    critic = unframed(_rightly_signed(ascent.critic(), near_x, near_y, a, b, s), centre, radius)
    return TrainedCritic(critic, activation_name, torch.stack(history, -1), *certified(critic, x, y, a, b, s))


def check_training(kind: str, steps: int, c: float, lam: float) -> None:
    """Raise ValueError for an unknown kind, fewer than 1 step, or a constraint that is none."""
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    validation.at_least(steps, "steps", 1)
    check_clip(c)
    check_penalty(lam)


def frame(x: Tensor, y: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Centre (..., 1, d) of both samples together, and their radius (..., 1, 1), without points of weight 0."""
    points, mass = torch.cat([x, y], -2), torch.cat([a, b], -1)
    centre = (mass[..., None, :] @ points) / mass.sum(-1)[..., None, None]
    away = torch.where(mass > 0, torch.linalg.vector_norm(points - centre, dim=-1), 0.0)
    radius = away.amax(-1)[..., None, None]
    return centre, torch.where(radius == 0, 1.0, radius)


def starting_network(
    d: int, outputs: int, width: int, bound: float | None, generator: torch.Generator, like: Tensor
) -> Perceptron:
    """The network that every lane starts from: orthonormal weights, or uniform ones within ±bound.

    Orthonormal weights have norm 1 in every direction, which spectral normalisation cannot regain once it is lost.
    """
    parts = []
    for o, i in ((width, d), (width, width), (outputs, width)):
        W, bias = (2 * random.uniform(shape, generator, like) - 1 for shape in ((o, i), (o,)))
        if bound is None:
            W = torch.linalg.qr(W).Q if o >= i else torch.linalg.qr(W.mT).Q.mT
        else:
            W, bias = bound * W, bound * bias
        parts += [W, bias / math.sqrt(i)]
    return Perceptron(*(part.expand(*like.shape[:-2], *part.shape).contiguous() for part in parts))


def free(net: Perceptron) -> Perceptron:
    """The same weights as leaves of a new graph."""
    return Perceptron(*(p.detach().clone().requires_grad_() for p in net))


def _rightly_signed(net: Perceptron, x: Tensor, y: Tensor, a: Tensor, b: Tensor, s: Activation) -> Perceptron:
    """F or −f, whichever reads positive: −f has the same constant and the same penalty, and does better.

    At the start it matters because a two-sided gradient penalty keeps a critic of slope −1 where it is.
    """
    read = reading(critic_values(net, x, s), critic_values(net, y, s), a, b)
    sign = torch.where(read < 0, -1.0, 1.0)[..., None].to(read.dtype)
    return net._replace(W3=net.W3 * sign[..., None], b3=net.b3 * sign)


def _with_weights(net: Perceptron, weights: list[Tensor]) -> Perceptron:
    return net._replace(W1=weights[0], W2=weights[1], W3=weights[2])


def unframed(net: Perceptron, centre: Tensor, radius: Tensor) -> Perceptron:
    """The critic for points in their own units: r f((x − c)/r), which has the constant of f."""
    W1 = net.W1 / radius
    b1 = net.b1 - (W1 @ centre.mT)[..., 0]
    return net._replace(W1=W1, b1=b1, W3=net.W3 * radius, b3=net.b3 * radius[..., 0])


def certified(
    critic: Perceptron, x: Tensor, y: Tensor, a: Tensor, b: Tensor, s: Activation
) -> tuple[Tensor, Tensor, Tensor]:
    """Reading, certified constant, and lower bound of W_1."""
    read = reading(critic_values(critic, x, s), critic_values(critic, y, s), a, b)
    constant = product_bound(critic)
    return read, constant, lower_bound(read, constant)


def drawn(x: Tensor, a: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Points drawn by their weights: x (..., n, d), a (..., n) → (..., count, d), at the same levels in every lane."""
    levels = random.uniform((count,), generator, a).expand(*a.shape[:-1], count)
    heights = a.cumsum(-1)
    index = torch.searchsorted(heights, levels * heights[..., -1:], right=True).clamp(max=x.shape[-2] - 1)
    return torch.take_along_dim(x, index[..., None], -2)
