"""A generator trained against a critic: Wasserstein GAN, many of them at once."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from impl.core import validation
from impl.transport.critic import Perceptron, activation, check_points, critic_values, forward
from impl.transport.train import (
    Ascent,
    Descent,
    certified,
    check_training,
    drawn,
    frame,
    free,
    starting_network,
    unframed,
)

GENERATOR_PACE = 0.3
"""The generator's step as a share of the critic's: the critic should be nearly best for it."""


class TrainedWGAN(NamedTuple):
    """A generator and its last critic.

    generator: weights that map latents to points, see `generate`. critic: the last critic's weights. history (...,
    record): certified lower bounds of W_1 between the data and as many generated points, on the way.
    """

    generator: Perceptron
    critic: Perceptron
    history: Tensor


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
    centre, radius = frame(data, data, every_point, every_point)
    near = (data - centre) / radius
    maker = free(starting_network(latent, data.shape[-1], width, None, generator, data))
    descent = Descent(list(maker))
    start = starting_network(data.shape[-1], 1, width, c if kind == "clip" else None, generator, data)
    ascent = Ascent(kind, start, s, c, lam, generator)
    history, every = [], max(1, steps // records)
    for step in range(steps):
        pace = rate * min(1.0, 2 * (steps - step) / (steps + 1))
        for _ in range(critic_steps):
            with torch.no_grad():
                fake = _generated(maker, batch, generator)
            ascent.step(drawn(near, every_point, batch, generator), fake, mass, mass, pace)
        critic = ascent.critic()
        descent.step(
            -critic_values(critic, _generated(maker, batch, generator), s).mean(-1).sum(), GENERATOR_PACE * pace
        )
        if (step + 1) % every == 0:
            with torch.no_grad():
                fake = _generated(maker, data.shape[-2], generator)
            history.append(certified(critic, near, fake, every_point, every_point, s)[2] * radius[..., 0, 0])
    made = Perceptron(*(p.detach() for p in maker))
    made = made._replace(W3=made.W3 * radius, b3=made.b3 * radius[..., 0] + centre[..., 0, :])
    return TrainedWGAN(made, unframed(critic, centre, radius), torch.stack(history, -1))


def generate(net: Perceptron, count: int, generator: torch.Generator) -> Tensor:
    """Points of a trained generator: (..., count, d), from fresh normal latents. Raises ValueError for count < 1."""
    validation.at_least(count, "count", 1)
    return _generated(net, count, generator)


def _generated(net: Perceptron, count: int, generator: torch.Generator) -> Tensor:
    """The same latents in every lane."""
    draw = torch.randn((count, net.W1.shape[-1]), generator=generator, dtype=torch.float64, device=generator.device)
    return forward(net, draw.to(net.W1), activation("relu"))
