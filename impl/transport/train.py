"""Training critics on samples, many problems at once, and generators against them.

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
    check_points,
    check_samples,
    critic_values,
    forward,
    lower_bound,
    reading,
)
from impl.transport.lipschitz import certified_norm, check_clip, power_step, product_bound, unit
from impl.transport.penalty import check_penalty, gradient_penalty

KINDS = ("clip", "gp", "sn")
MEMORY = 0.9
"""Decay rate of the squared gradients."""
GUARD = 1e-8
GENERATOR_PACE = 0.3
"""The generator's step as a share of the critic's: the critic should be nearly best for it."""


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


class TrainedWGAN(NamedTuple):
    """A generator and its last critic.

    generator: weights that map latents to points, see `generate`. critic: the last critic's weights. history (...,
    record): certified lower bounds of W_1 between the data and as many generated points, on the way.
    """

    generator: Perceptron
    critic: Perceptron
    history: Tensor


@dataclass
class _Descent:
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
class _Ascent:
    """A critic in training: its free parameters, and the constraint of its kind."""

    kind: str
    net: Perceptron
    s: Activation
    c: float
    lam: float
    generator: torch.Generator
    descent: _Descent = field(init=False)
    directions: list[Tensor] = field(init=False)

    def __post_init__(self) -> None:
        self.net = _free(self.net)
        self.descent = _Descent(list(self.net))
        self.directions = [unit(torch.ones_like(W[..., 0])) for W in self.net.weights]

    def step(self, x: Tensor, y: Tensor, a: Tensor, b: Tensor, rate: float) -> None:
        """One step up the reading of every lane, less the penalty of kind "gp"; then the constraint of "clip"."""
        net = self._normalised() if self.kind == "sn" else self.net
        loss = -reading(critic_values(net, x, self.s), critic_values(net, y, self.s), a, b).sum()
        if self.kind == "gp":
            count = max(x.shape[-2], y.shape[-2])
            ends = _drawn(x, a, count, self.generator), _drawn(y, b, count, self.generator)
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
    centre, radius = _frame(x, y, a, b)
    near_x, near_y = (x - centre) / radius, (y - centre) / radius
    net = _start(x.shape[-1], 1, width, c if kind == "clip" else None, generator, x)
    ascent = _Ascent(kind, _rightly_signed(net, near_x, near_y, a, b, s), s, c, lam, generator)
    history, every = [], max(1, steps // records)
    for step in range(steps):
        ascent.step(near_x, near_y, a, b, rate * min(1.0, 2 * (steps - step) / (steps + 1)))
        if (step + 1) % every == 0:
            history.append(_certified(ascent.critic(), near_x, near_y, a, b, s)[2] * radius[..., 0, 0])
    critic = _unframed(_rightly_signed(ascent.critic(), near_x, near_y, a, b, s), centre, radius)
    return TrainedCritic(critic, activation_name, torch.stack(history, -1), *_certified(critic, x, y, a, b, s))


def train_wgan(
    data: Tensor,
    kind: str = "sn",
    *,
    steps: int = 300,
    generator: torch.Generator,
    latent: int = 4,
    width: int = 32,
    critic_steps: int = 5,
    batch: int = 128,
    rate: float = 0.01,
    c: float = 0.1,
    lam: float = 0.1,
    records: int = 10,
) -> TrainedWGAN:
    """A generator trained to bring its points to the data: (..., n, d), mixtures or flattened images alike.

    Each step: `critic_steps` steps of a critic of this kind (see `train_critic`) on `batch` data points and as many
    generated ones, drawn afresh, then one step of the generator up the critic's mean. Generator and critic are
    perceptrons of the same width. λ is for data of radius 1, and small: between points at a distance below 2λ slope −1
    is a second maximum of the penalised objective, which a critic does not leave when the generator overtakes the data.
    Raises ValueError for bad data, an unknown kind, or a count below 1.
    Source: Arjovsky et al. 2017, Algorithm 1.
    """
    check_points(data, "data")
    check_training(kind, steps, c, lam)
    counts = {"latent": latent, "width": width, "critic_steps": critic_steps, "batch": batch, "records": records}
    for name, count in counts.items():
        validation.at_least(count, name, 1)
    s, mass = activation("relu"), data.new_full((*data.shape[:-2], batch), 1 / batch)
    every_point = data.new_full(data.shape[:-1], 1 / data.shape[-2])
    centre, radius = _frame(data, data, every_point, every_point)
    near = (data - centre) / radius
    maker = _free(_start(latent, data.shape[-1], width, None, generator, data))
    descent = _Descent(list(maker))
    start = _start(data.shape[-1], 1, width, c if kind == "clip" else None, generator, data)
    ascent = _Ascent(kind, start, s, c, lam, generator)
    history, every = [], max(1, steps // records)
    for step in range(steps):
        pace = rate * min(1.0, 2 * (steps - step) / (steps + 1))
        for _ in range(critic_steps):
            with torch.no_grad():
                fake = _generated(maker, batch, generator)
            ascent.step(_drawn(near, every_point, batch, generator), fake, mass, mass, pace)
        critic = ascent.critic()
        descent.step(
            -critic_values(critic, _generated(maker, batch, generator), s).mean(-1).sum(), GENERATOR_PACE * pace
        )
        if (step + 1) % every == 0:
            with torch.no_grad():
                fake = _generated(maker, data.shape[-2], generator)
            history.append(_certified(critic, near, fake, every_point, every_point, s)[2] * radius[..., 0, 0])
    made = Perceptron(*(p.detach() for p in maker))
    made = made._replace(W3=made.W3 * radius, b3=made.b3 * radius[..., 0] + centre[..., 0, :])
    return TrainedWGAN(made, _unframed(critic, centre, radius), torch.stack(history, -1))


def generate(net: Perceptron, count: int, generator: torch.Generator) -> Tensor:
    """Points of a trained generator: (..., count, d), from fresh normal latents. Raises ValueError for count < 1."""
    validation.at_least(count, "count", 1)
    return _generated(net, count, generator)


def _generated(net: Perceptron, count: int, generator: torch.Generator) -> Tensor:
    """The same latents in every lane."""
    draw = torch.randn((count, net.W1.shape[-1]), generator=generator, dtype=torch.float64, device=generator.device)
    return forward(net, draw.to(net.W1), activation("relu"))


def check_training(kind: str, steps: int, c: float, lam: float) -> None:
    """Raise ValueError for an unknown kind, fewer than 1 step, or a constraint that is none."""
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    validation.at_least(steps, "steps", 1)
    check_clip(c)
    check_penalty(lam)


def _frame(x: Tensor, y: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Centre (..., 1, d) of both samples together, and their radius (..., 1, 1), without points of weight 0."""
    points, mass = torch.cat([x, y], -2), torch.cat([a, b], -1)
    centre = (mass[..., None, :] @ points) / mass.sum(-1)[..., None, None]
    away = torch.where(mass > 0, torch.linalg.vector_norm(points - centre, dim=-1), 0.0)
    radius = away.amax(-1)[..., None, None]
    return centre, torch.where(radius == 0, 1.0, radius)


