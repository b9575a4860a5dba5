"""Baum–Welch: EM for hidden Markov chains whose states emit symbols or Gaussian rows.

G chains are fitted at once, each to R sequences together: expected counts are added over sequences before they are
divided (Rabiner 1989, section V.B). The E-step is the posterior, the M-step the counts' shares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from impl.em.driver import EMResult, run
from impl.em.emissions import categorical, symbol_counts
from impl.em.forward_backward import Posterior, Table, posterior
from impl.em.gaussian_emissions import gaussian, moments, visited
from impl.em.gaussian_steps import ridged


class SymbolChain(NamedTuple):
    """pi (G, S), A (G, S, S), and emission probabilities B (G, S, V)."""

    pi: Tensor
    A: Tensor
    B: Tensor


class GaussianChain(NamedTuple):
    """pi (G, S), A (G, S, S), and means mu (G, S, d) and covariances (G, S, d) or (G, S, d, d) of what is emitted."""

    pi: Tensor
    A: Tensor
    mu: Tensor
    covariances: Tensor


def shares(counts: Tensor, old: Tensor) -> Tensor:
    """Rows of counts divided by their sums; the old row where nothing was counted, or too little to be divided.

    Where a count is 0 the share is exactly 0: what a model rules out it never learns.
    """
    limits = torch.finfo(counts.dtype)
    total = counts.sum(-1, keepdim=True)
    counted = total >= limits.tiny / limits.eps
    return torch.where(counted, counts / torch.where(counted, total, 1), old)


def starts(found: Posterior, old: Tensor) -> Tensor:
    """Start probabilities: the expected share of sequences that start in each state, (G, S). Rabiner 1989, (40a)."""
    return shares(found.gamma[:, :, 0].sum(1), old)


def transitions(found: Posterior, old: Tensor) -> Tensor:
    """Transition probabilities: expected moves from state to state in all sequences, as shares of a row: (G, S, S).

    Source: Rabiner 1989, (40b) and (109).
    """
    return shares(found.moves.sum(1), old)


def emission(gamma: Tensor, symbols: Tensor, old: Tensor) -> Tensor:
    """Emission probabilities: how often each state is expected to emit each symbol, as shares of a row: (G, S, V).

    Source: Rabiner 1989, (40c) and (110).
    """
    return shares(symbol_counts(gamma, symbols, old.shape[-1]), old)


@dataclass(frozen=True)
class Steps:
    """The formulas of one round, each as above and in the emissions."""

    posterior: Callable[[Tensor, Tensor, Table], Posterior] = posterior
    starts: Callable[[Posterior, Tensor], Tensor] = starts
    transitions: Callable[[Posterior, Tensor], Tensor] = transitions
    emission: Callable[[Tensor, Tensor, Tensor], Tensor] = emission
    gaussian: Callable[[Tensor, Tensor, Tensor, str, Tensor | None], Table] = gaussian
    moments: Callable[[Tensor, Tensor, Tensor, Tensor, str], tuple[Tensor, Tensor]] = moments
    ridged: Callable[[Tensor, str, float], Tensor] = ridged


STEPS = Steps()


@torch.no_grad()
def fit_symbols(
    symbols: Tensor,
    start: SymbolChain,
    *,
    max_iter: int,
    lengths: Tensor | None = None,
    tol: float | None = None,
    keep: bool = False,
    steps: Steps = STEPS,
) -> EMResult[SymbolChain]:
    """Baum–Welch on symbols (G, R, T), whole numbers below V, of sequences with lengths (G, R), None where all are T.

    tol, keep: as in `driver.run`. Raises ZeroLikelihoodError naming a sequence that no path explains.
    Source: Baum et al. 1970; Rabiner 1989, (40a)–(40c) and (109)–(110).
    """

    def guess(chain: SymbolChain) -> tuple[Posterior, Tensor]:
        found = steps.posterior(chain.pi, chain.A, categorical(chain.B, symbols, lengths))
        return found, found.log_likelihood.sum(-1)

    def maximise(found: Posterior, old: SymbolChain) -> SymbolChain:
        pi, A = steps.starts(found, old.pi), steps.transitions(found, old.A)
        return SymbolChain(pi, A, steps.emission(found.gamma, symbols, old.B))

    return run(guess, maximise, start, max_iter=max_iter, tol=tol, keep=keep)


@torch.no_grad()
def fit_gaussian(
    x: Tensor,
    start: GaussianChain,
    *,
    kind: str,
    max_iter: int,
    lengths: Tensor | None = None,
    ridge: float = 0.0,
    tol: float | None = None,
    keep: bool = False,
    steps: Steps = STEPS,
) -> EMResult[GaussianChain]:
    """Baum–Welch on rows x (G, R, T, d), finite behind the lengths too; covariances of a kind, "diag" or "full".

    ridge: added to the variances after each M-step. Raises ZeroLikelihoodError as `fit_symbols`, and
    DegenerateCovarianceError naming a state whose covariance is singular: the likelihood has no maximum there, and the
    remedy is a ridge or fewer states. Source: Rabiner 1989, section IV.A.
    """

    def guess(chain: GaussianChain) -> tuple[Posterior, Tensor]:
        found = steps.posterior(chain.pi, chain.A, steps.gaussian(x, chain.mu, chain.covariances, kind, lengths))
        return found, found.log_likelihood.sum(-1)

    def maximise(found: Posterior, old: GaussianChain) -> GaussianChain:
        mu, covariances = steps.moments(x, found.gamma, old.mu, old.covariances, kind)
        seen = visited(found.gamma).view(*mu.shape[:2], *[1] * (covariances.dim() - 2))
        covariances = torch.where(seen, steps.ridged(covariances, kind, ridge), covariances)
        return GaussianChain(steps.starts(found, old.pi), steps.transitions(found, old.A), mu, covariances)

    return run(guess, maximise, start, max_iter=max_iter, tol=tol, keep=keep)
