"""Variational EM for latent Dirichlet allocation: an E-step for every document, then topics and α for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from impl.em.allocation import UPDATES, Documents, Inferred, Updates, expected_counts, infer, of_words
from impl.em.allocation_alpha import damped_step, newton_direction
from impl.em.allocation_sweeps import settle
from impl.em.allocation_topics import TopicModel
from impl.em.driver import EMResult, run


class State(NamedTuple):
    """alpha (*B, k); topics (*B, k, v), β or λ; gamma (*B, r, k), from which the next E-step goes on."""

    alpha: Tensor
    topics: Tensor
    gamma: Tensor


class Guess(NamedTuple):
    """What an E-step hands on: gamma (*B, r, k) and the expected counts (*B, k, v)."""

    gamma: Tensor
    expected: Tensor


def newton_step(alpha: Tensor, gamma: Tensor) -> Tensor:
    """α after one damped step of Newton's method."""
    return damped_step(alpha, gamma, newton_direction(alpha, gamma))


def resumed(gamma: Tensor, fresh: Tensor) -> Tensor:
    """The gamma that the next E-step starts from: where the last one ended, so that the bound cannot fall."""
    return gamma


@dataclass(frozen=True)
class VariationalEM:
    """The two halves of a step.

    blocks: the corpus in parts that are padded apart, in the order of gamma's rows. sweeps: of each E-step; tol: where
    given, sweeps end as in `impl.em.allocation_sweeps.settle`, without batch dimensions. next_alpha: (α, γ) → α, None
    where it stays. counts: (φ, documents, v) → expected counts. resume: (γ, fresh γ) → γ of the next start.
    """

    blocks: Sequence[Documents]
    topics: TopicModel
    sweeps: int
    tol: float | None = None
    next_alpha: Callable[[Tensor, Tensor], Tensor] | None = newton_step
    updates: Updates = UPDATES
    counts: Callable[[Tensor, Documents, int], Tensor] = expected_counts
    resume: Callable[[Tensor, Tensor], Tensor] = resumed

    def fresh(self, alpha: Tensor) -> Tensor:
        """Gamma with every document's words spread evenly over the topics: (*B, r, k)."""
        return torch.cat([self.updates.start(alpha, block) for block in self.blocks], -2)

    def infer(self, block: Documents, table: Tensor, alpha: Tensor, gamma: Tensor) -> Inferred:
        """Sweep one block from its gamma; table: E log β (*B, k, v)."""
        log_words, sweeps = of_words(table, block), self.sweeps
        if self.tol is not None:
            gamma = settle(alpha, log_words, block, gamma, sweeps=sweeps, tol=self.tol)
            sweeps = 1
        return infer(alpha, log_words, block, gamma, sweeps=sweeps, every=False, updates=self.updates)

    def e_step(self, state: State) -> tuple[Guess, Tensor]:
        """Gamma and expected counts, and the bound of the whole corpus (*B)."""
        table = self.topics.table(state.topics)
        value, expected, gammas = self.topics.bound(state.topics), torch.zeros_like(state.topics), []
        sizes = [block.words.shape[-2] for block in self.blocks]
        for block, gamma in zip(self.blocks, torch.split(state.gamma, sizes, -2), strict=True):
            found = self.infer(block, table, state.alpha, gamma)
            gammas.append(found.gamma)
            expected = expected + self.counts(found.phi, block, state.topics.shape[-1])
            value = value + found.elbos[..., -1].sum(-1)
        return Guess(torch.cat(gammas, -2), expected), value

    def m_step(self, guess: Guess, state: State) -> State:
        """The best topics, and one step of Newton's method for α."""
        alpha = state.alpha if self.next_alpha is None else self.next_alpha(state.alpha, guess.gamma)
        gamma = self.resume(guess.gamma, self.fresh(alpha))
        return State(alpha, self.topics.update(guess.expected, state.topics), gamma)

    def fit(
        self, alpha: Tensor, topics: Tensor, *, max_iter: int, tol: float | None = None, keep: bool = False
    ) -> EMResult[State]:
        """Variational EM from these parameters; log_likelihood in the result is the bound after each E-step."""
        start = State(alpha, topics, self.fresh(alpha))
        return run(self.e_step, self.m_step, start, max_iter=max_iter, tol=tol, keep=keep)
