"""Mixtures of coins and of multinomials with one classic mistake each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from impl.core.subject import Mutant, mutant
from impl.em.asked.counts import COUNTS
from impl.em.counts import (
    coin_log_joint,
    coin_rates,
    jacobian,
    mean_posterior,
    multinomial_log_joint,
    multinomial_rates,
    posterior,
    same_weights,
)
from impl.em.subject import subject

Formula = Callable[..., Tensor]


# Posteriors: log joint (*B, m, k) → responsibilities.


def _complement(log_joint: Tensor) -> Tensor:
    """The last component gets what the others leave."""
    others = posterior(log_joint)[..., :-1]
    return torch.cat([others, 1 - others.sum(-1, keepdim=True)], -1)


def _hard(log_joint: Tensor) -> Tensor:
    return torch.zeros_like(log_joint).scatter(-1, log_joint.argmax(-1, keepdim=True), 1)


def _over_rows(log_joint: Tensor) -> Tensor:
    return log_joint.softmax(-2)


def _underflowing(log_joint: Tensor) -> Tensor:
    """Likelihoods first, and then their shares: 0 ÷ 0 for long sequences of tosses."""
    likelihood = log_joint.exp()
    return likelihood / likelihood.sum(-1, keepdim=True)


# Joint probabilities: (heads, tosses, π, θ) or (counts, π, β) → (*B, m, k).


def _uniform(pi: Tensor) -> Tensor:
    return torch.full_like(pi, 1 / pi.shape[-1])


def _coin_without_weights(heads: Tensor, tosses: Tensor, pi: Tensor, theta: Tensor) -> Tensor:
    return coin_log_joint(heads, tosses, _uniform(pi), theta)


def _without_weights(counts: Tensor, pi: Tensor, beta: Tensor) -> Tensor:
    return multinomial_log_joint(counts, _uniform(pi), beta)


def _without_tails(heads: Tensor, tosses: Tensor, pi: Tensor, theta: Tensor) -> Tensor:
    return coin_log_joint(heads, heads, pi, theta)


def _tosses_as_tails(heads: Tensor, tosses: Tensor, pi: Tensor, theta: Tensor) -> Tensor:
    return coin_log_joint(heads, heads + tosses, pi, theta)


def _plain_logarithms(heads: Tensor, tosses: Tensor, pi: Tensor, theta: Tensor) -> Tensor:
    h, n, rate = heads.unsqueeze(-1), tosses.unsqueeze(-1), theta.unsqueeze(-2)
    return pi.log().unsqueeze(-2) + h * rate.log() + (n - h) * (1 - rate).log()


def _clamped_coin(heads: Tensor, tosses: Tensor, pi: Tensor, theta: Tensor) -> Tensor:
    return coin_log_joint(heads, tosses, pi, theta.clamp(1e-6, 1 - 1e-6))


def _plain_products(counts: Tensor, pi: Tensor, beta: Tensor) -> Tensor:
    return pi.log().unsqueeze(-2) + counts @ beta.log().mT


def _seen_or_not(counts: Tensor, pi: Tensor, beta: Tensor) -> Tensor:
    return multinomial_log_joint((counts > 0).to(counts), pi, beta)


def _padded_logarithms(counts: Tensor, pi: Tensor, beta: Tensor) -> Tensor:
    return multinomial_log_joint(counts, pi, beta + 1e-10)


# M-steps.


def _mean_of_ratios(resp: Tensor, heads: Tensor, tosses: Tensor, theta: Tensor) -> Tensor:
    ratios = heads / tosses.clamp(min=1)
    return coin_rates(resp, ratios, torch.ones_like(tosses), theta)


def _coin_pseudo_count(resp: Tensor, heads: Tensor, tosses: Tensor, theta: Tensor) -> Tensor:
    expected, total = ((resp * x.unsqueeze(-1)).sum(-2) for x in (heads, tosses))
    return (expected + 1) / (total + 2)


def _dead_coin(resp: Tensor, heads: Tensor, tosses: Tensor, theta: Tensor) -> Tensor:
    return coin_rates(resp, heads, tosses, torch.zeros_like(theta))


def _divided_by_rows(resp: Tensor, heads: Tensor, tosses: Tensor, theta: Tensor) -> Tensor:
    even = tosses.mean(-1, keepdim=True).expand_as(tosses)
    return coin_rates(resp, heads, even, theta).clamp(max=1)


def _mean_of_frequencies(resp: Tensor, counts: Tensor, beta: Tensor) -> Tensor:
    return multinomial_rates(resp, counts / counts.sum(-1, keepdim=True).clamp(min=1), beta)


def _over_components(resp: Tensor, counts: Tensor, beta: Tensor) -> Tensor:
    expected = resp.mT @ counts
    total = expected.sum(-2, keepdim=True)
    return torch.where(total == 0, beta, expected / total.masked_fill(total == 0, 1))


def _pseudo_count(resp: Tensor, counts: Tensor, beta: Tensor) -> Tensor:
    return multinomial_rates(resp, counts, beta) * 0.99 + 0.01 / counts.shape[-1]


def _dead_component(resp: Tensor, counts: Tensor, beta: Tensor) -> Tensor:
    return multinomial_rates(resp, counts, torch.zeros_like(beta))


def _smoothed_weights(resp: Tensor, pi: Tensor) -> Tensor:
    return (resp.sum(-2) + 1) / (resp.shape[-2] + resp.shape[-1])


# Rates of convergence: (step, θ) → (*B, k, k).


def _transposed(step: Callable[[Tensor], Tensor], theta: Tensor) -> Tensor:
    return jacobian(step, theta).mT


def _observed_share(step: Callable[[Tensor], Tensor], theta: Tensor) -> Tensor:
    return torch.eye(theta.shape[-1], dtype=theta.dtype, device=theta.device) - jacobian(step, theta)


def _two_steps(step: Callable[[Tensor], Tensor], theta: Tensor) -> Tensor:
    return jacobian(lambda before: step(step(before)), theta)


def _only_diagonal(step: Callable[[Tensor], Tensor], theta: Tensor) -> Tensor:
    return torch.diag_embed(jacobian(step, theta).diagonal(dim1=-2, dim2=-1))


def _wrong(name: str, mistake: str, **formulas: Formula) -> Mutant:
    return mutant(name, mistake, subject("", counts=replace(COUNTS, **formulas)))


def _no_coefficient(counts: Tensor) -> Tensor:
    return torch.zeros_like(counts[..., 0])


def _factorials_forgotten(counts: Tensor) -> Tensor:
    return (counts.sum(-1) + 1).lgamma()


COUNTS_MUTANTS: tuple[Mutant, ...] = (
    _wrong("complement-responsibility", "the last component's posterior is 1 minus the others'", posterior=_complement),
    _wrong("counts-hard-assignment", "each row belongs to its likeliest component alone", posterior=_hard),
    _wrong("counts-plain-domain", "likelihoods are multiplied out, not added up as logs", posterior=_underflowing),
    _wrong("counts-softmax-over-rows", "responsibilities sum to 1 over rows, not components", posterior=_over_rows),
    _wrong(
        "coin-weights-forgotten", "the E-step takes all coins as equally frequent", coin_joint=_coin_without_weights
    ),
    _wrong("coin-tails-forgotten", "the E-step looks at heads only", coin_joint=_without_tails),
    _wrong("coin-tosses-as-tails", "the E-step counts every toss as a tail", coin_joint=_tosses_as_tails),
    _wrong("coin-zero-log-zero", "0 log 0 is NaN", coin_joint=_plain_logarithms),
    _wrong("coin-clamped", "coins are kept away from 0 and 1 in secret", coin_joint=_clamped_coin),
    _wrong(
        "coin-mean-of-ratios", "θ is the mean of the rows' ratios, however many tosses each has", theta=_mean_of_ratios
    ),
    _wrong("coin-pseudo-count", "one head and one tail are added in secret", theta=_coin_pseudo_count),
    _wrong("coin-dead-to-zero", "a coin that no toss belongs to becomes 0", theta=_dead_coin),
    _wrong("coin-even-tosses", "expected heads are divided as if rows had equally many tosses", theta=_divided_by_rows),
    _wrong(
        "coin-coefficient-forgotten",
        "the log-likelihood leaves the binomial coefficient out",
        coin_coefficient=lambda heads, tosses: torch.zeros_like(heads),
    ),
    _wrong("counts-weights-frozen", "weights are never updated", weights=same_weights),
    _wrong("counts-weights-always-learned", "weights are updated where they should stay", fixed=mean_posterior),
    _wrong("counts-weights-smoothed", "one row is added to every component", weights=_smoothed_weights),
    _wrong(
        "multinomial-weights-forgotten", "the E-step takes all components as equally frequent", joint=_without_weights
    ),
    _wrong("multinomial-zero-log-zero", "0 log 0 is NaN", joint=_plain_products),
    _wrong("multinomial-seen-or-not", "the E-step looks only at which words occur", joint=_seen_or_not),
    _wrong("multinomial-padded-logarithm", "1e-10 is added before the logarithm", joint=_padded_logarithms),
    _wrong("multinomial-mean-of-frequencies", "β is the mean of the rows' frequencies", beta=_mean_of_frequencies),
    _wrong("multinomial-over-components", "β is normalised over components", beta=_over_components),
    _wrong("multinomial-pseudo-count", "β is smoothed in secret", beta=_pseudo_count),
    _wrong("multinomial-dead-to-zero", "a component that no count belongs to becomes 0", beta=_dead_component),
    _wrong(
        "multinomial-coefficient-forgotten",
        "the log-likelihood leaves the coefficient out",
        coefficient=_no_coefficient,
    ),
    _wrong("multinomial-factorials-forgotten", "the coefficient is n! alone", coefficient=_factorials_forgotten),
    _wrong("rate-transposed", "the Jacobian is transposed", jacobian=_transposed),
    _wrong(
        "rate-of-observed-information", "the rate is the share of information that is there", jacobian=_observed_share
    ),
    _wrong("rate-of-two-steps", "the rate is that of two steps", jacobian=_two_steps),
    _wrong("rate-of-each-coin-alone", "coins are taken not to influence each other", jacobian=_only_diagonal),
)
