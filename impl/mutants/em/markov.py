"""Hidden Markov models with one classic mistake each.

Letters as in `impl.em.forward_backward`: G chains, R sequences, T times, S states.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from impl.core.subject import Mutant, mutant
from impl.em.asked.markov import MARKOV
from impl.em.baum_welch import emission, transitions
from impl.em.emissions import symbol_counts
from impl.em.forward_backward import (
    Messages,
    Posterior,
    Table,
    evidence,
    expected_moves,
    log_gamma,
    log_messages,
    log_pairs,
    messages,
    pair_posterior,
    posterior,
    weighed,
)
from impl.em.sequences import inside
from impl.em.subject import subject
from impl.em.viterbi import Path, viterbi
from impl.mutants.em.markov_gaussian import GAUSSIAN_MARKOV_MUTANTS

PSEUDO = 2.0**-7
"""A count that is silently added."""

# Recursions: (pi, A, table) → Messages.

Recursions = Callable[[Tensor, Tensor, Table], Messages]


def _likelihoods(table: Table) -> Tensor:
    """What was seen as plain likelihoods: (G, R, T, S)."""
    return table.rows[table.seen] * table.shift.exp()[..., None]


def _unscaled(pi: Tensor, A: Tensor, table: Table) -> Messages:
    """α and β as they are; p(x_t | x_{<t}) as a quotient of two of their sums."""
    b = torch.where(inside(_lengths(table), table.seen.shape[2])[..., None], _likelihoods(table), 1)
    forward = [pi[:, None] * b[:, :, 0]]
    for t in range(1, b.shape[2]):
        forward.append((forward[-1] @ A) * b[:, :, t])
    alpha = torch.stack(forward, 2)
    ended = ~inside(_lengths(table) - 1, b.shape[2])[..., None]
    beta = [torch.ones_like(alpha[:, :, -1])]
    for t in range(b.shape[2] - 2, -1, -1):
        beta.append(torch.where(ended[:, :, t], 1, (beta[-1] * b[:, :, t + 1]) @ A.mT))
    backward = torch.stack(beta[::-1], 2)
    total = alpha.sum(-1)
    growth = torch.cat([total[..., :1], total[..., 1:] / total[..., :-1]], -1) / table.shift.exp()
    return Messages(alpha, backward, (backward * b).roll(-1, 2), growth)


def _lengths(table: Table) -> Tensor:
    if table.lengths is not None:
        return table.lengths
    return torch.full(table.seen.shape[:2], table.seen.shape[2], device=table.seen.device)


def _transposed(right: Recursions) -> Recursions:
    """Backward along the columns of A, forward along its rows."""

    def both(pi: Tensor, A: Tensor, table: Table) -> Messages:
        wrong = right(pi, A.mT, table)
        return right(pi, A, table)._replace(beta=wrong.beta, later=wrong.later)

    return both


def _without_emission(right: Recursions) -> Recursions:
    """β where b ∘ β belongs."""

    def both(pi: Tensor, A: Tensor, table: Table) -> Messages:
        found = right(pi, A, table)
        return found._replace(later=found.beta.roll(-1, 2))

    return both


def _silent_start(pi: Tensor, A: Tensor, table: Table) -> Messages:
    """The first thing that was seen says nothing."""
    seen = table.seen.clone()
    seen[..., 0] = len(table.rows) - 1
    return messages(pi, A, table._replace(seen=seen))


def _flat_end(pi: Tensor, A: Tensor, table: Table) -> Messages:
    """Backward from the start probabilities instead of from ones."""
    found = messages(pi, A, table)
    ended = ~inside(_lengths(table) - 1, table.seen.shape[2])[..., None]
    return found._replace(beta=torch.where(ended, pi[:, None, None], found.beta))


def _plain_log_sums(pi: Tensor, A: Tensor, table: Table) -> Messages:
    """Log Σ exp without its largest term taken out."""
    found = log_messages(pi, A, table)
    sums = found.alpha.exp().sum(-1).log()
    return found._replace(growth=sums.gather(-1, _lengths(table)[..., None] - 1)[..., 0])


def _filtered(message: Messages, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
    """γ from what was seen so far."""
    gamma = message.alpha / message.alpha.sum(-1, keepdim=True)
    if lengths is not None:
        gamma = torch.where(inside(lengths, gamma.shape[2])[..., None], gamma, 0)
    return gamma, weighed(message, lengths)[1]


def _unmasked(message: Messages, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
    return weighed(message, None)


def _normalised_pairs(*parts: Any) -> Tensor:
    xi = pair_posterior(*parts)
    total = xi.sum((-2, -1), keepdim=True)
    return xi / torch.where(total > 0, total, 1)


def _turned_pairs(*parts: Any) -> Tensor:
    return pair_posterior(*parts).mT


def _product(table: Table, growth: Tensor) -> Tensor:
    """The logarithm of a product instead of a sum of logarithms."""
    factors = torch.where(inside(_lengths(table), growth.shape[2]), growth * table.shift.exp(), 1)
    return factors.prod(-1).log()


# Posteriors: (pi, A, table) → Posterior.


def _posterior(recursions: Recursions) -> Callable[[Tensor, Tensor, Table], Posterior]:
    def found(pi: Tensor, A: Tensor, table: Table) -> Posterior:
        message = recursions(pi, A, table)
        value = evidence(table, message.growth)
        gamma, before = weighed(message, table.lengths)
        return Posterior(value, gamma, expected_moves(before, A, message.later, table.lengths))

    return found


def _padding_counted(pi: Tensor, A: Tensor, table: Table) -> Posterior:
    return posterior(pi, A, table._replace(lengths=None))


def _mean_likelihood(pi: Tensor, A: Tensor, table: Table) -> Posterior:
    found = posterior(pi, A, table)
    return found._replace(log_likelihood=found.log_likelihood / found.log_likelihood.shape[1])


def _unasked(pi: Tensor, A: Tensor, table: Table) -> Posterior:
    """A sequence that no path explains counts for nothing, in the likelihood too."""
    message = log_messages(pi, A, table)
    moves = log_pairs(message, A, table.lengths).sum(2)
    gamma = log_gamma(message, table.lengths)
    return Posterior(message.growth.nan_to_num(neginf=0.0), gamma.nan_to_num(), moves.nan_to_num())


def _hard(pi: Tensor, A: Tensor, table: Table) -> Posterior:
    """The states of the best path, as if they were certain."""
    found, path = posterior(pi, A, table), viterbi(pi, A, table).states
    gamma = torch.nn.functional.one_hot(path.clamp(min=0), pi.shape[-1]).to(pi) * (path >= 0)[..., None]
    return found._replace(gamma=gamma, moves=gamma[:, :, :-1].mT @ gamma[:, :, 1:])


# Paths: (pi, A, table) → Path.


def _likeliest_states(pi: Tensor, A: Tensor, table: Table) -> Path:
    path = viterbi(pi, A, table)
    states = posterior(pi, A, table).gamma.argmax(-1)
    return path._replace(states=torch.where(path.states < 0, -1, states))


def _uniform_start(pi: Tensor, A: Tensor, table: Table) -> Path:
    return viterbi(torch.full_like(pi, 1 / pi.shape[-1]), A, table)


def _summed(pi: Tensor, A: Tensor, table: Table) -> Path:
    return viterbi(pi, A, table)._replace(log_probability=posterior(pi, A, table).log_likelihood)


def _greedy(pi: Tensor, A: Tensor, table: Table) -> Path:
    """The best next state from the one before, never looking back."""
    right, logs = viterbi(pi, A, table), table.logs()
    states = [(pi.log()[:, None] + logs[:, :, 0]).argmax(-1)]
    for t in range(1, logs.shape[2]):
        row = A.log().gather(1, states[-1][..., None].expand(*states[-1].shape, A.shape[-1]))
        states.append((row + logs[:, :, t]).argmax(-1))
    return right._replace(states=torch.where(right.states < 0, -1, torch.stack(states, -1)))


def _to_the_padding(pi: Tensor, A: Tensor, table: Table) -> Path:
    return viterbi(pi, A, table._replace(lengths=None))


def _without_last_move(pi: Tensor, A: Tensor, table: Table) -> Path:
    """Likelihoods alone, without transitions."""
    right, logs = viterbi(pi, A, table), table.logs()
    return right._replace(states=torch.where(right.states < 0, -1, logs.argmax(-1)))


# M-steps.


def _all_times(found: Posterior, old: Tensor) -> Tensor:
    visits = found.gamma.sum((1, 2))[..., None]
    return torch.where(visits > 0, found.moves.sum(1) / torch.where(visits > 0, visits, 1), old)


def _mean_gamma(found: Posterior, old: Tensor) -> Tensor:
    visits = found.gamma.sum((1, 2))
    return visits / visits.sum(-1, keepdim=True)


def _mean_of_rows(found: Posterior, old: Tensor) -> Tensor:
    total = found.moves.sum(-1, keepdim=True)
    rows = torch.where(total > 0, found.moves / torch.where(total > 0, total, 1), old[:, None])
    return rows.mean(1)


def _mean_of_emissions(gamma: Tensor, symbols: Tensor, old: Tensor) -> Tensor:
    each = [emission(gamma[:, r : r + 1], symbols[:, r : r + 1], old) for r in range(gamma.shape[1])]
    return torch.stack(each).mean(0)


def _smooth(counts: Tensor) -> Tensor:
    return (counts + PSEUDO) / (counts + PSEUDO).sum(-1, keepdim=True)


def _empty_rows(change: Callable[[Tensor], Tensor]) -> dict[str, Any]:
    """Rows for which nothing was counted, changed."""

    def moved(found: Posterior, old: Tensor) -> Tensor:
        empty = found.moves.sum((1, 3))[..., None] == 0
        return torch.where(empty, change(old), transitions(found, old))

    def emitted(gamma: Tensor, symbols: Tensor, old: Tensor) -> Tensor:
        empty = gamma.sum((1, 2))[..., None] == 0
        return torch.where(empty, change(old), emission(gamma, symbols, old))

    return {"transitions": moved, "emission": emitted}


def _next_symbol(gamma: Tensor, symbols: Tensor, old: Tensor) -> Tensor:
    return emission(gamma, symbols.roll(-1, -1), old)


def _wrong(**formulas: Any) -> Any:
    return subject("", markov=replace(MARKOV, **formulas))


_MUTANTS: tuple[Mutant, ...] = tuple(
    mutant(name, mistake, wrong)
    for name, mistake, wrong in (
        ("unscaled-forward", "forward and backward variables are not rescaled, so that long sequences underflow",
         _wrong(messages=_unscaled, posterior=_posterior(_unscaled))),
        ("backward-transposed", "the backward recursion goes along the columns of the transition matrix",
         _wrong(messages=_transposed(messages), log_messages=_transposed(log_messages),
                posterior=_posterior(_transposed(messages)))),
        ("xi-without-emission", "pairs of states forget what was seen at the second time",
         _wrong(messages=_without_emission(messages), pairs=_normalised_pairs,
                posterior=_posterior(_without_emission(messages)))),
        ("log-xi-without-emission", "in logarithms, pairs of states forget what was seen at the second time",
         _wrong(log_messages=_without_emission(log_messages))),
        ("xi-transposed", "pairs of states come with the later one first", _wrong(pairs=_turned_pairs)),
        ("first-emission-forgotten", "the recursion starts without what was seen at the first time",
         _wrong(messages=_silent_start, posterior=_posterior(_silent_start))),
        ("backward-from-start-probabilities", "the backward recursion starts from the start probabilities, not from 1",
         _wrong(messages=_flat_end, posterior=_posterior(_flat_end))),
        ("gamma-filtered", "the posterior of a state only knows what was seen up to its time",
         _wrong(weighed=_filtered)),
        ("padding-has-posterior", "times behind the length have a posterior", _wrong(weighed=_unmasked)),
        ("log-sum-without-shift", "log Σ exp is taken without its largest term taken out",
         _wrong(log_messages=_plain_log_sums)),
        ("likelihood-as-product", "the logarithm of a product of scales instead of a sum of logarithms",
         _wrong(evidence=_product)),
        ("scale-inverted", "log p is minus the sum of the logarithms of the scales",
         _wrong(evidence=lambda table, growth: -evidence(table, growth))),
        ("posterior-path", "the most probable state at each time is taken for the most probable path",
         _wrong(viterbi=_likeliest_states)),
        ("viterbi-without-start", "the best path starts anywhere with equal probability",
         _wrong(viterbi=_uniform_start)),
        ("viterbi-sums", "the best path's probability is the sum over all paths", _wrong(viterbi=_summed)),
        ("viterbi-greedy", "each state is the best one after the state before", _wrong(viterbi=_greedy)),
        ("viterbi-through-padding", "the best path goes on behind the length", _wrong(viterbi=_to_the_padding)),
        ("viterbi-without-transitions", "each state is the one that what was seen is likeliest in",
         _wrong(viterbi=_without_last_move)),
        ("transitions-over-all-times", "moves are divided by visits at all times, the last one included",
         _wrong(transitions=_all_times)),
        ("start-from-mean-gamma", "start probabilities are the mean posterior of all times",
         _wrong(starts=_mean_gamma)),
        ("start-never-updated", "start probabilities stay as they are", _wrong(starts=lambda found, old: old)),
        ("start-of-first-sequence", "start probabilities come from the first sequence only",
         _wrong(starts=lambda found, old: found.gamma[:, 0, 0])),
        ("mean-of-sequence-estimates", "transition probabilities are the mean of each sequence's estimate",
         _wrong(transitions=_mean_of_rows)),
        ("emission-counted-per-sequence", "emission probabilities are the mean of each sequence's estimate",
         _wrong(emission=_mean_of_emissions)),
        ("transitions-transposed", "moves are counted with the later state first",
         _wrong(transitions=lambda found, old: transitions(found._replace(moves=found.moves.mT), old))),
        ("emission-of-next-symbol", "the state at a time is credited with the symbol after it",
         _wrong(emission=_next_symbol)),
        ("silent-pseudo-count", "a small count is silently added everywhere, also to what is ruled out",
         _wrong(transitions=lambda found, old: _smooth(found.moves.sum(1)),
                emission=lambda gamma, symbols, old: _smooth(symbol_counts(gamma, symbols, old.shape[-1])))),
        ("unvisited-row-zeroed", "rows of states that were never visited become zeros",
         _wrong(**_empty_rows(torch.zeros_like))),
        ("unvisited-row-uniform", "rows of states that were never visited become uniform",
         _wrong(**_empty_rows(lambda old: torch.full_like(old, 1 / old.shape[-1])))),
        ("padding-counted", "what stands behind the length is counted", _wrong(posterior=_padding_counted)),
        ("likelihood-of-mean-sequence", "the log-likelihood is the mean of the sequences instead of the sum",
         _wrong(posterior=_mean_likelihood)),
        ("impossible-sequence-answered", "a sequence that no path explains is left out", _wrong(posterior=_unasked)),
        ("hard-assignments", "the best path is counted instead of the expectation over all paths",
         _wrong(posterior=_hard)),
    )
)  # fmt: skip

MARKOV_MUTANTS: tuple[Mutant, ...] = (*_MUTANTS, *GAUSSIAN_MARKOV_MUTANTS)