def _start(
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


def _free(net: Perceptron) -> Perceptron:
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


def _unframed(net: Perceptron, centre: Tensor, radius: Tensor) -> Perceptron:
    """The critic for points in their own units: r f((x − c)/r), which has the constant of f."""
    W1 = net.W1 / radius
    b1 = net.b1 - (W1 @ centre.mT)[..., 0]
    return net._replace(W1=W1, b1=b1, W3=net.W3 * radius, b3=net.b3 * radius[..., 0])


def _certified(
    critic: Perceptron, x: Tensor, y: Tensor, a: Tensor, b: Tensor, s: Activation
) -> tuple[Tensor, Tensor, Tensor]:
    """Reading, certified constant, and lower bound of W_1."""
    read = reading(critic_values(critic, x, s), critic_values(critic, y, s), a, b)
    constant = product_bound(critic)
    return read, constant, lower_bound(read, constant)


def _drawn(x: Tensor, a: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Points drawn by their weights: x (..., n, d), a (..., n) → (..., count, d), at the same levels in every lane."""
    levels = random.uniform((count,), generator, a).expand(*a.shape[:-1], count)
    heights = a.cumsum(-1)
    index = torch.searchsorted(heights, levels * heights[..., -1:], right=True).clamp(max=x.shape[-2] - 1)
    return torch.take_along_dim(x, index[..., None], -2)
