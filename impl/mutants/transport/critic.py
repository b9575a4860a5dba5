"""Critics with one classic mistake each, in one line."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from impl.core.subject import Mutant, mutant
from impl.transport.asked.critic import CRITIC
from impl.transport.critic import ACTIVATIONS, Perceptron
from impl.transport.lipschitz import product_bound, singular_norm
from impl.transport.subject import subject
from impl.transport.train import TrainedCritic, train_critic


def _layers(net: Perceptron, norm: Callable[[Tensor], Tensor] = singular_norm) -> Tensor:
    """The norms of the layers: (layer, ...)."""
    return torch.stack([norm(W) for W in net.weights])


def _frobenius(W: Tensor) -> Tensor:
    norm: Tensor = torch.linalg.vector_norm(W, dim=(-2, -1))
    return norm


def _reshaped(kernel: Tensor) -> Tensor:
    return singular_norm(kernel.flatten(-3))


def _taps(kernel: Tensor) -> int:
    return math.prod(kernel.shape[-2:])


def _unnormalised_power(W: Tensor, iterations: int, source: torch.Generator) -> Tensor:
    """‖W Wᵀ u‖ for a unit u, as if WᵀWu had been brought to length 1 on the way."""
    u = torch.nn.functional.normalize(torch.ones_like(W[..., 0]), dim=-1)[..., None]
    return _frobenius(W @ (W.mT @ u))


def _trained(change: Callable[[TrainedCritic], TrainedCritic]) -> Callable[..., TrainedCritic]:
    """Training whose result is changed before it is answered."""
    return lambda *samples, **options: change(train_critic(*samples, **options))


def _stale(*samples: Any, steps: int, generator: torch.Generator, **options: Any) -> TrainedCritic:
    """The constant of a critic that was trained one step less, from the same random numbers."""
    again = generator.clone_state()
    found = train_critic(*samples, steps=steps, generator=generator, **options)
    earlier = train_critic(*samples, steps=max(1, steps - 1), generator=again, **options).lipschitz
    return found._replace(lipschitz=earlier, lower_bound=found.reading.abs() / earlier)


def _constant(found: TrainedCritic) -> TrainedCritic:
    """All weights 0, and what such a critic truthfully proves."""
    nothing = torch.zeros_like(found.reading)
    zeros = Perceptron(*map(torch.zeros_like, found.critic))
    return found._replace(critic=zeros, reading=nothing, lipschitz=nothing, lower_bound=nothing)


def _swapped(x: Tensor, y: Tensor, a: Tensor, b: Tensor, *rest: Any, **options: Any) -> TrainedCritic:
    found = train_critic(y, x, b, a, *rest, **options)
    return found._replace(reading=-found.reading)


def _mutant(name: str, mistake: str, **formulas: object) -> Mutant:
    return mutant(name, mistake, subject("", critic=replace(CRITIC, **formulas)))  # type: ignore[arg-type]


def _activation(name: str, wrong: Callable[[Tensor], Tensor]) -> Callable[[str], Callable[[Tensor], Tensor]]:
    """Every activation as it should be but one."""
    return lambda asked: wrong if asked == name else ACTIVATIONS[asked]


CRITIC_MUTANTS: tuple[Mutant, ...] = (
    _mutant("lipschitz-of-the-steepest-layer", "the layers' largest norm", lipschitz=lambda net: _layers(net).amax(0)),
    _mutant("lipschitz-adds-layers", "norms of layers are added", lipschitz=lambda net: _layers(net).sum(0)),
    _mutant(
        "lipschitz-without-last-layer", "the last layer is left out", lipschitz=lambda net: _layers(net)[:2].prod(0)
    ),
    _mutant("lipschitz-by-frobenius", "Frobenius norms", lipschitz=lambda net: _layers(net, _frobenius).prod(0)),
    _mutant(
        "lipschitz-by-largest-entry",
        "largest entries",
        lipschitz=lambda net: _layers(net, lambda W: W.abs().amax((-2, -1))).prod(0),
    ),
    _mutant(
        "lipschitz-counts-biases",
        "biases count as a column",
        lipschitz=lambda net: product_bound(net._replace(W1=torch.cat([net.W1, net.b1[..., None]], -1))),
    ),
    _mutant(
        "reading-unweighted", "means instead of weighted sums", reading=lambda fx, fy, a, b: fx.mean(-1) - fy.mean(-1)
    ),
    _mutant("reading-swapped", "Σ b f(y) − Σ a f(x)", reading=lambda fx, fy, a, b: -CRITIC.reading(fx, fy, a, b)),
    _mutant(
        "lower-bound-signed",
        "the reading keeps its sign",
        lower_bound=lambda read, L: CRITIC.lower_bound(read, L) * read.sign(),
    ),
    _mutant("lower-bound-is-the-reading", "|reading| is not divided", lower_bound=lambda read, L: read.abs()),
    _mutant("lower-bound-divided-by-zero", "a constant critic gives 0 ÷ 0", lower_bound=lambda read, L: read.abs() / L),
    _mutant(
        "leaky-slope-above-one",
        "the slope on the left is 2",
        activation=_activation("leaky_relu", lambda z: torch.where(z > 0, z, 2 * z)),
    ),
    _mutant(
        "leaky-slope-of-torch",
        "the slope on the left is 1/100",
        activation=_activation("leaky_relu", torch.nn.functional.leaky_relu),
    ),
    _mutant(
        "tanh-rescaled",
        "1.7159 tanh(2z/3), whose slope is above 1",
        activation=_activation("tanh", lambda z: 1.7159 * torch.tanh(z * 2 / 3)),
    ),
    _mutant(
        "softplus-linear-from-20",
        "ln(1 + e^z) is z from 20 on",
        activation=_activation("softplus", torch.nn.functional.softplus),
    ),
    _mutant("clip-from-above-only", "large negative weights stay", clip=lambda W, c: W.clamp(max=c)),
    _mutant("clip-to-positive", "weights are moved into [0, c]", clip=lambda W, c: W.clamp(0, c)),
    _mutant(
        "clip-rescales",
        "the whole matrix is scaled until it fits",
        clip=lambda W, c: W * (c / W.abs().amax((-2, -1), keepdim=True)).clamp(max=1),
    ),
    _mutant(
        "clip-bound-without-root",
        "c o i",
        clip_bound=lambda W, c: W.new_full(W.shape[:-2], c * W.shape[-1] * W.shape[-2]),
    ),
    _mutant("clip-bound-is-c", "c, whatever the size", clip_bound=lambda W, c: W.new_full(W.shape[:-2], c)),
    _mutant("spectral-by-frobenius", "the Frobenius norm", exact_norm=_frobenius),
    _mutant("spectral-smallest", "the smallest singular value", exact_norm=lambda W: torch.linalg.svdvals(W)[..., -1]),
    _mutant(
        "spectral-largest-eigenvalue", "the largest singular value of W Wᵀ", exact_norm=lambda W: singular_norm(W) ** 2
    ),
    _mutant(
        "spectral-normalised-twice", "W is divided by σ²", normalised=lambda W, sigma: W / sigma[..., None, None] ** 2
    ),
    _mutant("power-without-normalising", "the vector keeps its length", power_norm=_unnormalised_power),
    _mutant(
        "power-by-frobenius", "the Frobenius norm, which no iteration exceeds", power_norm=lambda W, k, g: _frobenius(W)
    ),
    _mutant(
        "power-stops-at-once",
        "one iteration, however many are asked for",
        power_norm=lambda W, k, g: CRITIC.power_norm(W, 1, g),
    ),
    _mutant("conv-by-reshaping", "σ of the reshaped kernel, without √(kh kw)", conv_bound=_reshaped),
    _mutant("conv-root-of-height", "√kh σ", conv_bound=lambda kernel: _reshaped(kernel) * math.sqrt(kernel.shape[-2])),
    _mutant("conv-all-taps", "kh kw σ", conv_bound=lambda kernel: _reshaped(kernel) * _taps(kernel)),
    _mutant(
        "conv-by-frobenius",
        "√(kh kw) times the Frobenius norm",
        conv_bound=lambda kernel: _frobenius(kernel.flatten(-3)) * math.sqrt(_taps(kernel)),
    ),
    _mutant(
        "penalty-without-square",
        "λ E|‖∇f‖ − 1|",
        penalty=lambda norm, lam, center: lam * (norm - center).abs().mean(-1),
    ),
    _mutant(
        "penalty-one-sided",
        "slopes below 1 cost nothing",
        penalty=lambda norm, lam, center: lam * ((norm - center).clamp(min=0) ** 2).mean(-1),
    ),
    _mutant("penalty-centred-at-zero", "λ E‖∇f‖²", penalty=lambda norm, lam, center: CRITIC.penalty(norm, lam, 0.0)),
    _mutant("penalty-of-half-lambda", "λ/2", penalty=lambda norm, lam, center: CRITIC.penalty(norm, lam / 2, center)),
    _mutant(
        "penalty-of-squared-norm",
        "λ E(‖∇f‖² − 1)²",
        penalty=lambda norm, lam, center: CRITIC.penalty(norm**2, lam, center),
    ),
    _mutant(
        "train-reports-its-reading",
        "the reading is the lower bound",
        train=_trained(lambda t: t._replace(lower_bound=t.reading.abs())),
    ),
    _mutant(
        "train-believes-in-slope-1",
        "every trained critic counts as 1-Lipschitz",
        train=_trained(lambda t: t._replace(lipschitz=torch.ones_like(t.lipschitz), lower_bound=t.reading.abs())),
    ),
    _mutant("train-certifies-the-step-before", "the constant is one step old", train=_stale),
    _mutant("train-swaps-the-samples", "the critic reads more on y", train=_swapped),
    _mutant("train-answers-a-constant", "a critic of zeros", train=_trained(_constant)),
)
