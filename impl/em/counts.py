"""Mixtures of coins and of multinomials: which of k coins was tossed in each row is what EM guesses.

The posterior is taken of all components together. That of one is never 1 minus the others': a component that explains
little would keep no digit of its responsibility.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from impl.core import validation
from impl.em.driver import EMResult, run
from impl.em.errors import ZeroLikelihoodError
from impl.em.probabilities import check_probabilities, check_whole, place


class Components(NamedTuple):
    """A mixture's parameters: pi (*B, k), and rates, each coin's θ (*B, k) or each multinomial's β (*B, k, v)."""

    pi: Tensor
    rates: Tensor


def coin_log_joint(heads: Tensor, tosses: Tensor, pi: Tensor, theta: Tensor) -> Tensor:
    """Log π_k + h log θ_k + (n − h) log(1 − θ_k), 0 log 0 = 0, without the coefficient: (*B, m, k).

    heads, tosses: (*B, m); pi, theta: (*B, k).
    """
    h, n, rate = heads.unsqueeze(-1), tosses.unsqueeze(-1), theta.unsqueeze(-2)
    seen: Tensor = torch.special.xlogy(h, rate) + torch.special.xlog1py(n - h, -rate)
    return pi.log().unsqueeze(-2) + seen


def multinomial_log_joint(counts: Tensor, pi: Tensor, beta: Tensor) -> Tensor:
    """Log π_k + Σ_v c_v log β_kv, 0 log 0 = 0, without the coefficient: (*B, m, k).

    counts: (*B, m, v); pi: (*B, k); beta: (*B, k, v). Two products of matrices, so that memory stays m k.
    """
    never = beta == 0
    likely = counts @ beta.masked_fill(never, 1).log().mT
    impossible = counts @ never.to(counts).mT > 0
    return pi.log().unsqueeze(-2) + likely.masked_fill(impossible, -torch.inf)


def binomial_coefficient(heads: Tensor, tosses: Tensor) -> Tensor:
    """Log C(n, h), of the shape of heads."""
    return (tosses + 1).lgamma() - (heads + 1).lgamma() - (tosses - heads + 1).lgamma()


def multinomial_coefficient(counts: Tensor) -> Tensor:
    """Log of (Σ c)! ∕ Π c!: (*B, m)."""
    return (counts.sum(-1) + 1).lgamma() - (counts + 1).lgamma().sum(-1)


def posterior(log_joint: Tensor) -> Tensor:
    """Responsibilities, rows sum to 1: (*B, m, k)."""
    return log_joint.softmax(-1)


def scaled_posterior(log_joint: Tensor) -> Tensor:
    """Responsibilities up to a factor for each component, whose largest becomes 1: (*B, m, k).

    What an M-step divides by them is the same, and its slopes stay finite where a component's share is beyond the range
    of the dtype. A component that can explain no row has 0.
    """
    shares = log_joint.log_softmax(-1)
    largest = shares.detach().amax(-2, keepdim=True)
    return (shares - largest.masked_fill(largest == -torch.inf, 0)).exp()


def coin_rates(resp: Tensor, heads: Tensor, tosses: Tensor, theta: Tensor) -> Tensor:
    """θ'_k = Σ r h ∕ Σ r n: all expected heads over all expected tosses; θ_k where no toss belongs to k: (*B, k).

    Both sums run over the same terms in the same order, and rounding is monotone, so θ' never exceeds 1.
    """
    expected_heads = (resp * heads.unsqueeze(-1)).sum(-2)
    expected_tosses = (resp * tosses.unsqueeze(-1)).sum(-2)
    idle = expected_tosses == 0
    return torch.where(idle, theta, expected_heads / expected_tosses.masked_fill(idle, 1))


def multinomial_rates(resp: Tensor, counts: Tensor, beta: Tensor) -> Tensor:
    """β'_kv ∝ Σ r_k c_v; β_k where no count belongs to k: (*B, k, v)."""
    expected = resp.mT @ counts
    total = expected.sum(-1, keepdim=True)
    idle = total == 0
    return torch.where(idle, beta, expected / total.masked_fill(idle, 1))


def mean_posterior(resp: Tensor, pi: Tensor) -> Tensor:
    """π'_k = Σ r_k ∕ m: (*B, k)."""
    return resp.mean(-2)


def same_weights(resp: Tensor, pi: Tensor) -> Tensor:
    """π as it was, where it is not learned."""
    return pi


@dataclass(frozen=True)
class CountModel:
    """A mixture whose rows are counts, as the two halves of an EM step.

    log_joint: (π, rates) → (*B, m, k). coefficient: (*B, m), what log_joint leaves out. rates: (resp, rates) → rates.
    weights: (resp, π) → π.
    """

    log_joint: Callable[[Tensor, Tensor], Tensor]
    coefficient: Tensor
    rates: Callable[[Tensor, Tensor], Tensor]
    weights: Callable[[Tensor, Tensor], Tensor] = mean_posterior
    posterior: Callable[[Tensor], Tensor] = posterior

    def e_step(self, params: Components) -> tuple[Tensor, Tensor]:
        """Responsibilities (*B, m, k) and the log-likelihood of all rows (*B)."""
        log_joint = self.log_joint(*params)
        return self.posterior(log_joint), (log_joint.logsumexp(-1) + self.coefficient).sum(-1)

    def m_step(self, resp: Tensor, params: Components) -> Components:
        """The parameters that maximise the expected complete log-likelihood."""
        return Components(self.weights(resp, params.pi), self.rates(resp, params.rates))

    def check_possible(self, params: Components) -> None:
        """Raise ZeroLikelihoodError at the first row that no component can produce."""
        bad = self.log_joint(*params).amax(-1) == -torch.inf
        if bool(bad.any()):
            raise ZeroLikelihoodError(
                f"row {place(bad)} has probability 0 under every component: start from rates that are neither 0 nor 1"
            )


