"""The port's operations on mixtures of coins and multinomials, in arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from impl.core import validation
from impl.core.arrays import answers, tensors
from impl.core.subject import Answers, Arrays, Operation, Parts, Settings, built
from impl.em.counts import (
    Components,
    CountModel,
    binomial_coefficient,
    check_coins,
    check_multinomials,
    check_rates,
    coin_log_joint,
    coin_rates,
    fit,
    jacobian,
    mean_posterior,
    multinomial_coefficient,
    multinomial_log_joint,
    multinomial_rates,
    posterior,
    same_weights,
    scaled_posterior,
)

Formula = Callable[..., Tensor]


@dataclass(frozen=True)
class Counts:
    """The formulas that are asked for.

    coin_joint: (heads, tosses, π, θ) → log joint. joint: (counts, π, β) → log joint. coin_coefficient: (heads, tosses);
    coefficient: counts → their logs. posterior: log joint → resp. theta: (resp, heads, tosses, θ) → θ'. beta: (resp,
    counts, β) → β'. weights: (resp, π) → π'; fixed: the same where π is not learned. jacobian: (step, θ) → ∂ step.
    """

    coin_joint: Formula = coin_log_joint
    joint: Formula = multinomial_log_joint
    coin_coefficient: Formula = binomial_coefficient
    coefficient: Formula = multinomial_coefficient
    posterior: Formula = posterior
    theta: Formula = coin_rates
    beta: Formula = multinomial_rates
    weights: Formula = mean_posterior
    fixed: Formula = same_weights
    jacobian: Callable[[Callable[[Tensor], Tensor], Tensor], Tensor] = jacobian


COUNTS = Counts()


def counts_operations(formulas: Counts) -> dict[str, Operation]:
    """The operations of `CountPort`, computed by these formulas."""
    return built(formulas, COUNTS, PARTS)


Asked = tuple[CountModel, Components]
Reader = Callable[[Counts, dict[str, Tensor], Settings], Asked]


def _coins(formulas: Counts, data: dict[str, Tensor], settings: Settings) -> Asked:
    heads, tosses = data["heads"], data["tosses"]
    check_coins(heads, tosses, data["pi"], data["theta"])
    model = CountModel(
        lambda pi, theta: formulas.coin_joint(heads, tosses, pi, theta),
        formulas.coin_coefficient(heads, tosses),
        lambda resp, theta: formulas.theta(resp, heads, tosses, theta),
        formulas.weights if int(settings.get("learn_weights", 0)) else formulas.fixed,
        formulas.posterior,
    )
    return model, Components(data["pi"], data["theta"])


def _multinomials(formulas: Counts, data: dict[str, Tensor], settings: Settings) -> Asked:
    counts = data["counts"]
    check_multinomials(counts, data["pi"], data["beta"])
    model = CountModel(
        lambda pi, beta: formulas.joint(counts, pi, beta),
        formulas.coefficient(counts),
        lambda resp, beta: formulas.beta(resp, counts, beta),
        formulas.weights,
        formulas.posterior,
    )
    return model, Components(data["pi"], data["beta"])


def _step(read: Reader, rates: str) -> Callable[[Counts], Operation]:
    def make(formulas: Counts) -> Operation:
        def step_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
            model, params = read(formulas, _floats(arrays, device, dtype), settings)
            model.check_possible(params)
            resp, log_likelihood = model.e_step(params)
            after = model.m_step(resp, params)
            return answers(resp=resp, pi=after.pi, log_likelihood=log_likelihood, **{rates: after.rates})

        return step_

    return make


def _fit(read: Reader, rates: str) -> Callable[[Counts], Operation]:
    def make(formulas: Counts) -> Operation:
        def fit_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
            steps = int(settings["steps"])
            validation.at_least(steps, "steps", 0)
            model, params = read(formulas, _floats(arrays, device, dtype), settings)
            found = fit(model, params, max_iter=steps, keep=True)
            pi, path = (torch.stack(entries, 1) for entries in zip(*found.path, strict=True))
            return answers(pi=pi, log_likelihood=found.log_likelihood, **{rates: path})

        return fit_

    return make


def _coin_rate(formulas: Counts) -> Operation:
    def coin_rate_(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        model, params = _coins(formulas, _floats(arrays, device, dtype), {"learn_weights": 0})
        check_rates(params.rates, inside=True)

        def step(theta: Tensor) -> Tensor:
            return model.rates(scaled_posterior(model.log_joint(params.pi, theta)), theta)

        return answers(jacobian=formulas.jacobian(step, params.rates))

    return coin_rate_


def _floats(arrays: Arrays, device: str, dtype: str) -> dict[str, Any]:
    """Every array as a tensor of the dtype, whole numbers too."""
    return {name: x.to(getattr(torch, dtype)) for name, x in tensors(arrays, device=device, dtype=dtype).items()}


_COINS = ("coin_joint", "coin_coefficient", "posterior", "theta", "weights", "fixed")
_MULTINOMIALS = ("joint", "coefficient", "posterior", "beta", "weights")
PARTS: Parts[Counts] = {
    "coin_step": (_step(_coins, "theta"), _COINS),
    "coin_fit": (_fit(_coins, "theta"), _COINS),
    "coin_rate": (_coin_rate, ("coin_joint", "theta", "jacobian")),
    "multinomial_step": (_step(_multinomials, "beta"), _MULTINOMIALS),
    "multinomial_fit": (_fit(_multinomials, "beta"), _MULTINOMIALS),
}
