"""Critics as operations of the port: perceptrons, clipping, spectral norms, gradient penalties, training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from impl.core import validation
from impl.core.arrays import answers, tensors
from impl.core.random import generator
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.transport.critic import (
    ACTIVATIONS,
    Activation,
    Perceptron,
    activation,
    check_samples,
    critic_values,
    lower_bound,
    reading,
)
from impl.transport.lipschitz import (
    clip_norm_bound,
    clip_weights,
    conv_norm_bound,
    power_norm,
    product_bound,
    singular_norm,
)
from impl.transport.penalty import Penalty, gradient_penalty, squared_deviation
from impl.transport.problem import same_shape
from impl.transport.train import TrainedCritic, train_critic


@dataclass(frozen=True)
class Critic:
    """The formulas of critics.

    activation: by its name. lipschitz: the bound of a perceptron. reading, lower_bound: what it proves. clip,
    clip_bound: weights and their norm after clipping. exact_norm, power_norm: the largest singular value, without and
    with iterations. normalised: W over its norm. conv_bound: the norm of a kernel. penalty: from gradient norms.
    train: a critic on samples.
    """

    activation: Callable[[str], Activation] = activation
    lipschitz: Callable[[Perceptron], Tensor] = product_bound
    reading: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = reading
    lower_bound: Callable[[Tensor, Tensor], Tensor] = lower_bound
    clip: Callable[[Tensor, float], Tensor] = clip_weights
    clip_bound: Callable[[Tensor, float], Tensor] = clip_norm_bound
    exact_norm: Callable[[Tensor], Tensor] = singular_norm
    power_norm: Callable[..., Tensor] = power_norm
    normalised: Callable[[Tensor, Tensor], Tensor] = lambda W, sigma: W / sigma[..., None, None]
    conv_bound: Callable[[Tensor], Tensor] = conv_norm_bound
    penalty: Penalty = squared_deviation
    train: Callable[..., TrainedCritic] = train_critic


CRITIC = Critic()


def critic_operations(formulas: Critic) -> dict[str, Operation]:
    """The operations of `CriticPort`, built from these formulas."""
    return built(formulas, CRITIC, PARTS)


def _critic(formulas: Critic) -> Operation:
    def critic(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        x, y, a, b = (data[name] for name in ("x", "y", "a", "b"))
        check_samples(x, y, a, b)
        net = Perceptron(*(data[name] for name in Perceptron._fields))
        check_perceptron(net, x)
        s = formulas.activation(str(settings["activation"]))
        fx, fy = critic_values(net, x, s), critic_values(net, y, s)
        read, constant = formulas.reading(fx, fy, a, b), formulas.lipschitz(net)
        bound = formulas.lower_bound(read, constant)
        return answers(values_x=fx, values_y=fy, lipschitz=constant, reading=read, lower_bound=bound)

    return critic


def check_perceptron(net: Perceptron, x: Tensor) -> None:
    """Refuse weights that are no critic of points x (..., n, d): not finite, or of shapes that do not fit. By name."""
    lead, width = x.shape[:-2], net.W1.shape[-2:-1]
    shapes = ((*width, x.shape[-1]), width, (*width, *width), width, (1, *width), (1,))
    for name, value, shape in zip(Perceptron._fields, net, shapes, strict=True):
        validation.floating(value, name)
        validation.finite(value, name)
        same_shape(value, name, (*lead, *shape), "x and W1")


def _clip(formulas: Critic) -> Operation:
    def clip(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        W, c = tensors(arrays, device=device, dtype=dtype)["W"], float(settings["c"])
        check_matrix(W)
        clipped = formulas.clip(W, c)
        return answers(clipped=clipped, bound=formulas.clip_bound(W, c))

    return clip


def check_matrix(W: Tensor) -> None:
    """Refuse weights (..., o, i) that are empty, not floating, or not finite. Raises by name."""
    validation.rank(W, "W", 2, "(..., o, i)")
    validation.non_empty(W, "W", "(..., o, i)")
    validation.floating(W, "W")
    validation.finite(W, "W")


def _spectral(formulas: Critic) -> Operation:
    def spectral(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        W, iterations = tensors(arrays, device=device, dtype=dtype)["W"], int(settings["iterations"])
        check_matrix(W)
        validation.at_least(iterations, "iterations", 0)
        zero = (W == 0).all(-1).all(-1)
        if bool(zero.any()):
            where = "" if zero.dim() == 0 else f" in lane {zero.nonzero()[0].tolist()}"
            raise ValueError(f"W must not be zero, got all zeros{where}: it has no direction to normalise")
        exact = iterations == 0
        sigma = formulas.exact_norm(W) if exact else formulas.power_norm(W, iterations, generator(seed))
        return answers(sigma=sigma, normalised=formulas.normalised(W, sigma))

    return spectral


def _conv_norm(formulas: Critic) -> Operation:
    def conv_norm(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        kernel = tensors(arrays, device=device, dtype=dtype)["kernel"]
        validation.rank(kernel, "kernel", 4, "(..., o, i, kh, kw)")
        validation.non_empty(kernel, "kernel", "(..., o, i, kh, kw)")
        validation.floating(kernel, "kernel")
        validation.finite(kernel, "kernel")
        return answers(bound=formulas.conv_bound(kernel))

    return conv_norm


def _penalty(formulas: Critic) -> Operation:
    def penalty(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data, lam = tensors(arrays, device=device, dtype=dtype), float(settings["lam"])
        w, y = data["w"], data["y"]
        for value, name in ((w, "w"), (y, "y")):
            validation.floating(value, name)
            validation.non_empty(value, name, "(..., d)")
            validation.finite(value, name)
        same_shape(w, "w", y.shape, "y")
        ends = y[..., None, :], y.new_zeros(y.shape)[..., None, :]
        slope = gradient_penalty(
            lambda z: (z * w[..., None, :]).sum(-1), *ends, lam, generator=generator(seed), penalty=formulas.penalty
        )
        gap = (w * y).sum(-1)
        return answers(gap=gap, penalty=slope, objective=gap - slope)

    return penalty


def _train(formulas: Critic) -> Operation:
    def train(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        samples = (data[name] for name in ("x", "y", "a", "b"))
        options = {"steps": int(settings["steps"]), "generator": generator(seed), "records": 1}
        found = formulas.train(*samples, str(settings["kind"]), **options)
        place = list(ACTIVATIONS).index(found.activation)
        return answers(
            reading=found.reading,
            lipschitz=found.lipschitz,
            lower_bound=found.lower_bound,
            activation=found.reading.new_full(found.reading.shape, place).long(),
            **found.critic._asdict(),
        )

    return train


PARTS: Parts[Critic] = {
    "critic": (_critic, ("activation", "lipschitz", "reading", "lower_bound")),
    "clip": (_clip, ("clip", "clip_bound")),
    "spectral": (_spectral, ("exact_norm", "power_norm", "normalised")),
    "conv_norm": (_conv_norm, ("conv_bound",)),
    "penalty": (_penalty, ("penalty",)),
    "train": (_train, ("train",)),
}