def coins(heads: Tensor, tosses: Tensor, *, learn_weights: bool = True) -> CountModel:
    """The mixture of coins that has shown `heads` in so many `tosses`, both (*B, m)."""
    return CountModel(
        lambda pi, theta: coin_log_joint(heads, tosses, pi, theta),
        binomial_coefficient(heads, tosses),
        lambda resp, theta: coin_rates(resp, heads, tosses, theta),
        mean_posterior if learn_weights else same_weights,
    )


def multinomials(counts: Tensor, *, learn_weights: bool = True) -> CountModel:
    """The mixture of multinomials with these counts, (*B, m, v)."""
    return CountModel(
        lambda pi, beta: multinomial_log_joint(counts, pi, beta),
        multinomial_coefficient(counts),
        lambda resp, beta: multinomial_rates(resp, counts, beta),
        mean_posterior if learn_weights else same_weights,
    )


def fit(
    model: CountModel, start: Components, *, max_iter: int, tol: float | None = None, keep: bool = False
) -> EMResult[Components]:
    """EM from `start`, as in `impl.em.driver.run`. Raises ZeroLikelihoodError for a row that nothing explains."""
    found = run(model.e_step, model.m_step, start, max_iter=max_iter, tol=tol, keep=keep)
    if bool((found.log_likelihood == -torch.inf).any()):
        model.check_possible(start)
        raise ZeroLikelihoodError("a rate was rounded to 1 although something else was seen: compute in float64")
    return found


def jacobian(step: Callable[[Tensor], Tensor], theta: Tensor) -> Tensor:
    """∂ step(θ)_i ∕ ∂ θ_j of a step that keeps problems apart: (*B, k) → (*B, k, k).

    At a maximum this is the share of the information that is missing, and EM's rate (Dempster, Laird & Rubin 1977,
    section 3). Lanes do not mix, so each row takes one backward pass for the whole batch.
    """
    with torch.enable_grad():
        before = theta.detach().clone().requires_grad_()
        after = step(before)
        rows = [torch.autograd.grad(after[..., i].sum(), before, retain_graph=True)[0] for i in range(after.shape[-1])]
    return torch.stack(rows, -2)


def check_coins(heads: Tensor, tosses: Tensor, pi: Tensor, theta: Tensor) -> None:
    """Refuse what is no mixture of coins. Raises ValueError naming the argument, the value and its place."""
    check_tosses(heads, tosses)
    check_probabilities(pi, "pi")
    check_theta(theta, pi.shape)


def check_tosses(heads: Tensor, tosses: Tensor) -> None:
    """Refuse heads or tosses (..., m) that are no whole numbers, or more heads than tosses."""
    for x, name in ((heads, "heads"), (tosses, "tosses")):
        validation.rank(x, name, 1, "(..., m)")
        validation.non_empty(x, name, "(..., m)")
        validation.finite(x, name)
        validation.non_negative(x, name)
        check_whole(x, name)
    _same_shape(tosses, "tosses", heads.shape, "heads")
    bad = heads > tosses
    if bool(bad.any()):
        got = f"{heads[bad][0].item():g} of {tosses[bad][0].item():g} at index {place(bad)}"
        raise ValueError(f"heads must not exceed tosses, got {got}")


def check_theta(theta: Tensor, shape: tuple[int, ...]) -> None:
    """Refuse coins (..., k) of another shape, or outside [0, 1]."""
    _same_shape(theta, "theta", shape, "pi")
    validation.finite(theta, "theta")
    check_rates(theta, inside=False)


def check_rates(theta: Tensor, *, inside: bool) -> None:
    """Raise ValueError at the first coin outside [0, 1], or with `inside` outside (0, 1)."""
    bad = ~((theta > 0) & (theta < 1)) if inside else ~((theta >= 0) & (theta <= 1))
    if bool(bad.any()):
        interval = "(0, 1)" if inside else "[0, 1]"
        raise ValueError(f"theta must lie in {interval}, got {theta[bad][0].item()!r} at index {place(bad)}")


def check_multinomials(counts: Tensor, pi: Tensor, beta: Tensor) -> None:
    """Refuse what is no mixture of multinomials. Raises ValueError naming the argument, the value and its place."""
    validation.rank(counts, "counts", 2, "(..., m, v)")
    validation.non_empty(counts, "counts", "(..., m, v)")
    validation.finite(counts, "counts")
    validation.non_negative(counts, "counts")
    check_whole(counts, "counts")
    check_probabilities(pi, "pi")
    check_beta(beta, (*pi.shape, counts.shape[-1]))


def check_beta(beta: Tensor, shape: tuple[int, ...]) -> None:
    """Refuse multinomials (..., k, v) of another shape, or that are no distributions."""
    check_probabilities(beta, "beta")
    _same_shape(beta, "beta", shape, "pi and counts")


def _same_shape(x: Tensor, name: str, shape: tuple[int, ...], other: str) -> None:
    if x.shape != shape:
        raise ValueError(f"{name} must have shape {tuple(shape)} to match {other}, got {tuple(x.shape)}")
